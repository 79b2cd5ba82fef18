"""Functions that look objects up in ``pg_catalog``: what psql's ``\\l`` and ``\\dt`` call.

A node keeps no owners, so ``pg_get_userbyid`` is asked about NULL and answers NULL. psql 12 and
later look a single table up with ``OPERATOR(…)`` (``\\d table``), sizes with ``pg_size_pretty`` and
privileges with ``pg_catalog.text``: KWDB's grammar and functions have none of them, so a node
refuses ``\\d table``, ``\\dt+`` and ``\\dp``, and so does the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sqlglot import exp

from kwtui.sandbox.catalog.ranges import ranges
from kwtui.sandbox.query.functions import BOOL, DUCKDB, INT8, JSONB, STRING, text
from kwtui.sandbox.query.range_stats import stats_json
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.values import literal

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Typed = tuple[exp.Expr, SqlType | None]
Args = list[exp.Expr]
Build = Callable[["Session", Args], Typed]

_VISIBLE = ("pg_catalog", "public")
"""The schemas of the search path, the implied one first."""


def _column_pairs(session: Session, table: str, *names: str) -> list[tuple[str | None, ...]]:
    """These columns of a table of pg_catalog, as the session sees it."""
    from kwtui.sandbox.query import virtual_tables

    known = virtual_tables.load(session, None, virtual_tables.PG_CATALOG, table)
    places = [[column.name for column in known.columns].index(name) for name in names]
    return [tuple(row[place] for place in places) for row in known.rows]


def _looked_up(key: exp.Expr, pairs: Iterable[tuple[str | None, ...]]) -> str:
    """DuckDB SQL: the text that belongs to a key, NULL where there is none."""
    known = {int(key): value for key, value in pairs if key is not None and value is not None}
    keys = ", ".join(map(str, known))
    texts = ", ".join(literal(value) for value in known.values())
    return f"map([{keys}]::BIGINT[], [{texts}]::VARCHAR[])[CAST({key.sql('duckdb')} AS BIGINT)]"


def _written(sql: str, kind: SqlType) -> Typed:
    return exp.Var(this=f"({sql})"), kind


def _user_by_id(session: Session, args: Args) -> Typed:
    role = args[0].sql(DUCKDB)
    name = _looked_up(args[0], _column_pairs(session, "pg_roles", "oid", "rolname"))
    unknown = f"'unknown (OID=' || ({role}) || ')'"
    return _written(f"CASE WHEN ({role}) IS NOT NULL THEN coalesce({name}, {unknown}) END", STRING)


def _encoding(session: Session, args: Args) -> Typed:
    return _written(f"CASE WHEN ({args[0].sql('duckdb')}) = 6 THEN 'UTF8' END", STRING)


def _table_is_visible(session: Session, args: Args) -> Typed:
    namespaces = _column_pairs(session, "pg_namespace", "oid", "nspname")
    shown = {oid for oid, schema in namespaces if schema in _VISIBLE}
    classes = _column_pairs(session, "pg_class", "oid", "relnamespace")
    visible = ", ".join(str(oid) for oid, namespace in classes if namespace in shown)
    return _written(f"list_contains([{visible}]::BIGINT[], {args[0].sql('duckdb')})", BOOL)


def _type_is_visible(session: Session, args: Args) -> Typed:
    known = ", ".join(str(oid) for (oid,) in _column_pairs(session, "pg_type", "oid"))
    oid = args[0].sql(DUCKDB)
    return _written(f"CASE WHEN list_contains([{known}]::BIGINT[], {oid}) THEN true END", BOOL)


def _definition(table: str, key: str, column: str) -> Build:
    def build(session: Session, args: Args) -> Typed:
        return _written(_looked_up(args[0], _column_pairs(session, table, key, column)), STRING)

    return build


def _range_stats(session: Session, args: Args) -> Typed:
    """The figures of the range that holds a key; its start is what anybody has in hand."""
    engine, key = session.engine, f"lower(hex({args[0].sql('duckdb')}))"
    branches = " ".join(
        f"WHEN {key} < '{found.end}' THEN {literal(stats_json(engine, found))}"
        for found in ranges(engine.catalog)
    )
    return _written(f"CASE {branches} END", JSONB)


CATALOG_FUNCTIONS: dict[str, tuple[tuple[int, ...], Build]] = {
    "pg_get_userbyid": ((1,), _user_by_id),
    "pg_encoding_to_char": ((1,), _encoding),
    "pg_table_is_visible": ((1,), _table_is_visible),
    "pg_type_is_visible": ((1,), _type_is_visible),
    "pg_get_expr": ((2, 3), lambda session, args: (args[0], STRING)),
    "pg_get_indexdef": ((1,), _definition("pg_indexes", "kwdb_oid", "indexdef")),
    "pg_get_constraintdef": ((1, 2), _definition("pg_constraint", "oid", "condef")),
    "pg_backend_pid": ((0,), lambda session, args: (exp.Literal.number(-1), INT8)),
    "pg_client_encoding": ((0,), lambda session, args: (text("UTF8"), STRING)),
    "getdatabaseencoding": ((0,), lambda session, args: (text("UTF8"), STRING)),
    "kwdb_internal__range_stats": ((1,), _range_stats),
    "pg_is_in_recovery": ((0,), lambda session, args: (exp.Boolean(this=False), BOOL)),
}
"""By name: how many arguments there may be, and what it makes of them when they are translated."""
