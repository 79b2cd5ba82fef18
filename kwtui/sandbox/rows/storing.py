"""New and changed rows: staged in a temporary table, completed, checked, then stored.

Messages are those of the node's optimizer-driven checks (SQLSTATE class 23).
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import IndexDef, RelationKind
from kwtui.sandbox.query.sources import ROW_ID, column_name, table_name
from kwtui.sandbox.rows.devices import enter_devices
from kwtui.sandbox.rows.staging import NEW, Staged, expression_sql
from kwtui.sandbox.rows.touched import touch
from kwtui.sandbox.values.types import BINARY, STRINGS, base_family

# --- checks -------------------------------------------------------------------------------------


def check_rows(staged: Staged, *, foreign_keys: bool = True, checks: bool = True) -> None:
    """Raises SqlError for the first constraint that a staged row breaks."""
    _check_nulls_and_lengths(staged)
    if checks:
        _check_expressions(staged)
    if staged.relation.kind is RelationKind.TIME_SERIES:
        return
    for index in (staged.relation.primary, *staged.relation.indexes):
        if index is not None and index.unique and staged.touches([n for n, _ in index.columns]):
            _check_unique(staged, index)
    if foreign_keys:
        from kwtui.sandbox.rows.foreign_keys import check_references

        check_references(staged)


def _check_nulls_and_lengths(staged: Staged) -> None:
    tests: list[tuple[str, SqlError]] = []
    for column in staged.relation.columns:
        if not staged.touches([column.name]) and column.computed is None:
            continue
        name, family = column_name(column), base_family(column.type)
        if not column.nullable:
            message = f'null value in column "{column.name}" violates not-null constraint'
            tests.append((f"{name} IS NULL", SqlError(message, "23502")))
        if column.type.args and not column.type.array and family in STRINGS | BINARY:
            function = "octet_length" if family in BINARY else "length"
            message = f'value too long for type {column.type.text} (column "{column.name}")'
            test = f"{function}({name}) > {column.type.args[0]}"
            tests.append((test, SqlError(message, "22001")))
    if not tests:
        return
    counts = ", ".join(f"count(*) FILTER (WHERE {test})" for test, _ in tests)
    found = staged.one(f"SELECT {counts} FROM {NEW}") or ()
    for count, (_, error) in zip(found, tests, strict=True):
        if count:
            raise error


def _check_expressions(staged: Staged) -> None:
    for check in staged.relation.checks:
        sql = expression_sql(staged.session, staged.relation, check.expression, NEW)
        if staged.one(f"SELECT 1 FROM {NEW} WHERE NOT ({sql}) LIMIT 1"):
            message = f"failed to satisfy CHECK constraint ({check.expression})"
            raise SqlError(message, "23514")


def _check_unique(staged: Staged, index: IndexDef) -> None:
    by_name = {column.name: column for column in staged.relation.columns}
    columns = [by_name[name] for name, _ in index.columns]
    names = [column_name(column) for column in columns]
    listed = ", ".join(names)
    filled = " AND ".join(f"n.{name} IS NOT NULL" for name in names)
    equal = " AND ".join(f"o.{name} = n.{name}" for name in names)
    itself = f" AND o.rowid NOT IN (SELECT {ROW_ID} FROM {NEW})" if staged.update else ""
    table = table_name(staged.relation)
    twice = f"SELECT {listed} FROM {NEW} n WHERE {filled} GROUP BY {listed} HAVING count(*) > 1"
    there = (
        f"SELECT {', '.join(f'n.{name}' for name in names)} FROM {NEW} n"
        f" WHERE {filled} AND EXISTS (SELECT 1 FROM {table} o WHERE {equal}{itself})"
    )
    found = staged.one(f"{twice} LIMIT 1") or staged.one(f"{there} LIMIT 1")
    if found is not None:
        key = ",".join(f"'{v}'" if isinstance(v, str) else str(v) for v in found)
        shown = ",".join(name for name, _ in index.columns)
        raise SqlError(
            f'duplicate key value ({shown})=({key}) violates unique constraint "{index.name}"',
            "23505",
        )


# --- storing ------------------------------------------------------------------------------------


def store(staged: Staged) -> int:
    """Appends the staged rows; answers how many. Time-series rows replace those of the same key.

    Rows of a time series that have tags alone are devices without a reading.
    """
    relation = staged.relation
    counted = staged.one(f"SELECT count(*) FROM {NEW}")
    if relation.kind is RelationKind.TIME_SERIES:
        enter_devices(staged.cursor, relation, NEW)
        if relation.columns[0].is_tag:
            return counted[0] if counted else 0
        _replace_series(staged)
        counted = staged.one(f"SELECT count(*) FROM {NEW}")
    touch(staged.session.engine, staged.cursor, relation, NEW)
    listed = ", ".join(column_name(column) for column in relation.columns)
    staged.cursor.execute(
        f"INSERT INTO {table_name(relation)} ({listed}) SELECT {listed} FROM {NEW}"
    )
    return counted[0] if counted else 0


def _replace_series(staged: Staged) -> None:
    """A time-series row with the primary tags and the time of another takes its place."""
    relation = staged.relation
    keys = [column_name(c) for c in relation.columns if c.is_primary_tag]
    keys.append(column_name(relation.columns[0]))
    listed = ", ".join(keys)
    equal = " AND ".join(f"o.{key} = n.{key}" for key in keys)
    staged.cursor.execute(
        f"DELETE FROM {NEW} WHERE rowid NOT IN (SELECT max(rowid) FROM {NEW} GROUP BY {listed})"
    )
    staged.cursor.execute(f"DELETE FROM {table_name(relation)} o USING {NEW} n WHERE {equal}")
