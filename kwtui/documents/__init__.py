"""What kwtui writes for people: set report, runbook, restore.sh.

Pure: never decides, never reads a disk.
"""
