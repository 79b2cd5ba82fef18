"""SELECT, translated for DuckDB. Never writes."""
