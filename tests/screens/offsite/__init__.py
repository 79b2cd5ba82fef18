"""Copies in other places, in the interface."""
