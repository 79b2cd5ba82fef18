"""Running one IMPORT and believing none of its words: what came in is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.operations.context import Connect
from kwtui.operations.runner import Halt
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.sql.transfer import is_same_import
from kwtui.text import plural


@dataclass(frozen=True)
class ImportAnswer:
    """What the server said about one import (facts.md, section 2.4)."""

    job: str
    status: str
    rows: int
    abandoned: int
    rejected: int
    note: str


async def run_import(server: Server, connect: Connect, sql: str, halt: Halt) -> ImportAnswer:
    """Run an IMPORT; when the run is to halt, its job is cancelled too.

    An import is a job that goes on without the session that started it (facts.md, section 2.6).
    """
    try:
        return read_answer(await run_stoppable(server, sql, halt))
    except KwtuiError:
        if halt.requested.is_set():
            await _cancel_jobs(connect, sql)
        raise


async def _cancel_jobs(connect: Connect, sql: str) -> None:
    """Cancel the jobs of this very statement; on a new connection, the old one may be closed."""
    server = await connect()
    try:
        jobs = await server.query(statements.running_jobs("IMPORT"))
        for row in jobs.dicts():
            if row["job_id"] and is_same_import(sql, row["description"] or ""):
                await server.execute(statements.cancel_job(int(row["job_id"])))
    finally:
        await server.close()


def read_answer(result: StatementResult) -> ImportAnswer:
    """Raises KwtuiError if the server sent no result row."""
    row = next(result.result.dicts(), None)
    if row is None:
        raise KwtuiError("The import returned nothing.", exit_code=ExitCode.STATEMENT_REFUSED)
    return ImportAnswer(
        job=row.get("job_id") or "",
        status=row.get("status") or "",
        rows=int(row.get("rows") or 0),
        abandoned=int(row.get("abandon_rows") or 0),
        rejected=int(row.get("reject_rows") or 0),
        note=row.get("note") or "",
    )


def check_answer(
    answer: ImportAnswer,
    subject: str,
    rejected: Sequence[str],
    expected: int | None,
    *,
    adds: bool = False,
) -> None:
    """Raises RESTORE_DIFFERS for rejected, abandoned or missing rows (rows 2, 3, 15).

    Into a table that held rows (``adds``) the server may leave out those that are there already.

    ``rejected`` are the first lines of what the server wrote about them: a row, its error, in turn.
    """
    if answer.rejected:
        raise _differs(
            f"{plural(answer.rejected, 'row')} of {subject} "
            f"{'was' if answer.rejected == 1 else 'were'} rejected.",
            lines_of(*rejected) or answer.note,
        )
    if answer.abandoned and not adds:
        raise _differs(
            f"{plural(answer.abandoned, 'row')} of {subject} left out as duplicates.",
            "The server's setting ts.dedup.rule decides that.",
        )
    left_out = answer.abandoned if adds else 0
    if expected is not None and answer.rows not in (expected, expected - left_out):
        raise _differs(
            f"{subject}: the files hold {plural(expected, 'row')}, {answer.rows} were imported.", ""
        )


def check_copied(result: StatementResult, subject: str, expected: int) -> None:
    """Raises RESTORE_DIFFERS where an INSERT took other rows than an import brought."""
    copied = int(result.tag.rpartition(" ")[2] or 0) if result.tag.startswith("INSERT ") else 0
    if copied != expected:
        raise _differs(
            f"{subject}: {plural(expected, 'row')} were imported, {copied} copied into it.", ""
        )


def _differs(title: str, cause: str) -> KwtuiError:
    return KwtuiError(
        title,
        cause=cause,
        hint="Check the backup: kwtui verify",
        exit_code=ExitCode.RESTORE_DIFFERS,
    )
