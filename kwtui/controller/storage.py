"""The backup sets under extern: listed, opened, read, checked, annotated, compared."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.account_runs import AccountRuns
from kwtui.controller.background import Background
from kwtui.controller.events import Events, StorageChanged
from kwtui.controller.evidence import Evidence
from kwtui.controller.folders import NodeFolders

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kwtui.backups.csv.index import Reading
    from kwtui.backups.csv.page import CsvPage
    from kwtui.backups.difference import SetDifference
    from kwtui.backups.layout.annotations import Annotation
    from kwtui.backups.listing.contents import OpenedSet, SetDetails
    from kwtui.backups.listing.entries import BackupEntry, StorageListing
    from kwtui.backups.listing.presence import Presence
    from kwtui.backups.listing.table_rows import TableRows
    from kwtui.backups.proof.sealing import SealProgress
    from kwtui.backups.proof.verify import VerifyReport
    from kwtui.model.proof import ProofLevel
    from kwtui.model.requests import Dialect
    from kwtui.node.place import NodePlace


class Storage:
    """The sets and trees under extern; every path is relative to it.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    def __init__(
        self,
        folders: NodeFolders,
        account_runs: AccountRuns,
        background: Background,
        events: Events,
        evidence: Evidence,
        state: Path,
    ) -> None:
        self._evidence = evidence
        self._folders = folders
        self._account_runs = account_runs
        self._background = background
        self._events = events
        self._state = state
        self._open_sets: dict[str, SetDetails] = {}
        self._table_rows: TableRows | None = None
        self._opened_in: NodePlace | None = None
        # Before any screen, which must not find what was read before the change.
        events.subscribe(self._forget)

    async def listing(self) -> StorageListing:
        """Sets, adopted trees, leftovers and foreign files under extern.

        Of a node that never exported, an empty listing that awaits its first export.
        """
        from kwtui.backups.listing.scanning import scan

        listing = await self._background.call(scan, self._folders.extern(), self._state)
        if listing.problem and not listing.entries and await self._awaits_export():
            return replace(listing, problem="", awaits_export=True)
        return await self._with_writers(listing)

    async def table_rows(self, entries: list[BackupEntry]) -> dict[str, dict[str, int]]:
        """The rows of each table of these sets, by their paths, as far as they can be read."""
        from kwtui.backups.listing.table_rows import TableRows

        rows = self._table_rows = self._table_rows or TableRows()
        return await self._background.call(rows.of, self._folders.extern(), self._state, entries)

    async def _with_writers(self, listing: StorageListing) -> StorageListing:
        """What a run is making right now is told as that, and not as what a broken one left."""
        from kwtui.backups.listing.entries import EntryKind
        from kwtui.operations.shared.known_runs import with_writers

        if not any(entry.kind is EntryKind.INCOMPLETE for entry in listing.entries):
            return listing
        entries = with_writers(listing.entries, await self._account_runs.known())
        return replace(listing, entries=entries)

    async def _awaits_export(self) -> bool:
        place = await self._folders.as_now()
        return place is not None and place.extern.pending

    async def open_set(self, path: str) -> SetDetails:
        """What is inside a set or tree; ``path`` is relative to extern."""
        from kwtui.backups.listing.contents import open_set

        details = await self._background.call(open_set, self._folders.extern(), path, self._state)
        self._opened()[path] = details
        return details

    async def open_to_check(self, path: str) -> OpenedSet:
        """As `open_set`, with the definitions that were read for it: `verify` needs them too."""
        from kwtui.backups.listing.contents import open_with_definitions

        extern = self._folders.extern()
        return await self._background.call(open_with_definitions, extern, path, self._state)

    async def look_inside(self, path: str) -> SetDetails:
        """What is inside; of a set whose manifest is damaged, what lies there.

        For a person to look at: the runbook and the files help still.
        """
        from kwtui.backups.listing.contents import open_damaged
        from kwtui.errors import ExitCode, KwtuiError

        try:
            return await self.open_set(path)
        except KwtuiError as error:
            if error.exit_code is not ExitCode.BACKUP_DAMAGED:
                raise
        extern = self._folders.extern()
        details = await self._background.call(open_damaged, extern, path, self._state)
        self._opened()[path] = details
        return details

    async def _details(self, entry: BackupEntry) -> SetDetails:
        return self._opened().get(entry.path) or await self.open_set(entry.path)

    def _opened(self) -> dict[str, SetDetails]:
        """The sets that were opened in the folder that is looked at now."""
        place = self._folders.place
        if place is not self._opened_in:
            self._open_sets.clear()
            self._opened_in = place
        return self._open_sets

    def _forget(self, event: object) -> None:
        if isinstance(event, StorageChanged):
            self._open_sets.clear()

    async def read_text(self, path: str) -> str:
        """A text file inside extern (meta.sql, manifest, plan), decoded, size-limited."""
        from kwtui.backups.listing.library import read_text

        return await self._background.call(read_text, self._folders.extern(), path, self._state)

    async def presence(self, details: SetDetails) -> Presence:
        """What of the set's files is on disk now; no file is read."""
        from kwtui.backups.listing.presence import look_at_presence

        return await self._background.call(look_at_presence, details.location, details.manifest)

    async def csv_page(
        self,
        entry: BackupEntry,
        file: str,
        start: int,
        count: int,
        reading: Reading | None = None,
    ) -> CsvPage:
        """``count`` records of one CSV file from record ``start`` on; the last for a negative one.

        ``file`` is relative to the set or tree, as in its details. ``reading`` tells how far it is
        on the way to a place that nobody looked at before, which takes a second a gigabyte.
        """
        from kwtui.backups.listing.csv_pages import page_of

        details = await self._details(entry)
        with _stopping(reading):
            return await self._background.call(page_of, details, file, start, count, reading)

    async def record_at_share(
        self, entry: BackupEntry, file: str, share: float, reading: Reading
    ) -> int:
        """The record at this share (0 to 1) of a file, for one whose records nobody counted."""
        from kwtui.backups.listing.csv_pages import record_at_share

        details = await self._details(entry)
        with _stopping(reading):
            return await self._background.call(record_at_share, details, file, share, reading)

    async def find_record(
        self,
        entry: BackupEntry,
        file: str,
        text: str,
        start: int,
        *,
        forward: bool,
        reading: Reading,
    ) -> int | None:
        """The next record behind ``start`` that holds the text, or the last before it."""
        from kwtui.backups.listing.csv_pages import find_in

        details = await self._details(entry)

        def find() -> int | None:
            return find_in(details, file, text, start, forward=forward, reading=reading)

        with _stopping(reading):
            return await self._background.call(find)

    async def verify(
        self,
        path: str,
        level: ProofLevel,
        opened: OpenedSet | None = None,
        progress: Callable[[SealProgress], None] | None = None,
        dialect: Dialect | None = None,
        *,
        first_is_row: bool = False,
    ) -> VerifyReport:
        """Check a set here and now, without a run of its own; ``opened``: `open_to_check` did.

        ``progress`` is called from other threads.
        """
        from threading import Event

        from kwtui.backups.proof.verify import verify

        stop = Event()

        def check() -> VerifyReport:
            return verify(
                self._folders.extern(),
                path,
                level,
                opened=opened,
                state=self._state,
                dialect=dialect,
                first_is_row=first_is_row,
                progress=progress,
                cancelled=stop.is_set,
            )

        try:
            report = await self._background.call(check)
        finally:
            # A task that is cancelled leaves its thread behind, which must end soon too.
            stop.set()
        words = f"proven to {report.wanted.name}" if report.ok else "damaged"
        await self._evidence.record("verify", path=path, ok=report.ok, words=words)
        return report

    async def annotate(
        self,
        path: str,
        *,
        pinned: bool | None = None,
        remark: str | None = None,
        label: str | None = None,
    ) -> Annotation:
        """Pin a set, write a remark, change its label; what is not given stays.

        Raises KwtuiError: NOT_FOUND for what is no set and no export.
        """
        from kwtui.backups.layout.annotations import annotate
        from kwtui.backups.listing.contents import no_export
        from kwtui.backups.listing.entries import EntryKind

        entry = (await self.look_inside(path)).entry
        if entry.kind is EntryKind.FOREIGN:
            raise no_export(path)
        annotation = await self._background.call(
            annotate,
            self._folders.extern(),
            path,
            self._state,
            now=datetime.now(UTC),
            pinned=pinned,
            remark=remark,
            label=label,
        )
        await self._evidence.record("annotate", path=path, words=_annotated(pinned, remark, label))
        self._events.publish(StorageChanged())
        return annotation

    async def save_report(self, path: str, file: Path) -> None:
        """Write down all that is known of a set as a new private file (Markdown).

        Raises KwtuiError, also when the file is there already.
        """
        from kwtui.documents.set_report import set_report
        from kwtui.files.new_file import write_new

        text = set_report(await self.open_set(path), datetime.now(UTC))
        await self._background.call(write_new, file, [text.encode("utf-8", "backslashreplace")])

    async def compare(self, before: str, after: str) -> SetDifference:
        """The second set as seen from the first: what both say of themselves, if it is still so."""
        from kwtui.backups.difference import compare_sets

        first, second = await self.open_set(before), await self.open_set(after)
        disks = await self.presence(first), await self.presence(second)
        return compare_sets(first, second, *disks)


def _annotated(pinned: bool | None, remark: str | None, label: str | None) -> str:
    words = [] if pinned is None else ["pinned" if pinned else "unpinned"]
    words += [] if remark is None else ["note written"]
    words += [] if label is None else [f"labelled {label!r}"]
    return ", ".join(words)


@contextmanager
def _stopping(reading: Reading | None) -> Iterator[None]:
    """A task that is cancelled leaves its thread behind, which must end soon too."""
    try:
        yield
    finally:
        if reading is not None:
            reading.stopped = True
