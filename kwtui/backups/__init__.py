"""A backup set on disk: where it lies, what is in it, what vouches for it.

Never SQL to a server, never a node's logs.
"""
