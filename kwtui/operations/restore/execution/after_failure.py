"""When a restore fails: nothing half-filled stays under the name that was asked for.

What was made until then is kept under its scratch name. The error's hint says so, with the command
that goes on where it stopped and the one that removes what it made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from kwtui.errors import ExitCode, KwtuiError, lines_of
from kwtui.model.schema import UNFINISHED
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Plan, Step
from kwtui.operations.restore.continuation.own_database import (
    CANNOT_GO_ON,
    Refusal,
    gave_name,
    made_database,
    makes_database,
)
from kwtui.operations.restore.continuation.stopped_restore import ways_on
from kwtui.operations.restore.definitions import waits_for_name
from kwtui.operations.restore.execution.differences import DefinitionsDiffer
from kwtui.operations.runner import CancelledByPerson, StepOutcome
from kwtui.operations.shared.command_line import command_for
from kwtui.server.catalogue import survey as catalogue
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.text import sentences

PUT_BACK_SECONDS = 120.0
"""How long a table may stay away after an import into it was stopped (live-findings, row 25)."""

_NO_SUCH_TABLE = "42P01"


async def clean_up(
    context: RunContext, scratch: str, done: tuple[str, ...], error: KwtuiError
) -> None:
    """Take back what must not stay, and complete the error's hint.

    ``done`` are the ids of the steps that were done. It uses a connection of its own: the run's may
    be what broke.
    """
    plan = context.plan
    made = scratch if scratch != plan.database else ""
    try:
        server = await context.connect()
    except KwtuiError:
        if done:
            _add(error, "When the server is back: " + ways_on(context.run_id))
        return
    try:
        if "drop-defaults" in done and "set-defaults" not in done:
            await _put_defaults_back(context, server, plan)
        if "publish" in done:
            await _unpublish(server, plan.database, scratch)
        await _tell(context, server, made, done, error)
    except KwtuiError as second:
        error.cause = lines_of(error.cause, *second.lines())
        _add(error, ways_on(context.run_id))
    finally:
        await server.close()


async def _tell(
    context: RunContext, server: Server, made: str, done: tuple[str, ...], error: KwtuiError
) -> None:
    plan, run = context.plan, context.run_id
    databases = {d.name: d.comment for d in await catalogue.databases(server)}
    failed = next((step for step in plan.steps if step.id not in done), None)
    begun = {*done, *([failed.id] if failed else [])}
    refused = {failed.id: _refusal(error)} if failed else {}
    if made and not made_database(plan, begun, refused):
        _say_not_ours(error, made, failed, databases)
        if isinstance(error, CancelledByPerson):
            _say_how_to_begin_again(context, error)
        return
    ways = _ways(error, run)
    if made and made in databases:
        if failed is not None and failed.id in _NAMING and isinstance(error, StatementRefused):
            _say_unnamed(error, made, plan, run)
            return
        _add(
            error,
            f"What was restored so far remains in the database {made}; nothing exists under "
            f"{plan.database}. {ways}",
        )
    elif made and gave_name(begun, refused) and databases.get(plan.database) == UNFINISHED:
        _add(error, f"{plan.database} has its rows, and its comment says what it is. {ways}")
    elif not made and any(step.startswith(("import:", "insert:")) for step in done):
        _add(error, f"Rows that were added to {plan.database} until then stay. {ways}")
    elif isinstance(error, CancelledByPerson):
        _say_how_to_begin_again(context, error)


def _ways(error: KwtuiError, run: str) -> str:
    if isinstance(error, DefinitionsDiffer) and error.accepting:
        accept = f"kwtui restore --continue {run} {error.accepting}"
        return f"If that is meant, accept it by name: {accept} (or {ways_on(run, go_on=False)})"
    return ways_on(run, go_on=error.exit_code not in CANNOT_GO_ON)


def _refusal(error: KwtuiError) -> Refusal:
    sqlstate = (error.sqlstate or "") if isinstance(error, StatementRefused) else ""
    return Refusal(sqlstate, error.cause)


def _say_not_ours(
    error: KwtuiError, made: str, failed: Step | None, databases: Mapping[str, str | None]
) -> None:
    """Nothing stands that this run made: another restore had the name before it."""
    if failed is not None and makes_database(failed) and made in databases:
        error.title = f"Another restore made {made} first."
        error.exit_code = ExitCode.NAME_TAKEN
        _add(error, "This run made nothing on the server. Plan the restore again.")


def _say_how_to_begin_again(context: RunContext, error: KwtuiError) -> None:
    again = command_for(context.plan, context.options)
    _add(error, f"Nothing of it remains on the server. To run it again: {again}")


_NAMING = frozenset({"try-name", "publish"})


def _say_unnamed(error: KwtuiError, made: str, plan: Plan, run: str) -> None:
    """The server does not rename it; everything else is well."""
    rename = statements.rename_database(made, plan.database)
    error.title = f"The server refuses to rename {made} to {plan.database}."
    error.hint = (
        f"Its rows are restored and match the backup. It remains as {made}. Try again: kwtui "
        f"restore --continue {run} (or by hand: {rename}; and then what comes behind it in the "
        f"plan: kwtui runs show {run} --plan)"
    )


def _add(error: KwtuiError, words: str) -> None:
    error.hint = sentences(error.hint, words)


async def _put_defaults_back(context: RunContext, server: Server, plan: Plan) -> None:
    """Of tables that existed before: rows were to be added to them."""
    step: Step | None = next((s for s in plan.steps if s.id == "set-defaults"), None)
    if step is None:
        return
    for statement in step.sql:
        await execute_when_back(server, statement)
    # Whoever cleans up later sees that nothing is missing.
    context.reporter.step_finished(step, StepOutcome("put back after the failure"), 0.0)


async def execute_when_back(server: Server, statement: str) -> None:
    """A table that an import was stopped in does not exist while the server puts it back."""
    deadline = time.monotonic() + PUT_BACK_SECONDS
    while True:
        try:
            await server.execute(statement)
        except StatementRefused as error:
            if error.sqlstate != _NO_SUCH_TABLE or time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.5)
        else:
            return


async def _unpublish(server: Server, database: str, scratch: str) -> None:
    """Give the scratch name back; what forbids that goes, and comes again with the next try."""
    schema = await catalogue.read_schema(server, database)
    for view in reversed(schema.views):
        sql = statements.drop_view(database, view.name, materialized=view.materialized)
        await server.execute(sql)
    for table in schema.tables:
        for column in table.columns:
            if column.default is not None and waits_for_name(schema, column.default):
                await server.execute(statements.drop_default(database, table.name, column.name))
    await server.execute(statements.use_database("defaultdb"))
    await server.execute(statements.rename_database(database, scratch))
