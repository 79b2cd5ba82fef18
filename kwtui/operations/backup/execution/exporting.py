"""Running one EXPORT: progress from the files that grow, notices, cancel, the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kwtui.files.foreign.reading import read_start
from kwtui.files.foreign.walking import walk
from kwtui.model.schema import TableName
from kwtui.server.connection.results import StatementResult
from kwtui.sql.names import split_name

T = TypeVar("T")

WATCH_SECONDS = 0.4
"""How often the size of growing files is looked at."""

_SAMPLE_BYTES = 64 * 1024


@dataclass(frozen=True)
class ExportAnswer:
    """What the server said about one export."""

    rows: dict[str, int]
    """Rows by the text in ``filename``, summed over the nodes that wrote (live-findings, 15)."""
    files: dict[str, int]
    time_series: bool
    """Time-series exports answer one word and no counts."""
    failed: bool = False
    """The word was not ``succeed``."""

    @property
    def rows_total(self) -> int | None:
        return None if self.time_series else sum(self.rows.values())


def read_answer(result: StatementResult) -> ExportAnswer:
    """Read the result rows. ``meta.sql`` rows count no data (facts.md, section 1.5)."""
    answer = result.result
    if "result" in answer.names:
        words = {row["result"] for row in answer.dicts()}
        return ExportAnswer({}, {}, time_series=True, failed=words != {"succeed"})
    rows: dict[str, int] = {}
    files: dict[str, int] = {}
    for row in answer.dicts():
        subject = row.get("filename") or ""
        if subject != "meta.sql":
            rows[subject] = rows.get(subject, 0) + int(row.get("rows") or 0)
            files[subject] = files.get(subject, 0) + int(row.get("file_num") or 0)
    return ExportAnswer(rows, files, time_series=False)


def table_of_subject(subject: str) -> TableName | None:
    """The table of ``TABLE shop.public."Mixed Case"``; None for the text of a SELECT."""
    kind, _, name = subject.partition(" ")
    if kind != "TABLE":
        return None
    parts = split_name(name)
    return TableName(parts[-2], parts[-1]) if len(parts) >= 2 else None


Tell = Callable[[int, int | None], None]
"""Is told the bytes of the data files so far, and about how many rows that are."""


class RecordLengths:
    """About how many records growing files hold, from the lengths of the first ones.

    A time-series export answers no count (facts.md, section 1.5), and to count all while they are
    written would slow the export down.
    """

    def __init__(self) -> None:
        self._known: dict[Path, float] = {}
        """Of each folder, bytes a record."""

    def rows_in(self, files: list[tuple[Path, int]]) -> int | None:
        """None while no record is whole yet. Blocking, for a read of a few kilobytes a folder."""
        rows, unknown = 0.0, False
        for path, size in files:
            length = self._known.get(path.parent) or self._measure(path)
            if length:
                rows += size / length
            elif size:
                unknown = True
        return None if unknown or not files else round(rows)

    def _measure(self, path: Path) -> float | None:
        try:
            start = read_start(path, _SAMPLE_BYTES)
        except OSError:
            return None  # Not seen from here, or gone: then nothing is said.
        records = start.count(b"\n")
        if not records:
            return None
        self._known[path.parent] = (start.rindex(b"\n") + 1) / records
        return self._known[path.parent]


async def watch_growth(folder: Path, tell: Tell) -> None:
    """Tell how much lies below ``folder``, again and again, until cancelled."""
    lengths = RecordLengths()

    def look() -> tuple[int, int | None]:
        files = csv_files(folder)
        return sum(size for _, size in files), lengths.rows_in(files)

    while True:
        tell(*await asyncio.to_thread(look))
        await asyncio.sleep(WATCH_SECONDS)


async def while_watching(work: Awaitable[T], folder: Path, tell: Tell) -> T:
    """Await ``work`` and tell how its folder grows meanwhile."""
    watcher = asyncio.create_task(watch_growth(folder, tell))
    try:
        return await work
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def csv_files(folder: Path) -> list[tuple[Path, int]]:
    """Data files below a folder with their sizes; empty while the folder is not there."""
    found: list[tuple[Path, int]] = []
    with suppress(OSError):
        for entry in walk(folder):
            if entry.is_file and entry.name.endswith(".csv"):
                found.append((folder / entry.path, entry.bytes))
    return sorted(found)
