"""What runs when nobody watches: due times, timers, what is due, notices. Never a statement."""
