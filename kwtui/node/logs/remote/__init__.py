"""Logs over the node's HTTP server, or over ssh. Never SQL, never local files but its own spool."""
