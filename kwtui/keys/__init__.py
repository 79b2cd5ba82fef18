"""Every action once, the keys that do it, and the keys that a person chose. Never Textual."""
