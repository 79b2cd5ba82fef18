"""A plan before it runs: statements, findings, the command that does the same.

Never runs a step.
"""
