"""The checks of this machine and server, with what to do. Never a check itself."""
