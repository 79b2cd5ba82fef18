"""SQL as text: tokens, quoting, every statement that is sent, the DDL that KWDB prints.

Pure: never a connection, never a file.
"""
