"""Reading the tables of a relational database: columns, keys, and which constraints rows may break.

What one statement answers for all tables is asked once; a table is asked about alone only where
its definition shows that there is more to know.
"""

from __future__ import annotations

from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.server.catalogue import attachments, derive
from kwtui.server.catalogue.asking import Asker
from kwtui.server.catalogue.derive import Described, ForeignKeys
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection

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


class RelationalReader:
    """Reads the tables of one relational database."""

    def __init__(self, asker: Asker) -> None:
        self._ask = asker
        self.index_comments: dict[TableName, dict[str, str]] = {}

    async def read(
        self, items: list[Described], everything: list[Described], schemas: tuple[str, ...]
    ) -> list[TableSpec]:
        """``items`` are the tables to read; keys of theirs may name any table in ``everything``.

        A table that cannot be read is left out and noted.
        """
        names = [item.name for item in everything]
        targets = await self._key_targets(everything)
        columns = await self._columns_at_once(schemas)
        keys = {}
        for item in items:
            keys[item.name] = derive.foreign_keys(
                item.name, self._ask.database, item.alter_statements, names, targets
            )
            self._note_keys(item.name, keys[item.name])

        async def relational(server: Server, item: Described) -> TableSpec | None:
            return await self._table(server, item, keys[item.name], columns)

        # Most tables need no question of their own, and are read without a further connection.
        plain = [i for i in items if not self._asks(i, columns)]
        asking = [i for i in items if self._asks(i, columns)]
        read = [await relational(self._ask.server, item) for item in plain]
        read += await ask_each(self._ask.server, asking, relational)
        by_name = {table.name: table for table in read if table is not None}
        return [by_name[item.name] for item in items if item.name in by_name]

    async def _columns_at_once(
        self, schemas: tuple[str, ...]
    ) -> dict[TableName, tuple[ColumnSpec, ...]]:
        """The columns of every relational table; of none where a server does not tell them so."""
        try:
            answer = await self._ask.server.query(
                inspection.all_columns(self._ask.database, schemas)
            )
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

    async def _table(
        self,
        server: Server,
        item: Described,
        keys: ForeignKeys,
        known: dict[TableName, tuple[ColumnSpec, ...]],
    ) -> TableSpec | None:
        columns = known.get(item.name, ())
        try:
            if not columns or _comments_column(item):
                shown = await self._ask.columns(server, item.name)
                columns = self._ask.understood(shown, item.name)
            if "COMMENT ON INDEX" in item.create:
                indexes = await self._ask.indexes(server, item.name)
                self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        except StatementRefused as error:
            self._ask.note_unread(item.name, error)
            return None
        unvalidated = await self._not_validated(server, item)
        try:
            return derive.relational_table(item, columns, keys.keys, unvalidated)
        except ddl.StrangeDefinitionError:
            self._ask.not_captured.append(
                f"exact definition of table {item.name}, whose text cannot be understood"
            )
            return TableSpec(item.name, columns, item.create, item.without_foreign_keys, keys.keys)

    async def _not_validated(self, server: Server, item: Described) -> tuple[str, ...]:
        """Constraints that rows may break, which must not be validated when they come back."""
        if not derive.has_constraints(item):
            return ()
        try:
            answer = await server.query(inspection.constraints(self._ask.database, item.name))
        except StatementRefused as error:
            words = f"which constraints of {item.name} are not validated"
            self._ask.not_captured.append(f"{words} (the server said: {error.cause})")
            return ()
        lacks = self._ask.lacks(answer, "validity of constraints", "constraint_name", "validated")
        return () if lacks else derive.not_validated(answer)

    async def _key_targets(self, items: list[Described]) -> dict[tuple[TableName, str], TableName]:
        """Asked only where a name alone does not tell which table a foreign key means."""
        if not derive.needs_catalogue(items):
            return {}
        sql = inspection.foreign_key_targets(self._ask.database)
        return derive.key_targets(await self._ask.try_to(sql, "targets of foreign keys"))

    def _note_keys(self, table: TableName, keys: ForeignKeys) -> None:
        self._ask.not_captured += [
            *(
                f"foreign key {name} of {table}: several tables have its target's name"
                for name in keys.ambiguous
            ),
            *(f"foreign key {name} of {table} into another database" for name in keys.foreign),
            *(f"foreign key of {table} that cannot be read: {text}" for text in keys.unread),
        ]


def _comments_column(item: Described) -> bool:
    """The printed definition has the comments of its columns (recording 12)."""
    return "COMMENT ON COLUMN" in item.create
