"""The PostgreSQL protocol: bytes, messages, one conversation. Never what an answer says."""
