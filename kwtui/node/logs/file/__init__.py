"""One log file that is open: lines, entries, search, follower. Never more than that file."""
