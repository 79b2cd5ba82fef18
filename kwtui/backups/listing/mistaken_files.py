"""Files of an export that are named like data and are none: packed and renamed, a workbook, …"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from kwtui.backups.csv.signatures import LONGEST, what_it_is
from kwtui.backups.listing.shape import TreeShape, TreeTable, UnreadFile
from kwtui.files.foreign.reading import read_start


def without_disguised(shape: TreeShape) -> TreeShape:
    """The tree with these among what is not read. Reads the beginning of each data file.

    A file that cannot be read stays, for the check to name.
    """
    found = {file.path: file for table in shape.tables for file in _disguised(shape.root, table)}
    if not found:
        return shape
    tables = tuple(
        replace(table, files=tuple(f for f in table.files if f.path not in found))
        for table in shape.tables
    )
    return replace(
        shape,
        # A folder of which nothing else is known is no table.
        tables=tuple(t for t in tables if t.files or t.meta is not None or t.problem),
        unread=(*shape.unread, *found.values()),
    )


def _disguised(root: Path, table: TreeTable) -> Iterator[UnreadFile]:
    for file in table.files:
        try:
            why = what_it_is(read_start(root / file.path, LONGEST))
        except OSError:
            continue
        if why:
            yield UnreadFile(file.path, why, file.bytes)
