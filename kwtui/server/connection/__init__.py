"""One connection: target, passwords, keeping it alive, failures in words.

Never what a database holds.
"""
