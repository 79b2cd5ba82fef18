"""A client's session: its database, variables and transaction, and the statement that it runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.answers.answer import Answer, Column, Row, SqlError, StatementCancelled
from kwtui.sandbox.engine.engine import roll_back
from kwtui.sandbox.engine.errors import from_duckdb
from kwtui.sandbox.engine.variables import Variables, milliseconds
from kwtui.sandbox.identity import NODE_ID
from kwtui.sandbox.language.lexer import Kind, Statement, quote_string, split_statements
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine

_TIMED_OUT = "query execution canceled due to statement timeout"
_ABORTED = "current transaction is aborted, commands ignored until end of transaction block"
_WRITES = frozenset({"insert", "upsert", "update", "delete", "truncate", "grant", "revoke"})
_CHANGES = frozenset({"create", "drop", "alter", "comment"})


@dataclass
class Query:
    """A statement that is running, as SHOW QUERIES lists it."""

    id: str
    text: str
    started_at: int
    phase: str = "preparing"
    """``preparing`` or ``executing`` (recording 10)."""


class Session:
    """Executes the statements of one client, one after another.

    Other threads may call ``cancel_query`` and ``close``; everything else belongs to one thread.
    """

    def __init__(
        self,
        engine: Engine,
        user: str,
        database: str,
        application_name: str = "",
        client_address: str = "",
        node_id: int = NODE_ID,
        *,
        find_handler: Callable[[Statement], Callable[[Session, Statement], Answer]],
    ) -> None:
        self.engine = engine
        self._find_handler = find_handler
        self.node_id = node_id
        """The node that the client talks to."""
        self.user = user
        self.database = database
        self.client_address = client_address
        self.variables = Variables(self, application_name)
        self.session_id = unique_id(engine, node_id=node_id)
        self.started_at = engine.clock.now()
        self.transaction: duckdb.DuckDBPyConnection | None = None
        self.transaction_status = "I"
        """``I`` idle, ``T`` in a transaction, ``E`` in one that failed."""
        self.transaction_began = 0
        self.transaction_read_only = False
        self.query: Query | None = None
        """The statement that runs now."""
        self.last_query = ""
        """The text of the last statement that ended."""
        self.sequence_values: dict[int, int] = {}
        """What nextval answered last in this session, by sequence."""
        self.binary_results = False
        """Whether the client wants the rows of this statement as binary values."""
        self.dry_run = False
        """Set while a statement is only described: functions then change nothing."""
        self._interruption: str | None = None
        self.interrupted = threading.Event()
        """Set when the running statement must stop: waits should wait on this."""
        self._running: set[duckdb.DuckDBPyConnection] = set()
        self._timer: threading.Timer | None = None
        self._closed = False
        engine.sessions[self.session_id] = self

    # --- statements -----------------------------------------------------------------------

    def execute(
        self, sql: str, extended: bool = False, parameters: Sequence[str | None] = ()
    ) -> Iterator[Answer]:
        """Runs the statements of a text, one answer each, as the caller asks for them.

        An answer's rows come while they are read; read them to the end before the next answer,
        and read ``tag`` only afterwards, for it holds their number. ``parameters`` are the texts
        behind ``$1``, ``$2``, …; None is NULL.

        Raises SqlError, at once or between two rows, and StatementCancelled.
        """
        for statement in split_statements(sql, extended):
            bound = bind(statement, parameters) if parameters else statement
            answer = self._run(bound)
            rows = answer.rows
            yield answer
            if isinstance(rows, _Rows):
                rows.close()

    def describe(
        self, sql: str, parameters: Sequence[str | None] | None = None
    ) -> tuple[Column, ...] | None:
        """The columns that a statement would answer, None if it answers no rows.

        Only statements that read are run for it; parameters that are not known yet are NULL.
        """
        statements = split_statements(sql, extended=True)
        asked = readable(statements[0]) if statements else None
        if asked is None:
            return None
        self.dry_run = True
        try:
            answer = self._run(bind(asked, parameters))
            if isinstance(answer.rows, _Rows):
                answer.rows.close()
        finally:
            self.binary_results = False
        """Whether the client wants the rows of this statement as binary values."""
        self.dry_run = False
        return answer.columns

    def run(self, statement: Statement) -> Answer:
        """Runs a statement inside the one that is running, e.g. the SHOW of ``[SHOW …]``."""
        return self._find_handler(statement)(self, statement)

    def _run(self, statement: Statement) -> Answer:
        if self._closed:
            raise StatementCancelled
        self._start(statement.text)
        try:
            self._check_allowed(statement)
            answer = self.run(statement)
            if isinstance(answer.rows, (list, tuple)):
                self._finish()
            else:
                answer.rows = _Rows(self, iter(answer.rows))
            return answer
        except BaseException as error:
            raise self._failed(error) from error

    def _start(self, text: str) -> None:
        self._finish()
        self._interruption = None
        self.interrupted.clear()
        now = self.engine.clock.now()
        self.query = Query(unique_id(self.engine, now, self.node_id), text, now)
        limit = milliseconds(self.variables.get("statement_timeout"))
        if limit:
            self._timer = threading.Timer(limit / 1000, self._interrupt, ["timeout"])
            self._timer.daemon = True
            self._timer.start()

    def _finish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.query is not None:
            self.last_query = self.query.text
            self.query = None
        # Rows that were never read, as those of a description, leave their cursor here.
        self._running.clear()

    def _failed(self, error: BaseException) -> BaseException:
        """The error that the client sees; a transaction that was open has failed."""
        interruption = self._interruption
        self._finish()
        if self.transaction_status == "T":
            self.transaction_status = "E"
        if interruption == "cancel" and not isinstance(error, SqlError):
            return StatementCancelled()
        if interruption == "timeout" and not isinstance(error, SqlError):
            return SqlError(_TIMED_OUT, "57014")
        if isinstance(error, duckdb.Error):
            return from_duckdb(error)
        return error

    def _check_allowed(self, statement: Statement) -> None:
        word = statement.tokens[0].value
        ends = word in ("rollback", "commit", "end", "abort")
        if self.transaction_status == "E" and not ends:
            raise SqlError(_ABORTED, "25P02")
        if self.read_only and (word in _WRITES or word in _CHANGES):
            following = statement.tokens[1].value.upper() if word in _CHANGES else ""
            what = f"{word.upper()} {following}".strip()
            raise SqlError(f"cannot execute {what} in a read-only transaction", "25006")

    @property
    def databases(self) -> Collection[str]:
        """The names of the databases that there are."""
        return self.engine.catalog.databases

    @property
    def read_only(self) -> bool:
        """Whether the running transaction may not write (recording 12)."""
        if self.transaction_status != "I":
            return self.transaction_read_only
        return self.variables.get("default_transaction_read_only") == "on"

    # --- transactions ---------------------------------------------------------------------

    @property
    def in_transaction(self) -> bool:
        """Whether the client has said BEGIN."""
        return self.transaction_status != "I"

    def begin(self) -> None:
        """Opens the transaction that BEGIN asks for."""
        self.transaction = self.engine.cursor()
        self.transaction.execute("BEGIN TRANSACTION")
        self.transaction_began = self.engine.clock.now()
        self.transaction_read_only = self.variables.get("default_transaction_read_only") == "on"
        self.transaction_status = "T"

    def end(self, *, keep: bool) -> bool:
        """Ends the transaction; answers whether its changes were kept."""
        cursor, failed = self.transaction, self.transaction_status == "E"
        self.transaction, self.transaction_status = None, "I"
        if cursor is None:
            return keep
        with self.engine.lock:
            try:
                if keep and not failed:
                    self.engine.snapshots.before_write()
                    cursor.execute("COMMIT")
                    self.engine.snapshots.committed()
                    return True
                roll_back(cursor)
                self.engine.reload_catalog()
                return False
            except duckdb.Error as error:
                self.engine.reload_catalog()
                raise from_duckdb(error) from error
            finally:
                cursor.close()

    # --- interruption ---------------------------------------------------------------------

    def cancel_query(self, query_id: str) -> bool:
        """Stops the running statement if this is its id. It then raises StatementCancelled."""
        query = self.query
        if query is None or query.id != query_id:
            return False
        self._interrupt("cancel")
        return True

    def _interrupt(self, why: str) -> None:
        self._interruption = why
        self.interrupted.set()
        for cursor in list(self._running):
            cursor.interrupt()

    def check_interrupt(self) -> None:
        """Raises StatementCancelled or SqlError (57014) if the running statement must stop.

        Long loops call it between rows or batches.
        """
        if self._interruption == "cancel":
            raise StatementCancelled
        if self._interruption == "timeout":
            raise SqlError(_TIMED_OUT, "57014")

    def executing(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Remembers a cursor that an interruption must reach, until ``executed``."""
        if self.query is not None:
            self.query.phase = "executing"
        self._running.add(cursor)
        self.check_interrupt()

    def executed(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Forgets a cursor."""
        self._running.discard(cursor)

    # --- the rest -------------------------------------------------------------------------

    def statement_time(self) -> int:
        """What now() answers: the start of the transaction, in nanoseconds."""
        if self.in_transaction:
            return self.transaction_began
        return self.query.started_at if self.query else self.engine.clock.now()

    def close(self) -> None:
        """Ends the session: its transaction is rolled back, its statement stopped.

        A client that goes on after CANCEL SESSION finds its connection closed.
        """
        self._closed = True
        self._interrupt("cancel")
        self._finish()
        if self.in_transaction:
            self.end(keep=False)
        self.engine.sessions.pop(self.session_id, None)


class _Rows:
    """Rows on their way to the client; the statement ends with the last one."""

    def __init__(self, session: Session, rows: Iterator[Row]) -> None:
        self._session = session
        self._rows = rows
        self._query = session.query

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        try:
            return next(self._rows)
        except StopIteration:
            self._end()
            raise
        except BaseException as error:
            raise self._session._failed(error) from error

    def close(self) -> None:
        """Gives up what was not read."""
        closing = getattr(self._rows, "close", None)
        if closing is not None:
            closing()
        self._end()

    def _end(self) -> None:
        if self._session.query is self._query:
            self._session._finish()


def unique_id(engine: Engine, now: int | None = None, node_id: int = NODE_ID) -> str:
    """An id for a session or a query: time and node, 32 hexadecimal digits (recording 10)."""
    return f"{now or engine.clock.now():016x}{node_id:016x}"


_READS = frozenset({"select", "show", "values", "with", "table", "explain", "("})


def readable(statement: Statement) -> Statement | None:
    """A statement that changes nothing and answers the same columns; None if there are none.

    What RETURNING asks for is a SELECT from the table that INSERT, UPDATE or DELETE names.
    """
    stream = TokenStream.of(statement)
    if stream.peek().value in _READS:
        return statement
    changes = stream.accept_any("insert", "upsert", "update", "delete")
    words = [token.value for token in statement.tokens]
    if changes is None or "returning" not in words:
        return None
    stream.accept_any("into", "from")
    first = stream.peek()
    stream.qualified_name()
    table = stream.source(first, stream.tokens[stream.position - 1])
    asked = statement.text[statement.tokens[words.index("returning")].end :]
    text = f"SELECT {asked} FROM {table} LIMIT 0"
    return Statement(text, TokenStream(text).tokens, statement.extended)


def bind(statement: Statement, parameters: Sequence[str | None] | None) -> Statement:
    """The statement with ``$1``, ``$2``, … replaced by literals; by NULL where not known."""
    pieces: list[str] = []
    cursor = 0
    for token in statement.tokens:
        if token.kind is not Kind.PARAMETER:
            continue
        index = int(token.value) - 1
        value: str | None = None
        if parameters is not None:
            if not 0 <= index < len(parameters):
                raise SqlError(f"no value provided for placeholder: ${token.value}", "42P02")
            value = parameters[index]
        pieces += [statement.text[cursor : token.start]]
        pieces += ["NULL" if value is None else quote_string(value)]
        cursor = token.end
    if not pieces:
        return statement
    text = "".join(pieces) + statement.text[cursor:]
    return Statement(text, TokenStream(text).tokens, statement.extended)
