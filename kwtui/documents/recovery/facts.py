"""What a recovery plan is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kwtui.model.contact import Contact


@dataclass(frozen=True)
class BackupLine:
    """A set as the plan lists it."""

    path: str
    at: datetime
    proof: int | None
    rows: int | None
    bytes: int | None
    damaged: bool = False


@dataclass(frozen=True)
class Measured:
    """How long restores took on this cluster, in seconds."""

    usual: float
    fastest: float
    slowest: float
    times: int


@dataclass(frozen=True)
class DatabaseRecovery:
    """One database: what can come back, and how."""

    name: str
    state: str
    reason: str
    backups: tuple[BackupLine, ...]
    """Newest first."""
    best: str = ""
    """The path of the newest proven set; empty: nothing is proven."""
    best_at: datetime | None = None
    best_proof: int | None = None
    restore: Measured | None = None
    last_drill: datetime | None = None
    max_age: timedelta | None = None
    """The oldest that a proven backup may be; None where nothing was promised."""
    not_included: tuple[str, ...] = ()
    """What the best set does not hold."""


@dataclass(frozen=True)
class RecoveryFacts:
    """Everything that the plan tells."""

    made_at: datetime
    kwtui_version: str
    host: str
    options: tuple[str, ...]
    """That name server and files to a command of kwtui."""
    extern: str
    cluster_id: str
    server_version: str
    databases: tuple[DatabaseRecovery, ...]
    contacts: tuple[Contact, ...] = ()
    contacts_file: str = ""
    targets: tuple[str, ...] = ()
    """Where off-site copies go."""
    wal_level: int | None = None
    nodes: int | None = None
    unknown: tuple[str, ...] = ()
