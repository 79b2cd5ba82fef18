"""Exporting a time series by stretches of time, and linking those that an earlier set holds.

KWDB has no incremental backup. Here a table's readings are exported in stretches of whole days,
each by an EXPORT of its own; what reads the same as in an earlier set is not exported again: its
files are hard-linked from there. All files of a table lie in one folder, which IMPORT takes whole
(recording 17). So every set is complete by itself: any of them may be deleted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.backups.device_marks import DeviceMarks, marks_of
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.manifest import Segment, TableEntry
from kwtui.backups.segments import Stretch, comparable, rows_per_stretch, stretches
from kwtui.files.durable import cannot_write, make_folders
from kwtui.files.foreign.removing import remove_folder
from kwtui.model.requests import BackupRequest
from kwtui.operations.backup.bounded_export import bounded_export
from kwtui.operations.backup.earlier_set import EarlierSet
from kwtui.operations.backup.execution import reconcile
from kwtui.operations.backup.execution.exporting import ExportAnswer
from kwtui.operations.backup.execution.link_sample import LinkSample
from kwtui.operations.backup.execution.segment_export import (
    collect,
    copied_words,
    link_segment,
    name_of,
    not_linked,
    sample_place,
    workplace,
)
from kwtui.operations.backup.execution.state import TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step
from kwtui.operations.shared.cancellable import run_stoppable
from kwtui.operations.shared.window_reading import Lengths, lengths_in
from kwtui.server.connection.failures import StatementRefused
from kwtui.server.connection.server import Server
from kwtui.sql import inspection, transfer
from kwtui.sql.transfer import ExportOptions

Send = Callable[[Server, Step, str, Path], Awaitable[ExportAnswer]]
"""Runs the statement that writes into the folder, and tells how it goes."""


@dataclass
class SeriesExporter:
    """Exports one table after the other; `data` is the set's own folder of files."""

    context: RunContext
    request: BackupRequest
    data: Path
    send: Send
    earlier: EarlierSet | None = None
    """The set that files may be linked to."""

    async def export(self, server: Server, step: Step, export: TableExport) -> ExportAnswer:
        """All stretches of the table; the files lie in its folder then. Raises KwtuiError."""
        export.tags = await self._read_tags(server, export)
        entry = self._entry(export)
        planned = self._planned(entry, export)
        folder = self.data / export.folder
        if len(planned) == 1 and planned[0].taken is None:
            return await self._write_all(server, step, export, folder)
        await asyncio.to_thread(make_folders, folder)
        if entry is not None and self.earlier is not None:
            planned = await self._link(step, export, entry, planned)
            export.whole_at = self.earlier.whole_at(entry)
            planned = await self._checked(server, step, export, planned)
            export.lengths = _known_lengths(entry, planned)
        for number, stretch in enumerate(planned):
            if stretch.taken is None:
                await self._write(server, step, export, stretch, number)
        export.segments.sort(key=lambda segment: segment.since)
        return ExportAnswer({}, {}, time_series=True)

    async def forget(self, export: TableExport) -> None:
        """Remove what a try that failed left in folders of its own. Raises OSError."""
        export.segments.clear()
        export.taken.clear()
        export.lengths.clear()
        export.whole_at = None
        folder = self.data / export.folder
        places = [workplace(folder, number) for number in range(export.stretches)]
        for place in (*places, sample_place(folder)):
            await asyncio.to_thread(remove_folder, place)

    # -- what is done -----------------------------------------------------------------------

    def _entry(self, export: TableExport) -> TableEntry | None:
        """The table in the earlier set, where that tells what did not change."""
        windows = export.windows_before
        if self.earlier is None or windows is None:
            return None
        entry = self.earlier.table(export.spec.name, self.request)
        if entry is None or not export.tags.holds(entry.tags, entry.devices):
            return None
        return entry if comparable(entry, export.spec.visible_columns, windows) else None

    def _planned(self, entry: TableEntry | None, export: TableExport) -> tuple[Stretch, ...]:
        windows = export.windows_before
        if windows is None:
            return (Stretch("", "", 0),)
        most_rows = rows_per_stretch(export.spec, self.request.chunk_rows)
        planned = stretches(entry, windows, most_rows)
        export.stretches = len(planned)
        return planned

    async def tags_changed(self, server: Server, export: TableExport) -> bool:
        """Whether a device of before the export has other tags now, or is gone: files that were
        written, or linked, before then hold what is not true any more. Raises CONNECTION_LOST."""
        if not export.tags.digest:
            return False
        now = await self._read_tags(server, export)
        return not export.tags.each <= now.each

    async def _read_tags(self, server: Server, export: TableExport) -> DeviceMarks:
        """Nothing where they cannot be told."""
        sql = inspection.tag_values(self.context.plan.database, export.spec.name)
        try:
            answer = (await run_stoppable(server, sql, self.context.halt)).result
        except StatementRefused:
            return DeviceMarks()
        return await asyncio.to_thread(marks_of, answer.names, answer.rows)

    # -- linking ----------------------------------------------------------------------------

    async def _link(
        self,
        step: Step,
        export: TableExport,
        entry: TableEntry,
        planned: tuple[Stretch, ...],
    ) -> tuple[Stretch, ...]:
        """Link what is taken. What cannot be linked is written after all, and that is said."""
        kept: list[Stretch] = []
        again: list[OSError] = []
        for stretch in planned:
            if stretch.taken is None:
                kept.append(stretch)
                continue
            try:
                await self._take(export, entry, stretch)
            except OSError as error:
                again.append(error)
                kept.append(Stretch(stretch.since, stretch.until, stretch.rows))
            else:
                kept.append(stretch)
        self._tell(step, export, again)
        return tuple(kept)

    async def _take(self, export: TableExport, entry: TableEntry, stretch: Stretch) -> None:
        if self.earlier is None or stretch.taken is None:
            return
        segment = replace(stretch.taken, since=stretch.since, until=stretch.until)
        made, entries = await asyncio.to_thread(
            link_segment, self.earlier, entry, segment, self.data, export.folder
        )
        export.segments.append(made)
        export.taken.update(entries)

    async def _checked(
        self, server: Server, step: Step, export: TableExport, planned: tuple[Stretch, ...]
    ) -> tuple[Stretch, ...]:
        """What is linked, if a sample of it is what the server holds; else nothing is."""
        dialect = self.request.dialect
        if dialect.enclosed != dialect.escaped or not export.segments:
            return planned

        async def write(since: str, before: str) -> Path:
            place = sample_place(self.data / export.folder)
            relative = f"{export.folder.rpartition('/')[0]}/{place.name}"
            sql = self._statement(export, relative, Stretch(since, before, 0), cut=True)
            reconcile.check_word(await self.send(server, step, sql, place), str(export.spec.name))
            return place

        sample = LinkSample(self.context, dialect.enclosed, self.data, export)
        try:
            words = await sample.differing(planned, write)
        except OSError as error:
            raise cannot_write(self.data / export.folder, error) from error
        if not words:
            return planned
        await self._give_up(export)
        words = f"{words} are not those of the files, though counts and sums are"
        self.context.reporter.notice(
            step, "WARNING", f"{export.spec.name}: {words}. All of it is exported."
        )
        return tuple(replace(stretch, taken=None) for stretch in planned)

    async def _give_up(self, export: TableExport) -> None:
        """Remove the links, so that the files can be written."""
        folder = self.data / export.folder
        try:
            await asyncio.to_thread(remove_folder, folder)
        except OSError as error:
            raise cannot_write(folder, error) from error
        await asyncio.to_thread(make_folders, folder)
        export.segments.clear()
        export.taken.clear()
        export.whole_at = None

    def _tell(self, step: Step, export: TableExport, again: list[OSError]) -> None:
        if again and self.earlier is not None:
            words = not_linked(export.spec.name, self.earlier, again[0], len(again))
            self.context.reporter.notice(step, "WARNING", words)
        words = copied_words(export.spec.name, export.segments)
        if words:
            self.context.reporter.notice(step, "WARNING", words)

    # -- writing ----------------------------------------------------------------------------

    async def _write_all(
        self, server: Server, step: Step, export: TableExport, folder: Path
    ) -> ExportAnswer:
        export.statement = self._statement(export, export.folder, Stretch("", "", 0))
        answer = await self.send(server, step, export.statement, folder)
        reconcile.check_word(answer, str(export.spec.name))
        return answer

    async def _write(
        self, server: Server, step: Step, export: TableExport, stretch: Stretch, number: int
    ) -> None:
        folder = self.data / export.folder
        place = workplace(folder, number)
        relative = f"{export.folder.rpartition('/')[0]}/{place.name}"
        export.statement = self._statement(export, relative, stretch)
        answer = await self.send(server, step, export.statement, place)
        reconcile.check_word(answer, str(export.spec.name))
        name = name_of(stretch.since, self.context.plan.path)
        names = await self._collect(place, folder, name)
        files = tuple(f"{DATA_FOLDER}/{export.folder}/{name}" for name in names)
        export.segments.append(Segment(stretch.since, stretch.until, files))

    def _statement(
        self, export: TableExport, folder: str, stretch: Stretch, *, cut: bool = False
    ) -> str:
        """``cut``: also a stretch that ends may reach beyond the newest time."""
        plan, spec = self.context.plan, export.spec
        return bounded_export(
            transfer.nodelocal(plan.node_id, f"{plan.path}/{DATA_FOLDER}/{folder}"),
            plan.database,
            spec,
            # Only the last one is open: every other ends before the newest time.
            None if stretch.until and not cut else export.until,
            ExportOptions(self.request.dialect, self.request.chunk_rows),
            since=stretch.since,
            before=stretch.until,
        )

    async def _collect(self, place: Path, folder: Path, name: str) -> list[str]:
        try:
            return await asyncio.to_thread(collect, place, folder, name)
        except OSError as error:
            raise cannot_write(folder, error) from error


def _known_lengths(entry: TableEntry, planned: Sequence[Stretch]) -> dict[str, Lengths]:
    """Of the windows whose files were linked."""
    if entry.windows is None:
        return {}
    linked = [(stretch.since, stretch.until) for stretch in planned if stretch.taken is not None]
    return {
        since: lengths
        for since, lengths in lengths_in(entry.windows).items()
        if any(begin <= since and (not end or since < end) for begin, end in linked)
    }
