"""The Textual screens, a room each. Never SQL, paths or threads."""
