"""One log file that is open: lines, index, entries, search, follower. Never more than that file."""
