"""Deleting sets, pruning, and clearing what stopped runs left.

Never without a plan that names each thing.
"""
