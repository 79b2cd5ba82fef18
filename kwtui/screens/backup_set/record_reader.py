"""Reading a CSV file into a table of records: page by page, to any place, to what is searched."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from kwtui.backups.csv.index import Reading, ReadingStopped
from kwtui.keys.spelling import key_of
from kwtui.text import human_count, sentences
from kwtui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from kwtui.backups.csv.page import CsvPage
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.controller import Controller

T = TypeVar("T")

PAGE_RECORDS = 200
"""Records that are read at a time."""
_LEAD = 8
"""Records before the one that was asked for, so that it is seen among its neighbours."""
_TELL_SECONDS = 0.5

PLACES = "a record's number, a share such as 50%, or end"


def place_of(text: str, total: int | None) -> int | float | None:
    """What a person means: a record (from 0), -1 for the end, None if it is not understood.

    A share of a file whose records nobody counted (``total``) is a float from 0 to 1.
    """
    words = text.strip().replace(",", "").replace("_", "").casefold()
    if words in ("end", "g", "-1"):
        return -1
    last = sys.maxsize if total is None else max(total - 1, 0)
    share = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%", words)
    if share is not None:
        part = min(float(share[1]) / 100, 1.0)
        return part if total is None else min(int(part * total), last)
    if not (words.isascii() and words.isdigit()):
        return None
    return min(max(int(words) - 1, 0), last)


class RecordReader:
    """One file at a time; ``say`` shows words about it above the table."""

    def __init__(
        self,
        controller: Callable[[], Controller],
        entry: BackupEntry,
        table: RecordTable,
        say: Callable[[str], None],
    ) -> None:
        self._controller = controller
        self._entry = entry
        self._table = table
        self._say = say
        self._reading: Reading | None = None
        self.file = ""
        self.columns: tuple[str, ...] = ()
        self._total: int | None = None
        self._problem = ""
        self._note = ""

    @property
    def is_busy(self) -> bool:
        """A place is looked for that takes its time."""
        return self._reading is not None

    def stop(self) -> None:
        """Give up what is looked for."""
        if self._reading is not None:
            self._reading.stopped = True

    # -- pages ---------------------------------------------------------------------------------

    async def open(self, entry: BackupEntry, file: str, records: int | None) -> None:
        """Show the file from its start; ``records`` is how many it has, where that is known."""
        self._entry, self.file, self._total = entry, file, records
        page = await self._page(0)
        self._table.show_records(page.columns, page.records, at_end=page.at_end)
        self.tell()

    async def refresh(self, entry: BackupEntry) -> None:
        """The file changed: read what is shown again; the cursor stays."""
        self._entry, self._total = entry, None
        count = max(PAGE_RECORDS, len(self._table.rows))
        page = await self._page(self._table.start, count)
        self._table.renew_records(page.columns, page.records, start=page.start, at_end=page.at_end)
        self.tell()

    async def more(self, wanted: RecordTable.Wanted) -> None:
        """The cursor came to an end of what was read."""
        if wanted.before:
            start = max(0, wanted.start - PAGE_RECORDS)
            page = await self._page(start, wanted.start - start)
            self._table.add_before(page.records, start)
        else:
            page = await self._page(wanted.start)
            self._table.add_records(page.records, at_end=page.at_end or not page.records)
        self.tell()

    async def _page(
        self, start: int, count: int = PAGE_RECORDS, reading: Reading | None = None
    ) -> CsvPage:
        page = await self._controller().storage.csv_page(
            self._entry, self.file, start, count, reading
        )
        self.columns, self._problem, self._note = page.columns, page.problem, page.note
        self._total = self._total if page.total is None else page.total
        return page

    def tell(self) -> None:
        """Which records are shown, of how many."""
        table, total = self._table, self._total
        name = self.file.rpartition("/")[2]
        if not table.rows:
            self._say(sentences(f"{name}: no record.", self._problem, self._note))
            return
        shown = f"{human_count(table.start + 1)} to {human_count(table.end)}"
        of = f" of {human_count(total)}" if total is not None else ""
        words = f"{name}: records {shown}{of}"
        more = sentences(self._problem, self._note)
        self._say(f"{words}. {more}" if more else words)

    # -- places --------------------------------------------------------------------------------

    async def go_to(self, text: str) -> str:
        """Show the place that a person asks for; what is wrong with it, or nothing."""
        try:
            place = place_of(text, self._total)
            if isinstance(place, float):
                place = await self._record_at(place)
            if place is None:
                return f"Write {PLACES}."
            await self._show_around(place)
        except ReadingStopped:
            self.tell()
        return ""

    async def _record_at(self, share: float) -> int:
        def look(reading: Reading) -> Coroutine[Any, Any, int]:
            return self._controller().storage.record_at_share(
                self._entry, self.file, share, reading
            )

        return await self._waited("Going there", look)

    async def find(self, text: str, *, forward: bool) -> str:
        """Show the next record with the text, or the one before; what to say if there is none."""
        entry, file = self._entry, self.file
        current = self._table.current
        start = current[0] if current is not None else -1

        def look(reading: Reading) -> Coroutine[Any, Any, int | None]:
            return self._controller().storage.find_record(
                entry, file, text, start, forward=forward, reading=reading
            )

        try:
            found = await self._waited(f"Looking for “{text}”", look)
            if found is not None:
                await self._show_around(found)
                self._reveal(text)
                return ""
        except ReadingStopped:
            self.tell()
            return ""
        self.tell()
        return f"“{text}” is in no record {'after' if forward else 'before'} this one."

    async def _show_around(self, place: int) -> None:
        start = place - _LEAD if place < 0 else max(0, place - _LEAD)
        page = await self._waited("Going there", lambda reading: self._page(start, reading=reading))
        if not page.records and start > 0:
            await self._show_around(-1)
            return
        self._table.show_records(page.columns, page.records, start=page.start, at_end=page.at_end)
        self._table.go_to(self._table.end - 1 if place < 0 else place)
        self.tell()

    def _reveal(self, text: str) -> None:
        """Show the column that holds it."""
        current = self._table.current
        values = current[1] if current is not None else ()
        wanted = text.casefold()
        hits = (i for i, value in enumerate(values) if value and wanted in value.casefold())
        column = next(hits, None)
        if column is not None:
            self._table.reveal_column(column)

    async def _waited(self, doing: str, work: Callable[[Reading], Coroutine[Any, Any, T]]) -> T:
        """The answer; meanwhile how far it is. Raises ReadingStopped when a person stops it."""
        self._reading = reading = Reading()
        task = asyncio.create_task(work(reading))
        try:
            while not (await asyncio.wait({task}, timeout=_TELL_SECONDS))[0]:
                share = reading.done * 100 // max(reading.total, 1)
                self._say(f"{doing}… {share} % ({key_of('app.back')} stops)")
            return task.result()
        finally:
            task.cancel()
            self._reading = None
