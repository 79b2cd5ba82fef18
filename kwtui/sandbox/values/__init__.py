"""Types and values as KWDB reads, keeps and prints them. Never tables."""
