"""The first step of a restore: the files are what the manifest says, before a byte is written."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from kwtui.backups.csv.alterations import PLAIN, FileForm
from kwtui.backups.csv.batches import count_older
from kwtui.backups.layout.naming import inside
from kwtui.backups.listing.selection import TreePart
from kwtui.backups.proof.verify import verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.restore.expected_content import NOTHING_KNOWN
from kwtui.operations.verify import check_report
from kwtui.text import plural


@dataclass(frozen=True)
class SourceCheck:
    """What the check of the files brought to light, by table (``schema.name``)."""

    files: int = 0
    bytes: int = 0
    rows: int | None = None
    """Records that were counted on the way; None where they were not."""
    counted: dict[str, int] = field(default_factory=dict)
    """Records in the files of a tree, whose plan could not know them."""
    expiring: dict[str, int] = field(default_factory=dict)
    """Rows that KWDB will drop because they are older than their table's retention (row 14)."""

    def expected_rows(self, table: dict[str, Any]) -> int | None:
        """What the manifest says, or what was counted in the files of a tree."""
        if table["rows"] is not None:
            return int(table["rows"])
        return self.counted.get(f"{table['schema']}.{table['table']}")

    def expected(self, table: dict[str, Any]) -> dict[str, Any]:
        """What must be there afterwards; what the retention takes cannot."""
        rows = self.expected_rows(table)
        dropped = self.expiring.get(f"{table['schema']}.{table['table']}", 0)
        if not dropped:
            return {**table, "rows": rows}
        left = None if rows is None else rows - dropped
        return {**table, "rows": left, **NOTHING_KNOWN}


async def check_source(context: RunContext, step: Step) -> SourceCheck:
    """Raises KwtuiError: BACKUP_DAMAGED with the files that are not as sealed.

    A set is hashed (P1). An adopted tree has no manifest: its records are read (P2).
    """
    part = step.params.get("part")

    report = await asyncio.to_thread(
        verify,
        context.extern,
        step.subject,
        ProofLevel.P2 if step.params["records"] else ProofLevel.P1,
        state=context.state,
        part=msgspec.convert(part, TreePart) if part else None,
        record=False,
        progress=context.tell_of(step, "reading files"),
        cancelled=context.halt.requested.is_set,
    )
    check_report(report, context.options)
    planned = step.params.get("dialect")
    if part and planned and report.dialect != msgspec.convert(planned, Dialect):
        raise KwtuiError(
            f"The format of the files of {step.subject} has changed since the plan was made.",
            cause="They were changed since.",
            hint="Check them, then plan the restore again.",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
    counted = {str(t.name): t.rows_found for t in report.tables if t.rows_found is not None}
    return SourceCheck(
        files=report.files,
        bytes=report.bytes,
        rows=report.rows,
        counted=counted if report.adopted else {},
        expiring=await asyncio.to_thread(_expiring, context, step),
    )


def _expiring(context: RunContext, step: Step) -> dict[str, int]:
    now = datetime.now(UTC)
    found = {}
    for table in step.params["retentions"]:
        dialect = msgspec.convert(table["dialect"], Dialect)
        forms = msgspec.convert(table.get("forms", {}), dict[str, FileForm])
        older = sum(
            count_older(
                inside(context.extern, file),
                dialect,
                table["fields"],
                table["seconds"],
                now,
                forms.get(file, PLAIN),
            )
            for file in table["files"]
        )
        if older:
            found[table["table"]] = older
            context.reporter.notice(
                step,
                "WARNING",
                f"{plural(older, 'row')} of {table['table']} older than its retention: KWDB drops "
                "what is so old",
            )
    return found
