"""Asking a server about one database, so that what it refuses is named and ends nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import ColumnSpec, TableName, UnreadTable
from kwtui.server.catalogue import derive
from kwtui.server.catalogue.definitions import Definitions
from kwtui.server.connection.failures import ConnectionLost, StatementRefused
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

_NOT_ALLOWED = "42501"
_NO_SUCH_TABLE = "42P01"


@dataclass
class Asker:
    """Keeps in words what could not be learnt."""

    server: Server
    database: str
    not_captured: list[str] = field(default_factory=list)
    unread: list[UnreadTable] = field(default_factory=list)
    definitions: Definitions = field(default_factory=Definitions)
    without_comments: set[str] = field(default_factory=set)
    """Kinds of objects for which this server does not tell comments."""

    async def definition(self, sql: str, server: Server | None = None) -> ResultSet:
        """What only a change of definitions changes: asked once for several readings."""
        return await self.definitions.ask(server or self.server, sql)

    async def try_to(self, sql: str, what: str, *needed: str, defining: bool = False) -> ResultSet:
        """Ask; a refusal, or an answer without these columns, becomes a line of what is not
        captured."""
        try:
            answer = await (self.definition(sql) if defining else self.server.query(sql))
        except ConnectionLost:
            raise
        except KwtuiError as error:
            self.not_captured.append(f"{what} (the server said: {error.cause or error.title})")
            return ResultSet()
        return ResultSet() if self.lacks(answer, what, *needed) else answer

    def lacks(self, answer: ResultSet, what: str, *names: str) -> bool:
        """Name the columns that this version of KWDB does not have in its answer."""
        lacking = answer.lacking(*names)
        words = f"{what} (this version of KWDB does not report {', '.join(lacking)})"
        if lacking and words not in self.not_captured:
            self.not_captured.append(words)
        return bool(lacking)

    async def with_comments(self, server: Server, kind: str, sql: str, plain: str) -> ResultSet:
        """Ask with comments; go on without, once and for all, where the server knows none."""
        if kind in self.without_comments:
            return await self.definition(plain, server)
        try:
            return await self.definition(sql, server)
        except StatementRefused as error:
            if error.sqlstate in (_NOT_ALLOWED, _NO_SUCH_TABLE):
                raise
            answer = await self.definition(plain, server)
            if kind not in self.without_comments:
                self.without_comments.add(kind)
                self.not_captured.append(f"comments on {kind} (the server said: {error.cause})")
            return answer

    async def columns(self, server: Server, table: TableName) -> ResultSet:
        return await self.with_comments(
            server,
            "columns",
            inspection.columns(self.database, table),
            inspection.columns(self.database, table, comments=False),
        )

    async def indexes(self, server: Server, table: TableName) -> ResultSet:
        return await self.with_comments(
            server,
            "indexes",
            inspection.indexes(self.database, table),
            inspection.indexes(self.database, table, comments=False),
        )

    def note_unread(self, table: TableName, error: StatementRefused) -> None:
        """One table that cannot be read never hides the others."""
        self.unread.append(UnreadTable(table, f"the server said: {error.cause}"))

    def understood(
        self, shown: ResultSet, table: TableName, tags: ResultSet | None = None
    ) -> tuple[ColumnSpec, ...]:
        """SHOW COLUMNS as this version of KWDB has it. Raises KwtuiError without names or types."""
        if lacking := shown.lacking("column_name", "data_type"):
            raise KwtuiError(
                f"kwtui cannot read the columns of {table} on this version of KWDB.",
                cause=f"SHOW COLUMNS has no column {', '.join(lacking)}.",
                hint="It supports KWDB 3.2; check the version with kwtui server.",
                exit_code=ExitCode.STATEMENT_REFUSED,
            )
        self.lacks(shown, "defaults of columns", "column_default")
        self.lacks(shown, "parts of columns", "is_nullable", "generation_expression", "is_hidden")
        return derive.columns(shown, tags)
