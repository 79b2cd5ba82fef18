"""Commands about AI agents: their server, and a person's approval. Never Textual."""
