"""Reading one time-series table: columns, tags, retention, and the devices that it knows.

What a table's name can hold stops some of KWDB's own statements: SHOW TAGS and SHOW RETENTIONS put
it between quotes as it is (live-findings, row 37; public source, show_attributes.go), so that the
definition has the last word.
"""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.server.catalogue import attachments, derive, devices
from kwtui.server.catalogue.asking import Asker
from kwtui.server.catalogue.derive import Described
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import ddl, inspection


class SeriesReader:
    """Reads the tables of one time-series database."""

    def __init__(self, asker: Asker, retention_seconds: int | None) -> None:
        """``retention_seconds`` is what the database keeps; None for ever."""
        self._ask = asker
        self._retention = retention_seconds
        self.index_comments: dict[TableName, dict[str, str]] = {}

    async def read(self, server: Server, item: Described) -> TableSpec | None:
        """None for a table that cannot be read; that is noted."""
        try:
            shown = await self._ask.columns(server, item.name)
            tags = await self._tags(server, item, shown)
            indexes = await self._ask.indexes(server, item.name)
        except StatementRefused as error:
            self._ask.note_unread(item.name, error)
            return None
        if self._ask.lacks(indexes, "tag indexes", "index_name", "column_name"):
            indexes = ResultSet()
        self.index_comments[item.name] = attachments.indexes_with_comment(indexes)
        columns = self._primary_tags(item, self._ask.understood(shown, item.name, tags))
        table = derive.time_series_table(item, columns, indexes)
        inherits = await self._inherits_retention(server, table)
        found = await self._devices(server, table)
        await self._note_partitions(server, item)
        return replace(
            table,
            inherits_retention=inherits,
            devices=found.count if found else None,
            silent_devices=found.silent if found else (),
        )

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

    async def _inherits_retention(self, server: Server, table: TableSpec) -> bool:
        """Its definition prints the database's retention as its own (live-findings, row 38).

        A table takes over what its database keeps when it is made, and keeps that when the database
        is altered (public source, create_table.go and alter_ts_database.go): then its own value has
        to be written. Where the server cannot be asked, one that is printed as that of the database
        is taken for it: what it keeps is the same.
        """
        if table.retention_seconds != self._retention:
            return False
        try:
            sql = inspection.retention(self._ask.database, table.name)
            row = next((await server.query(sql)).dicts(), None)
        except StatementRefused:
            row = None
        return row is None or "retentions" not in row or row["retentions"] is None

    async def _devices(self, server: Server, table: TableSpec) -> devices.Devices | None:
        """What SELECT, EXPORT and IMPORT do not know of (live-findings, row 33)."""
        tags = [column.name for column in table.columns if column.tag]
        primary = [column.name for column in table.columns if column.primary_tag]
        if not primary:
            return None
        database = self._ask.database
        try:
            known = await server.query(inspection.tag_values(database, table.name), within=None)
            sql = inspection.rows_by_device(database, table.name, primary)
            heard = await server.query(sql, within=None)
        except StatementRefused as error:
            words = f"devices of {table.name} that have no readings"
            self._ask.not_captured.append(f"{words} (the server said: {error.cause})")
            return None
        if self._ask.lacks(known, f"devices of {table.name}", *tags):
            return None
        return devices.devices(known, heard, tags, primary)

    async def _note_partitions(self, server: Server, item: Described) -> None:
        """Partitions by hash point are in no definition that KWDB prints (public source,
        show_create_clauses.go), and some versions show those of no time-series table."""
        try:
            answer = await server.query(inspection.partitions(self._ask.database, item.name))
            names = [row.get("partition_name") or "" for row in answer.dicts()]
        except StatementRefused:
            names = []
        if names := names or derive.partitions_in_zones(item.zone_statements):
            self._ask.not_captured.append(
                f"the partitions by hash point of {item.name} ({', '.join(names)})"
            )
