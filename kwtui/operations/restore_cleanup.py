"""When a restore fails: nothing half-filled stays under the name that was asked for.

What was made until then is kept under its scratch name, for a look and for whoever wants to go on
by hand; the error's hint says so, with the statement that removes it.
"""

from __future__ import annotations

import asyncio
import time

from kwtui.errors import KwtuiError
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Plan
from kwtui.operations.restore_objects import waits_for_name
from kwtui.server import catalogue, statements
from kwtui.server.connection import Server
from kwtui.server.failures import StatementRefused

PUT_BACK_SECONDS = 120.0
"""How long a table may stay away after an import into it was stopped (live-findings, row 25)."""

_NO_SUCH_TABLE = "42P01"


async def clean_up(
    context: RunContext, scratch: str, done: frozenset[str], error: KwtuiError
) -> None:
    """Take back what must not stay, and complete the error's hint.

    ``done`` are the ids of the SQL steps that were done. It uses a connection of its own: the
    run's may be what broke.
    """
    plan = context.plan
    made = scratch if scratch != plan.database else ""
    try:
        server = await context.connect()
    except KwtuiError:
        if made:
            _add(error, f"When the server is back, look for a database {made} and drop it.")
        return
    try:
        if "drop-defaults" in done and "set-defaults" not in done:
            await _put_defaults_back(server, plan)
        if "publish" in done:
            await _unpublish(server, plan.database, scratch)
        names = {d.name for d in await catalogue.databases(server)}
        if made in names:
            _add(
                error,
                f"What was restored until then stays in the database {made} for a look; nothing "
                f"stands under {plan.database}. Remove it with: {statements.drop_database(made)}",
            )
    except KwtuiError as second:
        error.cause = "\n".join(filter(None, (error.cause, *second.lines())))
    finally:
        await server.close()


def _add(error: KwtuiError, words: str) -> None:
    error.hint = f"{error.hint} {words}".strip()


async def _put_defaults_back(server: Server, plan: Plan) -> None:
    """Of tables that existed before: rows were to be added to them."""
    step = next((s for s in plan.steps if s.id == "set-defaults"), None)
    for statement in step.sql if step else ():
        await _execute_when_back(server, statement)


async def _execute_when_back(server: Server, statement: str) -> None:
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
