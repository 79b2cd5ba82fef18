"""Reading time-series tables: columns, tags, retention, and the devices that they know.

What one statement answers for all tables is asked once. Of a table alone KWDB is asked only for the
tags of devices without readings, where there are any, and where a version does not answer at once.

What a table's name can hold stops some of KWDB's own statements: SHOW TAGS and SHOW RETENTIONS put
it between quotes as it is (live-findings, row 37; public source, show_attributes.go), so that the
definition has the last word.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.server.catalogue import attachments, derive, devices, whole_database
from kwtui.server.catalogue.asking import Asker
from kwtui.server.catalogue.batching import ask_together
from kwtui.server.catalogue.derive import Described
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.parallel import ask_each
from kwtui.server.connection.results import ResultSet, to_int
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection, statements
from kwtui.sql.printed_comments import printed_comments


class SeriesReader:
    """Reads the tables of one time-series database."""

    def __init__(self, asker: Asker, retention_seconds: int | None) -> None:
        """``retention_seconds`` is what the database keeps; None for ever."""
        self._ask = asker
        self._retention = retention_seconds
        self.index_comments: dict[TableName, dict[str, str]] = {}

    async def read(self, items: list[Described], schemas: Sequence[str]) -> list[TableSpec]:
        """Without the tables that cannot be read, which are noted."""
        columns = await whole_database.columns(self._ask, schemas)
        indexes = await whole_database.indexes(self._ask, schemas)
        tables = {item.name: self._known(item, columns, indexes) for item in items}
        alone = [item for item in items if tables[item.name] is None]
        tables |= dict(await ask_each(self._ask.server, alone, self._asked_alone))
        read = {name: table for name, table in tables.items() if table is not None}
        there = [item for item in items if item.name in read]
        inheriting = await self._inheriting(there, read)
        known = await self._devices(list(read.values()))
        await self._note_partitions(there)
        return [
            replace(
                table,
                inherits_retention=name in inheriting,
                devices=known[name].count if name in known else None,
                silent_devices=known[name].silent if name in known else (),
            )
            for name, table in read.items()
        ]

    def _known(
        self,
        item: Described,
        columns: whole_database.Columns,
        indexes: Mapping[TableName, ResultSet] | None,
    ) -> TableSpec | None:
        """As far as it is told at once; None for a table that has to be asked for alone."""
        printed = printed_comments(item.create)
        if printed is None or indexes is None or item.name not in columns:
            return None
        self.index_comments[item.name] = printed.indexes
        specs = derive.with_comments(columns[item.name], printed.columns)
        found = indexes.get(item.name, ResultSet())
        return derive.time_series_table(item, self._primary_tags(item, specs), found)

    async def _asked_alone(
        self, server: Server, item: Described
    ) -> tuple[TableName, TableSpec | None]:
        """Of a version that does not tell all at once, or prints comments otherwise."""
        try:
            shown = await self._ask.columns(server, item.name)
            tags = await self._tags(server, item, shown)
            indexes = await self._ask.indexes(server, item.name)
        except StatementRefused as error:
            self._ask.note_unread(item.name, error)
            return item.name, None
        if self._ask.lacks(indexes, "tag indexes", "index_name", "column_name"):
            indexes = ResultSet()
        self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        columns = self._primary_tags(item, self._ask.understood(shown, item.name, tags))
        return item.name, derive.time_series_table(item, columns, indexes)

    async def _tags(self, server: Server, item: Described, shown: ResultSet) -> ResultSet | None:
        """Asked only of a version whose SHOW COLUMNS does not mark them (3.2.1 does)."""
        if not shown.lacking("is_tag"):
            return None
        tags = await server.query(inspection.tags(self._ask.database, item.name))
        self._ask.lacks(tags, "primary tags", "tag", "is_primary")
        return tags

    def _primary_tags(
        self, item: Described, columns: tuple[ColumnSpec, ...]
    ) -> tuple[ColumnSpec, ...]:
        """As the definition ends with them."""
        names = ddl.primary_tags(item.create)
        if not names and not any(column.primary_tag for column in columns):
            self._ask.not_captured.append(f"which tags of {item.name} are its primary ones")
        return tuple(
            replace(c, tag=c.tag or c.name in names, primary_tag=c.primary_tag or c.name in names)
            for c in columns
        )

    # -- retention --------------------------------------------------------------------------

    async def _inheriting(
        self, items: Iterable[Described], tables: Mapping[TableName, TableSpec]
    ) -> set[TableName]:
        """Tables whose definition prints the database's retention as their own (row 38).

        A table takes over what its database keeps when it is made, and keeps that when the database
        is altered (public source, create_table.go and alter_ts_database.go): then its own value has
        to be written. Where the server cannot be asked, one that is printed as that of the database
        is taken for it: what it keeps is the same.
        """
        alike = [i for i in items if tables[i.name].retention_seconds == self._retention]
        if not alike:
            return set()
        told = await whole_database.retentions(self._ask)
        if told is None:
            answers = await ask_each(self._ask.server, alike, self._inherits)
            return {name for name, inherits in answers if inherits}
        return {i.name for i in alike if told.get(i.id or 0, [None]) == [None]}

    async def _inherits(self, server: Server, item: Described) -> tuple[TableName, bool]:
        try:
            sql = inspection.retention(self._ask.database, item.name)
            row = next((await server.query(sql)).dicts(), None)
        except StatementRefused:
            row = None
        return item.name, row is None or "retentions" not in row or row["retentions"] is None

    # -- devices ----------------------------------------------------------------------------

    async def _devices(self, tables: Sequence[TableSpec]) -> dict[TableName, devices.Devices]:
        """What SELECT, EXPORT and IMPORT do not know of (live-findings, row 33).

        Those with readings are counted first: one that comes between makes the numbers differ, and
        then the table is asked for its devices.
        """
        primary = {t.name: [c.name for c in t.columns if c.primary_tag] for t in tables}
        asked = [table for table in tables if primary[table.name]]
        database = self._ask.database
        heard, _ = await ask_together(
            self._ask.server,
            [
                statements.numbered_heard(i, database, table.name, primary[table.name])
                for i, table in enumerate(asked)
            ],
        )
        known, _ = await ask_together(
            self._ask.server,
            [statements.numbered_devices(i, database, t.name) for i, t in enumerate(asked)],
        )
        found, unclear = {}, []
        for number, table in enumerate(asked):
            count = to_int(known[number][0]) if number in known else None
            if count is None or number not in heard or to_int(heard[number][0]) != count:
                unclear.append(table)
            else:
                found[table.name] = devices.Devices(count, ())
        for name, answer in await ask_each(self._ask.server, unclear, self._devices_of):
            if answer is not None:
                found[name] = answer
        return found

    async def _devices_of(
        self, server: Server, table: TableSpec
    ) -> tuple[TableName, devices.Devices | None]:
        tags = [column.name for column in table.columns if column.tag]
        primary = [column.name for column in table.columns if column.primary_tag]
        database = self._ask.database
        try:
            known = await server.query(inspection.tag_values(database, table.name), within=None)
            sql = inspection.rows_by_device(database, table.name, primary)
            heard = await server.query(sql, within=None)
        except StatementRefused as error:
            words = f"devices of {table.name} that have no readings"
            self._ask.not_captured.append(f"{words} (the server said: {error.cause})")
            return table.name, None
        if self._ask.lacks(known, f"devices of {table.name}", *tags):
            return table.name, None
        return table.name, devices.devices(known, heard, tags, primary)

    # -- partitions -------------------------------------------------------------------------

    async def _note_partitions(self, items: Sequence[Described]) -> None:
        """Partitions by hash point are in no definition that KWDB prints (public source,
        show_create_clauses.go), and some versions show those of no time-series table."""
        told = await whole_database.partitions(self._ask) if items else {}
        if told is None:
            shown = dict(await ask_each(self._ask.server, items, self._partitions_of))
        else:
            of_id = {id: [name or "" for name in names] for id, names in told.items()}
            shown = {item.name: of_id.get(item.id or 0, []) for item in items}
        for item in items:
            if names := shown[item.name] or derive.partitions_in_zones(item.zone_statements):
                self._ask.not_captured.append(
                    f"the partitions by hash point of {item.name} ({', '.join(names)})"
                )

    async def _partitions_of(self, server: Server, item: Described) -> tuple[TableName, list[str]]:
        try:
            answer = await server.query(inspection.partitions(self._ask.database, item.name))
        except StatementRefused:
            return item.name, []
        return item.name, [row.get("partition_name") or "" for row in answer.dicts()]
