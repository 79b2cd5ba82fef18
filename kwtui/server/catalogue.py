"""Reading a database: everything that a backup must know of it, and the traps in it.

Questions are asked here; answers are understood in `kwtui.server.derive`. What a question cannot
answer never stops a survey: it is named in `DatabaseSchema.not_captured`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import (
    DatabaseSchema,
    DatabaseSummary,
    Engine,
    SequenceSpec,
    ServerFacts,
    Survey,
    TableName,
    TableSpec,
)
from kwtui.server import attachments, ddl, derive, findings, inspection, statements
from kwtui.server.connection import Server
from kwtui.server.derive import Described, ForeignKeys
from kwtui.server.failures import ConnectionLost, StatementRefused
from kwtui.server.results import ResultSet, to_int
from kwtui.server.sqltext import split_name

_TABLE_TYPES = {"BASE TABLE", "TIME SERIES TABLE"}
_UNKNOWN_TYPES = {"SPARSE TIME SERIES TABLE", "TEMPLATE TABLE", "INSTANCE TABLE"}
_MEBIBYTE = 1 << 20
_NOT_ALLOWED = "42501"
_NO_SUCH_TABLE = "42P01"


async def databases(server: Server) -> list[DatabaseSummary]:
    """Every database, in the server's order. Raises KwtuiError."""
    return derive.summaries(await server.query(inspection.databases()))


async def survey(
    server: Server, facts: ServerFacts, database: str, *, count: bool = True
) -> Survey:
    """The database with row counts, sizes and findings. Raises KwtuiError as `read_schema` does.

    ``count`` off leaves the rows out, which on big tables take long.
    """
    schema = await read_schema(server, database)
    tables = []
    for table in schema.tables:
        rows = await _rows(server, database, table.name) if count else None
        size = await _bytes(server, schema, table.name)
        tables.append(replace(table, rows=rows, bytes=size))
    schema = replace(schema, tables=tuple(tables))
    found = findings.find(schema, facts)
    return Survey(schema=schema, server=facts, taken_at=datetime.now(UTC), findings=found)


async def _rows(server: Server, database: str, table: TableName) -> int | None:
    """None for a table that may be listed and not read; without the admin role that happens."""
    try:
        return await count_rows(server, database, table)
    except StatementRefused as error:
        if error.sqlstate != _NOT_ALLOWED:
            raise
        return None


async def count_rows(
    server: Server, database: str, table: TableName, timestamp: str | None = None
) -> int:
    """The exact number of rows, however long it takes."""
    sql = statements.count_rows(database, table, timestamp)
    return to_int((await server.query(sql, within=None)).scalar()) or 0


async def read_schema(server: Server, database: str) -> DatabaseSchema:
    """Everything that a backup captures of a database but its rows.

    Raises KwtuiError: NOT_FOUND if there is no such database, CONNECTION_LOST, or
    STATEMENT_REFUSED where not even the definitions may be read.
    """
    summary = next((d for d in await databases(server) if d.name == database), None)
    if summary is None:
        raise KwtuiError(
            f"There is no database named {database!r} on this server.",
            hint="The list of databases shows those that there are.",
            exit_code=ExitCode.NOT_FOUND,
        )
    return await _Reader(server, summary).read()


@dataclass
class _Reader:
    """Reads one database, question by question."""

    server: Server
    summary: DatabaseSummary
    not_captured: list[str] = field(default_factory=list)
    table_comments: dict[TableName, str] = field(default_factory=dict)
    index_comments: dict[TableName, dict[str, str]] = field(default_factory=dict)
    without_comments: set[str] = field(default_factory=set)
    """Kinds of objects for which this server does not tell comments."""

    @property
    def database(self) -> str:
        return self.summary.name

    @property
    def is_time_series(self) -> bool:
        return self.summary.engine is Engine.TIME_SERIES

    async def read(self) -> DatabaseSchema:
        ask = self.server.query
        create = await self._definition()
        schemas = derive.user_schemas(await ask(inspection.schemas(self.database)))
        items = derive.described(await ask(inspection.create_statements(self.database)), schemas)
        items += await self._missing(items, schemas)
        retention, partition = derive.retention_and_partition(create)
        tables = await self._tables([i for i in items if i.kind == "table"])
        views = [i for i in items if i.kind == "view"]
        grants = attachments.grants(
            await self._try(inspection.grants_on_database(self.database), "grants on the database"),
            await self._try(inspection.table_privileges(self.database), "grants on tables"),
        )
        users, roles = attachments.grantees(grants, await self._users() if grants else ResultSet())
        sequences = [await self._sequence(i) for i in items if i.kind == "sequence"]
        self._note_foreign_views(views, schemas)
        await self._note_programs([t.name for t in tables], schemas)
        return DatabaseSchema(
            database=self.database,
            engine=self.summary.engine,
            create_statement=" ".join(create.split()),
            schemas=schemas,
            tables=tuple(tables),
            sequences=tuple(sequences),
            views=tuple(derive.views(views, self.database, schemas)),
            comments=attachments.comments(
                self.summary.comment, self.table_comments, tables, self.index_comments
            ),
            grants=grants,
            zone_statements=await self._zones(),
            users=users,
            roles=roles,
            retention=retention if self.is_time_series else None,
            partition_interval=partition if self.is_time_series else None,
            not_captured=tuple(self.not_captured),
        )

    async def _try(self, sql: str, what: str) -> ResultSet:
        """Ask; a refusal becomes a line of what is not captured."""
        try:
            return await self.server.query(sql)
        except ConnectionLost:
            raise
        except KwtuiError as error:
            self.not_captured.append(f"{what} (the server said: {error.cause or error.title})")
            return ResultSet()

    async def _definition(self) -> str:
        """The text that creates the database; a time-series one has its settings in it."""
        sql = inspection.create_statement_of_database(self.database)
        answer = await self._try(sql, "settings of the database")
        return next((row[1] or "" for row in answer.rows), "")

    async def _with_comments(self, kind: str, sql: str, plain: str) -> ResultSet:
        """Ask with comments; go on without, once and for all, where the server knows none."""
        if kind in self.without_comments:
            return await self.server.query(plain)
        try:
            return await self.server.query(sql)
        except StatementRefused as error:
            if error.sqlstate in (_NOT_ALLOWED, _NO_SUCH_TABLE):
                raise
            answer = await self.server.query(plain)
            self.without_comments.add(kind)
            self.not_captured.append(f"comments on {kind} (the server said: {error.cause})")
            return answer

    async def _missing(self, items: list[Described], schemas: tuple[str, ...]) -> list[Described]:
        """Tables that SHOW TABLES has and the list of definitions has not; reads comments too."""
        known = {item.name for item in items}
        found = []
        for schema in schemas:
            answer = await self._with_comments(
                "tables",
                inspection.tables(self.database, schema),
                inspection.tables(self.database, schema, comments=False),
            )
            for row in answer.dicts():
                name = TableName(schema, row["table_name"] or "")
                if row.get("comment"):
                    self.table_comments[name] = row["comment"] or ""
                if row["table_type"] in _UNKNOWN_TYPES:
                    kind = (row["table_type"] or "").lower()
                    self.not_captured.append(f"{kind} {name}")
                elif row["table_type"] in _TABLE_TYPES and name not in known:
                    sql = inspection.create_statement_of(self.database, name)
                    for shown in (await self._try(sql, f"table {name}")).rows:
                        create = shown[1] or ""
                        found.append(Described(name, "table", create, create))
        return found

    # -- tables -------------------------------------------------------------------------------

    async def _tables(self, items: list[Described]) -> list[TableSpec]:
        names = [item.name for item in items]
        targets = await self._key_targets(items)
        found = []
        for item in items:
            if item.state != "PUBLIC":
                self.not_captured.append(f"table {item.name}, which is {item.state.lower()}")
                continue
            keys = derive.foreign_keys(
                item.name, self.database, item.alter_statements, names, targets
            )
            self._note_keys(item.name, keys)
            try:
                found.append(await self._table(item, keys))
            except StatementRefused as error:
                # Whoever has the admin role reads every table; for others this one is not there.
                if error.sqlstate != _NOT_ALLOWED:
                    raise
                self.not_captured.append(f"table {item.name} (the server said: {error.cause})")
        return found

    async def _table(self, item: Described, keys: ForeignKeys) -> TableSpec:
        if self.is_time_series:
            return await self._time_series_table(item)
        return await self._relational_table(item, keys)

    async def _columns(self, table: TableName) -> ResultSet:
        return await self._with_comments(
            "columns",
            inspection.columns(self.database, table),
            inspection.columns(self.database, table, comments=False),
        )

    async def _indexes(self, table: TableName) -> ResultSet:
        return await self._with_comments(
            "indexes",
            inspection.indexes(self.database, table),
            inspection.indexes(self.database, table, comments=False),
        )

    async def _relational_table(self, item: Described, keys: ForeignKeys) -> TableSpec:
        columns = derive.columns(await self._columns(item.name))
        if "COMMENT ON INDEX" in item.create:
            indexes = await self._indexes(item.name)
            self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        try:
            return derive.relational_table(item, columns, keys.keys)
        except ddl.StrangeDefinitionError:
            self.not_captured.append(
                f"exact definition of table {item.name}, whose text cannot be understood"
            )
            return TableSpec(item.name, columns, item.create, item.without_foreign_keys, keys.keys)

    async def _time_series_table(self, item: Described) -> TableSpec:
        shown = await self._columns(item.name)
        tags = await self.server.query(inspection.tags(self.database, item.name))
        indexes = await self._indexes(item.name)
        self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        return derive.time_series_table(item, derive.columns(shown, tags), indexes)

    async def _key_targets(self, items: list[Described]) -> dict[tuple[TableName, str], TableName]:
        """Asked only where a name alone does not tell which table a foreign key means."""
        if not derive.needs_catalogue(items):
            return {}
        sql = inspection.foreign_key_targets(self.database)
        return derive.key_targets(await self._try(sql, "targets of foreign keys"))

    def _note_keys(self, table: TableName, keys: ForeignKeys) -> None:
        for name in keys.ambiguous:
            self.not_captured.append(
                f"foreign key {name} of {table}: several tables have its target's name"
            )
        for name in keys.foreign:
            self.not_captured.append(f"foreign key {name} of {table} into another database")
        for statement in keys.unread:
            self.not_captured.append(f"foreign key of {table} that cannot be read: {statement}")

    # -- the rest -----------------------------------------------------------------------------

    async def _sequence(self, item: Described) -> SequenceSpec:
        sql = inspection.sequence_value(self.database, item.name)
        return derive.sequence(item, await self._try(sql, f"value of sequence {item.name}"))

    async def _users(self) -> ResultSet:
        return await self._try(inspection.users(), "which grantees are roles")

    async def _zones(self) -> tuple[str, ...]:
        answer = await self._try(inspection.zones(), "zone configuration of the database")
        return attachments.database_zones(answer, self.database)

    def _note_foreign_views(self, views: list[Described], schemas: tuple[str, ...]) -> None:
        for item in views:
            others = derive.foreign_sources(item, self.database, schemas)
            if others:
                self.not_captured.append(
                    f"tables of {', '.join(others)} that the view {item.name} reads"
                )

    async def _note_programs(self, tables: list[TableName], schemas: tuple[str, ...]) -> None:
        """Procedures, triggers and streams: seen, and not restored."""
        if self.is_time_series:
            answer = await self._try(inspection.streams(), "streams")
            for row in answer.dicts():
                if split_name(row.get("target_table_name") or "")[:1] == (self.database,):
                    self.not_captured.append(f"stream {row.get('name')}")
            return
        for schema in schemas:
            sql = inspection.procedures(self.database, schema)
            answer = await self._try(sql, f"procedures of the schema {schema}")
            prefix = "" if schema == "public" else f"{schema}."
            self.not_captured.extend(f"procedure {prefix}{row[0]}" for row in answer.rows)
        await self._note_triggers(tables)

    async def _note_triggers(self, tables: list[TableName]) -> None:
        for table in tables:
            known = len(self.not_captured)
            sql = inspection.triggers(self.database, table)
            answer = await self._try(sql, f"triggers of {table} and of the tables after it")
            if len(self.not_captured) > known:
                # What is refused for one table is refused for all; it is said once.
                return
            self.not_captured.extend(f"trigger {row[0]} of {table}" for row in answer.rows)


async def _bytes(server: Server, schema: DatabaseSchema, table: TableName) -> int | None:
    """The size in the store; None where the server does not tell it."""
    if schema.engine is Engine.TIME_SERIES:
        return None
    try:
        answer = await server.query(inspection.relational_size(schema.database, table))
        megabytes = answer.scalar()
        return None if megabytes is None else int(Decimal(megabytes) * _MEBIBYTE)
    except ConnectionLost:
        raise
    except (KwtuiError, InvalidOperation):
        # A size is only for estimates; without it they are made from rows.
        return None
