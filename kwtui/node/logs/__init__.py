"""A node's logs as one stream, merged, filtered, searched. Never writes to them."""
