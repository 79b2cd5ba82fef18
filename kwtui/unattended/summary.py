"""A policy in a line: when it runs next, how it ended last, what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.installing import Installed


@dataclass(frozen=True)
class PolicySummary:
    """``problem`` says why the file cannot be used; then little else is known."""

    name: str
    databases: tuple[str, ...] = ()
    next: datetime | None = None
    last: PolicyEvent | None = None
    """How the last run ended; None: it never ran."""
    works: bool = False
    """A run began and has not ended."""
    problem: str = ""
    next_problem: str = ""
    """Why the next time is not known."""
    timer: Installed | None = None
    """None: not asked for."""
