"""What of a policy is due now besides the backup itself: verifying and drilling. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kwtui.model.policy import Policy, PolicyLimits
from kwtui.protection.facts import BackupFact, DatabaseFacts

_SLACK = timedelta(minutes=30)
"""A run that begins a little earlier than the last one is due all the same."""


def drill_due(policy: Policy, facts: DatabaseFacts | None, now: datetime) -> bool:
    """``facts`` are None for a database that nobody knew of: it was never drilled."""
    every = policy.proof.drill_every
    if every is None:
        return False
    last = next((run.began for run in facts.drills if run.succeeded), None) if facts else None
    return last is None or now - last >= every - _SLACK


def verify_due(
    policy: Policy, facts: DatabaseFacts | None, now: datetime
) -> tuple[BackupFact, ...]:
    """The backups that nobody read for longer than promised, the oldest check first; those that
    are known to be damaged are for a person to decide on."""
    every = policy.proof.verify_every
    if every is None or facts is None:
        return ()
    due = [
        backup
        for backup in facts.backups
        if not backup.problem
        and (backup.proof_at is None or now - backup.proof_at >= every - _SLACK)
    ]
    return tuple(sorted(due, key=lambda b: b.proof_at or b.at))


def in_window(limits: PolicyLimits, local: datetime) -> bool:
    """Whether something may begin at this time of day; a window may cross midnight."""
    if not limits.window:
        return True
    begin, _, end = limits.window.partition("-")
    time = f"{local:%H:%M}"
    if begin <= end:
        return begin <= time < end
    return time >= begin or time < end
