"""One line of the check list."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CheckState(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """It works, and somebody should know."""
    FAILED = "failed"
    """Backups or restores do not work as this is."""
    UNKNOWN = "unknown"
    """It could not be looked at; the detail says why."""


@dataclass(frozen=True)
class Check:
    """What was looked at and how it is. All texts are plain and may hold foreign names."""

    id: str
    """Stable, for scripts."""
    title: str
    state: CheckState
    detail: str = ""
    hint: str = ""
    """What to do; empty where nothing needs to be done."""
    more: tuple[str, ...] = ()
    """Single findings, such as each source and what it says."""


def unknown(identity: str, title: str, why: str) -> Check:
    return Check(identity, title, CheckState.UNKNOWN, why)
