"""What a person chose, in TOML files. Never a secret, never a server."""
