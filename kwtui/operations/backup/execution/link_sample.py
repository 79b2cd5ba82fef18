"""Whether linked files of a time series hold what the server does: looked at in a sample.

Counts, sums and lengths do not show every change. So of each table some rows of linked files, other
ones in each backup, are exported again and compared letter by letter: at most a tenth of the rows
that the backup writes anyway, or few.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from kwtui.backups.csv.beginnings import MOST_BYTES, records_beginning, some_time
from kwtui.backups.segments import Stretch
from kwtui.files.foreign.reading import names_in, status_of
from kwtui.files.foreign.removing import remove_folder
from kwtui.operations.backup.execution.sampling import chance
from kwtui.operations.backup.execution.state import TableExport
from kwtui.operations.context import RunContext
from kwtui.operations.shared.checksums import SMALL
from kwtui.text import plural

_SHARE = 0.1

Export = Callable[[str, str], Awaitable[Path]]
"""Exports the rows from a time on and before another one, into a folder that it tells."""


@dataclass(frozen=True)
class Span:
    """A stretch of time whose rows begin with the same text."""

    prefix: str
    since: str
    before: str


_GRAINS = (
    (timedelta(days=1), len("2026-11-01 ")),
    (timedelta(hours=1), len("2026-11-01 12:")),
    (timedelta(minutes=1), len("2026-11-01 12:30:")),
    (timedelta(seconds=1), len("2026-11-01 12:30:05")),
)
"""How much of a time's text stands for so much time."""


def span_around(time: str, day_rows: int, size: int) -> Span:
    """The longest one around a time (``2026-11-01 12:30:05``) that may hold so many rows. Pure."""
    day = _GRAINS[0][0]
    fitting = (g for g in _GRAINS if day_rows * (g[0] / day) <= size)
    length, letters = next(fitting, _GRAINS[-1])
    prefix = time[:letters]
    begin = datetime.fromisoformat((prefix + "1970-01-01 00:00:00"[letters:]).strip())
    return Span(prefix, _text(begin), _text(begin + length))


def _text(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S}+00:00"


@dataclass
class LinkSample:
    """Of one table's linked files; its work is done below the table's own folder."""

    context: RunContext
    quote: str
    data: Path
    export: TableExport

    async def differing(self, stretches: Sequence[Stretch], export: Export) -> str:
        """What differs, in words; empty where nothing does, or nothing can be looked at.

        Raises KwtuiError, and OSError for files that cannot be read.
        """
        luck = chance(self.context.plan.path, self.export.spec)
        files = await asyncio.to_thread(self._choose, luck)
        if not files:
            return ""
        time = await asyncio.to_thread(some_time, luck.choice(files), luck.random())
        if not time:
            return ""
        span = span_around(time, self._day_rows(time), self._size(stretches))
        place = await export(span.since, span.before)
        try:
            here, there = await asyncio.to_thread(self._read, files, place, span.prefix)
        finally:
            await asyncio.to_thread(remove_folder, place)
        if here == there:
            return ""
        differing = (here - there).total() + (there - here).total()
        return f"{plural(differing, 'row')} from {span.since} on"

    def _choose(self, luck: random.Random) -> list[Path]:
        """The files of a linked segment."""
        linked = [segment for segment in self.export.segments if segment.linked and segment.files]
        if not linked:
            return []
        weights = [self._bytes(segment.files) for segment in linked]
        (segment,) = luck.choices(linked, weights if any(weights) else None)
        paths = [self.data.parent / file for file in segment.files]
        few = all(status_of(path).st_size <= MOST_BYTES for path in paths)
        return paths if few else []

    def _bytes(self, files: Sequence[str]) -> int:
        return sum(self.export.taken[file].bytes for file in files)

    def _day_rows(self, time: str) -> int:
        windows = self.export.windows_before
        if windows is None:
            return 0
        of_day = (w.rows for w in windows.windows if w.since[:10] == time[:10])
        return next(of_day, windows.rows)

    def _size(self, stretches: Sequence[Stretch]) -> int:
        written = sum(stretch.rows for stretch in stretches if stretch.taken is None)
        return max(SMALL, int(written * _SHARE))

    def _read(
        self, files: Sequence[Path], place: Path, prefix: str
    ) -> tuple[Counter[bytes], Counter[bytes]]:
        here = records_beginning(files, prefix, self.quote)
        return here, records_beginning(_csv_in(place), prefix, self.quote)


def _csv_in(folder: Path) -> list[Path]:
    """None where no row was exported."""
    try:
        return [folder / name for name in names_in(folder) if name.endswith(".csv")]
    except FileNotFoundError:
        return []
