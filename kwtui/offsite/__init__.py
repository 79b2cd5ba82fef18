"""Off-site copies of backup sets: their format, the places where they lie, sending and proving."""
