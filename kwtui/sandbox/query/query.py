"""SELECT, VALUES and TABLE: from the client's text to rows of text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from kwtui.sandbox.answers.answer import Answer, Column, Row, SqlError
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.errors import from_duckdb
from kwtui.sandbox.language.lexer import Kind, Statement, Token
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query import render
from kwtui.sandbox.query.functions import AFTERWARDS, FUNCTIONS
from kwtui.sandbox.query.prepare import Prepared, prepare
from kwtui.sandbox.query.scopes import Output
from kwtui.sandbox.query.sources import Sources, Texts
from kwtui.sandbox.query.translate import Translated, Translator
from kwtui.sandbox.values.intervals import interval_storage
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.text_style import style_of
from kwtui.sandbox.values.times import parse_timestamp, shifted_text
from kwtui.sandbox.values.types import base_family, oid_of

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

BATCH = 1000
"""Rows that are fetched at once."""
_MOST_DESCRIBED = 1000


@dataclass
class Running:
    """A query that DuckDB works on."""

    outputs: list[tuple[str, SqlType]]
    rows: Iterator[tuple[Any, ...]]
    time_series_only: bool
    """Whether the time-series engine computes all of it (its tag is ``SELECT 0``)."""


@handles("SELECT", "VALUES", "TABLE", "WITH", "(")
def select(session: Session, statement: Statement) -> Answer:
    """Any statement that reads."""
    running = start(session, _with_table(statement))
    columns = tuple(Column(name, oid_of(kind)) for name, kind in running.outputs)
    answer = Answer("SELECT 0", columns)
    answer.rows = _counted(answer, running)
    return answer


def _with_table(statement: Statement) -> Statement:
    """``TABLE t`` is ``SELECT * FROM t``."""
    if statement.tokens[0].value != "table":
        return statement
    text = "SELECT * FROM " + statement.text[statement.tokens[1].start :]
    return Statement(text, TokenStream(text).tokens, statement.extended)


def _counted(answer: Answer, running: Running) -> Iterator[Row]:
    count = 0
    for row in running.rows:
        count += 1
        yield row
    answer.tag = f"SELECT {0 if running.time_series_only else count}"


def start(
    session: Session, statement: Statement, *, as_values: bool = False, as_of: int | None = None
) -> Running:
    """Runs a query. Its rows are wire texts, or values (see ``values``) if so asked.

    ``as_of`` (nanoseconds) stands for an AS OF SYSTEM TIME in the text. Raises SqlError.
    """
    prepared = prepare(statement.text, statement.tokens)
    moment = as_of if as_of is not None else system_time(session, prepared.as_of)
    stack = ExitStack()
    try:
        texts: Texts = {}
        cursor, sources, catalog = _state(session, prepared, moment, stack, texts)
        translated = Translator(session, prepared, catalog, sources).query()
        # Of an earlier state the columns may have been of other types.
        known = session.engine.described if catalog is session.engine.catalog else {}
        outputs, sql, finishing = render_query(
            session, cursor, translated, known, texts, as_values=as_values
        )
        session.executing(cursor)
        stack.callback(session.executed, cursor)
        cursor.execute(sql, texts or None)
        first = cursor.fetchmany(BATCH)
    except duckdb.Error as error:
        stack.close()
        session.check_interrupt()
        raise from_duckdb(error) from error
    except BaseException:
        stack.close()
        raise
    rows = _fetched(session, cursor, first, finishing, stack)
    return Running(outputs, rows, _in_time_series(translated))


def _state(
    session: Session, prepared: Prepared, moment: int | None, stack: ExitStack, texts: Texts
) -> tuple[duckdb.DuckDBPyConnection, Sources, Any]:
    """The cursor and catalogue of the state that is read."""
    catalog = session.engine.catalog
    if session.transaction is not None:
        cursor = session.transaction
    elif moment is not None and not _reads_time_series(session, prepared):
        cursor, catalog = stack.enter_context(session.engine.snapshots.reading(moment))
    else:
        cursor = session.engine.cursor()
        stack.callback(cursor.close)
    sources = Sources(session, cursor, catalog, prepared.sources, moment, texts=texts)
    return cursor, sources, catalog


def _reads_time_series(session: Session, prepared: Prepared) -> bool:
    """Whether a table is a time-series one: those ignore AS OF SYSTEM TIME (recording 16)."""
    from kwtui.sandbox.catalog.lookup import lookup
    from kwtui.sandbox.catalog.objects import RelationKind

    for table in Sources.tables_in_order(prepared.tree):
        parts = [part.name for part in table.parts]
        relation = lookup(session.engine.catalog, session.database, parts) if all(parts) else None
        if relation is not None and relation.kind is RelationKind.TIME_SERIES:
            return True
    return False


def _in_time_series(translated: Translated) -> bool:
    elsewhere = [
        name
        for name in translated.functions
        if name not in FUNCTIONS or not FUNCTIONS[name].in_time_series
    ]
    return translated.time_series and not elsewhere


Finishing = list[tuple[int, Callable[[str], str | None]]]


def render_query(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    translated: Translated,
    known: dict[str, tuple[str, ...]],
    texts: Texts,
    *,
    as_values: bool,
) -> tuple[list[tuple[str, SqlType]], str, Finishing]:
    """The query with every column made into text or a value, and what is left to do in Python.

    ``known`` keeps DuckDB's types of the columns of queries, as long as they hold; ``texts`` are
    the parameters of this one.
    """
    stored = _described(cursor, translated.sql, known, texts)
    names = [f"x{index}" for index in range(len(stored))]
    style = style_of(session.variables)
    if _in_time_series(translated):
        style = style.of_series()
    if session.binary_results:
        style = style.of_binary()
    outputs, expressions, finishing = [], [], Finishing()
    for index, (output, found, name) in enumerate(
        zip(translated.outputs, stored, names, strict=True)
    ):
        kind = output.type or render.type_of_stored(found)
        outputs.append((output.name, kind))
        expressions.append(
            render.value_sql(name, kind, found)
            if as_values
            else render.wire_sql(name, kind, found, style)
        )
        finish = _finish(output, kind, found, style.zone)
        if finish is not None:
            finishing.append((index, finish))
    listed = ", ".join(names)
    sql = f"SELECT {', '.join(expressions)} FROM ({translated.sql}) AS q({listed})"
    return outputs, sql, finishing


def _described(
    cursor: duckdb.DuckDBPyConnection,
    sql: str,
    known: dict[str, tuple[str, ...]],
    texts: Texts,
) -> tuple[str, ...]:
    """DuckDB's types of a query's columns. To ask is half of the work of a small query."""
    if sql not in known:
        if len(known) >= _MOST_DESCRIBED:
            known.clear()
        rows = cursor.execute(f"DESCRIBE {sql}", texts or None).fetchall()
        known[sql] = tuple(str(row[1]) for row in rows)
    return known[sql]


def _finish(
    output: Output, kind: SqlType, stored: str, zone: str
) -> Callable[[str], str | None] | None:
    if output.afterwards is not None:
        return AFTERWARDS[output.afterwards]
    moment = stored in ("TIMESTAMP", "TIMESTAMP_NS") and base_family(kind) == "TIMESTAMPTZ"
    if moment and zone != "UTC":
        return lambda text: shifted_text(text.removesuffix("+00:00"), zone)
    return None


def _fetched(
    session: Session,
    cursor: duckdb.DuckDBPyConnection,
    first: list[tuple[Any, ...]],
    finishing: Finishing,
    stack: ExitStack,
) -> Iterator[tuple[Any, ...]]:
    """The rows, batch by batch; the cursor is given back after the last one."""
    batch = first
    try:
        while batch:
            session.check_interrupt()
            yield from _finished(batch, finishing) if finishing else batch
            batch = cursor.fetchmany(BATCH) if len(batch) == BATCH else []
    except duckdb.Error as error:
        session.check_interrupt()
        raise from_duckdb(error) from error
    finally:
        stack.close()


def _finished(batch: list[tuple[Any, ...]], finishing: Finishing) -> Iterator[tuple[Any, ...]]:
    for row in batch:
        changed = list(row)
        for index, finish in finishing:
            if changed[index] is not None:
                changed[index] = finish(changed[index])
        yield tuple(changed)


def scan(
    session: Session, source: str, as_of: int | None = None
) -> tuple[list[tuple[str, SqlType]], Iterator[tuple[Any, ...]]]:
    """The columns and the rows (values, see ``values``) of a query's text, as they are read.

    Raises SqlError, also while rows are read.
    """
    statement = Statement(source, TokenStream(source).tokens)
    running = start(session, statement, as_values=True, as_of=as_of)
    return running.outputs, running.rows


def system_time(session: Session, tokens: list[Token]) -> int | None:
    """The instant that AS OF SYSTEM TIME names, in nanoseconds; None without the clause.

    Raises SqlError.
    """
    if not tokens:
        return None
    text = "".join(t.value for t in tokens if t.value != "-" or t.kind is Kind.OPERATOR)
    token = tokens[-1]
    now = session.statement_time()
    if token.kind not in (Kind.STRING, Kind.NUMBER):
        if "follower_read_timestamp" in text and text.startswith("experimental_"):
            return now - 4_800_000_000
        raise SqlError(
            "AS OF SYSTEM TIME: only constant expressions or"
            " experimental_follower_read_timestamp are allowed"
        )
    moment = _moment(text, now)
    if moment <= 0:
        wrong = "zero timestamp" if moment == 0 else "timestamp before 1970-01-01T00:00:00Z"
        raise SqlError(f"AS OF SYSTEM TIME: {wrong} is invalid", "XXUUU")
    if moment > session.engine.clock.now():
        raise SqlError("AS OF SYSTEM TIME: cannot specify timestamp in the future", "XXUUU")
    return moment


def _moment(text: str, now: int) -> int:
    """A timestamp, a decimal of nanoseconds or an interval, in this order."""
    try:
        return _nanoseconds(parse_timestamp(text, SqlType("TIMESTAMPTZ", (9,))))
    except SqlError:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return int(text.split(".")[0])
    try:
        months, days, micros = _interval(text)
    except SqlError as error:
        raise _no_timestamp() from error
    length = (months * 30 + days) * 86_400_000_000 + micros
    if not length:
        raise SqlError(
            f"AS OF SYSTEM TIME: interval value '{text}' too small, must be <= -1µs", "XXUUU"
        )
    return now + length * 1000


def _interval(text: str) -> tuple[int, int, int]:
    months, _, days, _, micros, _ = interval_storage(text.strip()).split()
    return int(months), int(days), int(micros)


def _nanoseconds(text: str) -> int:
    from datetime import UTC, datetime

    whole, _, fraction = text.removesuffix("+00:00").partition(".")
    seconds = datetime.strptime(whole, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC).timestamp()
    return int(seconds) * 1_000_000_000 + int(fraction.ljust(9, "0") or 0)


def _no_timestamp() -> SqlError:
    return SqlError("AS OF SYSTEM TIME: value is neither timestamp, decimal, nor interval")
