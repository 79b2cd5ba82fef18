"""Reading the tables of a relational database: columns, keys, and which constraints rows may break.

What one statement answers for all tables is asked once, and comments are printed behind the
definitions; a table is asked about alone only where that is not understood.
"""

from __future__ import annotations

from collections.abc import Mapping

from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.server.catalogue import attachments, derive, whole_database
from kwtui.server.catalogue.asking import Asker
from kwtui.server.catalogue.derive import Described, ForeignKeys
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection
from kwtui.sql.printed_comments import printed_comments


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
        columns = await whole_database.columns(self._ask, schemas)
        broken = await self._not_validated([i for i in items if derive.has_constraints(i)])
        known = {item.name: self._known(item, columns) for item in items}
        alone = [item for item in items if not known[item.name]]
        known |= dict(await ask_each(self._ask.server, alone, self._asked_alone))
        tables = []
        for item in items:
            keys = derive.foreign_keys(
                item.name, self._ask.database, item.alter_statements, names, targets
            )
            self._note_keys(item.name, keys)
            if specs := known[item.name]:
                tables.append(self._table(item, specs, keys, broken.get(item.name, ())))
        return tables

    def _known(self, item: Described, columns: whole_database.Columns) -> tuple[ColumnSpec, ...]:
        """The table's columns with their comments, as far as its definition tells them."""
        printed = printed_comments(item.create)
        if printed is None or item.name not in columns:
            return ()
        self.index_comments[item.name] = printed.indexes
        return derive.with_comments(columns[item.name], printed.columns)

    async def _asked_alone(
        self, server: Server, item: Described
    ) -> tuple[TableName, tuple[ColumnSpec, ...]]:
        """Of a version that does not tell all columns at once, or prints comments otherwise."""
        try:
            shown = await self._ask.columns(server, item.name)
            if "COMMENT ON INDEX" in item.create:
                indexes = await self._ask.indexes(server, item.name)
                self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        except StatementRefused as error:
            self._ask.note_unread(item.name, error)
            return item.name, ()
        return item.name, self._ask.understood(shown, item.name)

    def _table(
        self,
        item: Described,
        columns: tuple[ColumnSpec, ...],
        keys: ForeignKeys,
        broken: tuple[str, ...],
    ) -> TableSpec:
        try:
            return derive.relational_table(item, columns, keys.keys, broken)
        except ddl.StrangeDefinitionError:
            self._ask.not_captured.append(
                f"exact definition of table {item.name}, whose text cannot be parsed"
            )
            return TableSpec(item.name, columns, item.create, item.without_foreign_keys, keys.keys)

    async def _not_validated(self, items: list[Described]) -> Mapping[TableName, tuple[str, ...]]:
        """Constraints that rows may break, which must not be validated when they come back."""
        if not items:
            return {}
        told = await whole_database.broken_constraints(self._ask)
        if told is None:
            told = dict(await ask_each(self._ask.server, items, self._not_validated_of))
        return told

    async def _not_validated_of(
        self, server: Server, item: Described
    ) -> tuple[TableName, tuple[str, ...]]:
        try:
            answer = await server.query(inspection.constraints(self._ask.database, item.name))
        except StatementRefused as error:
            words = f"which constraints of {item.name} are not validated"
            self._ask.not_captured.append(f"{words} (the server said: {error.cause})")
            return item.name, ()
        lacks = self._ask.lacks(answer, "validity of constraints", "constraint_name", "validated")
        return item.name, () if lacks else derive.not_validated(answer)

    async def _key_targets(self, items: list[Described]) -> dict[tuple[TableName, str], TableName]:
        """Asked only where a name alone does not tell which table a foreign key means."""
        if not derive.needs_catalogue(items):
            return {}
        sql = inspection.foreign_key_targets(self._ask.database)
        return derive.key_targets(
            await self._ask.try_to(sql, "targets of foreign keys", defining=True)
        )

    def _note_keys(self, table: TableName, keys: ForeignKeys) -> None:
        self._ask.not_captured += [
            *(
                f"foreign key {name} of {table}: several tables have its target's name"
                for name in keys.ambiguous
            ),
            *(f"foreign key {name} of {table} into another database" for name in keys.foreign),
            *(f"foreign key of {table} that cannot be read: {text}" for text in keys.unread),
        ]
