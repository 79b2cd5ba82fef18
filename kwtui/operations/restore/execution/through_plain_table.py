"""Filling a table that IMPORT INTO refuses: by way of a plain one (live-findings, row 35)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from kwtui.errors import KwtuiError, lines_of
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.restore.execution.after_failure import execute_when_back
from kwtui.operations.restore.execution.importing import check_copied
from kwtui.operations.restore.steps import import_of
from kwtui.operations.runner import StepOutcome
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.connection.server import Server


async def import_through(
    context: RunContext,
    server: Server,
    step: Step,
    imported: Callable[[], Awaitable[StepOutcome]],
    *,
    in_place: bool,
) -> StepOutcome:
    """Make the plain table, import into it (``imported``), copy its rows, drop it.

    The copy takes effect as a whole or not at all. ``in_place``: in a database that was there
    before, where nothing else would take the plain table away after a failure. Raises KwtuiError.
    """
    at = step.sql.index(import_of(step))
    copy, drop = step.sql[at + 1 :]
    made = False
    try:
        for statement in step.sql[:at]:
            await run_stoppable(server, statement, context.halt)
        made = True
        outcome = await imported()
        copied = await run_stoppable(server, copy, context.halt)
        check_copied(copied, step.subject, outcome.rows or 0)
    except KwtuiError as error:
        if made and in_place:
            await _drop(context, drop, error)
        raise
    await run_stoppable(server, drop, context.halt)
    return outcome


async def _drop(context: RunContext, drop: str, error: KwtuiError) -> None:
    try:
        server = await context.connect()
        try:
            await execute_when_back(server, drop)
        finally:
            await server.close()
    except KwtuiError as second:
        words = f"This could not be run: {drop} ({second.cause or second.title})"
        error.cause = lines_of(error.cause, words)
