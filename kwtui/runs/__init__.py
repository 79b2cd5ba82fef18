"""Runs: one execution of a plan in a process of its own, and its journal."""
