"""Some rows of a time series from a backup, into a table of their own: a time, some devices."""
