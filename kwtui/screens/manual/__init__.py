"""The manual in the interface: its topics, and one page. Never the text of a page."""
