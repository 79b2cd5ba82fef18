"""What exists: databases, tables, users, grants, settings. Never rows."""
