"""SQL: connection, statements, catalogue, diagnosis. Knows no files of a node."""
