"""Reading everything that a backup captures of one database but its rows.

Questions are asked here; answers are understood in `kwtui.server.catalogue.derive`. What one
statement answers for all tables is asked once; what each table has to be asked for goes over a few
connections at once. What a question cannot answer, or a version of KWDB does not tell, never stops
the reading: it is named in `DatabaseSchema.not_captured`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import (
    ColumnSpec,
    DatabaseSchema,
    Engine,
    SequenceSpec,
    TableName,
    TableSpec,
)
from kwtui.model.server import DatabaseSummary
from kwtui.server.catalogue import attachments, derive
from kwtui.server.catalogue.derive import Described, ForeignKeys
from kwtui.server.catalogue.programs import ProgramReader
from kwtui.server.connection.failures import ConnectionLost, StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection

_TABLE_TYPES = {"BASE TABLE", "TIME SERIES TABLE"}
_UNKNOWN_TYPES = {"SPARSE TIME SERIES TABLE", "TEMPLATE TABLE", "INSTANCE TABLE"}
_NOT_ALLOWED = "42501"
_NO_SUCH_TABLE = "42P01"

_NEEDED = ("schema_name", "descriptor_type", "descriptor_name", "create_statement")
_HELPFUL = ("create_nofks", "alter_statements", "zone_configuration_statements", "state")
"""Columns of create_statements (recording 12)."""

_ALL_COLUMNS = (
    "table_schema",
    "table_name",
    "column_name",
    "kwdb_sql_type",
    "column_default",
    "is_nullable",
    "generation_expression",
    "is_hidden",
)
"""Of information_schema.columns (recordings 02 and 12)."""


@dataclass
class SchemaReader:
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
        """Raises KwtuiError: CONNECTION_LOST, or STATEMENT_REFUSED where not even the definitions
        may be read."""
        create = await self._definition()
        schemas = derive.user_schemas(await self.server.query(inspection.schemas(self.database)))
        items = await self._definitions(schemas)
        retention, partition = derive.retention_and_partition(create)
        tables = await self._tables([i for i in items if i.kind == "table"], schemas)
        views = [i for i in items if i.kind == "view"]
        self._note_unknown_kinds(items)
        grants = attachments.grants(
            await self._try(
                inspection.grants_on_database(self.database),
                "grants on the database",
                "schema_name",
                "grantee",
                "privilege_type",
            ),
            await self._try(inspection.table_privileges(self.database), "grants on tables"),
        )
        users, roles = attachments.grantees(grants, await self._users() if grants else ResultSet())
        sequences = await self._sequences([i for i in items if i.kind == "sequence"])
        self._note_foreign_views(views, schemas)
        programs = ProgramReader(self.server, self.database)
        names = [t.name for t in tables]
        found = await programs.read(names, schemas, relational=not self.is_time_series)
        self.not_captured += programs.missing
        return DatabaseSchema(
            database=self.database,
            engine=self.summary.engine,
            create_statement=" ".join(create.split()),
            schemas=schemas,
            tables=tuple(tables),
            sequences=sequences,
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
            programs=found,
        )

    async def _try(self, sql: str, what: str, *needed: str) -> ResultSet:
        """Ask; a refusal, or an answer without these columns, becomes a line of what is not
        captured."""
        try:
            answer = await self.server.query(sql)
        except ConnectionLost:
            raise
        except KwtuiError as error:
            self.not_captured.append(f"{what} (the server said: {error.cause or error.title})")
            return ResultSet()
        return ResultSet() if self._lacks(answer, what, *needed) else answer

    def _lacks(self, answer: ResultSet, what: str, *names: str) -> bool:
        """Name the columns that this version of KWDB does not have in its answer."""
        lacking = answer.lacking(*names)
        words = f"{what} (this version of KWDB does not tell {', '.join(lacking)})"
        if lacking and words not in self.not_captured:
            self.not_captured.append(words)
        return bool(lacking)

    async def _definitions(self, schemas: tuple[str, ...]) -> list[Described]:
        """Every table, view and sequence with its printed definition."""
        sql = inspection.create_statements(self.database)
        answer = await self.server.query(sql)
        if lacking := answer.lacking(*_NEEDED):
            raise KwtuiError(
                f"kwtui cannot read the definitions of {self.database} on this version of KWDB.",
                cause=f"kwdb_internal.create_statements has no column {', '.join(lacking)}.",
                hint="It was made for KWDB 3.2; see what kwtui server says of the version.",
                exit_code=ExitCode.STATEMENT_REFUSED,
            )
        self._lacks(answer, "parts of the definitions", *_HELPFUL)
        items = derive.described(answer, schemas)
        return items + await self._missing(items, schemas)

    def _note_unknown_kinds(self, items: list[Described]) -> None:
        for item in items:
            if item.kind not in ("table", "view", "sequence"):
                self.not_captured.append(
                    f"{item.kind} {item.name}, a kind that kwtui does not know"
                )

    async def _definition(self) -> str:
        """The text that creates the database; a time-series one has its settings in it."""
        sql = inspection.create_statement_of_database(self.database)
        answer = await self._try(sql, "settings of the database", "create_statement")
        return next((row["create_statement"] or "" for row in answer.dicts()), "")

    async def _with_comments(self, server: Server, kind: str, sql: str, plain: str) -> ResultSet:
        """Ask with comments; go on without, once and for all, where the server knows none."""
        if kind in self.without_comments:
            return await server.query(plain)
        try:
            return await server.query(sql)
        except StatementRefused as error:
            if error.sqlstate in (_NOT_ALLOWED, _NO_SUCH_TABLE):
                raise
            answer = await server.query(plain)
            if kind not in self.without_comments:
                self.without_comments.add(kind)
                self.not_captured.append(f"comments on {kind} (the server said: {error.cause})")
            return answer

    async def _missing(self, items: list[Described], schemas: tuple[str, ...]) -> list[Described]:
        """Tables that SHOW TABLES has and the list of definitions has not; reads comments too."""
        known = {item.name for item in items}
        found = []
        for schema in schemas:
            answer = await self._with_comments(
                self.server,
                "tables",
                inspection.tables(self.database, schema),
                inspection.tables(self.database, schema, comments=False),
            )
            if self._lacks(answer, f"tables of {schema}", "table_name", "table_type"):
                continue
            for row in answer.dicts():
                name = TableName(schema, row["table_name"] or "")
                if row.get("comment"):
                    self.table_comments[name] = row["comment"] or ""
                if row["table_type"] in _UNKNOWN_TYPES:
                    kind = (row["table_type"] or "").lower()
                    self.not_captured.append(f"{kind} {name}")
                elif row["table_type"] in _TABLE_TYPES and name not in known:
                    found += await self._shown(name)
        return found

    async def _shown(self, name: TableName) -> list[Described]:
        """A table by its own SHOW CREATE."""
        sql = inspection.create_statement_of(self.database, name)
        answer = await self._try(sql, f"table {name}", "create_statement")
        texts = [row["create_statement"] or "" for row in answer.dicts()]
        return [Described(name, "table", text, text) for text in texts]

    # -- tables -------------------------------------------------------------------------------

    async def _tables(self, items: list[Described], schemas: tuple[str, ...]) -> list[TableSpec]:
        present = []
        for item in items:
            if item.state == "PUBLIC":
                present.append(item)
            else:
                self.not_captured.append(f"table {item.name}, which is {item.state.lower()}")
        if self.is_time_series:
            found = await ask_each(self.server, present, self._time_series_table)
            return [table for table in found if table is not None]
        names = [item.name for item in items]
        targets = await self._key_targets(items)
        columns = await self._columns_at_once(schemas)
        keys = {}
        for item in present:
            keys[item.name] = derive.foreign_keys(
                item.name, self.database, item.alter_statements, names, targets
            )
            self._note_keys(item.name, keys[item.name])

        async def relational(server: Server, item: Described) -> TableSpec | None:
            return await self._relational_table(server, item, keys[item.name], columns)

        # Most tables need no question of their own, and are read without a further connection.
        plain = [i for i in present if not self._asks(i, columns)]
        asking = [i for i in present if self._asks(i, columns)]
        read = [await relational(self.server, item) for item in plain]
        read += await ask_each(self.server, asking, relational)
        by_name = {table.name: table for table in read if table is not None}
        return [by_name[item.name] for item in present if item.name in by_name]

    async def _columns_at_once(
        self, schemas: tuple[str, ...]
    ) -> dict[TableName, tuple[ColumnSpec, ...]]:
        """The columns of every relational table; of none where a server does not tell them so."""
        try:
            answer = await self.server.query(inspection.all_columns(self.database, schemas))
        except StatementRefused:
            return {}
        return {} if answer.lacking(*_ALL_COLUMNS) else derive.columns_by_table(answer)

    def _asks(self, item: Described, columns: dict[TableName, tuple[ColumnSpec, ...]]) -> bool:
        """Whether this table has something that only a question about it alone tells."""
        return (
            item.name not in columns
            or _comments_column(item)
            or "COMMENT ON INDEX" in item.create
            or derive.has_constraints(item)
        )

    async def _columns(self, server: Server, table: TableName) -> ResultSet:
        return await self._with_comments(
            server,
            "columns",
            inspection.columns(self.database, table),
            inspection.columns(self.database, table, comments=False),
        )

    async def _indexes(self, server: Server, table: TableName) -> ResultSet:
        return await self._with_comments(
            server,
            "indexes",
            inspection.indexes(self.database, table),
            inspection.indexes(self.database, table, comments=False),
        )

    def _note_unreadable(self, table: TableName, error: StatementRefused) -> None:
        """Whoever has the admin role reads every table; for others this one is not there.

        Raises the error if it is another one: the table may be there again in a second.
        """
        if error.sqlstate != _NOT_ALLOWED:
            raise error
        self.not_captured.append(f"table {table} (the server said: {error.cause})")

    async def _relational_table(
        self,
        server: Server,
        item: Described,
        keys: ForeignKeys,
        known: dict[TableName, tuple[ColumnSpec, ...]],
    ) -> TableSpec | None:
        columns = known.get(item.name, ())
        try:
            if not columns or _comments_column(item):
                columns = self._understood(await self._columns(server, item.name), item.name)
            if "COMMENT ON INDEX" in item.create:
                indexes = await self._indexes(server, item.name)
                self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        except StatementRefused as error:
            self._note_unreadable(item.name, error)
            return None
        unvalidated = await self._not_validated(server, item)
        try:
            return derive.relational_table(item, columns, keys.keys, unvalidated)
        except ddl.StrangeDefinitionError:
            self.not_captured.append(
                f"exact definition of table {item.name}, whose text cannot be understood"
            )
            return TableSpec(item.name, columns, item.create, item.without_foreign_keys, keys.keys)

    async def _not_validated(self, server: Server, item: Described) -> tuple[str, ...]:
        """Constraints that rows may break, which must not be validated when they come back."""
        if not derive.has_constraints(item):
            return ()
        try:
            answer = await server.query(inspection.constraints(self.database, item.name))
        except StatementRefused as error:
            words = f"which constraints of {item.name} are not validated"
            self.not_captured.append(f"{words} (the server said: {error.cause})")
            return ()
        lacks = self._lacks(answer, "validity of constraints", "constraint_name", "validated")
        return () if lacks else derive.not_validated(answer)

    async def _time_series_table(self, server: Server, item: Described) -> TableSpec | None:
        try:
            shown = await self._columns(server, item.name)
            tags = await server.query(inspection.tags(self.database, item.name))
            indexes = await self._indexes(server, item.name)
        except StatementRefused as error:
            self._note_unreadable(item.name, error)
            return None
        self._lacks(tags, "primary tags", "tag", "is_primary")
        if self._lacks(indexes, "tag indexes", "index_name", "column_name"):
            indexes = ResultSet()
        self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        columns = self._understood(shown, item.name, tags)
        await self._note_partitions(server, item)
        return derive.time_series_table(item, columns, indexes)

    async def _note_partitions(self, server: Server, item: Described) -> None:
        """Partitions by hash point are in no definition that KWDB prints (public source,
        show_create_clauses.go), and some versions show those of no time-series table."""
        try:
            answer = await server.query(inspection.partitions(self.database, item.name))
            names = [row.get("partition_name") or "" for row in answer.dicts()]
        except StatementRefused:
            names = []
        if names := names or derive.partitions_in_zones(item.zone_statements):
            self.not_captured.append(
                f"the partitions by hash point of {item.name} ({', '.join(names)})"
            )

    def _understood(
        self, shown: ResultSet, table: TableName, tags: ResultSet | None = None
    ) -> tuple[ColumnSpec, ...]:
        """SHOW COLUMNS as this version of KWDB has it. Raises KwtuiError without names or types."""
        if lacking := shown.lacking("column_name", "data_type"):
            raise KwtuiError(
                f"kwtui cannot read the columns of {table} on this version of KWDB.",
                cause=f"SHOW COLUMNS has no column {', '.join(lacking)}.",
                hint="It was made for KWDB 3.2; see what kwtui server says of the version.",
                exit_code=ExitCode.STATEMENT_REFUSED,
            )
        self._lacks(shown, "defaults of columns", "column_default")
        self._lacks(shown, "parts of columns", "is_nullable", "generation_expression", "is_hidden")
        return derive.columns(shown, tags)

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

    async def _sequences(self, items: list[Described]) -> tuple[SequenceSpec, ...]:
        async def value(server: Server, item: Described) -> SequenceSpec:
            try:
                answer = await server.query(inspection.sequence_value(self.database, item.name))
            except StatementRefused as error:
                self.not_captured.append(
                    f"value of sequence {item.name} (the server said: {error.cause})"
                )
                answer = ResultSet()
            self._lacks(answer, "values of sequences", "last_value")
            return derive.sequence(item, answer)

        return tuple(await ask_each(self.server, items, value))

    async def _users(self) -> ResultSet:
        return await self._try(inspection.users(), "which grantees are roles", "username", "isRole")

    async def _zones(self) -> tuple[str, ...]:
        sql = inspection.zones()
        what = "zone configuration of the database"
        answer = await self._try(sql, what, "target", "raw_config_sql")
        return attachments.database_zones(answer, self.database)

    def _note_foreign_views(self, views: list[Described], schemas: tuple[str, ...]) -> None:
        for item in views:
            others = derive.foreign_sources(item, self.database, schemas)
            if others:
                self.not_captured.append(
                    f"tables of {', '.join(others)} that the view {item.name} reads"
                )


def _comments_column(item: Described) -> bool:
    """The printed definition has the comments of its columns (recording 12)."""
    return "COMMENT ON COLUMN" in item.create
