"""A connection that reads only so many rows of an answer, one by one, without holding the rest."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from kwtui.server.connection.results import Column, ResultSet, Row, StatementResult
from kwtui.server.connection.server import Server

if TYPE_CHECKING:
    from psycopg.pq.abc import PGconn, PGresult


class RowSink(Protocol):
    """Takes an answer row by row instead of having it kept in memory."""

    def columns(self, names: Sequence[str]) -> None: ...

    def row(self, values: Row) -> None: ...


@dataclass
class RowLimit:
    """How much of one answer is read, and how much was."""

    most_rows: int | None = None
    """None: all of them."""
    most_bytes: int | None = None
    """Of values, all rows together."""
    stop: bool = False
    """Stop reading at the limit, which leaves the connection unusable; else the rest is read and
    forgotten, so that a statement that writes is not broken off."""
    sink: RowSink | None = None
    rows: int = 0
    bytes: int = 0
    reached: bool = False
    """There was more than the limit."""

    @property
    def is_none(self) -> bool:
        return self.most_rows is None and self.most_bytes is None and self.sink is None

    def takes(self, row: Row) -> bool:
        """Count the row if there is room for it."""
        size = sum(len(value) for value in row if value is not None)
        full = self.most_rows is not None and self.rows >= self.most_rows
        heavy = self.most_bytes is not None and self.rows and self.bytes + size > self.most_bytes
        if self.reached or full or heavy:
            self.reached = True
            return False
        self.rows += 1
        self.bytes += size
        return True


class LimitedServer(Server):
    """`limit` counts for the next statements."""

    limit: RowLimit = RowLimit()

    async def _run(self, sql: str) -> StatementResult:
        if self.limit.is_none:
            return await super()._run(sql)
        import psycopg

        started = time.monotonic()
        reader = _Reader(self._connection.pgconn, self.limit)
        try:
            async with self._connection.lock:
                await reader.read(sql)
        except psycopg.Error as error:
            raise self._failure(error) from None
        except OSError as error:
            raise self._gone(f"{error.strerror or error}.") from None
        seconds = time.monotonic() - started
        return StatementResult(reader.tag, tuple(reader.sets), tuple(self._notices), seconds)


class _Reader:
    """Sends one statement by the simple protocol and reads its answer in single-row mode."""

    def __init__(self, connection: PGconn, limit: RowLimit) -> None:
        self._connection = connection
        self._limit = limit
        self._columns: tuple[Column, ...] = ()
        self._rows: list[Row] = []
        self.sets: list[ResultSet] = []
        self.tag = ""

    async def read(self, sql: str) -> None:
        self._connection.send_query(sql.encode("utf-8"))
        self._connection.set_single_row_mode()
        while self._connection.flush():
            await self._ready(writing=True)
        while (result := await self._next()) is not None:
            self._take(result)
            if self._limit.reached and self._limit.stop:
                self._end_of_set()
                return

    async def _next(self) -> PGresult | None:
        while self._connection.is_busy():
            await self._ready(writing=False)
            self._connection.consume_input()
        return self._connection.get_result()

    async def _ready(self, *, writing: bool) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()
        descriptor = self._connection.socket

        def tell() -> None:
            if not ready.done():
                ready.set_result(None)

        add, remove = (
            (loop.add_writer, loop.remove_writer)
            if writing
            else (loop.add_reader, loop.remove_reader)
        )
        add(descriptor, tell)
        try:
            await ready
        finally:
            remove(descriptor)

    def _take(self, result: PGresult) -> None:
        from psycopg.errors import error_from_result
        from psycopg.pq import ExecStatus

        status = result.status
        if status == ExecStatus.FATAL_ERROR:
            self._skip_the_rest()
            raise error_from_result(result, encoding="utf-8")
        if status in (ExecStatus.SINGLE_TUPLE, ExecStatus.TUPLES_OK):
            if not self._columns:
                self._begin_set(result)
            for number in range(result.ntuples):
                self._take_row(result, number)
        if status != ExecStatus.SINGLE_TUPLE:
            self.tag = (result.command_status or b"").decode("utf-8", "replace") or self.tag
            self._end_of_set()

    def _skip_the_rest(self) -> None:
        """What comes after an error is the end of the answer; the connection stays usable."""
        while self._connection.get_result() is not None:
            pass

    def _begin_set(self, result: PGresult) -> None:
        self._columns = tuple(
            Column((result.fname(i) or b"").decode("utf-8", "replace"), result.ftype(i))
            for i in range(result.nfields)
        )
        if self._limit.sink is not None and self._columns:
            self._limit.sink.columns([column.name for column in self._columns])

    def _take_row(self, result: PGresult, number: int) -> None:
        values = (result.get_value(number, i) for i in range(result.nfields))
        row = tuple(None if v is None else v.decode("utf-8", "replace") for v in values)
        if not self._limit.takes(row):
            return
        if self._limit.sink is not None:
            self._limit.sink.row(row)
        else:
            self._rows.append(row)

    def _end_of_set(self) -> None:
        if self._columns:
            self.sets.append(ResultSet(self._columns, tuple(self._rows)))
        self._columns, self._rows = (), []
