"""What is a node's but not SQL: members, clients, store, logs, HTTP, certificates.

Never a statement.
"""
