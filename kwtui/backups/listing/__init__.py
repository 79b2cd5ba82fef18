"""What lies under extern, and what one set holds.

Reads only, never judges whether data is whole.
"""
