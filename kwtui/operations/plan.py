"""A plan: what will be done, step by step, before it is done.

The same plan is the preview, the run, the log and the document. It is plain data, goes to JSON and
back, and holds no secret.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from kwtui.model.findings import Finding
from kwtui.model.server import Coverage


class PlanKind(StrEnum):
    BACKUP = "backup"
    RESTORE = "restore"
    EXCERPT = "excerpt"
    """Some rows of a time series, into a table of their own."""
    VERIFY = "verify"
    DRILL = "drill"
    """A restore into a scratch database, compared and dropped."""
    SEAL = "seal"
    """Proving a set on the node that holds its files."""
    SETTING = "setting"
    """A change of cluster settings."""
    DELETE = "delete"
    """One backup set."""
    PRUNE = "prune"
    """What retention lets go."""
    CLEANUP = "cleanup"
    """What interrupted runs left."""
    OFFSITE = "offsite"
    """Sending a set to an off-site target, or removing copies there."""
    FETCH = "fetch"
    """Bringing an off-site copy back below extern."""


REMOVALS = frozenset({PlanKind.DELETE, PlanKind.PRUNE, PlanKind.CLEANUP})


class StepKind(StrEnum):
    """What the runner does; each kind has one executor."""

    SNAPSHOT = "snapshot"
    EXPORT_DATABASE = "export-database"
    EXPORT_TOGETHER = "export-together"
    """Many small tables by one statement, where that gives what one for each would."""
    EXPORT_TABLE = "export-table"
    EXPORT_OTHER = "export-other"
    """Users or cluster settings."""
    RECONCILE = "reconcile"
    SEAL = "seal"
    SQL = "sql"
    CHECK_FILES = "check-files"
    IMPORT_TABLE = "import-table"
    IMPORT_DATABASE = "import-database"
    INSERT_ROWS = "insert-rows"
    DEVICES = "devices"
    """Devices that no import brings: those without readings."""
    COMPARE = "compare"
    REMOVE = "remove"
    """A folder below extern."""
    DROP_DATABASE = "drop-database"
    STAGE = "stage"
    """Links for IMPORT to read."""
    UNSTAGE = "unstage"
    SWEEP = "sweep"
    """What earlier drills left."""
    COUNT_ROWS = "count-rows"
    """Of tables that rows are added to."""
    RESUME = "resume"
    """Looking at what a stopped restore left, and undoing what it half did."""
    PUT_BACK = "put-back"
    """Defaults that an import needed off."""
    SEND = "send"
    """A set to an off-site target."""
    CHECK_COPY = "check-copy"
    FETCH = "fetch"
    REMOVE_COPY = "remove-copy"


@dataclass(frozen=True)
class Step:
    """One step. ``sql`` is exactly what is sent, with ``{timestamp}`` where the run fills it in."""

    id: str
    kind: StepKind
    title: str
    explanation: str = ""
    sql: tuple[str, ...] = ()
    subject: str = ""
    """The object it works on, e.g. ``public.orders``."""
    params: dict[str, Any] = field(default_factory=dict)
    """What the executor needs, as JSON values."""
    diff: tuple[str, ...] = ()
    """Lines of a unified diff: what is written otherwise than it was found."""


@dataclass(frozen=True)
class Plan:
    """An immutable description of what will be done."""

    id: str
    kind: PlanKind
    title: str
    created_at: datetime
    cluster_id: str
    node_id: int
    database: str
    """The database that is read (backup) or made (restore)."""
    path: str
    """The set or tree that is written or read, relative to extern."""
    steps: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    """Of a backup: what becomes of each kind of objects."""
    not_included: tuple[str, ...] = ()
    """What the result will not hold, in words."""
    estimated_rows: int | None = None
    estimated_bytes: int | None = None
    estimate_source: str = ""
    """In words: from what rows, bytes and time were estimated."""
    request: dict[str, Any] = field(default_factory=dict)
    """The request that it was made from, as JSON values."""
    format: int = 1

    @property
    def removes(self) -> bool:
        """Whether it takes backups, copies of them or leftovers away."""
        return self.kind in REMOVALS or any(s.kind is StepKind.REMOVE_COPY for s in self.steps)


def new_plan_id() -> str:
    """16 hexadecimal digits that nobody has seen before."""
    return os.urandom(8).hex()
