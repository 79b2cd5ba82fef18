"""CREATE, ALTER, DROP. Never rows that a client sends."""
