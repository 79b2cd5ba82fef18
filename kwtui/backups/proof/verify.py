"""Checking a set: P1 (every byte as sealed) and P2 (every record and every meta.sql parses)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import kwtui
from kwtui.backups.layout.location import record_proof, sidecar_root
from kwtui.backups.listing.contents import OpenedSet, open_with_definitions
from kwtui.backups.listing.selection import TreePart, narrowed
from kwtui.backups.manifest import Proof
from kwtui.backups.proof.checking import FileReader, check_set
from kwtui.backups.proof.findings import TableCheck, VerifyFinding
from kwtui.backups.proof.sealing import SealProgress
from kwtui.backups.proof.tree_checking import check_tree
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect
from kwtui.text import human_bytes, plural, sentences

_PROBLEMS_KEPT = 100


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
    disk_full: bool = False
    """The proof could not be written beside the set for that reason."""

    @property
    def ok(self) -> bool:
        return not any(f.severity is Severity.REFUSAL for f in self.findings)

    @property
    def rows(self) -> int | None:
        """Records in the data files; None where not all were counted."""
        found = [table.rows_found for table in self.tables]
        return sum(n for n in found if n is not None) if found and None not in found else None

    def as_proof(self) -> Proof:
        """The line for ``proofs.jsonl``."""
        problems = [f"{f.subject}: {f.message}" for f in self.findings]
        return Proof(
            at=self.checked_at,
            level=self.reached or ProofLevel.P0,
            wanted=self.wanted,
            ok=self.ok,
            summary=self.summary,
            problems=tuple(problems[:_PROBLEMS_KEPT]),
            seconds=round(self.seconds, 3),
            kwtui_version=kwtui.__version__,
        )

    @property
    def summary(self) -> str:
        """One line for people."""
        if not self.ok:
            refused = sum(f.severity is Severity.REFUSAL for f in self.findings)
            return f"{plural(refused, 'fault')} in {plural(self.files, 'file')}"
        checked = f"{plural(self.files, 'file')}, {human_bytes(self.bytes)}"
        rows = [t.rows_found for t in self.tables if t.rows_found is not None]
        if self.wanted >= ProofLevel.P2:
            checked += f", {plural(sum(rows), 'record')}"
        return f"{checked}: no fault found"


def verify(
    extern: Path,
    path: str,
    level: ProofLevel,
    *,
    opened: OpenedSet | None = None,
    state: Path | None = None,
    dialect: Dialect | None = None,
    first_is_row: bool = False,
    part: TreePart | None = None,
    record: bool = True,
    workers: int | None = None,
    progress: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> VerifyReport:
    """Check a set, or an adopted tree, up to ``level`` (P1 or P2). Blocking: call it in a thread.

    ``opened`` is what `open_with_definitions` gave, if that was asked already. ``dialect`` and
    ``first_is_row`` are for adopted trees, where a person says how they are
    written; ``part`` is what of one a restore reads. ``record`` appends the outcome to the set's
    ``proofs.jsonl``.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED (the manifest itself),
    CANCELLED. A damaged set is a report, not an error.
    """
    began, at = time.monotonic(), datetime.now(UTC)
    details, definitions = opened or open_with_definitions(extern, path, state)
    reader = FileReader(workers, progress, cancelled)
    if details.manifest is None:
        if part is not None:
            details = narrowed(details, part)
        check = check_tree(
            details,
            dialect,
            level,
            reader,
            first_is_row=first_is_row,
            optional=part is not None and not part.definitions,
            definitions=definitions,
        )
    else:
        check = check_set(details, details.manifest, level, reader)
    report = VerifyReport(
        path=details.entry.path,
        wanted=level,
        reached=check.reached,
        checked_at=at,
        seconds=time.monotonic() - began,
        files=check.files,
        bytes=check.bytes,
        tables=tuple(check.tables),
        findings=tuple(check.findings),
        unknown=tuple(check.unknown),
        adopted=details.manifest is None,
        dialect=check.dialect,
    )
    if not record or details.manifest is None:
        return report
    mirror = sidecar_root(extern, state) if state else None
    try:
        return replace(
            report, recorded=str(record_proof(details.location, mirror, report.as_proof()))
        )
    except KwtuiError as error:
        note = f"This check was not recorded beside the set: {sentences(*error.lines())}"
        full = error.exit_code is ExitCode.DISK_FULL
        return replace(report, unknown=(*report.unknown, note), disk_full=full)
