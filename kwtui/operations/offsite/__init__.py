"""Sending backup sets away, fetching them back, and removing copies, as plans and runs."""
