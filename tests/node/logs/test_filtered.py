"""What a filter leaves of a log: its lines, each read about once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.filtered import PickedEntries
from kwtui.node.logs.source import LineSource
from tests.node.growing import GrowingFolder, line, streaming

ENTRIES = 600
FRAMES = (0, 0, 2, 0, 11)
"""How many lines continue each entry, over and over."""


class Counted:
    """A log that counts the lines that are read of it."""

    def __init__(self, log: LineSource) -> None:
        self._log = log
        self.read = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def after(self, place: int, count: int) -> list[LogLine]:
        return self._counted(self._log.after(place, count))

    def before(self, place: int, count: int) -> list[LogLine]:
        return self._counted(self._log.before(place, count))

    def _counted(self, lines: list[LogLine]) -> list[LogLine]:
        self.read += len(lines)
        return lines


@pytest.mark.parametrize("count", [1, 3, 250])
async def test_the_lines_of_its_entries_come_without_reading_the_others(
    tmp_path: Path, count: int
) -> None:
    folder = GrowingFolder(tmp_path)
    for number in range(2):
        folder.new_file(
            *(
                line(number * ENTRIES + n, f"{number} {n}") + "\tframe\n" * FRAMES[n % len(FRAMES)]
                for n in range(ENTRIES)
            )
        )
    async with streaming(folder.folder) as stream:
        log = stream.set.logs[0]
        everything = log.after(log.begin, 100_000)
        starts = [x.offset for x in everything if x.severity is not None]
        assert len(starts) == 2 * ENTRIES
        kept = set(starts[::2])
        owner = 0
        expected = []
        for each in everything:
            owner = each.offset if each.severity is not None else owner
            expected += [each] if owner in kept else []
        source = Counted(log)
        picked = PickedEntries(source)
        picked.entries.add(sorted(kept))

        for place in (0, 500, 1200, len(expected) - count - 1):
            assert picked.after(expected[place].offset, count) == expected[place:][:count]
            assert picked.before(expected[place].offset, count) == expected[:place][-count:]
        assert picked.tail(count) == expected[-count:]

        # Of an entry with frames some more lines are read than it has.
        assert source.read < 9 * 4 * count
