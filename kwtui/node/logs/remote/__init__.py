"""Logs over the node's HTTP server. Never SQL, never local files but its own spool."""
