"""The words that every floor shares, as plain data. Never I/O, never a decision."""
