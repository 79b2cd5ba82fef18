"""The SQL page's connection: read-only until it is unlocked, with a time limit and a row limit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.csv_file import CsvFile
from kwtui.server.connection.failures import ConnectionLost, StatementRefused
from kwtui.server.connection.limited import LimitedServer, RowLimit, RowSink
from kwtui.server.connection.results import Notice, ResultSet
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target
from kwtui.server.console import verdict as console
from kwtui.server.console.lost_locations import check_locations
from kwtui.server.console.verdict import Kind, Verdict
from kwtui.sql import inspection

ROWS = 1000
"""Rows that are read unless more are asked for."""

TEXT_BYTES = 16 << 20
"""Bytes of values that are read at most, whatever the number of rows."""

TIMEOUT_SECONDS = 60

_LONGEST = 1_000_000
"""Characters of a statement: each of its words is looked at before it is sent."""
_GRACE_SECONDS = 5.0
"""What the server gets beyond its own time limit before the connection counts as hanging."""


@dataclass(frozen=True)
class Answer:
    """What came back for one statement."""

    sql: str
    result: ResultSet
    tag: str
    notices: tuple[Notice, ...]
    seconds: float
    verdict: Verdict
    limited: bool = False
    """There is more than was read."""
    limit: int = ROWS
    database: str = ""

    @property
    def may_be_repeated(self) -> bool:
        """Running it again changes nothing."""
        return self.verdict.kind is Kind.READ


class Console:
    """Statements of one person, one at a time, on a connection of their own.

    It opens with the first statement, and again when the server closed it.
    """

    def __init__(self, target: Target, *, timeout_seconds: int = TIMEOUT_SECONDS) -> None:
        self._target = target
        self._server: LimitedServer | None = None
        self._unlocked = False
        self._cancelled = False
        self._database = target.database
        self.timeout_seconds = timeout_seconds
        """Of each statement; 0 is no limit."""

    @property
    def unlocked(self) -> bool:
        """Whether statements that write are run."""
        return self._unlocked

    @property
    def database(self) -> str:
        """The current database of the session."""
        return self._database

    @property
    def is_running(self) -> bool:
        return self._server is not None and self._server.is_busy

    def reason_against_unlocking(self) -> str:
        if self._target.read_only:
            return "The profile of this server is read-only."
        return ""

    async def unlock(self) -> None:
        """Allow writing, for this connection only. Raises KwtuiError where the profile forbids."""
        reason = self.reason_against_unlocking()
        if reason:
            raise KwtuiError(reason, hint="Change the profile if this server may be changed.")
        self._unlocked = True
        await self._apply_lock()

    async def lock(self) -> None:
        """Back to reading."""
        self._unlocked = False
        await self._apply_lock()

    async def run(self, text: str, *, limit: int = ROWS) -> Answer:
        """Run one statement; at most ``limit`` rows are read.

        Raises KwtuiError: REFUSED_BY_PLAN for one that does more than read while locked, USAGE for
        more or less than one statement, STATEMENT_REFUSED with the server's own words.
        """
        async with self._statement(text) as (server, verdict):
            is_read = verdict.kind is Kind.READ
            server.limit = RowLimit(limit, TEXT_BYTES, stop=is_read)
            done = await server.execute(text, within=self._within)
            limited = server.limit.reached
            if limited and is_read:
                # The rest is still on its way; a new connection is quicker than reading it.
                await self._drop()
            return Answer(
                sql=text,
                result=done.result,
                tag=done.tag,
                notices=done.notices,
                seconds=done.seconds,
                verdict=verdict,
                limited=limited,
                limit=limit,
                database=self._database,
            )

    async def stream(self, text: str, sink: RowSink) -> int:
        """Run a reading statement without a row limit, row by row into ``sink``; how many.

        Raises KwtuiError (USAGE) for one that does more than read: it is not run twice.
        """
        async with self._statement(text) as (server, verdict):
            if verdict.kind is not Kind.READ:
                raise KwtuiError(
                    "Only what was read can be saved.",
                    cause=f"This statement would be run a second time. {verdict.reason}",
                    exit_code=ExitCode.USAGE,
                )
            server.limit = RowLimit(None, None, stop=True, sink=sink)
            await server.execute(text, within=self._within)
            return server.limit.rows

    async def cancel(self) -> bool:
        """Cancel what runs; False when nothing did. It then fails with the server's words."""
        server = self._server
        if server is None or not server.is_busy:
            return False
        self._cancelled = True
        return await server.cancel_query()

    async def close(self) -> None:
        await self._drop()

    # -- inside -----------------------------------------------------------------------------------

    @property
    def _within(self) -> float | None:
        return self.timeout_seconds + _GRACE_SECONDS if self.timeout_seconds else None

    @asynccontextmanager
    async def _statement(self, text: str) -> AsyncIterator[tuple[LimitedServer, Verdict]]:
        """A connection that is ready for the statement, and what the statement is."""
        if len(text) > _LONGEST:
            raise KwtuiError(
                f"A statement may have at most {_LONGEST:,} characters here.",
                hint="Longer ones are for a SQL client, which reads them from a file.",
                exit_code=ExitCode.USAGE,
            )
        if not console.split(text):
            raise KwtuiError("There is no statement to run.", exit_code=ExitCode.USAGE)
        server = await self._open()
        self._cancelled = False
        try:
            verdict = await self._judge(server, text)
            await server.query(f"SET statement_timeout = {self.timeout_seconds * 1000:d}")
            yield server, verdict
        except (ConnectionLost, StatementRefused) as error:
            if self._cancelled:
                # Some statements end with their connection when they are cancelled (recording 10).
                raise _cancelled() from error
            raise
        finally:
            server.limit = RowLimit()
            if not server.is_alive:
                await self._drop()
            else:
                await self._learn_database(server)

    async def _judge(self, server: Server, text: str) -> Verdict:
        answer = await server.query(inspection.syntax_of(text))
        verdict = console.classify(text, console.parsed_statements(answer))
        if verdict.kind is Kind.REFUSED:
            raise KwtuiError(
                "This statement is not run here.",
                cause=verdict.reason,
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
        if verdict.kind is Kind.WRITE and not self._unlocked:
            raise KwtuiError(
                "This statement may do more than read, and writing is locked.",
                cause=verdict.reason,
                hint="The SQL page of the interface can unlock writing; the command line cannot.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
        await check_locations(server, text)
        return verdict

    async def _open(self) -> LimitedServer:
        server = self._server
        if server is None or not server.is_alive:
            await self._drop()
            server = await LimitedServer.open(self._target)
            self._server = server
            await self._apply_lock()
            if self._database and self._database != server.missing_database:
                await server.use(self._database)
        return server

    async def _apply_lock(self) -> None:
        if self._server is not None:
            state = "off" if self._unlocked else "on"
            await self._server.query(f"SET default_transaction_read_only = {state}")

    async def _learn_database(self, server: Server) -> None:
        try:
            self._database = (await server.query("SHOW database")).scalar() or ""
        except ConnectionLost:
            # The statement's own outcome is what matters; the next one connects anew.
            await self._drop()

    async def _drop(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            await server.close()


async def save_answer(console: Console, answer: Answer, path: Path) -> int:
    """Write every row of a result to a new CSV file; how many.

    A result that was cut off is read again in full, if the statement only read. Raises
    KwtuiError, also when the file is there already.
    """
    with CsvFile(path) as file:
        if answer.limited and answer.may_be_repeated:
            return await console.stream(answer.sql, file)
        file.columns(answer.result.names)
        file.rows(answer.result.rows)
        return len(answer.result.rows)


def _cancelled() -> KwtuiError:
    return KwtuiError(
        "The statement was cancelled.",
        hint="Its changes were rolled back, except for EXPORT and IMPORT: check the jobs.",
        exit_code=ExitCode.CANCELLED,
    )
