"""``RESTORE.md``: how a set is restored by hand, in English and in Chinese."""
