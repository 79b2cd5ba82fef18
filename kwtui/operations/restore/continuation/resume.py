"""The first step of a restore that is continued: what it half did is undone, what it kept counted.

An import goes on without the process that started it (facts.md, section 2.6), and a table that it
was stopped in stays away for a while (live-findings, rows 21 and 25).
"""

from __future__ import annotations

import asyncio
import time

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import TableName
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.runner import StepOutcome
from kwtui.operations.shared.blocked_names import being_undone, when_free
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.sql import statements, transfer
from kwtui.text import plural

PUT_BACK_SECONDS = 120.0
"""How long the server may take to stop an import and to put its table back."""

_PAUSE_SECONDS = 0.5


async def resume(context: RunContext, server: Server, step: Step) -> StepOutcome:
    """Stop what the server still does for the stopped run, undo, count what stays.

    Raises KwtuiError: RUN_IN_PROGRESS for an import that does not end, REFUSED_BY_PLAN if the
    tables are not as they were when the plan was made.
    """
    await _stop_imports(context, server, step)
    for statement in step.sql:
        await _undo(context, server, step, statement)
    kept = step.params["kept"]
    for table in kept:
        name = TableName(table["schema"], table["table"])
        rows = await catalogue.count_rows(server, step.params["database"], name)
        if rows != table["rows"]:
            raise KwtuiError(
                f"{name} holds {plural(rows, 'row')} and not {table['rows']}, as it did when "
                f"the plan was "
                "made.",
                hint=f"Plan it again: kwtui restore --continue {context.run_id}",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
    done = f", {plural(len(step.sql), 'statement')} to undo" if step.sql else ""
    return StepOutcome(summary=f"{plural(len(kept), 'table')} kept{done}")


async def _stop_imports(context: RunContext, server: Server, step: Step) -> None:
    sent: list[str] = step.params["imports"]
    deadline = time.monotonic() + PUT_BACK_SECONDS
    while sent:
        jobs = await server.query(statements.running_jobs("IMPORT"))
        ours = [
            int(row["job_id"] or 0)
            for row in jobs.dicts()
            if any(transfer.is_same_import(s, row["description"] or "") for s in sent)
        ]
        if not ours:
            return
        if context.halt.requested.is_set():
            raise context.halt.reason()
        if time.monotonic() > deadline:
            raise KwtuiError(
                "The server is still importing for the stopped run and does not stop.",
                cause=f"Job {ours[0]} was asked to stop.",
                hint="See it with kwtui jobs, and continue when it has ended.",
                exit_code=ExitCode.RUN_IN_PROGRESS,
            )
        for job in ours:
            try:
                await server.execute(statements.cancel_job(job))
            except StatementRefused as error:
                # It may have ended at this very moment; whether it did is asked next.
                context.reporter.notice(step, "NOTICE", f"job {job}: {error.cause}")
        await asyncio.sleep(_PAUSE_SECONDS)


async def _undo(context: RunContext, server: Server, step: Step, statement: str) -> None:
    def tell(words: str) -> None:
        context.reporter.notice(step, "WARNING", words)

    async def run() -> None:
        await server.execute(statement)

    await when_free(
        run,
        context.halt,
        tell,
        PUT_BACK_SECONDS,
        at_work=lambda: being_undone(server, step.subject),
        progress=lambda words: context.reporter.progress(step, basis=words),
    )
