"""What lies in extern: sets, comparison, retention, leftovers. Never removes without a plan."""
