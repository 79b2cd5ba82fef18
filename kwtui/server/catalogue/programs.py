"""Reading what runs inside a database: procedures, triggers, streams, functions and the like.

No export holds them and no import makes them (facts.md, 1.8). Their text is kept where the server
shows it; what it does not show is named.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from kwtui.errors import KwtuiError
from kwtui.model.schema import CommentSpec, GrantSpec, ProgramSpec, TableName
from kwtui.server.catalogue import attachments
from kwtui.server.catalogue.unknown_statements import UnknownStatements
from kwtui.server.connection.failures import ConnectionLost, StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import inspection
from kwtui.sql.names import split_name
from kwtui.sql.programs import PROCEDURE, target_of
from kwtui.sql.quoting import identifier

_UNKNOWN_STATEMENT = {"42601", "42704"}
"""A syntax error, and "unrecognized configuration parameter" for SHOW of an unknown word (01)."""


_KWDB_ITSELF = "node"
"""Owns the schedules that every cluster has (recording 01)."""


class ProgramReader:
    """Asks for every program of one database. What is refused becomes a line of ``missing``."""

    def __init__(self, server: Server, database: str) -> None:
        self._server = server
        self._database = database
        self.missing: list[str] = []
        self.comments: list[CommentSpec] = []
        self.grants: tuple[GrantSpec, ...] = ()
        """Both of procedures; other programs have none."""

    async def read(
        self, tables: Sequence[TableName], schemas: Sequence[str], *, relational: bool
    ) -> tuple[ProgramSpec, ...]:
        """Raises ConnectionLost alone."""
        found = [*await self._streams(), *await self._of_cluster()]
        if relational:
            # Procedures and triggers are of relational databases only (KWDB's documentation).
            found = [*await self._procedures(schemas), *await self._triggers(tables), *found]
        for program in found:
            if not program.create_statement:
                self.missing.append(f"{program} (KWDB does not show its text)")
        return tuple(program for program in found if program.create_statement)

    async def _try(self, sql: str, what: str) -> ResultSet:
        try:
            return await self._server.query(sql)
        except ConnectionLost:
            raise
        except KwtuiError as error:
            self.missing.append(f"{what} (the server said: {error.cause or error.title})")
            return ResultSet()

    async def _text(self, server: Server, sql: str) -> str:
        """The second column of SHOW CREATE; nothing where it is refused."""
        try:
            answer = await server.query(sql)
        except StatementRefused:
            return ""
        return next((row[1] or "" for row in answer.rows if len(row) > 1), "")

    async def _procedures(self, schemas: Sequence[str]) -> list[ProgramSpec]:
        found = []
        for schema in schemas:
            sql = inspection.procedures(self._database, schema)
            answer = await self._try(sql, f"procedures of the schema {schema}")
            for name in (TableName(schema, row[0] or "") for row in answer.rows):
                sql = inspection.create_statement_of_procedure(self._database, name)
                text = await self._text(self._server, sql)
                found.append(ProgramSpec(PROCEDURE, _written(name), text))
            if answer.rows:
                await self._comments(schema, found)
        if found:
            sql = inspection.procedure_privileges(self._database)
            rights = await self._try(sql, "who may execute procedures")
            self.grants = attachments.grants_on_procedures(rights)
        return found

    async def _comments(self, schema: str, found: Sequence[ProgramSpec]) -> None:
        sql = inspection.procedures_with_comment(self._database, schema)
        answer = await self._try(sql, f"comments on procedures of the schema {schema}")
        told = {_written(TableName(schema, name)): text for name, text, *_ in answer.rows if name}
        for procedure in found:
            text = told.get(procedure.name)
            if text and procedure.create_statement:
                self.comments.append(CommentSpec(target_of(procedure), text))

    async def _triggers(self, tables: Sequence[TableName]) -> list[ProgramSpec]:
        """All at once; table by table where a version has no list of them."""
        try:
            answer = await self._server.query(inspection.all_triggers(self._database))
        except StatementRefused:
            return await self._triggers_of_each(tables)
        return [
            ProgramSpec("trigger", identifier(row[0] or ""), row[3] or "", str(table))
            for row in answer.rows
            if (table := TableName(row[1] or "", row[2] or "")) in tables
        ]

    async def _triggers_of_each(self, tables: Sequence[TableName]) -> list[ProgramSpec]:
        refused: list[str] = []

        async def ask(server: Server, table: TableName) -> list[ProgramSpec]:
            if refused:
                # What is refused for one table is refused for all; it is said once.
                return []
            try:
                answer = await server.query(inspection.triggers(self._database, table))
            except StatementRefused as error:
                refused.append(error.cause or error.title)
                return []
            found = []
            for name in (".".join(split_name(row[0] or "")) or row[0] for row in answer.rows):
                if not name:
                    continue
                sql = inspection.create_statement_of_trigger(self._database, table, name)
                text = await self._text(server, sql)
                found.append(ProgramSpec("trigger", identifier(name), text, str(table)))
            return found

        answers = await ask_each(self._server, tables, ask)
        if refused:
            self.missing.append(f"triggers of tables (the server said: {refused[0]})")
        return [program for found in answers for program in found]

    async def _streams(self) -> list[ProgramSpec]:
        """A stream belongs to the database that it writes to."""
        answer = await self._try(inspection.streams(), "streams")
        return [
            stream(row)
            for row in answer.dicts()
            if split_name(row.get("target_table_name") or "")[:1] == (self._database,)
        ]

    async def _of_cluster(self) -> list[ProgramSpec]:
        """What belongs to the whole cluster, and may be used by this database."""
        answer = await self._try(inspection.functions(), "functions that users made")
        found = [ProgramSpec("function", _first(row)) for row in answer.rows]
        answer = await self._try(inspection.schedules(), "schedules")
        made = [row for row in answer.dicts() if row.get("owner") != _KWDB_ITSELF]
        found += [ProgramSpec("schedule", row.get("name") or "") for row in made]
        for kind, sql in (
            ("publication", inspection.publications()),
            ("pipe", inspection.pipes()),
        ):
            answer = await self._if_known(sql, f"{kind}s")
            found += [ProgramSpec(kind, row.get("name") or "") for row in answer.dicts()]
        return [program for program in found if program.name]

    async def _if_known(self, sql: str, what: str) -> ResultSet:
        """A version that has no word for a kind of objects has no such objects.

        It is asked once: each refusal stands in the node's log as an error.
        """
        unknown, version = UnknownStatements(), self._server.kwdb_version
        if await asyncio.to_thread(unknown.has, version, sql):
            return ResultSet()
        try:
            return await self._server.query(sql)
        except StatementRefused as error:
            if error.sqlstate in _UNKNOWN_STATEMENT:
                await asyncio.to_thread(unknown.add, version, sql)
            else:
                self.missing.append(f"{what} (the server said: {error.cause or error.title})")
            return ResultSet()


def stream(row: dict[str, str | None]) -> ProgramSpec:
    """One row of SHOW STREAMS (recording 12). Its options stand in a remark, as the server has
    them: in which words CREATE STREAM takes them differs from version to version."""
    name, target = identifier(row.get("name") or ""), row.get("target_table_name") or ""
    query = row.get("query") or ""
    options = " ".join((row.get("options") or "").split())
    remark = f"-- options: {options}\n" if options else ""
    text = f"{remark}CREATE STREAM {name} INTO {target} AS {query}" if query else ""
    return ProgramSpec("stream", name, text, target)


def _written(name: TableName) -> str:
    short = identifier(name.name)
    return short if name.schema == "public" else f"{identifier(name.schema)}.{short}"


def _first(row: Sequence[str | None]) -> str:
    return (row[0] if row else None) or ""
