"""Back up, restore, verify and watch a KWDB database from a terminal."""

__version__ = "0.1.0"
