"""A run as a process, and its journal. Never how a step is done."""
