"""What makes a set trusted: sealing it, checking it, recording what was found.

Never repairs data.
"""
