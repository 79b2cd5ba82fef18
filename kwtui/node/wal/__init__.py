"""The write-ahead log: its files, and what the node's log says of it. Never changes a setting."""
