"""Names, places and marks of a set and of what lies beside it. Never what the data in it says."""
