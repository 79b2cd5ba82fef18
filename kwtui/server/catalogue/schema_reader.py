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
    DatabaseSchema,
    Engine,
    SequenceSpec,
    TableName,
    TableSpec,
)
from kwtui.model.server import DatabaseSummary
from kwtui.server.catalogue import attachments, derive
from kwtui.server.catalogue.asking import Asker
from kwtui.server.catalogue.definitions import Definitions
from kwtui.server.catalogue.derive import Described
from kwtui.server.catalogue.programs import ProgramReader
from kwtui.server.catalogue.relational_reader import RelationalReader
from kwtui.server.catalogue.series_reader import SeriesReader
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

_TABLE_TYPES = {"BASE TABLE", "TIME SERIES TABLE"}
_UNKNOWN_TYPES = {"SPARSE TIME SERIES TABLE", "TEMPLATE TABLE", "INSTANCE TABLE"}
_NEEDED = ("schema_name", "descriptor_type", "descriptor_name", "create_statement")
_HELPFUL = ("create_nofks", "alter_statements", "zone_configuration_statements", "state")
"""Columns of create_statements (recording 12)."""


@dataclass
class SchemaReader:
    """Reads one database, question by question."""

    server: Server
    summary: DatabaseSummary
    definitions: Definitions = field(default_factory=Definitions)
    table_comments: dict[TableName, str] = field(default_factory=dict)
    index_comments: dict[TableName, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ask = Asker(self.server, self.database, definitions=self.definitions)

    @property
    def database(self) -> str:
        return self.summary.name

    @property
    def is_time_series(self) -> bool:
        return self.summary.engine is Engine.TIME_SERIES

    async def read(self) -> DatabaseSchema:
        """Raises KwtuiError: CONNECTION_LOST, or STATEMENT_REFUSED where not even the definitions
        may be read."""
        await self.definitions.renew(self.server, self.database)
        create = await self._definition()
        schemas = derive.user_schemas(await self.server.query(inspection.schemas(self.database)))
        items = await self._definitions(schemas)
        retention, partition = derive.retention_and_partition(create)
        tables = await self._tables([i for i in items if i.kind == "table"], schemas, retention)
        views = [i for i in items if i.kind == "view"]
        self._note_unknown_kinds(items)
        programs = ProgramReader(self.server, self.database)
        names = [t.name for t in tables]
        found = await programs.read(names, schemas, relational=not self.is_time_series)
        grants = attachments.grants(
            await self._ask.try_to(
                inspection.grants_on_database(self.database),
                "grants on the database",
                "schema_name",
                "grantee",
                "privilege_type",
            ),
            await self._ask.try_to(inspection.table_privileges(self.database), "grants on tables"),
        )
        grants += programs.grants
        users, roles = attachments.grantees(grants, await self._users() if grants else ResultSet())
        sequences = await self._sequences([i for i in items if i.kind == "sequence"])
        self._note_foreign_views(views, schemas)
        self._ask.not_captured += programs.missing
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
            )
            + tuple(programs.comments),
            grants=grants,
            zone_statements=await self._zones(),
            users=users,
            roles=roles,
            retention=retention if self.is_time_series else None,
            partition_interval=partition if self.is_time_series else None,
            not_captured=tuple(self._ask.not_captured),
            unread=tuple(self._ask.unread),
            programs=found,
        )

    async def _definitions(self, schemas: tuple[str, ...]) -> list[Described]:
        """Every table, view and sequence with its printed definition."""
        sql = inspection.create_statements(self.database)
        answer = await self._ask.definition(sql)
        if lacking := answer.lacking(*_NEEDED):
            raise KwtuiError(
                f"kwtui cannot read the definitions of {self.database} on this version of KWDB.",
                cause=f"kwdb_internal.create_statements has no column {', '.join(lacking)}.",
                hint="It supports KWDB 3.2; check the version with kwtui server.",
                exit_code=ExitCode.STATEMENT_REFUSED,
            )
        self._ask.lacks(answer, "parts of the definitions", *_HELPFUL)
        items = derive.described(answer, schemas)
        return items + await self._missing(items, schemas)

    def _note_unknown_kinds(self, items: list[Described]) -> None:
        for item in items:
            if item.kind not in ("table", "view", "sequence"):
                self._ask.not_captured.append(f"{item.kind} {item.name}, a kind unknown to kwtui")

    async def _definition(self) -> str:
        """The text that creates the database; a time-series one has its settings in it."""
        sql = inspection.create_statement_of_database(self.database)
        answer = await self._ask.try_to(sql, "settings of the database", "create_statement")
        return next((row["create_statement"] or "" for row in answer.dicts()), "")

    async def _missing(self, items: list[Described], schemas: tuple[str, ...]) -> list[Described]:
        """Tables that SHOW TABLES has and the list of definitions has not; reads comments too."""
        known = {item.name for item in items}
        found = []
        for schema in schemas:
            answer = await self._ask.with_comments(
                self.server,
                "tables",
                inspection.tables(self.database, schema),
                inspection.tables(self.database, schema, comments=False),
            )
            if self._ask.lacks(answer, f"tables of {schema}", "table_name", "table_type"):
                continue
            for row in answer.dicts():
                name = TableName(schema, row["table_name"] or "")
                if row.get("comment"):
                    self.table_comments[name] = row["comment"] or ""
                if row["table_type"] in _UNKNOWN_TYPES:
                    kind = (row["table_type"] or "").lower()
                    self._ask.not_captured.append(f"{kind} {name}")
                elif row["table_type"] in _TABLE_TYPES and name not in known:
                    found += await self._shown(name)
        return found

    async def _shown(self, name: TableName) -> list[Described]:
        """A table by its own SHOW CREATE."""
        sql = inspection.create_statement_of(self.database, name)
        answer = await self._ask.try_to(sql, f"table {name}", "create_statement")
        texts = [row["create_statement"] or "" for row in answer.dicts()]
        return [Described(name, "table", text, text) for text in texts]

    # -- tables -------------------------------------------------------------------------------

    async def _tables(
        self, items: list[Described], schemas: tuple[str, ...], retention: str | None
    ) -> list[TableSpec]:
        present = []
        for item in items:
            if item.state == "PUBLIC":
                present.append(item)
            else:
                self._ask.not_captured.append(f"table {item.name}, which is {item.state.lower()}")
        if self.is_time_series:
            series = SeriesReader(self._ask, derive.seconds(retention) if retention else None)
            found = await series.read(present, schemas)
            self.index_comments.update(series.index_comments)
        else:
            reader = RelationalReader(self._ask)
            found = await reader.read(present, items, schemas)
            self.index_comments.update(reader.index_comments)
        return found

    # -- the rest -----------------------------------------------------------------------------

    async def _sequences(self, items: list[Described]) -> tuple[SequenceSpec, ...]:
        async def value(server: Server, item: Described) -> SequenceSpec:
            try:
                answer = await server.query(inspection.sequence_value(self.database, item.name))
            except StatementRefused as error:
                self._ask.not_captured.append(
                    f"value of sequence {item.name} (the server said: {error.cause})"
                )
                answer = ResultSet()
            self._ask.lacks(answer, "values of sequences", "last_value")
            return derive.sequence(item, answer)

        return tuple(await ask_each(self.server, items, value))

    async def _users(self) -> ResultSet:
        what = "which grantees are roles"
        return await self._ask.try_to(inspection.users(), what, "username", "isRole")

    async def _zones(self) -> tuple[str, ...]:
        sql = inspection.zones()
        what = "zone configuration of the database"
        answer = await self._ask.try_to(sql, what, "target", "raw_config_sql", defining=True)
        return attachments.database_zones(answer, self.database)

    def _note_foreign_views(self, views: list[Described], schemas: tuple[str, ...]) -> None:
        for item in views:
            others = derive.foreign_sources(item, self.database, schemas)
            if others:
                self._ask.not_captured.append(
                    f"tables of {', '.join(others)} that the view {item.name} reads"
                )
