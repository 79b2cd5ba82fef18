"""What is known of the backups of a database, and what was promised for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from kwtui.model.proof import ProofLevel
from kwtui.model.schema import Engine

DEFAULT_MAX_AGE = timedelta(hours=26)
"""A backup a day, and two hours in which it may run."""


@dataclass(frozen=True)
class Promise:
    """What counts as protected."""

    max_age: timedelta = DEFAULT_MAX_AGE
    """The oldest that the newest proven backup may be."""
    proof: ProofLevel = ProofLevel.P2
    """What a backup must have reached to count."""
    drill_age: timedelta | None = None
    """The oldest that the newest drill of the database may be; None: no drill was promised."""
    verify_age: timedelta | None = None
    """The longest ago that any backup may have been read and found whole; None: none was promised.
    """
    smallest_share: float = 0.5
    """A backup with less than this share of the usual rows or bytes is doubted."""


@dataclass(frozen=True)
class NextRun:
    """When a policy backs a database up next."""

    at: datetime
    policy: str


@dataclass(frozen=True)
class BackupFact:
    """One backup set of a database."""

    path: str
    at: datetime
    """When it was begun: what was written later is not in it."""
    proof: ProofLevel | None = None
    """What holds now; None: never proven, or the last check failed."""
    proof_at: datetime | None = None
    rows: int | None = None
    bytes: int | None = None
    whole: bool = True
    """False: some of the tables only."""
    problem: str = ""
    """What its last check found, in words; empty: nothing is known to be wrong."""
    closed: bool = False
    """This account may not read it: whether it is whole is not known."""
    tables: Mapping[str, int] | None = None
    """The rows of each table; None: not looked at."""


@dataclass(frozen=True)
class RunFact:
    """One backup, drill or restore that ended, or that works now."""

    id: str
    began: datetime
    seconds: float | None = None
    """None while it runs."""
    succeeded: bool | None = None
    """None while it runs."""
    words: str = ""
    """How it ended."""
    path: str = ""
    """The set that it made or read."""
    here: bool = True
    """On the server; False for a drill in a sandbox, which says nothing of the server's speed."""


@dataclass(frozen=True)
class Measure:
    """What the server has of a database."""

    at: datetime
    """When it was counted."""
    rows: int | None
    """None: not all of its tables were counted."""
    bytes: int | None
    """About what the rows take as CSV, so that it compares with a backup's size."""


@dataclass(frozen=True)
class DatabaseFacts:
    """All that is known of one database. Each list is newest first."""

    name: str
    engine: Engine | None = None
    exists: bool | None = None
    """Whether the server has it; None: there was no server to ask."""
    backups: tuple[BackupFact, ...] = ()
    backup_runs: tuple[RunFact, ...] = ()
    drills: tuple[RunFact, ...] = ()
    restores: tuple[RunFact, ...] = ()
    promise: Promise = Promise()
    next_run: datetime | None = None
    """When a policy backs it up next; None: none says so."""
    policy: str = ""
    """The policy of ``next_run``."""
    now: Measure | None = None
    """None: not measured."""
