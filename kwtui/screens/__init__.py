"""The Textual screens, one file each."""
