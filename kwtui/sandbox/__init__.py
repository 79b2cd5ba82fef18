"""An embedded stand-in for a KWDB node: a server process on loopback with a store directory.

It speaks the PostgreSQL wire protocol and answers as the recordings of a real node do, defects
included. Nothing of the product imports it, and it imports nothing of the product: both sides
share the wire protocol and the file formats, no code.
"""
