"""What the server is and does, and its WAL. Never SQL text."""
