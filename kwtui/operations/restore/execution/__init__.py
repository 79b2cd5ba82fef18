"""The steps of a restore at work: staging, import, insert, comparison, cleaning up. Never plans."""
