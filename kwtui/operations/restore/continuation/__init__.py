"""Going on with a restore that stopped: what stands, and the rest of its plan.

Never starts one anew.
"""
