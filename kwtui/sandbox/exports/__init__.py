"""EXPORT as a node does it, defects included. Never reads files back."""
