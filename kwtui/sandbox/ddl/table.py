"""CREATE TABLE: from a parsed statement to the catalogue and the storage."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.dependencies import check_sequence
from kwtui.sandbox.catalog.grants import inherited
from kwtui.sandbox.catalog.lookup import PUBLIC, lookup, missing_relation
from kwtui.sandbox.catalog.objects import (
    Catalog,
    CheckDef,
    ColumnDef,
    EngineType,
    ForeignKeyDef,
    IndexDef,
    Relation,
    RelationKind,
)
from kwtui.sandbox.ddl.interleave import interleave, interleave_index
from kwtui.sandbox.ddl.parse import parse_create_table
from kwtui.sandbox.ddl.partition import read_partitioning
from kwtui.sandbox.ddl.series import check_storage, make_series
from kwtui.sandbox.ddl.sharding import check_allowed, shard
from kwtui.sandbox.ddl.storage import check_free, make_storage
from kwtui.sandbox.ddl.table_spec import CheckSpec, ColumnSpec, ForeignKeySpec, IndexSpec, TableSpec
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import place_for
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement, quote_identifier
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.expression_text import column_names, default_text, format_tokens
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family


@handles("CREATE TABLE", "CREATE TEMP", "CREATE TEMPORARY")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE TABLE``, in all forms."""
    spec = parse_create_table(TokenStream.of(statement))
    database, schema, name = place_for(session, spec.name)
    if spec.if_not_exists and session.engine.catalog.find(database, schema, name):
        return Answer("CREATE TABLE")
    if spec.query is not None:
        from kwtui.sandbox.ddl.from_query import create_table_as

        return create_table_as(session, spec, database, schema, name)
    make_table(session, spec, database, schema, name)
    return Answer("CREATE TABLE")


def create_table(session: Session, text: str, database: str, schema: str) -> Relation:
    """Makes the table of a CREATE TABLE statement in this schema, whatever schema the text names.

    Raises SqlError as CREATE TABLE does.
    """
    spec = parse_create_table(TokenStream(text))
    return make_table(session, spec, database, schema, spec.name[-1])


def make_table(
    session: Session, spec: TableSpec, database: str, schema: str, name: str
) -> Relation:
    """Makes a table that was read by ``parse_create_table``."""
    engine = session.engine
    with engine.change(session) as cursor:
        catalog = engine.catalog
        check_free(catalog, database, schema, name)
        relation = _relation(session, spec, database, schema, name)
        _constrain(session, relation, spec)
        catalog.relations[relation.id] = relation
        make_storage(cursor, relation)
    if relation.foreign_keys:
        job = _job_text(engine.catalog, relation, spec)
        engine.announce(session, job, "updating referenced table")
    elif spec.time_series:
        engine.announce(session, _series_job_text(relation, spec))
    elif _uses_sequence(relation):
        engine.announce(session, "updating referenced table")
    return relation


def _uses_sequence(relation: Relation) -> bool:
    return any((column.default or "").startswith("nextval(") for column in relation.columns)


def _relation(session: Session, spec: TableSpec, database: str, schema: str, name: str) -> Relation:
    catalog = session.engine.catalog
    owner = catalog.databases[database]
    time_series = owner.engine is EngineType.TIME_SERIES
    if spec.time_series != time_series:
        kinds = ("relational", "timeseries")
        kind, other = kinds[spec.time_series], kinds[time_series]
        raise SqlError(f'can not create {kind} table in {other} database "{database}"', "42809")
    zone = session.variables.get("timezone")
    _check_names(spec)
    _check_computed(spec)
    columns = [column_from(i, column, zone) for i, column in enumerate(spec.columns, 1)]
    relation = Relation(
        catalog.allocate_id(),
        name,
        schema,
        database,
        RelationKind.TIME_SERIES if time_series else RelationKind.TABLE,
        columns,
        comment=spec.comment or None,
        grants=inherited(owner),
        created_at=session.engine.clock.now(),
    )
    if time_series:
        make_series(relation, spec, owner)
    for column in columns:
        check_sequence(catalog, (database, session.database), column.default)
    return relation


def _check_names(spec: TableSpec) -> None:
    seen: set[str] = set()
    folded: set[str] = set()
    for column in spec.columns:
        if column.name in seen:
            raise SqlError(f'duplicate column name: "{column.name}"', "42701")
        if column.name.lower() in folded:
            raise SqlError(
                f'the sandbox cannot tell column "{column.name}" from another that differs in case'
                " only",
                "0A000",
            )
        seen.add(column.name)
        folded.add(column.name.lower())


def _check_computed(spec: TableSpec) -> None:
    """A computed column is made of columns that are not (recording 19)."""
    computed = [column.name for column in spec.columns if column.computed is not None]
    for column in spec.columns:
        if column_names(column.computed or [], computed):
            raise SqlError(
                f"computed column {column.name} cannot reference other computed columns", "42P16"
            )


def column_from(number: int, spec: ColumnSpec, zone: str) -> ColumnDef:
    """A column of the catalogue from one that was read. Raises SqlError for a bad default."""
    default = None
    if spec.default is not None:
        default = default_text(spec.default, spec.type, zone)
    elif spec.serial:
        default = "unique_rowid()"
    computed = format_tokens(spec.computed) if spec.computed is not None else None
    return ColumnDef(
        number,
        spec.name,
        spec.type,
        nullable=spec.nullable and not spec.serial,
        default=default if default != "NULL" else None,
        computed=computed,
        comment=spec.comment or None,
        is_tag=spec.is_tag,
        storage=check_storage(spec),
    )


def _constrain(session: Session, relation: Relation, spec: TableSpec) -> None:
    """Keys, indexes, checks and families, in the order in which the node makes them."""
    if relation.kind is RelationKind.TIME_SERIES:
        return
    for index in filter(None, [spec.primary, *spec.indexes]):
        check_allowed(session, index.buckets)
    _primary(relation, spec)
    for index in spec.indexes:
        interleave_index(session, add_index(relation, index), index.interleaving)
    for check in spec.checks:
        add_check(relation, check)
    _families(relation, spec)
    if spec.interleaving is not None:
        interleave(session, relation, spec.interleaving)
    if spec.partitioning is not None:
        relation.partitioning = read_partitioning(spec.partitioning, relation)
        spec.partitioning.expect_end()
    for key in spec.foreign_keys:
        add_foreign_key(session, relation, key)


def _primary(relation: Relation, spec: TableSpec) -> None:
    primary = spec.primary
    if primary is None:
        number = len(relation.columns) + 1
        relation.columns.append(
            ColumnDef(
                number, free_name("rowid", {c.name for c in relation.columns}), SqlType("INT8"),
                nullable=False, default="unique_rowid()", hidden=True,
            )
        )  # fmt: skip
        primary = IndexSpec([(relation.columns[-1].name, "ASC")], "primary", unique=True)
    for name, _ in primary.columns:
        column_of(relation, name).nullable = False
    name = primary.name or "primary"
    relation.primary = IndexDef(1, name, primary.columns, unique=True, buckets=primary.buckets)
    if primary.buckets:
        shard(relation, relation.primary.columns, primary.buckets)


def column_of(relation: Relation, name: str) -> ColumnDef:
    """The column. Raises SqlError (42703)."""
    for column in relation.columns:
        if column.name == name:
            return column
    raise SqlError(f'column "{name}" does not exist', "42703")


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or ``wanted1``, ``wanted2``, … if it is taken."""
    name, number = wanted, 0
    while name in taken:
        number += 1
        name = f"{wanted}{number}"
    return name


def add_index(relation: Relation, spec: IndexSpec) -> IndexDef:
    """Adds an index to the catalogue's relation, named as the node would."""
    for name in [*(name for name, _ in spec.columns), *spec.storing]:
        column_of(relation, name)
    if spec.buckets:
        shard(relation, spec.columns, spec.buckets)
    names = [name for name, _ in spec.columns]
    taken = {index.name for index in relation.indexes}
    if spec.name is not None and spec.name in taken | {"primary"}:
        raise SqlError(f'duplicate index name: "{spec.name}"', "42P07")
    suffix = "key" if spec.unique else "idx"
    generated = free_name("_".join([relation.name, *names, suffix]), taken)
    number = max((index.id for index in relation.indexes), default=1) + 1
    index = IndexDef(
        number,
        spec.name or generated,
        spec.columns,
        unique=spec.unique,
        storing=spec.storing,
        inverted=spec.inverted,
        buckets=spec.buckets,
    )
    relation.indexes.append(index)
    return index


def add_check(relation: Relation, spec: CheckSpec) -> CheckDef:
    """Adds a check constraint, named after its columns unless it has a name."""
    taken = {check.name for check in relation.checks}
    named = column_names(spec.tokens, [column.name for column in relation.columns])
    if spec.name is not None and spec.name in taken:
        raise SqlError(f'duplicate constraint name: "{spec.name}"', "42710")
    name = spec.name or free_name("_".join(["check", *named]), taken)
    check = CheckDef(name, format_tokens(spec.tokens))
    relation.checks.append(check)
    return check


def _families(relation: Relation, spec: TableSpec) -> None:
    """Every column is in one family: those that name none are in the first."""
    families = [(name, list(columns)) for name, columns in spec.families]
    for column in spec.columns:
        if column.family is not None:
            found = next((c for n, c in families if n == column.family), None)
            if found is None:
                families.append((column.family, [column.name]))
            else:
                found.append(column.name)
    if not families:
        families = [("primary", [])]
    placed = {name for _, columns in families for name in columns}
    for _, columns in families:
        for name in columns:
            column_of(relation, name)
    families[0][1].extend(c.name for c in relation.columns if c.name not in placed)
    relation.families = [
        (name or f"fam_{i}_{'_'.join(columns)}", columns)
        for i, (name, columns) in enumerate(families)
    ]


def add_foreign_key(session: Session, relation: Relation, spec: ForeignKeySpec) -> ForeignKeyDef:
    """Adds a foreign key, and an index on its columns if none begins with them.

    Raises SqlError (42P01, 42703, 42830, 42804).
    """
    catalog = session.engine.catalog
    target = _target(catalog, relation, spec.target)
    if target is None:
        raise missing_relation(spec.target)
    columns = spec.target_columns
    if not columns and target.primary is not None:
        columns = [name for name, _ in target.primary.columns]
    _check_target(relation, spec, target, columns)
    taken = {key.name for key in relation.foreign_keys} | {c.name for c in relation.checks}
    if spec.name is not None and spec.name in taken:
        raise SqlError(f'duplicate constraint name: "{spec.name}"', "42710")
    name = spec.name or free_name("_".join(["fk", *spec.columns, "ref", target.name]), taken)
    key = ForeignKeyDef(name, spec.columns, target.id, columns, spec.on_delete, spec.on_update)
    relation.foreign_keys.append(key)
    # The node changes both descriptors once for it (information_schema.tables, recording 12).
    relation.version += relation.version == 1
    target.version += target is not relation
    if not _is_indexed(relation, spec.columns):
        index = IndexSpec([(c, "ASC") for c in spec.columns], f"{relation.name}_auto_index_{name}")
        add_index(relation, index)
    return key


def _target(catalog: Catalog, relation: Relation, name: list[str]) -> Relation | None:
    """The table that a key refers to: also the one that is being made, under any of its names."""
    own = {
        (relation.name,),
        (relation.schema, relation.name),
        (relation.database, relation.schema, relation.name),
    }
    if relation.schema == PUBLIC:
        own.add((relation.database, relation.name))
    return relation if tuple(name) in own else lookup(catalog, relation.database, name)


def _check_target(
    relation: Relation, spec: ForeignKeySpec, target: Relation, columns: list[str]
) -> None:
    if len(columns) != len(spec.columns):
        raise SqlError(
            f"{len(spec.columns)} columns must reference exactly {len(spec.columns)} columns in"
            f" referenced table (found {len(columns)})",
            "42601",
        )
    for name, target_name in zip(spec.columns, columns, strict=True):
        mine, theirs = column_of(relation, name), column_of(target, target_name)
        if base_family(mine.type) != base_family(theirs.type):
            raise SqlError(
                f'type of "{name}" ({mine.type.text.lower()}) does not match foreign key'
                f' "{target.name}"."{target_name}" ({theirs.type.text.lower()})',
                "42804",
            )
    keys = [i.columns for i in (target.primary, *target.indexes) if i is not None and i.unique]
    if not any({name for name, _ in key} == set(columns) for key in keys):
        raise SqlError(
            f"there is no unique constraint matching given keys for referenced table {target.name}",
            "42830",
        )


def _is_indexed(relation: Relation, columns: list[str]) -> bool:
    wanted = len(columns)
    indexes = [i for i in (relation.primary, *relation.indexes) if i is not None]
    return any({n for n, _ in i.columns[:wanted]} == set(columns) for i in indexes)


def _job_text(catalog: Catalog, relation: Relation, spec: TableSpec) -> str:
    """The statement as the job of a table with foreign keys shows it (recording 05)."""
    full = f"{relation.database}.{relation.schema}.{quote_identifier(relation.name)}"
    made = {id(s): k for s, k in zip(spec.foreign_keys, relation.foreign_keys, strict=True)}
    items = []
    for element in spec.elements:
        if isinstance(element, ForeignKeySpec):
            items.append(_key_text(catalog, made.pop(id(element)), named=element.name is not None))
        else:
            items.append(format_tokens(element))
    items += [_key_text(catalog, key, named=False) for key in made.values()]
    return f"CREATE TABLE {full} ({', '.join(items)}){_comment_text(spec.comment)}"


def _series_job_text(relation: Relation, spec: TableSpec) -> str:
    """The statement as the job of a time-series table shows it (recording 07)."""

    def items(tags: bool) -> str:
        return ", ".join(
            f"{quote_identifier(c.name)} {c.type.text}{'' if c.nullable else ' NOT NULL'}"
            f"{_comment_text(c.comment if tags else None)}"
            for c in relation.columns
            if c.is_tag is tags
        )

    full = f"{relation.database}.{relation.schema}.{quote_identifier(relation.name)}"
    primary = ", ".join(map(quote_identifier, spec.primary_tags))
    retention = f" RETENTIONS {spec.retention}" if spec.retention else ""
    # The node writes the number twice (KWDB 3.2, ``sql/sem/tree/create.go``).
    spread = f" WITH HASH ({spec.hash_buckets}{spec.hash_buckets})" if spec.hash_buckets else ""
    return (
        f"CREATE TABLE {full} ({items(False)}) TAGS ({items(True)}) PRIMARY TAGS({primary})"
        f"{spread}{retention}{_comment_text(spec.comment)}"
    )


def _comment_text(comment: str | None) -> str:
    """A comment in the text of a job, which has no quotes."""
    return f" COMMENT = {comment}" if comment else ""


def _key_text(catalog: Catalog, key: ForeignKeyDef, *, named: bool) -> str:
    target = catalog.relations[key.target_id]
    name = f"{target.database}.{target.schema}.{quote_identifier(target.name)}"
    columns = ", ".join(map(quote_identifier, key.columns))
    targets = ", ".join(map(quote_identifier, key.target_columns))
    actions = f" ON DELETE {key.on_delete}" if key.on_delete else ""
    actions += f" ON UPDATE {key.on_update}" if key.on_update else ""
    prefix = f"CONSTRAINT {quote_identifier(key.name)} " if named else ""
    return f"{prefix}FOREIGN KEY ({columns}) REFERENCES {name} ({targets}){actions}"
