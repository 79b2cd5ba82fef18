"""Statements that a person types: which may be sent, where an error points, history.

Never statements of kwtui's own.
"""
