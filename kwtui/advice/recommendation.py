"""What is recommended, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from kwtui.advice.facts import Answers
from kwtui.model.requests import BackupMethod, Incremental
from kwtui.model.retention import RetentionPolicy


@dataclass(frozen=True)
class Line:
    """One recommendation with the arithmetic that leads to it."""

    topic: str
    advice: str
    because: tuple[str, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """When backups begin, each day (UTC), in minutes after midnight."""

    minutes: tuple[int, ...]
    on_calendar: str
    gap: timedelta
    """The longest time from one begin to the next."""


@dataclass(frozen=True)
class Space:
    """What a retention needs at its fullest, in bytes."""

    needed: int
    budget: int
    days_to_spare: int | None
    """Until growth needs more than there is; None: not known, or never."""


@dataclass(frozen=True)
class Strategy:
    """For the databases that share their answers: one policy."""

    databases: tuple[str, ...]
    answers: Answers
    schedule: Schedule
    max_age: timedelta
    """What the policy promises: the oldest that the newest proven backup may be."""
    retention: RetentionPolicy | None
    """None: none that keeps a promise fits the disk, or it is not known what fits."""
    drill_every: timedelta
    verify_every: timedelta
    lines: tuple[Line, ...]
    method: BackupMethod = BackupMethod.SNAPSHOT
    incremental: Incremental = Incremental.AUTO


@dataclass(frozen=True)
class Recommendation:
    strategies: tuple[Strategy, ...]
    space: Space | None
    """Of all strategies together; None: not known."""
    node: tuple[Line, ...]
    """What concerns all databases: the disk, the write-ahead log."""
    contradictions: tuple[str, ...] = ()
    """What is demanded and cannot be kept."""
    cannot: tuple[str, ...] = ()
    """What no strategy of this kind can promise."""
    unknown: tuple[str, ...] = ()
    """What was not measured, and how it will be."""
