"""CREATE STREAM and DROP STREAM (recordings 09 and 19). The sandbox's streams carry no rows."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.objects import Relation, StreamDef
from kwtui.sandbox.ddl.from_query import qualified_query
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.prepare import prepare
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.query.sources import Sources

DEFAULTS = {
    "enable": "on",
    "max_delay": "24h",
    "sync_time": "1m",
    "process_history": "off",
    "ignore_expired": "on",
    "ignore_update": "on",
    "max_retries": "5",
    "checkpoint_interval": "10s",
    "heartbeat_interval": "2s",
    "recalculate_delay_rounds": "10",
    "buffer_size": "2GiB",
    "low_latency": "off",
}


@handles("CREATE STREAM")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE STREAM s INTO t [WITH OPTIONS (…)] AS SELECT …``: the columns fit the target's."""
    stream = TokenStream.of(statement, "try \\h CREATE STREAM")
    stream.expect("create", "stream")
    if_not_exists = stream.accept("if", "not", "exists")
    name = stream.expect_identifier()
    if name in session.engine.catalog.streams:
        if if_not_exists:
            return Answer("CREATE STREAM")
        raise SqlError(f'stream "{name}" already exists', "42710")
    stream.expect("into")
    target = find_table(session, stream.qualified_name())
    options = _options(stream)
    stream.expect("as")
    source = _source(session, statement, stream, target)
    _check_columns(session, statement.text[stream.peek().start :], target)
    query = qualified_query(session, stream.tokens[stream.position : -1])
    if not any(token.value == "where" for token in stream.tokens[stream.position :]):
        query += " WHERE 1 = 1"
    with session.engine.change(session):
        session.engine.catalog.streams[name] = StreamDef(
            name,
            target.id,
            [source.id],
            query,
            options,
            session.user,
            session.engine.clock.now(),
        )
    return Answer("CREATE STREAM")


def _options(stream: TokenStream) -> dict[str, str]:
    made = dict(DEFAULTS)
    if not stream.accept("with", "options"):
        return made
    stream.expect("(")
    while True:
        name = stream.expect_identifier()
        if name not in made:
            raise SqlError(f'invalid option "{name}"', "22023")
        stream.expect("=")
        made[name] = stream.next().value
        if stream.accept(")"):
            return made
        stream.expect(",")


def _source(
    session: Session, statement: Statement, stream: TokenStream, target: Relation
) -> Relation:
    """The one table that the query reads. Raises SqlError."""
    text = statement.text[stream.peek().start :]
    tables = Sources.tables_in_order(prepare(text, TokenStream(text).tokens).tree)
    if len(tables) != 1:
        raise SqlError("stream only supports single table query")
    source = find_table(session, [part.name for part in tables[0].parts])
    if source.id == target.id:
        full = f"{source.database}.{source.name}"
        raise SqlError(f'cannot use the table "{full}" as both source and target table of stream')
    return source


def _check_columns(session: Session, query: str, target: Relation) -> None:
    outputs, rows = scan(session, query)
    closing = getattr(rows, "close", None)
    if closing is not None:
        closing()
    for (_, kind), column in zip(outputs, target.columns, strict=False):
        if kind != column.type:
            raise SqlError(
                "stream output type is not compatible with target table, column name:"
                f' "{column.name}", source type: "{kind.text.lower()}", target type:'
                f' "{column.type.text.lower()}"'
            )


@handles("DROP STREAM")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP STREAM [IF EXISTS] s``."""
    stream = TokenStream.of(statement, "try \\h DROP STREAM")
    stream.expect("drop", "stream")
    if_exists = stream.accept("if", "exists")
    if stream.peek().kind not in (Kind.WORD, Kind.QUOTED):
        raise stream.error()
    name = stream.expect_identifier()
    stream.expect_end()
    with session.engine.change(session):
        if session.engine.catalog.streams.pop(name, None) is None and not if_exists:
            raise SqlError(f'stream "{name}" does not exist', "42704")
    return Answer("DROP STREAM")
