"""CREATE, ALTER and DROP of databases and schemas, relational and time-series."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.dependencies import dependent_views, sequence_in_default
from kwtui.sandbox.catalog.grants import require
from kwtui.sandbox.catalog.lookup import VIRTUAL_SCHEMAS
from kwtui.sandbox.catalog.objects import (
    Catalog,
    DatabaseDef,
    EngineType,
    Relation,
    RelationKind,
    SchemaDef,
)
from kwtui.sandbox.catalog.users import require_admin
from kwtui.sandbox.ddl.durations import duration, seconds_of
from kwtui.sandbox.ddl.series import (
    LONGEST_DATABASE_NAME,
    LONGEST_LIFE,
    check_name,
    check_partition_interval,
    check_retention,
)
from kwtui.sandbox.ddl.storage import remove
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.names import find_database
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Statement, quote_identifier
from kwtui.sandbox.language.stream import TokenStream


@handles("CREATE DATABASE", "CREATE TS DATABASE")
def create_database(session: Session, statement: Statement) -> Answer:
    """``CREATE [TS] DATABASE d [RETENTIONS n] [PARTITION INTERVAL n]``."""
    stream = TokenStream.of(statement)
    stream.expect("create")
    time_series = stream.accept("ts")
    stream.expect("database")
    if_not_exists = stream.accept("if", "not", "exists")
    name = stream.expect_identifier()
    retention, interval, comment = _options(stream, time_series=time_series)
    stream.expect_end()
    tag = "CREATE TS DATABASE" if time_series else "CREATE DATABASE"
    catalog = session.engine.catalog
    if time_series:
        check_name(name, "database", LONGEST_DATABASE_NAME)
    require_admin(catalog, session.user, "CREATE DATABASE")
    if interval is not None:
        check_partition_interval(interval)
    if retention is not None:
        check_retention(retention)
    if name in catalog.databases:
        if if_not_exists:
            return Answer(tag)
        raise SqlError(f'database "{name}" already exists', "42P04")
    with session.engine.change(session):
        made = DatabaseDef(
            session.engine.catalog.allocate_id(),
            name,
            EngineType.TIME_SERIES if time_series else EngineType.RELATIONAL,
            comment=comment,
            retention=f"{seconds_of(retention)}s" if retention else None,
            partition_interval=interval,
            created_at=session.engine.clock.now(),
        )
        made.schemas["public"] = SchemaDef(29, "public")
        session.engine.catalog.databases[name] = made
    return Answer(tag)


def _options(
    stream: TokenStream, *, time_series: bool
) -> tuple[str | None, str | None, str | None]:
    retention = interval = comment = None
    while True:
        if time_series and stream.accept("retentions"):
            retention = duration(stream)
        elif time_series and stream.accept("partition", "interval"):
            interval = duration(stream)
        elif stream.accept("comment"):
            stream.accept("=")
            comment = stream.expect_string()
        elif stream.accept("encoding"):
            stream.accept("=")
            stream.expect_string()
        else:
            return retention, interval, comment


@handles("DROP DATABASE")
def drop_database(session: Session, statement: Statement) -> Answer:
    """``DROP DATABASE [IF EXISTS] d [CASCADE | RESTRICT]``."""
    stream = TokenStream.of(statement, "try \\h DROP DATABASE")
    stream.expect("drop", "database")
    if_exists = stream.accept("if", "exists")
    name = stream.expect_identifier()
    behaviour = stream.accept_any("cascade", "restrict")
    stream.expect_end()
    if name not in session.engine.catalog.databases and if_exists:
        return Answer("DROP DATABASE")
    database = find_database(session, name)
    if name == "system":
        raise SqlError("user root does not have DROP privilege on database system", "42501")
    require(session.engine.catalog, session.user, database, "DROP")
    with session.engine.change(session) as cursor:
        catalog = session.engine.catalog
        relations = catalog.relations_in(name)
        procedures = [n for n, p in catalog.procedures.items() if p.database == name]
        if (relations or procedures) and behaviour == "restrict":
            raise SqlError(f'database "{name}" is not empty and RESTRICT was specified', "2BP01")
        refuse_offline(relations, name, "drop", "dropping")
        _forget_references(catalog, relations)
        for view in _views_elsewhere(catalog, relations):
            remove(catalog, cursor, view)
        for relation in relations:
            remove(catalog, cursor, relation)
        for number in procedures:
            del catalog.procedures[number]
        del catalog.databases[name]
    if session.database == name:
        session.database = "defaultdb"
    _announce_drop(session, name, relations, if_exists=if_exists, behaviour=behaviour)
    return Answer("DROP DATABASE")


def _forget_references(catalog: Catalog, relations: list[Relation]) -> None:
    """Foreign keys of other databases into this one go with it."""
    gone = {relation.id for relation in relations}
    for other in catalog.relations.values():
        if other.id not in gone:
            other.foreign_keys = [k for k in other.foreign_keys if k.target_id not in gone]


def refuse_offline(relations: list[Relation], database: str, verb: str, doing: str) -> None:
    """Raises SqlError (55000) while an import holds a table."""
    for relation in relations:
        if relation.offline:
            raise SqlError(
                f"cannot {verb} a database with OFFLINE tables, ensure {relation.name} is dropped"
                f" or made public before {doing} database {quote_identifier(database)}",
                "55000",
            )


def _views_elsewhere(catalog: Catalog, relations: list[Relation]) -> list[Relation]:
    """The views of other databases that read from these relations: they go with them."""
    gone = {relation.id for relation in relations}
    found: dict[int, Relation] = {}
    waiting = list(relations)
    while waiting:
        for view in dependent_views(catalog, waiting.pop()):
            if view.id not in gone and view.id not in found:
                found[view.id] = view
                waiting.append(view)
    return list(found.values())


def _announce_drop(
    session: Session,
    name: str,
    relations: list[Relation],
    *,
    if_exists: bool,
    behaviour: str | None,
) -> None:
    if not relations:
        return
    text = f"DROP DATABASE {'IF EXISTS ' if if_exists else ''}{quote_identifier(name)}"
    text += f" {behaviour.upper()}" if behaviour else ""
    views = any(r.kind is RelationKind.VIEW for r in relations)
    texts = [text, ";removing references for view"] if views else [text]
    session.engine.announce(session, *texts, garbage=True)


@handles("ALTER DATABASE", "ALTER TS DATABASE")
def alter_database(session: Session, statement: Statement) -> Answer:
    """``ALTER DATABASE d RENAME TO e``, ``CONFIGURE ZONE``; for time series ``SET RETENTIONS``."""
    stream = TokenStream.of(statement)
    stream.expect("alter")
    time_series = stream.accept("ts")
    stream.expect("database")
    stream.hint = "try \\h ALTER DATABASE"
    name = stream.expect_identifier()
    if stream.accept("rename", "to"):
        target = stream.expect_identifier()
        stream.expect_end()
        return _rename(session, name, target)
    if stream.accept("configure", "zone"):
        find_database(session, name)
        with session.engine.change(session):
            session.engine.catalog.databases[name].zone = zone_options(stream)
        return Answer("CONFIGURE ZONE 1")
    stream.expect("set")
    require_admin(session.engine.catalog, session.user, "ALTER DATABASE")
    database = find_database(session, name)
    if database.engine is not EngineType.TIME_SERIES:
        raise SqlError(f'database "{name}" is not a time series database', "42809")
    with session.engine.change(session):
        database = session.engine.catalog.databases[name]
        if stream.accept("retentions"):
            lifetime = seconds_of(duration(stream))
            if lifetime > LONGEST_LIFE:
                raise SqlError(f"lifetime is out of range: {lifetime}", "22023")
            database.retention = f"{lifetime}s"
        elif stream.accept("partition", "interval"):
            interval = duration(stream)
            check_partition_interval(interval)
            database.partition_interval = interval
        else:
            raise stream.error()
        stream.expect_end()
    return Answer("ALTER TS DATABASE" if time_series else "ALTER DATABASE")


def _rename(session: Session, name: str, target: str) -> Answer:
    """The sessions that are in the database stay under its old name, which is none then."""
    require_admin(session.engine.catalog, session.user, "ALTER DATABASE ... RENAME")
    database = find_database(session, name)
    if database.engine is EngineType.TIME_SERIES:
        check_name(target, "database", LONGEST_DATABASE_NAME)
    require(session.engine.catalog, session.user, database, "DROP")
    if target == name:
        return Answer("RENAME DATABASE")
    if target in session.engine.catalog.databases:
        raise SqlError(f'the new database name "{target}" already exists', "42P04")
    with session.engine.change(session):
        catalog = session.engine.catalog
        relations = sorted(catalog.relations_in(name), key=lambda r: r.name)
        refuse_offline(relations, name, "rename", "renaming")
        for relation in relations:
            for view in dependent_views(catalog, relation):
                _refuse_rename(relation, view)
            if relation.kind is RelationKind.SEQUENCE:
                _refuse_named_defaults(catalog, relation)
        database = catalog.databases.pop(name)
        database.name = target
        catalog.databases[target] = database
        for relation in catalog.relations.values():
            if relation.database == name:
                relation.database = target
    return Answer("RENAME DATABASE")


def _refuse_rename(relation: Relation, view: Relation) -> None:
    """A database that holds views cannot be renamed (recordings 13 and 14)."""
    full = f"{view.database}.{view.schema}.{view.name}"
    needed = f"{relation.database}.{relation.schema}.{relation.name}"
    raise SqlError(
        f'cannot rename database because relation "{full}" depends on relation "{needed}"',
        "2BP01",
        hint=f'you can drop "{full}" instead',
    )


def _refuse_named_defaults(catalog: Catalog, sequence: Relation) -> None:
    """A default that calls a sequence by the database's name would lose it."""
    for table in sorted(catalog.relations.values(), key=lambda relation: relation.id):
        for column in table.columns:
            if sequence_in_default(catalog, table, column.default) is not sequence:
                continue
            called = TokenStream(column.default or "").tokens[2].value
            parts = TokenStream(called).qualified_name()
            if len(parts) > 1 and parts[0] == sequence.database:
                _refuse_default(sequence, table, column.name)


def _refuse_default(sequence: Relation, table: Relation, column: str) -> None:
    needed = f"{sequence.database}.{sequence.schema}.{sequence.name}"
    full = f"{table.database}.{table.schema}.{table.name}"
    hint = f'you can drop the column default "{column}" of "{needed}" referencing "{full}"'
    if table.database == sequence.database:
        hint += f' or modify the default to not reference the database name "{table.database}"'
    raise SqlError(
        f'cannot rename database because relation "{full}" depends on relation "{needed}"',
        "2BP01",
        hint=hint,
    )


def zone_options(stream: TokenStream) -> str | None:
    """The options of CONFIGURE ZONE USING; None for DISCARD."""
    if stream.accept("discard"):
        stream.expect_end()
        return None
    stream.expect("using")
    options = []
    while True:
        name = ".".join(stream.qualified_name())
        stream.expect("=")
        token = stream.next()
        if token.kind not in (Kind.STRING, Kind.NUMBER, Kind.WORD):
            raise stream.error(token)
        value = f"'{token.value}'" if token.kind is Kind.STRING else token.value
        options.append(f"{name} = {value}")
        if not stream.accept(","):
            stream.expect_end()
            return ",\n\t".join(options)


@handles("CREATE SCHEMA")
def create_schema(session: Session, statement: Statement) -> Answer:
    """``CREATE SCHEMA [IF NOT EXISTS] s``."""
    stream = TokenStream.of(statement, "try \\h CREATE SCHEMA")
    stream.expect("create", "schema")
    if_not_exists = stream.accept("if", "not", "exists")
    name = stream.expect_identifier()
    stream.expect_end()
    database = find_database(session, session.database)
    if database.engine is EngineType.TIME_SERIES:
        raise SqlError(f'cannot create schema in timeseries database "{database.name}"', "42809")
    if name in database.schemas or name in VIRTUAL_SCHEMAS:
        if if_not_exists:
            return Answer("CREATE SCHEMA")
        raise SqlError(f'schema "{name}" already exists', "42P06")
    with session.engine.change(session):
        catalog = session.engine.catalog
        made = SchemaDef(catalog.allocate_id(), name)
        catalog.databases[database.name].schemas[name] = made
    return Answer("CREATE SCHEMA")


@handles("DROP SCHEMA")
def drop_schema(session: Session, statement: Statement) -> Answer:
    """``DROP SCHEMA [IF EXISTS] s [CASCADE]``."""
    stream = TokenStream.of(statement, "try \\h DROP SCHEMA")
    stream.expect("drop", "schema")
    if_exists = stream.accept("if", "exists")
    parts = stream.qualified_name()
    cascade = stream.accept_any("cascade", "restrict") == "cascade"
    stream.expect_end()
    database = find_database(session, parts[0] if len(parts) > 1 else session.database)
    name = parts[-1]
    if name not in database.schemas or name == "public":
        if if_exists and name != "public":
            return Answer("DROP SCHEMA")
        what = "cannot drop" if name == "public" else "unknown"
        raise SqlError(f'{what} schema "{name}"', "3F000")
    with session.engine.change(session) as cursor:
        catalog = session.engine.catalog
        relations = catalog.relations_in(database.name, name)
        if relations and not cascade:
            raise SqlError(f'schema "{name}" is not empty and CASCADE was not specified', "2BP01")
        _forget_references(catalog, relations)
        for relation in relations:
            remove(catalog, cursor, relation)
        del catalog.databases[database.name].schemas[name]
    return Answer("DROP SCHEMA")
