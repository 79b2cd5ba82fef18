"""Whether every database can come back, and the time line of one."""
