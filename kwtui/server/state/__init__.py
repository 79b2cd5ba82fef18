"""What the server is and does now: overview, activity, rights, settings.

Never what a database holds.
"""
