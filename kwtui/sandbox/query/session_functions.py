"""Functions whose result depends on the session or the node, or that change something."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from sqlglot import exp

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.lookup import lookup
from kwtui.sandbox.catalog.objects import Relation, RelationKind
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.functions import (
    BOOL,
    DECIMAL,
    DUCKDB,
    INT8,
    STRING,
    TIMESTAMP,
    TIMESTAMPTZ,
    cast,
    text,
)
from kwtui.sandbox.values.sql_type import SqlType

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Typed = tuple[exp.Expr, SqlType | None]
Args = list[exp.Expr]


def _now(session: Session, args: Args, in_query: bool) -> Typed:
    moment = timestamp_text(session.statement_time())
    return cast(text(moment), "TIMESTAMP"), TIMESTAMPTZ


def _clock(session: Session, args: Args, in_query: bool) -> Typed:
    return cast(text(timestamp_text(session.engine.clock.now())), "TIMESTAMP"), TIMESTAMPTZ


def _local(session: Session, args: Args, in_query: bool) -> Typed:
    return _now(session, args, in_query)[0], TIMESTAMP


def _date(session: Session, args: Args, in_query: bool) -> Typed:
    return cast(text(timestamp_text(session.statement_time())[:10]), "DATE"), SqlType("DATE")


def _user(session: Session, args: Args, in_query: bool) -> Typed:
    return text(session.user), STRING


def _database(session: Session, args: Args, in_query: bool) -> Typed:
    return text(session.database), STRING


def _version(session: Session, args: Args, in_query: bool) -> Typed:
    from kwtui.sandbox.identity import VERSION

    return text(VERSION), STRING


def _cluster_timestamp(session: Session, args: Args, in_query: bool) -> Typed:
    if session.in_transaction:
        moment = session.transaction_began
    else:
        moment = session.engine.snapshots.hand_out()
    return text(f"{moment}.0000000000"), DECIMAL


def _is_admin(session: Session, args: Args, in_query: bool) -> Typed:
    from kwtui.sandbox.catalog.users import is_admin

    return exp.Boolean(this=is_admin(session.engine.catalog, session.user)), BOOL


def _cluster_id(session: Session, args: Args, in_query: bool) -> Typed:
    return cast(text(session.engine.catalog.cluster_id), "UUID"), SqlType("UUID")


def _sleep(session: Session, args: Args, in_query: bool) -> Typed:
    seconds = float(args[0].sql())
    if not session.dry_run:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            session.interrupted.wait(left)
            session.check_interrupt()
    return exp.Boolean(this=True), BOOL


def _sequence(session: Session, argument: exp.Expr, function: str) -> Relation:
    while isinstance(argument, exp.Cast | exp.Paren):
        argument = argument.this
    if not isinstance(argument, exp.Literal):
        raise SqlError("the sandbox needs the name of a sequence as a literal", "0A000")
    parts = TokenStream(argument.name).qualified_name()
    relation = lookup(session.engine.catalog, session.database, parts)
    if relation is None:
        raise SqlError(f'{function}(): relation "{".".join(parts)}" does not exist', "42P01")
    if relation.kind is not RelationKind.SEQUENCE:
        raise SqlError(f'"{argument.name}" is not a sequence', "42809")
    return relation


def next_value(session: Session, relation: Relation, count: int = 1) -> list[int]:
    """The next ``count`` values of a sequence. They are used up whatever becomes of them."""
    engine = session.engine
    with engine.lock:
        relation = engine.catalog.relations[relation.id]
        definition = relation.sequence
        assert definition is not None  # noqa: S101  # for the type checker
        results = []
        for _ in range(count):
            last = definition.last_value
            value = definition.start if last is None else last + definition.increment
            if not definition.minimum <= value <= definition.maximum:
                bound = "maximum" if definition.increment > 0 else "minimum"
                limit = definition.maximum if definition.increment > 0 else definition.minimum
                raise SqlError(
                    f'reached {bound} value of sequence "{relation.name}" ({limit})', "2200H"
                )
            definition.last_value = value
            results.append(value)
        if results:
            engine.keep_sequence_value(relation.id, results[-1])
            session.sequence_values[relation.id] = results[-1]
        return results


def _nextval(session: Session, args: Args, in_query: bool) -> Typed:
    relation = _sequence(session, args[0], "nextval")
    if in_query:
        raise SqlError("the sandbox takes nextval() only in a SELECT without FROM", "0A000")
    if session.dry_run:
        return cast(exp.Null(), "BIGINT"), INT8
    return exp.Literal.number(next_value(session, relation)[0]), INT8


def _currval(session: Session, args: Args, in_query: bool) -> Typed:
    relation = _sequence(session, args[0], "currval")
    value = session.sequence_values.get(relation.id)
    if value is None:
        name = f"{relation.database}.{relation.schema}.{relation.name}"
        raise SqlError(f'currval of sequence "{name}" is not yet defined in this session', "55000")
    return exp.Literal.number(value), INT8


def _lastval(session: Session, args: Args, in_query: bool) -> Typed:
    if not session.sequence_values:
        raise SqlError("lastval is not yet defined in this session", "55000")
    return exp.Literal.number(list(session.sequence_values.values())[-1]), INT8


def _setval(session: Session, args: Args, in_query: bool) -> Typed:
    relation = _sequence(session, args[0], "setval")
    value = int(args[1].sql())
    called = len(args) < 3 or args[2].sql().lower() == "true"
    definition = relation.sequence
    assert definition is not None  # noqa: S101  # for the type checker
    if not definition.minimum <= value <= definition.maximum:
        raise SqlError(
            f'value {value} is out of bounds for sequence "{relation.name}"'
            f" ({definition.minimum}..{definition.maximum})",
            "22003",
        )
    if not session.dry_run:
        kept = value if called else value - definition.increment
        with session.engine.lock:
            definition.last_value = kept
            session.engine.keep_sequence_value(relation.id, kept)
    return exp.Literal.number(value), INT8


def unique_row_id(session: Session) -> int:
    """What unique_rowid() answers: time in tens of microseconds since 2015, then the node."""
    with session.engine.lock:
        stamp = session.engine.clock.now() - 1_420_070_400_000_000_000
        value = (stamp // 10_000 << 15) | 1
        last = max(value, session.engine.last_row_id + (1 << 15))
        session.engine.last_row_id = last
        return last


def _unique_rowid(session: Session, args: Args, in_query: bool) -> Typed:
    return exp.Literal.number(unique_row_id(session)), INT8


def _descriptions(table: str, key: str) -> Callable[[Session, Args, bool], Typed]:
    """A comment by the OID of its object: looked up in a table of pg_catalog."""

    def build(session: Session, args: Args, in_query: bool) -> Typed:
        from kwtui.sandbox.query import virtual_tables

        known = virtual_tables.load(session, None, "pg_catalog", table)
        names = [column.name for column in known.columns]
        oid, text_at = names.index("objoid"), names.index("description")
        sub = names.index("objsubid") if "objsubid" in names else None
        number = args[1].sql(DUCKDB) if key == "column" else "0"
        branches = []
        for row in known.rows:
            place = row[sub] if sub is not None else "0"
            comment = (row[text_at] or "").replace("'", "''")
            branches.append(f"WHEN '{row[oid]}/{place}' THEN '{comment}'")
        if not branches:
            return exp.Null(), STRING
        subject = f"CAST({args[0].sql('duckdb')} AS VARCHAR) || '/' || {number}"
        return exp.Var(this=f"(CASE {subject} {' '.join(branches)} END)"), STRING

    return build


SESSION_FUNCTIONS: dict[str, Callable[[Session, Args, bool], Typed]] = {
    "now": _now,
    "current_timestamp": _now,
    "transaction_timestamp": _now,
    "statement_timestamp": _now,
    "clock_timestamp": _clock,
    "localtimestamp": _local,
    "current_date": _date,
    "current_user": _user,
    "session_user": _user,
    "current_role": _user,
    "current_database": _database,
    "current_catalog": _database,
    "current_schema": lambda s, a, q: (text("public"), STRING),
    "version": _version,
    "cluster_logical_timestamp": _cluster_timestamp,
    "kwdb_internal__is_admin": _is_admin,
    "kwdb_internal__cluster_id": _cluster_id,
    "pg_sleep": _sleep,
    "nextval": _nextval,
    "currval": _currval,
    "lastval": _lastval,
    "setval": _setval,
    "unique_rowid": _unique_rowid,
    "shobj_description": _descriptions("pg_shdescription", "object"),
    "obj_description": _descriptions("pg_description", "object"),
    "col_description": _descriptions("pg_description", "column"),
}
