"""Whether the server is under stress, by what it tells itself. Pure.

KWDB has no figure for it: `SHOW QUERIES` lists the statements at work (recording 01), and how long
it takes to answer a plain question shows the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kwtui.model.policy import PolicyLimits
from kwtui.text import human_duration, plural

LOOKS = 3
"""So many looks in a row must find stress before what is at work is cancelled."""
BETWEEN_LOOKS = timedelta(seconds=20)


@dataclass(frozen=True)
class Load:
    """The server at one moment."""

    statements: int | None
    """Those of others at work; None where this user is not told."""
    answer: timedelta
    """How long it took for a plain question."""


def stress(limits: PolicyLimits, load: Load) -> str:
    """Why the server is under stress, in words; empty while it is not."""
    most, longest = limits.max_queries, limits.max_answer
    if most is not None and load.statements is not None and load.statements > most:
        running = plural(load.statements, "statement")
        return f"{running} at work, the policy allows {most}"
    if longest is not None and load.answer > longest:
        took = human_duration(load.answer.total_seconds())
        allowed = human_duration(longest.total_seconds())
        return f"it took {took} to answer, the policy allows {allowed}"
    return ""


def is_limited(limits: PolicyLimits) -> bool:
    """Whether the server must be asked at all."""
    return limits.max_queries is not None or limits.max_answer is not None
