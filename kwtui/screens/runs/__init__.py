"""Runs at work and done, their results, and the server's jobs. Never the work itself."""
