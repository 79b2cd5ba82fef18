"""One connection to a KWDB node: connect, run statements, cancel, notice that it is gone.

Statements go by the simple protocol, one at a time, without parameters: EXPORT breaks in the
extended one (facts.md, section 9.3). psycopg is imported when the first connection is made.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.failures import (
    ConnectionLost,
    PasswordNeeded,
    PasswordRejected,
    ServerMessage,
    connection_failure,
    connection_text,
    statement_failure,
)
from kwtui.server.connection.libpq import (
    connection_parameters,
    read_results,
    without_other_variables,
)
from kwtui.server.connection.passwords import Prompt, find_password, why_passfile_is_ignored
from kwtui.server.connection.results import Notice, ResultSet, StatementResult
from kwtui.server.connection.target import DEFAULT_DATABASE, Target
from kwtui.sql import session, statements, transfer
from kwtui.text import sentences

if TYPE_CHECKING:
    import psycopg


NoticeListener = Callable[[Notice], None]

QUERY_TIMEOUT = 120.0
"""Seconds that reading from catalogues may take before the server counts as hanging."""

_GRACE = 0.3
"""Seconds that a statement gets to finish by itself before it is cancelled on the server."""

_LAST_WORDS = 3.0
"""Seconds that a cancelled statement gets; an export's session is closed after one."""


async def connect(target: Target, *, prompt: Prompt | None = None) -> Server:
    """Connect, with the password from wherever one is found; ``prompt`` is asked when none is.

    Raises KwtuiError: SERVER_UNREACHABLE, AUTHENTICATION_FAILED or TLS_FAILED.
    """
    password: str | None = None
    if target.may_send_password:
        secret = await find_password(target)
        password = secret.password if secret else None
    try:
        return await Server.open(target.with_password(password))
    except (PasswordNeeded, PasswordRejected) as error:
        ignored = why_passfile_is_ignored(target) if password is None else ""
        error.cause = sentences(error.cause, ignored)
        answer = await prompt(target) if prompt is not None else None
        if not answer:
            raise
        return await Server.open(target.with_password(answer))


class Server:
    """A living connection. Statements of several tasks queue up behind each other.

    Every method raises KwtuiError and nothing else: ConnectionLost when the server went away,
    StatementRefused with the server's own words when it said no.
    """

    def __init__(self, target: Target, connection: psycopg.AsyncConnection[Any]) -> None:
        self.target = target
        self.session_id = ""
        self.missing_database = ""
        """The database that was asked for, where there is none of that name."""
        self._connection = connection
        self._turn = asyncio.Lock()
        self._sql = ""
        self._notices: list[Notice] = []
        self._listener: NoticeListener | None = None
        self._lost: ConnectionLost | None = None
        self._running: asyncio.Task[StatementResult] | None = None
        self._endings: set[asyncio.Task[None]] = set()
        self.gone = asyncio.Event()
        """Set as soon as the connection is known to be lost."""
        connection.add_notice_handler(self._on_notice)

    @classmethod
    async def open(cls, target: Target) -> Self:
        """Connect with what the target holds, no other source. Raises KwtuiError."""
        import psycopg

        try:
            with without_other_variables():
                connection = await psycopg.AsyncConnection.connect(
                    "", autocommit=True, prepare_threshold=None, **connection_parameters(target)
                )
        except (psycopg.Error, OSError) as error:
            raise connection_failure(error, target) from None
        server = cls(target, connection)
        try:
            for statement in session.session_settings():
                await server.execute(statement, within=float(target.connect_timeout))
            answer = await server.query(statements.show("session_id"))
            server.session_id = answer.scalar() or ""
            await server._leave_missing_database()
        except BaseException:
            await server.close()
            raise
        return server

    # -- state ----------------------------------------------------------------------------------

    @property
    def is_alive(self) -> bool:
        """Whether the connection was usable the last time that it was used."""
        return self._lost is None and not self._connection.closed

    @property
    def lost(self) -> ConnectionLost | None:
        """Why the connection is gone, once it is."""
        return self._lost

    @property
    def is_busy(self) -> bool:
        """Whether a statement is running."""
        return self._turn.locked()

    @property
    def tls(self) -> bool:
        return bool(self._connection.pgconn.ssl_in_use)

    @property
    def kwdb_version(self) -> str:
        """What the server said about itself at start-up; empty for another kind of server."""
        value = self._connection.pgconn.parameter_status(b"kwdb_version")
        return value.decode("utf-8", "replace") if value else ""

    async def close(self) -> None:
        """Close the connection; harmless when it is closed already."""
        for ending in list(self._endings):
            ending.cancel()
        if self._running is not None and not self._running.done():
            await self._give_up(self._running, "It was closed.")
        await self._connection.close()

    # -- statements -----------------------------------------------------------------------------

    async def query(self, sql: str, *, within: float | None = QUERY_TIMEOUT) -> ResultSet:
        """Run a statement that reads and give its rows. ``within`` is in seconds.

        A cancelled task is let go at once; its statement is ended behind its back, and the
        connection stays.
        """
        return (await self._exchange(sql, within, None, wait_for_end=False)).result

    async def execute(
        self,
        sql: str,
        *,
        within: float | None = None,
        on_notice: NoticeListener | None = None,
    ) -> StatementResult:
        """Run one statement and give everything that came back.

        Without ``within`` (seconds) it may take as long as it needs. When the time is up, or when
        the task is cancelled, the statement is cancelled on the server first; if that does not
        end it, the connection is closed, because what the server still does cannot be known.
        """
        return await self._exchange(sql, within, on_notice, wait_for_end=True)

    async def use(self, database: str) -> None:
        """Make the database the current one of this session."""
        await self.execute(statements.use_database(database), within=QUERY_TIMEOUT)

    async def ping(self, within: float) -> None:
        """Ask for the smallest answer; skipped while a statement runs, which shows life itself.

        Raises ConnectionLost when it does not come in time (seconds).
        """
        if self.is_busy:
            return
        async with self._turn:
            running = self._start("SELECT 1", None)
            try:
                await asyncio.wait_for(asyncio.shield(running), within)
            except TimeoutError:
                raise await self._give_up(
                    running, f"No answer within {within:g} seconds."
                ) from None
            except asyncio.CancelledError:
                await self._give_up(running, "It was left in the middle of an answer.")
                raise

    async def cancel_query(self) -> bool:
        """Cancel what this session runs, through a connection of its own.

        A PostgreSQL cancel request does nothing here (facts.md, section 9.5). The session that ran
        an export is closed by the server a second later (recording 10). A relational import goes on
        when its query is cancelled (facts.md, section 7.6), so its job is cancelled instead. False:
        nothing was running.
        """
        other = await Server.open(self.target)
        try:
            return await self._cancel_jobs(other) or await self._cancel_queries(other)
        finally:
            await other.close()

    # -- inside ---------------------------------------------------------------------------------

    async def _leave_missing_database(self) -> None:
        """A node lets one into a database that it has not (recording 11), and tells nothing of
        itself there: neither its nodes nor its folders, just when a lost database is to come back.
        """
        names = [row[0] for row in (await self.query(statements.databases())).rows]
        if not names or self.target.database in names:
            return
        self.missing_database = self.target.database
        await self.use(DEFAULT_DATABASE if DEFAULT_DATABASE in names else "system")

    async def _cancel_queries(self, other: Server) -> bool:
        running = await other.query(statements.queries())
        own = (row for row in running.dicts() if row["session_id"] == self.session_id)
        ids = [row["query_id"] or "" for row in own]
        for query_id in ids:
            await other.execute(statements.cancel_query(query_id), within=QUERY_TIMEOUT)
        return bool(ids)

    async def _cancel_jobs(self, other: Server) -> bool:
        if not self._sql.startswith("IMPORT "):
            return False
        jobs = await other.query(statements.running_jobs("IMPORT"))
        ids = [
            int(row["job_id"] or 0)
            for row in jobs.dicts()
            if transfer.is_same_import(self._sql, row["description"] or "")
        ]
        for job_id in ids:
            await other.execute(statements.cancel_job(job_id), within=QUERY_TIMEOUT)
        return bool(ids)

    def _start(self, sql: str, on_notice: NoticeListener | None) -> asyncio.Task[StatementResult]:
        if self._lost is not None:
            raise self._lost
        self._sql = sql
        self._notices = []
        self._listener = on_notice
        self._running = asyncio.create_task(self._run(sql))
        return self._running

    async def _exchange(
        self,
        sql: str,
        within: float | None,
        on_notice: NoticeListener | None,
        *,
        wait_for_end: bool,
    ) -> StatementResult:
        await self._turn.acquire()
        ending: asyncio.Task[None] | None = None
        try:
            running = self._start(sql, on_notice)
            try:
                return await asyncio.wait_for(asyncio.shield(running), within)
            except TimeoutError:
                await self._end(running)
                if self._lost is not None:
                    raise self._lost from None
                raise _too_slow(within) from None
            except asyncio.CancelledError:
                ending = asyncio.create_task(self._end(running))
                self._endings.add(ending)
                ending.add_done_callback(self._endings.discard)
                if wait_for_end:
                    await asyncio.wait({ending})
                raise
        finally:
            self._listener = None
            if ending is None or ending.done():
                self._turn.release()
            else:
                ending.add_done_callback(lambda _: self._turn.release())

    async def _run(self, sql: str) -> StatementResult:
        import psycopg

        started = time.monotonic()
        try:
            cursor = await self._connection.execute(sql.encode("utf-8"), prepare=False)
            sets, tag = read_results(cursor)
        except psycopg.Error as error:
            raise self._failure(error) from None
        except OSError as error:
            raise self._gone(f"{error.strerror or error}.") from None
        seconds = time.monotonic() - started
        return StatementResult(tag, tuple(sets), tuple(self._notices), seconds)

    def _failure(self, error: psycopg.Error) -> KwtuiError:
        diagnostics = error.diag
        if diagnostics.message_primary is None or self._connection.broken:
            return self._gone(connection_text(error))
        return statement_failure(
            ServerMessage(
                message=diagnostics.message_primary,
                sqlstate=diagnostics.sqlstate or "",
                detail=diagnostics.message_detail or "",
                hint=diagnostics.message_hint or "",
            )
        )

    def _gone(self, cause: str) -> ConnectionLost:
        if self._lost is None:
            self._lost = ConnectionLost(self.target.label, cause)
            self.gone.set()
        return self._lost

    async def _end(self, running: asyncio.Task[StatementResult]) -> None:
        """See the statement out: let it finish, else cancel it, else close the connection."""
        done, _ = await asyncio.wait({running}, timeout=_GRACE)
        if not done:
            try:
                await asyncio.wait_for(self.cancel_query(), self.target.connect_timeout)
            except (KwtuiError, TimeoutError):
                # The server cannot be asked; closing the connection is all that is left.
                await self._give_up(running, "The server did not accept the cancel request.")
            done, _ = await asyncio.wait({running}, timeout=_LAST_WORDS)
        if not done:
            await self._give_up(running, "A cancelled statement did not end.")
        # Retrieved, so that nobody complains about an error that nobody waits for any more.
        await asyncio.gather(running, return_exceptions=True)

    async def _give_up(self, running: asyncio.Task[StatementResult], cause: str) -> ConnectionLost:
        lost = self._gone(cause)
        # Closed first: psycopg would otherwise wait for the statement when it is cancelled.
        self._connection.pgconn.finish()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return lost

    def _on_notice(self, diagnostics: psycopg.errors.Diagnostic) -> None:
        notice = Notice(
            severity=diagnostics.severity_nonlocalized or diagnostics.severity or "NOTICE",
            sqlstate=diagnostics.sqlstate or "",
            message=diagnostics.message_primary or "",
        )
        self._notices.append(notice)
        if self._listener is not None:
            self._listener(notice)


def _too_slow(within: float | None) -> KwtuiError:
    return KwtuiError(
        f"The server did not finish within {within:g} seconds.",
        cause="The statement was cancelled.",
        hint="Check what else the server is doing (SHOW QUERIES), then try again.",
        exit_code=ExitCode.STATEMENT_REFUSED,
    )
