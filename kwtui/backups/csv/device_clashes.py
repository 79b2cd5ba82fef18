"""Devices of a time-series table that KWDB may take for one.

KWDB sorts the rows of an IMPORT, and in some versions those of one INSERT, by the texts of their
primary tags joined without anything between them (public source, import_time_series_proc.go):
the devices 1, 11 and 11, 1 are then one, and all their rows go to whichever came first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kwtui.backups.csv.reading import Record


def joined(record: Record, positions: Sequence[int]) -> str:
    return "".join(record[position] or "" for position in positions)


def first_clash(records: Iterable[Record], positions: Sequence[int]) -> tuple[str, str] | None:
    """Two devices that are one when joined, each as ``1, 11``; memory grows with the devices."""
    seen: dict[str, tuple[str | None, ...]] = {}
    for record in records:
        tags = tuple(record[position] for position in positions)
        other = seen.setdefault(joined(record, positions), tags)
        if other != tags:
            return _words(other), _words(tags)
    return None


def without_clashes(batch: Sequence[Record], positions: Sequence[int]) -> Iterator[list[Record]]:
    """The batch in its order, cut wherever a device would meet another that joins to the same."""
    part: list[Record] = []
    seen: dict[str, tuple[str | None, ...]] = {}
    for record in batch:
        tags = tuple(record[position] for position in positions)
        if seen.setdefault(joined(record, positions), tags) != tags:
            yield part
            part, seen = [], {joined(record, positions): tags}
        part.append(record)
    if part:
        yield part


def _words(tags: Sequence[str | None]) -> str:
    return ", ".join("NULL" if tag is None else tag for tag in tags)
