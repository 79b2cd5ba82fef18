"""What a statement answers: rows, tags, errors. Never how it was found."""
