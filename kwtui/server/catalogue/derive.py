"""From the server's answers to the schema of a database: pure functions, one for each kind.

The answers have the columns of recordings 07, 12 and 14.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kwtui.model.schema import (
    ColumnSpec,
    Engine,
    ForeignKeySpec,
    SequenceSpec,
    TableName,
    TableSpec,
    ViewSpec,
)
from kwtui.model.server import DatabaseSummary
from kwtui.server.connection.results import ResultSet, to_bool, to_int, to_list
from kwtui.sql import ddl
from kwtui.sql.lexer import Kind, tokens
from kwtui.sql.names import split_name
from kwtui.sql.quoting import identifier, qualified

VIRTUAL_SCHEMAS = frozenset({"information_schema", "kwdb_internal", "pg_catalog"})
SYSTEM_DATABASES = frozenset({"system"})

_ENGINES = {"RELATIONAL": Engine.RELATIONAL, "TIME SERIES": Engine.TIME_SERIES}


@dataclass(frozen=True)
class Described:
    """One row of create_statements: an object and its printed definitions."""

    name: TableName
    kind: str
    """``table``, ``view`` or ``sequence``."""
    create: str
    without_foreign_keys: str
    alter_statements: tuple[str, ...] = ()
    zone_statements: tuple[str, ...] = ()
    state: str = "PUBLIC"
    id: int | None = None
    """Of its descriptor; None where it is not told."""


# -- databases --------------------------------------------------------------------------------


def summaries(answer: ResultSet) -> list[DatabaseSummary]:
    """SHOW DATABASES WITH COMMENT."""
    return [
        DatabaseSummary(
            name=row["database_name"] or "",
            engine=_ENGINES.get(row.get("engine_type") or "", Engine.RELATIONAL),
            comment=row.get("comment") or None,
            system=row["database_name"] in SYSTEM_DATABASES,
        )
        for row in answer.dicts()
    ]


_RETENTION = re.compile(r"\bretentions\s+(\d+[a-z]+)", re.IGNORECASE)
_PARTITION = re.compile(r"\bpartition interval\s+(\d+[a-z]+)", re.IGNORECASE)
_ZERO = re.compile(r"0+[a-z]+\Z")


def retention_and_partition(create_statement: str) -> tuple[str | None, str | None]:
    """The settings of a time-series database; a retention of zero is none."""
    found = []
    for pattern in (_RETENTION, _PARTITION):
        match = pattern.search(create_statement)
        text = match.group(1) if match else None
        found.append(None if text is None or _ZERO.match(text) else text)
    return found[0], found[1]


def user_schemas(answer: ResultSet) -> tuple[str, ...]:
    """SHOW SCHEMAS without the virtual ones; ``public`` first."""
    names = [row[0] for row in answer.rows if row[0] and row[0] not in VIRTUAL_SCHEMAS]
    return tuple(sorted(names, key=lambda name: (name != "public", name)))


# -- definitions ------------------------------------------------------------------------------


def described(answer: ResultSet, schemas: Iterable[str]) -> list[Described]:
    """kwdb_internal.create_statements, without what is in virtual schemas."""
    wanted = set(schemas)
    found = []
    for row in answer.dicts():
        schema = row.get("schema_name") or "public"
        if schema not in wanted:
            continue
        create = row["create_statement"] or ""
        found.append(
            Described(
                name=TableName(schema, row["descriptor_name"] or ""),
                kind=row.get("descriptor_type") or "table",
                create=create,
                without_foreign_keys=row.get("create_nofks") or create,
                alter_statements=tuple(to_list(row.get("alter_statements"))),
                zone_statements=tuple(to_list(row.get("zone_configuration_statements"))),
                state=row.get("state") or "PUBLIC",
                id=to_int(row.get("descriptor_id")),
            )
        )
    return found


def columns(shown: ResultSet, tags: ResultSet | None = None) -> tuple[ColumnSpec, ...]:
    """SHOW COLUMNS WITH COMMENT, and SHOW TAGS for a time-series table."""
    told = list(tags.dicts()) if tags is not None else []
    names = {row["tag"] for row in told}
    primary = {row["tag"] for row in told if to_bool(row.get("is_primary"))}
    return tuple(
        ColumnSpec(
            name=row["column_name"] or "",
            type=row["data_type"] or "",
            nullable=to_bool(row.get("is_nullable", "YES")),
            default=row.get("column_default"),
            computed=row.get("generation_expression") or None,
            hidden=to_bool(row.get("is_hidden")),
            tag=to_bool(row.get("is_tag")) or row["column_name"] in names,
            primary_tag=row["column_name"] in primary,
            comment=row.get("comment") or None,
        )
        for row in shown.dicts()
    )


def with_comments(
    specs: Iterable[ColumnSpec], comments: Mapping[str, str]
) -> tuple[ColumnSpec, ...]:
    """The columns with their comments by name; an empty one is none."""
    return tuple(replace(spec, comment=comments.get(spec.name) or None) for spec in specs)


@dataclass(frozen=True)
class ForeignKeys:
    """What a table's foreign keys are, as far as they could be understood."""

    keys: tuple[ForeignKeySpec, ...] = ()
    ambiguous: tuple[str, ...] = ()
    """Names of keys whose target's schema is not known: tables of that name are in several."""
    unread: tuple[str, ...] = ()
    """Statements that could not be understood."""
    foreign: tuple[str, ...] = ()
    """Names of keys into another database."""


def foreign_keys(
    table: TableName,
    database: str,
    statements: Sequence[str],
    tables: Iterable[TableName],
    targets: Mapping[tuple[TableName, str], TableName],
) -> ForeignKeys:
    """The foreign keys of a table with the schema of their targets (live-findings, row 28).

    The schema is taken from the printed name if it is there, from the one table of that name if
    there is only one, else from ``targets``, the catalogue's word by table and name of the key.
    """
    known = list(tables)
    keys, ambiguous, foreign, unread = [], [], [], []
    for statement in statements:
        try:
            key, printed = ddl.parse_foreign_key(statement)
        except ddl.StrangeDefinitionError:
            unread.append(statement)
            continue
        if len(printed) == 3 and printed[0] != database:
            foreign.append(key.name)
            continue
        candidates = [t for t in known if t.name == printed[-1]]
        if len(printed) == 1:
            certain = candidates[0] if len(candidates) == 1 else targets.get((table, key.name))
        else:
            certain = key.target
        if certain is None:
            ambiguous.append(key.name)
            continue
        keys.append(ForeignKeySpec(key.name, key.columns, certain, key.target_columns, key.clauses))
    return ForeignKeys(tuple(keys), tuple(ambiguous), tuple(unread), tuple(foreign))


def needs_catalogue(items: Iterable[Described]) -> bool:
    """Whether a foreign key's printed name alone does not tell which table it means."""
    known = list(items)
    counts = Counter(item.name.name for item in known if item.kind == "table")
    for item in known:
        for statement in item.alter_statements:
            target = re.search(r" REFERENCES (.+?)\s?\(", statement)
            printed = split_name(target.group(1)) if target else ()
            if len(printed) == 1 and counts[printed[0]] != 1:
                return True
    return False


def key_targets(answer: ResultSet) -> dict[tuple[TableName, str], TableName]:
    """The catalogue's answer: schema, table, key, schema and name of the target."""
    return {
        (TableName(row[0] or "", row[1] or ""), row[2] or ""): TableName(row[3] or "", row[4] or "")
        for row in answer.rows
    }


_CHECK = re.compile(r'CONSTRAINT ("(?:[^"]|"")*"|\S+) CHECK ')


def check_constraints(create_statement: str) -> tuple[str, ...]:
    """Names of the CHECK constraints in a printed definition."""
    elements = ddl.split_table(create_statement).elements
    matches = (_CHECK.match(element) for element in elements)
    return tuple(next(tokens(match.group(1))).value for match in matches if match)


def has_constraints(item: Described) -> bool:
    """Whether the table has foreign keys or checks."""
    return bool(item.alter_statements) or " CHECK (" in item.create


def not_validated(answer: ResultSet) -> tuple[str, ...]:
    """Names of constraints that rows may break: SHOW CONSTRAINTS."""
    return tuple(
        row["constraint_name"] or "" for row in answer.dicts() if not to_bool(row["validated"])
    )


def relational_table(
    item: Described,
    specs: tuple[ColumnSpec, ...],
    keys: tuple[ForeignKeySpec, ...],
    unvalidated: tuple[str, ...] = (),
) -> TableSpec:
    """A relational table. Raises StrangeDefinitionError for a layout that no recording has."""
    return TableSpec(
        name=item.name,
        columns=specs,
        create_statement=ddl.first_statement(item.create),
        create_without_foreign_keys=ddl.without_foreign_keys(item.without_foreign_keys),
        foreign_keys=keys,
        check_constraints=check_constraints(item.create),
        not_validated=unvalidated,
        zone_statements=item.zone_statements,
    )


_PRECISION = re.compile(r"TIMESTAMP(?:TZ)?\((\d)\)", re.IGNORECASE)
_SECONDS = {
    "s": 1,
    "m": 60,
    "h": 3600,
    "d": 86400,
    "w": 7 * 86400,
    "mon": 30 * 86400,
    "y": 365 * 86400,
}


def time_series_table(
    item: Described, specs: tuple[ColumnSpec, ...], indexes: ResultSet
) -> TableSpec:
    create = ddl.first_statement(item.create)
    time_column = next((c for c in specs if not c.hidden and not c.tag), None)
    precision = _PRECISION.match(time_column.type) if time_column else None
    retention = _RETENTION.search(create)
    return TableSpec(
        name=item.name,
        columns=specs,
        create_statement=create,
        create_without_foreign_keys=create,
        zone_statements=item.zone_statements,
        index_statements=tag_indexes(item.name, indexes),
        time_column=time_column.name if time_column else None,
        time_precision=int(precision.group(1)) if precision else None,
        retention_seconds=seconds(retention.group(1)) if retention else None,
    )


def partitions_in_zones(statements: Sequence[str]) -> list[str]:
    """Names of the partitions that zone configurations are for."""
    found = (re.match(r'ALTER PARTITION ("(?:[^"]|"")*"|\S+) OF ', text) for text in statements)
    return [next(tokens(match[1])).value for match in found if match]


def seconds(duration: str) -> int | None:
    """A duration in KWDB's words; None for zero, which means for ever, and for unknown units."""
    match = re.fullmatch(r"(\d+)([a-z]+)", duration)
    if match is None or match.group(2) not in _SECONDS:
        return None
    return int(match.group(1)) * _SECONDS[match.group(2)] or None


def tag_indexes(table: TableName, indexes: ResultSet) -> tuple[str, ...]:
    """The indexes on tags, which are not part of the table's definition (facts.md, 1.8).

    Without a database, to be run in the one that the table is restored to.
    """
    by_name: dict[str, list[str]] = {}
    for row in indexes.dicts():
        name = row["index_name"] or ""
        if name == "primary" or to_bool(row.get("implicit")) or to_bool(row.get("storing")):
            continue
        by_name.setdefault(name, []).append(row["column_name"] or "")
    return tuple(
        f"CREATE INDEX {identifier(name)} ON {qualified(table.schema, table.name)} "
        f"({', '.join(identifier(c) for c in names)})"
        for name, names in by_name.items()
    )


# -- sequences and views ----------------------------------------------------------------------


def sequence(item: Described, value: ResultSet) -> SequenceSpec:
    """A sequence with where it stands: SELECT last_value, is_called."""
    row = next(value.dicts(), None)
    return SequenceSpec(
        name=item.name,
        create_statement=ddl.first_statement(item.create),
        last_value=to_int(row.get("last_value")) if row else None,
        called=to_bool(row.get("is_called", "t")) if row else True,
    )


def views(items: Iterable[Described], database: str, schemas: Sequence[str]) -> list[ViewSpec]:
    """The views in the order in which they must be created."""
    waiting = []
    for item in items:
        text = ddl.first_statement(item.create)
        materialized = text.upper().startswith("CREATE MATERIALIZED")
        sources = ddl.view_dependencies(text, database, schemas)
        waiting.append(
            ViewSpec(
                name=item.name,
                create_statement=ddl.without_rowid(text) if materialized else text,
                materialized=materialized,
                depends_on=tuple(name for where, name in sources if where == database),
            )
        )
    return in_order(waiting)


def in_order(waiting: Sequence[ViewSpec]) -> list[ViewSpec]:
    """Each view after those that it reads; otherwise the order given."""
    left = {view.name: view for view in waiting}
    ordered: list[ViewSpec] = []
    while left:
        ready = (v for v in left.values() if not any(d in left for d in v.depends_on))
        # A circle cannot exist on a server; if text was misread, the given order is the best guess.
        view = next(ready, None) or next(iter(left.values()))
        ordered.append(view)
        del left[view.name]
    return ordered


def foreign_sources(item: Described, database: str, schemas: Sequence[str]) -> tuple[str, ...]:
    """Databases other than its own that a view reads."""
    sources = ddl.view_dependencies(ddl.first_statement(item.create), database, schemas)
    return tuple(dict.fromkeys(where for where, _ in sources if where != database))


# -- defaults -----------------------------------------------------------------------------------


def has_sequence_default(column: ColumnSpec) -> bool:
    return bool(column.default and ddl.sequences_in(column.default))


def has_escaped_default(column: ColumnSpec) -> bool:
    """The column has a default that SHOW CREATE misprints (live-findings, row 27)."""
    if column.default is None:
        return False
    return any(t.kind is Kind.STRING and t.text[:1] in "eE" for t in tokens(column.default))
