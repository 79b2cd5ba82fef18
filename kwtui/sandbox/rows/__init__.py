"""Rows on their way in: staging, constraints, storing, returning. Never parses a statement."""
