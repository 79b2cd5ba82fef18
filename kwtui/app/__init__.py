"""The Textual application: start, screens by name, problems, crash log.

Never a screen's content.
"""
