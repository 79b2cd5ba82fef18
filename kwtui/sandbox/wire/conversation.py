"""The query phase of one connection: simple and extended protocol, over a Session.

Runs in the connection's own thread: ``receive`` blocks for the next message, ``send`` hands bytes
to the socket and may block while the client does not read.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, runtime_checkable

from kwtui.sandbox.answers.answer import Answer, Column, Row, SqlError, StatementCancelled
from kwtui.sandbox.wire import binary, messages
from kwtui.sandbox.wire.engine_protocol import Session
from kwtui.sandbox.wire.parameter_status import current
from kwtui.sandbox.wire.parameters import fill, literals, parameter_oids, unknown_values

BUFFER_BYTES = 64 * 1024
"""Rows are sent in pieces of about this size."""

HANG_UP_SECONDS = 1.0
"""How long a node takes to close the connection of a cancelled statement (recording 10)."""

TEXT = 25
"""What a placeholder is described as where nothing tells its type."""

EXPORT_COLUMNS = (
    Column("filename", 25),
    Column("rows", 20),
    Column("node_id", 20),
    Column("file_num", 20),
)
"""How a time-series EXPORT is described, though it then answers one column (facts.md 9.3)."""


@runtime_checkable
class Closable(Protocol):
    """Rows or answers that hold something open."""

    def close(self) -> None:
        """Let go of it."""


class Disconnected(Exception):
    """The client is gone, or the server has to hang up without an answer."""


class Observer:
    """Sees every statement and its outcome. The default one does nothing."""

    def started(self, sql: str) -> None:
        """A statement text begins to run."""

    def answered(self, sql: str, answer: Answer) -> None:
        """One statement of the text succeeded."""

    def failed(self, sql: str, error: SqlError) -> None:
        """The text was answered with an error."""

    def crashed(self, sql: str, error: Exception) -> None:
        """The text met a defect of the server."""

    def cancelled(self, sql: str) -> None:
        """The text was cancelled; the connection is about to be closed."""


@dataclass
class _Prepared:
    sql: str
    oids: tuple[int, ...]


@dataclass
class _Portal:
    """A bound statement. It runs when it is described or executed first, whichever comes first."""

    sql: str
    formats: tuple[int, ...]
    answers: Iterator[Answer] | None = None
    answer: Answer | None = None
    rows: Iterator[Row] = field(default_factory=lambda: iter(()))

    def close(self) -> None:
        """End the statement, read or not."""
        for iterator in (self.rows, self.answers):
            if isinstance(iterator, Closable):
                iterator.close()


class Conversation:
    """Answers one client's messages until it leaves."""

    def __init__(
        self,
        session: Session,
        receive: Callable[[], messages.Frontend | None],
        send: Callable[[bytes], None],
        observer: Observer | None = None,
    ) -> None:
        self._session = session
        self._receive = receive
        self._send = send
        self._observer = observer or Observer()
        self._buffer = bytearray()
        self._told: dict[str, str] = {}
        self._statements: dict[str, _Prepared] = {}
        self._portals: dict[str, _Portal] = {}
        self._skip_to_sync = False

    def run(self) -> None:
        """Serve until the client leaves. Raises Disconnected where the server must hang up."""
        self._told = current(self._session)
        self._ready()
        while True:
            message = self._receive()
            if message is None or isinstance(message, messages.Terminate):
                return
            self._handle(message)

    def _handle(self, message: messages.Frontend) -> None:
        match message:
            case messages.Query(sql):
                self._skip_to_sync = False
                self._simple(sql)
            case messages.Sync():
                self._skip_to_sync = False
                self._close_portals()
                self._ready()
            case messages.Flush():
                self._flush()
            case _ if not self._skip_to_sync:
                try:
                    self._extended(message)
                except SqlError as error:
                    self._skip_to_sync = True
                    self._put(messages.error_response(error))
            case _:
                pass

    def _close_portals(self) -> None:
        """Give up what was bound; a statement that was not read to its end is ended."""
        for portal in self._portals.values():
            portal.close()
        self._portals.clear()

    # Sending

    def _put(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) >= BUFFER_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._buffer:
            data, self._buffer = bytes(self._buffer), bytearray()
            self._send(data)

    def _ready(self) -> None:
        self._put(messages.ready_for_query(self._session.transaction_status))
        self._flush()

    def _tell_parameters(self) -> None:
        """Session variables that the statement changed."""
        for name, value in current(self._session).items():
            if self._told.get(name) != value:
                self._told[name] = value
                self._put(messages.parameter_status(name, value))

    # Running

    @contextmanager
    def _watched(self, sql: str) -> Iterator[None]:
        """What a statement may raise, from its start to its last row.

        Raises SqlError and Disconnected, nothing else of the engine's.
        """
        try:
            yield
        except SqlError as error:
            self._observer.failed(sql, error)
            raise
        except StatementCancelled as error:
            self._observer.cancelled(sql)
            time.sleep(HANG_UP_SECONDS)
            raise Disconnected from error
        except (Disconnected, ConnectionError):
            raise
        except Exception as error:
            # A defect of the sandbox: as on a node, the statement fails and the client stays.
            self._observer.crashed(sql, error)
            raise SqlError(f"internal error: {error!r}", "XX000") from error

    def _check_open(self, sql: str, answer: Answer) -> None:
        if answer.close_connection:
            self._observer.cancelled(sql)
            raise Disconnected

    def _rows(self, answer: Answer, formats: tuple[int, ...], rows: Iterator[Row]) -> None:
        columns = answer.columns or ()
        encoders = [_encoder(c, messages.format_of(formats, i)) for i, c in enumerate(columns)]
        for row in rows:
            self._put(
                messages.data_row(
                    [
                        None if value is None else encode(value)
                        for encode, value in zip(encoders, row, strict=True)
                    ]
                )
            )

    # The simple protocol

    def _simple(self, sql: str) -> None:
        self._close_portals()
        self._statements.pop("", None)
        try:
            self._simple_answers(sql)
        except SqlError as error:
            self._put(messages.error_response(error))
        self._tell_parameters()
        self._ready()

    def _simple_answers(self, sql: str) -> None:
        answered = False
        self._session.binary_results = False
        self._observer.started(sql)
        with self._watched(sql):
            for answer in self._session.execute(sql):
                answered = True
                self._check_open(sql, answer)
                for columns in answer.earlier:
                    self._put(messages.row_description(columns))
                if answer.columns is not None:
                    self._put(messages.row_description(answer.columns))
                    self._rows(answer, (), iter(answer.rows))
                self._complete(sql, answer)
        if not answered:
            self._put(messages.EMPTY_QUERY)

    def _complete(self, sql: str, answer: Answer) -> None:
        for notice in answer.notices:
            self._put(messages.notice_response(notice))
        self._put(messages.command_complete(answer.tag))
        self._observer.answered(sql, answer)

    # The extended protocol

    def _extended(self, message: messages.Frontend) -> None:
        match message:
            case messages.Parse(name, sql, oids):
                self._statements[name] = _Prepared(sql, parameter_oids(sql, oids))
                self._put(messages.PARSE_COMPLETE)
            case messages.Bind():
                self._bind(message)
            case messages.Describe("S", name):
                self._describe_statement(self._statement(name))
            case messages.Describe(_, name):
                self._describe_portal(self._portal(name))
            case messages.Execute(name, max_rows):
                self._execute(self._portal(name), max_rows)
            case messages.Close(kind, name):
                if kind == "S":
                    self._statements.pop(name, None)
                elif portal := self._portals.pop(name, None):
                    portal.close()
                self._put(messages.CLOSE_COMPLETE)
            case _:
                raise SqlError("unexpected message in the query phase", "08P01")

    def _statement(self, name: str) -> _Prepared:
        if name not in self._statements:
            raise SqlError(f'unknown prepared statement "{name}"', "26000")
        return self._statements[name]

    def _portal(self, name: str) -> _Portal:
        if name not in self._portals:
            raise SqlError(f'unknown portal "{name}"', "34000")
        return self._portals[name]

    def _bind(self, message: messages.Bind) -> None:
        prepared = self._statement(message.statement)
        values = literals(prepared.oids, message.formats, message.values)
        sql = fill(prepared.sql, values)
        self._portals[message.portal] = _Portal(sql, message.result_formats)
        self._put(messages.BIND_COMPLETE)

    def _describe_statement(self, prepared: _Prepared) -> None:
        sql = fill(prepared.sql, unknown_values(prepared.oids))
        with self._watched(sql):
            columns = self._session.describe(sql)
        self._put(messages.parameter_description([oid or TEXT for oid in prepared.oids]))
        self._put(messages.NO_DATA if columns is None else messages.row_description(columns))

    def _start(self, portal: _Portal) -> None:
        """Run the portal's statement, once. Raises SqlError, Disconnected."""
        if portal.answers is not None:
            return
        self._observer.started(portal.sql)
        self._session.binary_results = bool(portal.formats) and all(portal.formats)
        with self._watched(portal.sql):
            portal.answers = self._session.execute(portal.sql, extended=True)
            portal.answer = next(portal.answers, None)
        if portal.answer is not None:
            self._check_open(portal.sql, portal.answer)
            portal.rows = iter(portal.answer.rows)

    def _describe_portal(self, portal: _Portal) -> None:
        self._start(portal)
        if portal.answer is None or portal.answer.columns is None:
            self._put(messages.NO_DATA)
        elif portal.answer.earlier:
            self._put(messages.row_description(EXPORT_COLUMNS))
        else:
            self._put(messages.row_description(portal.answer.columns, portal.formats))

    def _execute(self, portal: _Portal, max_rows: int) -> None:
        self._start(portal)
        answer = portal.answer
        if answer is None:
            self._put(messages.EMPTY_QUERY)
            return
        with self._watched(portal.sql):
            if max_rows > 0:
                page = list(islice(portal.rows, max_rows))
                self._rows(answer, portal.formats, iter(page))
                if len(page) == max_rows:
                    self._put(messages.PORTAL_SUSPENDED)
                    return
            else:
                self._rows(answer, portal.formats, portal.rows)
            for _ in portal.answers or ():
                raise SqlError("expected one statement in a prepared text", "42601")
            self._complete(portal.sql, answer)
        self._tell_parameters()


def _encoder(column: Column, format_code: int) -> Callable[[str], bytes]:
    if format_code == 0:
        return str.encode
    return lambda text: binary.encode(column.oid, text)
