"""The user's manual: its pages in Markdown, and reading them. Never a network, never Textual."""
