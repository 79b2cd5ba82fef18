"""Running one EXPORT: progress from the files that grow, notices, cancel, the answer."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from kwtui.model.schema import TableName
from kwtui.server.connection.results import StatementResult
from kwtui.sql.names import split_name

T = TypeVar("T")

WATCH_SECONDS = 0.4
"""How often the size of growing files is looked at."""


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


async def watch_growth(folder: Path, tell: Callable[[int], None]) -> None:
    """Tell the size of everything below ``folder``, again and again, until cancelled."""
    while True:
        tell(await asyncio.to_thread(tree_bytes, folder))
        await asyncio.sleep(WATCH_SECONDS)


async def while_watching(work: Awaitable[T], folder: Path, tell: Callable[[int], None]) -> T:
    """Await ``work`` and tell how its folder grows meanwhile."""
    watcher = asyncio.create_task(watch_growth(folder, tell))
    try:
        return await work
    finally:
        watcher.cancel()
        await asyncio.gather(watcher, return_exceptions=True)


def tree_bytes(folder: Path) -> int:
    """Bytes of the CSV files below a folder that the server may be writing right now."""
    return sum(size for _, size in csv_files(folder))


def csv_files(folder: Path) -> list[tuple[Path, int]]:
    """Data files below a folder with their sizes; empty while the folder is not there."""
    found: list[tuple[Path, int]] = []
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".csv"):
                path = Path(parent, name)
                with suppress(FileNotFoundError):
                    found.append((path, path.stat().st_size))
    return sorted(found)
