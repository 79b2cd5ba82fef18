"""The WAL level and checkpoint interval: what they mean, and changing them.

Never reads log files.
"""
