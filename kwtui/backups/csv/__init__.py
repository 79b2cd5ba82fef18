"""Data files: one pass over them, reading, index, search, dialect.

Never which table they belong to.
"""
