"""The screen that chooses a server and its profiles. Never connects by itself."""
