"""The first step of a restore: the files are what the manifest says, before a byte is written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec

from kwtui.backups.naming import inside
from kwtui.backups.proof import VerifyReport, verify
from kwtui.backups.sealing import SealProgress
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import Dialect, ProofLevel, Severity
from kwtui.operations.commands import shell_line
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.records import count_older
from kwtui.text import plural


@dataclass(frozen=True)
class SourceCheck:
    """What the check of the files brought to light, by table (``schema.name``)."""

    files: int = 0
    bytes: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    """Records in the files of a tree, whose plan could not know them."""
    expiring: dict[str, int] = field(default_factory=dict)
    """Rows that KWDB will drop because they are older than their table's retention (row 14)."""


async def check_source(context: RunContext, step: Step) -> SourceCheck:
    """Raises KwtuiError: BACKUP_DAMAGED with the files that are not as sealed.

    A set is hashed (P1). An adopted tree has no manifest: its records are read (P2).
    """
    dialect = context.plan.request.get("dialect")

    def tell(progress: SealProgress) -> None:
        context.reporter.progress(
            step, bytes=progress.bytes, bytes_total=progress.bytes_total, basis="bytes read"
        )

    report = await asyncio.to_thread(
        verify,
        context.extern,
        step.subject,
        ProofLevel.P2 if step.params["records"] else ProofLevel.P1,
        state=context.state,
        dialect=msgspec.convert(dialect, Dialect) if dialect else None,
        record=False,
        progress=tell,
        cancelled=context.halt.requested.is_set,
    )
    check_report(report, context.options)
    counted = {str(t.name): t.rows_found for t in report.tables if t.rows_found is not None}
    return SourceCheck(
        files=report.files,
        bytes=report.bytes,
        counted=counted if report.adopted else {},
        expiring=await asyncio.to_thread(_expiring, context, step),
    )


def check_report(report: VerifyReport, options: Sequence[str] = ()) -> None:
    """Raises BACKUP_DAMAGED for a set that is not whole.

    ``options`` are those of a command for the same server and files.
    """
    bad = [f for f in report.findings if f.severity is Severity.REFUSAL]
    if bad:
        words = [f"{f.subject}: {f.message}" for f in bad]
        raise KwtuiError(
            f"The backup {report.path} is damaged: {words[0]}",
            cause="\n".join(words[1:10]),
            hint="See everything that is wrong: "
            + shell_line("verify", report.path, options=options),
            exit_code=ExitCode.BACKUP_DAMAGED,
        )


def _expiring(context: RunContext, step: Step) -> dict[str, int]:
    now = datetime.now(UTC)
    found = {}
    for table in step.params["retentions"]:
        dialect = msgspec.convert(table["dialect"], Dialect)
        older = sum(
            count_older(
                inside(context.extern, file), dialect, table["fields"], table["seconds"], now
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
