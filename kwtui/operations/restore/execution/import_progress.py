"""How far an IMPORT is, as far as the server tells it while it works.

An IMPORT sends nothing before its end. Of a relational one the job's ``fraction_completed`` moves
when a file is done, and begins anew with each table of a database; of a time series it never moves
(facts.md, section 2.6), but the table can be counted. What neither tells is not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from kwtui.errors import KwtuiError
from kwtui.operations.context import Connect, RunContext
from kwtui.operations.plan import Step
from kwtui.server.connection.server import Server
from kwtui.sql import statements
from kwtui.sql.transfer import is_same_import

LOOK_SECONDS = 2.0
"""Between two looks, and before the first: most imports are over by then."""

Rows = Callable[[Server], Awaitable[int]]
"""Counts what came in so far."""


@asynccontextmanager
async def watched(
    context: RunContext,
    step: Step,
    sql: str,
    expected: int | None,
    rows: Rows | None = None,
    every: float = LOOK_SECONDS,
) -> AsyncIterator[None]:
    """Tell how far the IMPORT ``sql`` is while the context lasts.

    ``rows`` counts, where the table can be read meanwhile; else the job's fraction of the
    ``expected`` rows is an estimate. What cannot be asked is told once and stops no import.
    """
    context.reporter.progress(
        step,
        rows_total=expected,
        bytes_total=step.params.get("bytes"),
        basis="rows so far unknown",
    )
    looking = asyncio.ensure_future(_look(context, step, sql, expected, rows, every))
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _look(
    context: RunContext, step: Step, sql: str, expected: int | None, rows: Rows | None, every: float
) -> None:
    await asyncio.sleep(every)
    try:
        async with _connected(context.connect) as server:
            while True:
                if rows is not None:
                    context.reporter.progress(
                        step, rows=await rows(server), basis="rows that the table holds"
                    )
                else:
                    _tell_fraction(context, step, expected, await _fraction(server, sql))
                await asyncio.sleep(every)
    except KwtuiError as error:
        words = f"Its progress is unknown: {error.title}"
        context.reporter.notice(step, "INFO", words)


@asynccontextmanager
async def _connected(connect: Connect) -> AsyncIterator[Server]:
    server = await connect()
    try:
        yield server
    finally:
        await server.close()


async def _fraction(server: Server, sql: str) -> float | None:
    """Of the job that runs this statement; None while there is none, or nothing moved."""
    jobs = await server.query(statements.running_jobs("IMPORT"))
    for row in jobs.dicts():
        if is_same_import(sql, row["description"] or ""):
            return float(row["fraction_completed"] or 0) or None
    return None


def _tell_fraction(
    context: RunContext, step: Step, expected: int | None, fraction: float | None
) -> None:
    if fraction is None:
        return
    context.reporter.progress(
        step,
        rows=None if expected is None else round(expected * min(fraction, 1.0)),
        estimated=True,
        basis=f"the server's job says {min(fraction, 1.0):.0%}",
    )
