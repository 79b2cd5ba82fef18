"""The services for the bad day: the recovery plan, and backups found in any folder."""
