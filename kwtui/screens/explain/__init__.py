"""What an error means. Never the table of errors."""
