"""What disks, writers and clocks do to a log while it is read: nothing is lost or hangs."""

from __future__ import annotations

import asyncio
import os
import re
import time
from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.folded import FoldedLines
from kwtui.node.logs.format import LogSeverity
from tests.node.growing import START, GrowingFolder, line, streaming, texts, until

HOLE = 1 << 28


@pytest.fixture
def folder(tmp_path: Path) -> GrowingFolder:
    return GrowingFolder(tmp_path / "logs")


async def test_a_hole_of_many_megabytes_as_truncation_under_a_writer_leaves_it(
    folder: GrowingFolder,
) -> None:
    path = folder.new_file(line(1, "before"))
    with path.open("r+b") as file:
        file.seek(HOLE)
        file.write(b"\n" + line(2, "after").encode())
    async with streaming(folder.folder) as stream:
        began = time.monotonic()
        before, hole, after = stream.lines.tail(10)
        assert (before.text[-6:], after.text[-5:]) == ("before", "after")
        assert hole.cut + len(hole.text) == hole.bytes == HOLE - len(line(1, "before")) + 1
        when = stream.lines.time_of(after.offset)
        assert when is not None
        assert stream.set.at_time(when) == after.offset
        folded = FoldedLines(stream.lines)
        assert folded.tail(5)
        await stream.show(LogFilter(text="after"))
        assert texts(stream) == ["after"]
        await stream.search(re.compile("after"))
        assert stream.hits is not None
        assert len(stream.hits) == 1
        assert time.monotonic() - began < 30


async def test_lines_of_megabytes_between_entries(folder: GrowingFolder) -> None:
    folder.new_file(
        line(1, "one", "E"), "x" * 5_000_000 + "needle\n", line(2, "y" * 2_000_000, "W")
    )
    async with streaming(folder.folder) as stream:
        assert [len(x.text) < 20_000 for x in stream.lines.tail(3)] == [True] * 3
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert len(stream.hits) == 1
        await stream.show(LogFilter(LogSeverity.ERROR))
        lines = stream.lines.tail(5)
        assert [x.bytes for x in lines] == [len(line(1, "one", "E")), 5_000_007]
        kept = b"".join(stream.set.chunks())
        assert len(kept) == sum(x.bytes for x in lines), "nothing is cut when it is saved"


async def test_control_bytes_and_bytes_that_are_no_text(folder: GrowingFolder) -> None:
    path = folder.new_file()
    odd = b"I261122 08:00:01.000000 7 a.go:1  [n1] \x1b[2J\x00\xff\xfe\r\rodd \x85 end\r\n"
    path.write_bytes(odd + line(2, "温度 ✓").encode())
    async with streaming(folder.folder) as stream:
        await stream.show(LogFilter(text="odd"))
        (found,) = stream.lines.tail(5)
        assert found.text.encode("utf-8", "surrogateescape") == odd.removesuffix(b"\r\n")
        await stream.show(LogFilter(text="温度"))
        assert texts(stream) == ["温度 ✓"]


async def test_a_filter_and_a_search_while_the_log_grows_and_rotates(
    folder: GrowingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwtui.node.logs.file.search.CHUNK", 1 << 10)
    monkeypatch.setattr("kwtui.node.logs.family._SEARCH_SECONDS", 0.0)
    folder.new_file(*(line(n, f"needle {n}") for n in range(500)))
    async with streaming(folder.folder) as stream:

        async def grow() -> None:
            for n in range(500, 700):
                if n == 600:
                    folder.new_file()
                folder.write(line(n, f"needle {n}"))
                if n % 10 == 0:
                    await asyncio.sleep(0)

        await asyncio.gather(stream.show(LogFilter(text="needle")), grow())
        await until(stream, lambda: len(texts(stream)) == 700)
        assert texts(stream) == [f"needle {n}" for n in range(700)]
        more = asyncio.create_task(stream.search(re.compile("needle")))
        folder.write(line(700, "needle 700"))
        await more
        await until(stream, lambda: stream.hits is not None and len(stream.hits) == 701)


async def test_growth_while_the_file_is_read(folder: GrowingFolder) -> None:
    count = 5_000
    folder.new_file(*(line(n, f"line {n}") for n in range(count)))
    async with streaming(folder.folder) as stream:
        for n in range(200):
            folder.write(line(count + n, f"line {count + n}"))
            if n % 20 == 0:
                await asyncio.sleep(0.001)
        log = stream.set.logs[0]
        await until(stream, lambda: len(texts(stream, 10_000)) == count + 200)
        assert log.count_lines(log.begin, log.end) == count + 200


async def test_a_folder_that_vanishes_and_comes_back(tmp_path: Path) -> None:
    folder = GrowingFolder(tmp_path / "logs")
    folder.new_file(line(1, "one"))
    async with streaming(folder.folder) as stream:
        folder.folder.rename(tmp_path / "away")
        await until(stream, lambda: "is gone" in stream.note)
        assert texts(stream) == ["one"], "what was there stays readable"
        (tmp_path / "away").rename(folder.folder)
        folder.write(line(2, "two"))
        await until(stream, lambda: texts(stream) == ["one", "two"])


async def test_a_clock_that_was_set_back_loses_no_line(folder: GrowingFolder) -> None:
    times = [*range(100, 200), *range(50, 150)]
    folder.new_file(*(line(t, f"main {n}") for n, t in enumerate(times)))
    folder.new_file(*(line(t, f"other {t}") for t in range(60, 220, 7)), program="kwbase-rocksdb")
    async with streaming(folder.folder) as stream:
        whole = texts(stream)
        assert [t for t in whole if t.startswith("main")] == [f"main {n}" for n in range(200)]
        assert len(whole) == 200 + len(range(60, 220, 7))
        place = stream.set.at_time(START + timedelta(seconds=120))
        assert place is not None
        around = [*stream.lines.before(place, 1000), *stream.lines.after(place, 1000)]
        assert sorted(x.text for x in around) == sorted(x.text for x in stream.lines.tail(1000))


async def test_a_log_that_may_not_be_read_says_so(folder: GrowingFolder) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    folder.new_file(line(1, "one")).chmod(0)
    with pytest.raises(Exception, match="cannot be read"):
        async with streaming(folder.folder):
            pass
