"""Copies of backups in other places, and the questions that are asked about them."""
