"""The sandbox's contract: every recording of a real node, replayed and compared."""
