"""Linking relational tables that were not written since an earlier backup exported them.

The ranges are asked twice: when a table is to be linked, and once more when all others are
exported. A transaction that was open at the backup's instant may write at an older time as long as
nobody read the table since; what such a one commits is seen by the second look at the latest, and
the table is exported after all, as of the same instant.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.backups.manifest import Segment, TableEntry
from kwtui.backups.unchanged import MOST_ALONE, is_same_table, origin_of, was_written
from kwtui.files.durable import make_folders
from kwtui.files.foreign.removing import remove_folder
from kwtui.model.proof import TableOrigin
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import DatabaseSchema, TableName
from kwtui.operations.backup.earlier_set import EarlierSet
from kwtui.operations.backup.execution.exporting import ExportAnswer
from kwtui.operations.backup.execution.last_writes import last_writes, rows_at
from kwtui.operations.backup.execution.segment_export import (
    copied_words,
    link_segment,
    not_linked,
)
from kwtui.operations.backup.execution.state import BackupState, TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.results import ResultSet, to_int
from kwtui.server.connection.server import Server
from kwtui.sql import inspection, statements

_MANY = 8
"""Tables from which on they are asked about together."""


def origins(
    descriptors: ResultSet | None, schema: DatabaseSchema, timestamp: str
) -> dict[TableName, TableOrigin]:
    """Of the tables of a database, as they are exported at this instant; of some nothing is known.

    ``descriptors`` answers `inspection.descriptors`; None where it was refused.
    """
    known = {
        TableName(row["schema_name"] or "", row["name"] or ""): row
        for row in (descriptors.dicts() if descriptors is not None else ())
        if row["state"] == "PUBLIC"
    }
    found = {}
    for table in schema.tables:
        row = known.get(table.name, {})
        told = (row.get("table_id"), row.get("version"))
        origin = origin_of(*told, table.create_statement, timestamp)
        if origin is not None:
            found[table.name] = origin
    return found


@dataclass
class TableLinker:
    """Links tables of one backup to the files of an earlier one."""

    context: RunContext
    request: BackupRequest
    data: Path
    state: BackupState
    earlier: EarlierSet
    _refused: bool = False
    """The server does not tell when ranges were written: nobody asks again."""
    _written: dict[TableName, tuple[str | None, ...]] = field(default_factory=dict)
    """When ranges were last written, of the tables of which the server told that at once."""
    _rows: dict[TableName, int] = field(default_factory=dict)
    """At the backup's instant, of the tables that were counted together."""

    async def look(self, server: Server) -> tuple[TableName, ...]:
        """Ask of many tables at once what `link` asks of each; those that it is about to link.

        Raises CONNECTION_LOST.
        """
        known = {
            export.spec.name: entry.origin
            for export in self.state.tables.values()
            if (entry := self._entry(export)) is not None and entry.origin is not None
        }
        if len(known) < _MANY:
            return tuple(known)
        await self._read_writes(server, {name: then.table_id for name, then in known.items()})
        same = [
            name
            for name, then in known.items()
            if name in self._written and not was_written(then, self._written[name])
        ]
        database, timestamp = self.context.plan.database, self.state.timestamp
        self._rows = await rows_at(server, database, same, timestamp, self.context.halt)
        return tuple(same)

    async def link(self, server: Server, step: Step, export: TableExport) -> ExportAnswer | None:
        """What EXPORT would have answered; None for a table that must be exported.

        Raises KwtuiError for a lost connection, or a disk that is full.
        """
        entry = self._entry(export)
        if entry is None or entry.origin is None:
            return None
        if await self._was_written(server, step, export, entry.origin):
            return None
        rows = await self._rows_now(server, export)
        if rows is None or rows != entry.rows_reported:
            return None
        try:
            await self._take(export, entry)
        except OSError as error:
            self._tell(step, export, error)
            return None
        copied = copied_words(export.spec.name, export.segments)
        if copied:
            self.context.reporter.notice(step, "WARNING", copied)
        export.statement, export.origin = entry.statement, entry.origin
        export.whole_at = self.earlier.whole_at(entry)
        name = str(export.spec.name)
        return ExportAnswer({name: rows}, {name: len(entry.files)}, time_series=False)

    async def no_longer_the_same(
        self, server: Server, step: Step, now: Mapping[TableName, TableOrigin]
    ) -> list[TableExport]:
        """Linked tables that were written, or defined anew, since they were linked.

        ``now`` are the tables as they are when all is exported. Raises CONNECTION_LOST.
        """
        found = []
        ids = {e.spec.name: e.origin.table_id for e in self.linked if e.origin is not None}
        self._written = {}
        if len(ids) >= _MANY:
            await self._read_writes(server, ids)
        for export in self.linked:
            entry, current = self._entry(export), now.get(export.spec.name)
            if (
                entry is None
                or entry.origin is None
                or not is_same_table(entry, current, export.spec.visible_columns)
                or await self._was_written(server, step, export, entry.origin)
            ):
                found.append(export)
        return found

    async def give_up(self, export: TableExport) -> None:
        """Remove the links, so that the table can be exported. Raises OSError."""
        await asyncio.to_thread(remove_folder, self.data / export.folder)
        export.segments.clear()
        export.taken.clear()
        export.whole_at = None

    @property
    def linked(self) -> tuple[TableExport, ...]:
        return tuple(each for each in self.state.tables.values() if each.segments)

    # -- what is asked ----------------------------------------------------------------------

    def _entry(self, export: TableExport) -> TableEntry | None:
        """The table in the earlier set, if its files may hold what the table holds now."""
        if self._refused:
            return None
        entry = self.earlier.table(export.spec.name, self.request)
        if entry is None:
            return None
        same = is_same_table(entry, export.origin, export.spec.visible_columns)
        return entry if same else None

    async def _was_written(
        self, server: Server, step: Step, export: TableExport, then: TableOrigin
    ) -> bool:
        told = self._written.get(export.spec.name)
        if told is not None:
            return was_written(then, told)
        if len(self.state.tables) > MOST_ALONE:
            return True
        sql = inspection.last_updates(self.context.plan.database, export.spec.name)
        try:
            answer = (await run_stoppable(server, sql, self.context.halt)).result
        except StatementRefused as error:
            if not self._refused:
                words = f"The server does not report which tables were written to: {error.cause}"
                self.context.reporter.notice(step, "NOTICE", words)
            self._refused = True
            return True
        return was_written(then, [row[0] if row else None for row in answer.rows])

    async def _rows_now(self, server: Server, export: TableExport) -> int | None:
        """The rows at the backup's instant; None where they cannot be counted."""
        database, name = self.context.plan.database, export.spec.name
        if name in self._rows:
            return self._rows[name]
        sql = statements.count_rows(database, name, self.state.timestamp)
        try:
            answer = (await run_stoppable(server, sql, self.context.halt)).result
        except StatementRefused:
            return None  # EXPORT will say why.
        return to_int(answer.scalar())

    async def _read_writes(self, server: Server, ids: Mapping[TableName, int]) -> None:
        """Of tables that are no longer told of, nothing is known any more."""
        self._written = await last_writes(server, ids, self.context.halt)

    # -- linking ----------------------------------------------------------------------------

    async def _take(self, export: TableExport, entry: TableEntry) -> None:
        """Raises OSError; nothing stays then."""
        folder = self.data / export.folder
        whole = Segment("", "", tuple(file.path for file in entry.files))
        await asyncio.to_thread(make_folders, folder)
        try:
            made, entries = await asyncio.to_thread(
                link_segment, self.earlier, entry, whole, self.data, export.folder
            )
        except OSError:
            await asyncio.to_thread(remove_folder, folder)
            raise
        export.segments.append(made)
        export.taken.update(entries)

    def _tell(self, step: Step, export: TableExport, error: OSError) -> None:
        words = not_linked(export.spec.name, self.earlier, error)
        self.context.reporter.notice(step, "WARNING", words)
