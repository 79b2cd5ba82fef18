"""Words of KWDB's SQL. Never their meaning."""
