"""SHOW and the virtual tables. Never changes anything."""
