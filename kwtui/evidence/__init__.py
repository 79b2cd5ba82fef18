"""What was done with backups, by whom and when: a file that only grows, each line tied to the last.

Never a decision: nothing is planned, kept or removed by what stands here.
"""
