"""What stands between this machine and a good backup: one list of checks, each with a hint."""

from kwtui.doctor.check import Check, CheckState

__all__ = ["Check", "CheckState"]
