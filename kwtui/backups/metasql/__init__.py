"""meta.sql, the definitions that EXPORT writes, read and put right.

Never sent to a server from here.
"""
