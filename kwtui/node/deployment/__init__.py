"""How a node is deployed: processes, units, containers, compose files, log heads.

Never starts or stops anything.
"""
