"""Where the records of a CSV file begin, block by block."""

from __future__ import annotations


class CsvIndex:
    """Byte offsets of every block's first record; grows as far as it was asked for."""
