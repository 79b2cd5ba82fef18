"""SHOW JOBS: listing, meaning, filter, control. Never starts a job."""
