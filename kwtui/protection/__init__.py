"""Whether each database can come back, judged from facts. Pure: never a file, a server, a clock."""
