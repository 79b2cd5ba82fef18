"""A drill: a restore into a scratch database that proves a set and goes again.

Never touches the original.
"""
