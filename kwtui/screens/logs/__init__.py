"""A node's log: search, filters, following. Never reads files itself."""
