"""INSERT, UPDATE, DELETE. Never definitions."""
