"""What a status says: of each database, of the folder, of the node, of what could not be known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kwtui.backups.listing.entries import BackupEntry
from kwtui.operations.plan import PlanKind
from kwtui.protection.facts import DatabaseFacts
from kwtui.protection.judging import Judgement
from kwtui.protection.space import Growth
from kwtui.runs.history import RunSummary


@dataclass(frozen=True)
class RunAtWork:
    """A run that works now."""

    id: str
    kind: PlanKind
    title: str
    database: str
    began: datetime
    words: str
    """What it does now."""
    share: float | None = None
    """From 0 to below 1; None: not known."""


@dataclass(frozen=True)
class NodeState:
    """What protects the writes between two backups, and what the node's log says."""

    wal_level: int | None = None
    checkpoint_seconds: float | None = None
    """Since the last checkpoint ended; None: not known."""
    alarms: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """What could not be read, in words."""


@dataclass(frozen=True)
class StatusReport:
    """What was judged, and what could not be known."""

    taken_at: datetime
    verdict: str
    judgements: tuple[Judgement, ...]
    """In the order of ``facts``: by name."""
    facts: tuple[DatabaseFacts, ...]
    extern: Path | None
    extern_bytes: int | None
    """What all entries of the listing take, each file counted once."""
    free_bytes: int | None
    growth: Growth
    running: tuple[RunAtWork, ...]
    leftovers: int = 0
    """What interrupted backups and deletions left under extern."""
    leftover_bytes: int = 0
    went_wrong: RunSummary | None = None
    """The last run that failed or was lost, unless one of the same kind and database succeeded
    since."""
    node: NodeState | None = None
    """None: not asked for."""
    unknown: tuple[str, ...] = ()
    """What nobody could be asked, in words."""


@dataclass(frozen=True)
class Board:
    """A report with the backup sets that its figures come from."""

    report: StatusReport
    entries: Mapping[str, tuple[BackupEntry, ...]] = field(default_factory=dict)
    """The sets of each database, and what interrupted backups of it left; newest first."""
