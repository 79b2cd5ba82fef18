"""One set: its parts, records, origin, and what can be done with it. Never the list of sets."""
