"""The devices of a time series: one set of tags for each value of the primary tags. Pure.

A device outlives its readings, and may never have had one: SELECT, EXPORT and IMPORT do not know it
then (live-findings, row 33).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kwtui.server.connection.results import ResultSet

Tags = tuple[str | None, ...]
"""A device's tag values as the server's text, in the order of the tags."""


@dataclass(frozen=True)
class Devices:
    count: int
    """All of them."""
    silent: tuple[Tags, ...]
    """Those without readings."""


def devices(
    known: ResultSet, heard: ResultSet, tags: Sequence[str], primary: Sequence[str]
) -> Devices:
    """SHOW TAG VALUES against the rows of each device (recordings 17 and 20)."""
    places = [tags.index(name) for name in primary]
    with_readings = {tuple(row[: len(primary)]) for row in heard.rows}
    everyone = in_order(known, tags)
    silent = (row for row in everyone if tuple(row[place] for place in places) not in with_readings)
    return Devices(len(everyone), tuple(silent))


def in_order(known: ResultSet, tags: Sequence[str]) -> list[Tags]:
    """SHOW TAG VALUES with its columns in this order."""
    places = [known.names.index(name) for name in tags]
    return [tuple(row[place] for place in places) for row in known.rows]
