"""Checking a set: P1 (every byte as sealed) and P2 (every record and every meta.sql parses)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from kwtui.backups.manifest import Proof
from kwtui.backups.sealing import SealProgress
from kwtui.model import Dialect, ProofLevel, Severity, TableName


class Fault(StrEnum):
    """What can be wrong with a file or table; stable, for scripts."""

    MISSING = "missing"
    TRUNCATED = "truncated"
    GROWN = "grown"
    CHANGED = "changed"
    STRAY = "stray"
    UNREADABLE = "unreadable"
    RECORDS = "records"
    """Not as many records as the manifest, or the server, says."""
    MALFORMED = "malformed"
    """A record does not parse or has not as many fields as the table has columns."""
    META = "meta"
    """A meta.sql, or the schema, does not parse."""
    IMPORT = "import"
    """KWDB's own IMPORT would refuse it; kwtui's restore may still work."""


@dataclass(frozen=True)
class VerifyFinding:
    """Something wrong. REFUSAL: the set is damaged; WARNING: it is whole but takes care."""

    severity: Severity
    fault: Fault
    subject: str
    """The file (relative to the set) or the table."""
    message: str


@dataclass(frozen=True)
class TableCheck:
    name: TableName
    rows_expected: int | None
    rows_found: int | None
    files: int
    bytes: int
    ok: bool


@dataclass(frozen=True)
class VerifyReport:
    """The outcome of a check."""

    path: str
    wanted: ProofLevel
    reached: ProofLevel | None
    """None: not even P0 holds, or nothing is known (an adopted tree has no manifest)."""
    checked_at: datetime
    seconds: float
    files: int
    bytes: int
    tables: tuple[TableCheck, ...] = ()
    findings: tuple[VerifyFinding, ...] = ()
    unknown: tuple[str, ...] = ()
    """What this check cannot tell, in words."""
    adopted: bool = False
    dialect: Dialect | None = None
    recorded: str = ""
    """Where the proof was written down; empty if it was not, with the reason in ``unknown``."""

    @property
    def ok(self) -> bool:
        return not any(f.severity is Severity.REFUSAL for f in self.findings)

    def as_proof(self) -> Proof:
        """The line for ``proofs.jsonl``."""
        raise NotImplementedError


def verify(
    extern: Path,
    path: str,
    level: ProofLevel,
    *,
    state: Path | None = None,
    dialect: Dialect | None = None,
    record: bool = True,
    workers: int | None = None,
    progress: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> VerifyReport:
    """Check a set, or an adopted tree, up to ``level`` (P1 or P2). Blocking: call it in a thread.

    ``dialect`` is for adopted trees; None: sniffed. ``record`` appends the outcome to the set's
    ``proofs.jsonl``.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED (the manifest itself),
    CANCELLED. A damaged set is a report, not an error.
    """
    raise NotImplementedError
