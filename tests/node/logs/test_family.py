"""Following a log as a person does who watches a node at work: through whatever happens to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.file import search
from kwtui.node.logs.file.follower import LogEvent, LogFollower
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.search import SearchProgress
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.format import LogFamily, LogSeverity
from kwtui.node.logs.listing import LogFile
from tests.node.samples import FATAL, main_log

LINE = "I261122 08:20:17.803162 19135 jobs/registry.go:1201  [n1] {}\n"


def joined(path: Path) -> JoinedLog:
    size = path.stat().st_size if path.exists() else 0
    file = LogFile(path, LogFamily.MAIN, size, datetime.now(UTC), link=path)
    return JoinedLog([file], poll_seconds=0.01)


@asynccontextmanager
async def following(path: Path) -> AsyncIterator[JoinedLog]:
    log = joined(path)
    await log.open()
    try:
        yield log
    finally:
        await log.close()


async def until(log: JoinedLog, condition: Callable[[], bool]) -> set[LogEvent]:
    """Wait for events until the condition holds; the events that were seen."""
    seen: set[LogEvent] = set()
    more = asyncio.Event()

    def heard(event: LogEvent) -> None:
        seen.add(event)
        more.set()

    forget = log.listen(heard)
    async with asyncio.timeout(10):
        while not condition():
            await more.wait()
            more.clear()
    forget()
    return seen


def texts(log: JoinedLog, count: int = 100) -> list[str]:
    return [line.text for line in log.tail(count)]


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


async def test_the_real_main_log_is_shown_line_by_line(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_bytes(main_log())
    expected = [
        line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        for line in main_log().split(b"\n")[:-1]
    ]
    async with following(path) as log:
        assert texts(log, 5) == expected[-5:]
        whole = log.tail(len(expected) + 5)
        assert [x.text for x in whole] == expected
        assert [x.text for x in log.before(whole[2000].offset, 3)] == expected[1997:2000]
        assert [x.text for x in log.after(whole[2000].offset, 2)] == expected[2000:2002]


async def test_a_stack_trace_belongs_to_its_entry(tmp_path: Path) -> None:
    async with following(FATAL) as log:
        last = log.tail(1)[0]
        assert last.text == "community."
        entry = log.entry_at(last.offset)
        assert entry is not None
        assert entry.severity is LogSeverity.FATAL
        assert "while committing batch: IO error" in entry.message
        assert any("goroutine 100 [running]" in line for line in entry.continuation)
        assert entry.continuation[-1] == "community."


async def test_new_lines_appear_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text(LINE.format("one"))
    async with following(path) as log:
        append(path, LINE.format("two"))
        seen = await until(log, lambda: len(texts(log)) == 2)
        assert LogEvent.GREW in seen
        assert log.tail(1)[0].severity is LogSeverity.INFO


async def test_half_a_line_is_shown_as_half_and_then_whole(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text("whole\nhal")
    async with following(path) as log:
        assert [(x.text, x.partial) for x in log.tail(9)] == [("whole", False), ("hal", True)]
        append(path, "f\n")
        await until(log, lambda: texts(log) == ["whole", "half"])
        assert not log.tail(1)[0].partial


async def test_rotation_by_a_new_file_and_a_switched_link(tmp_path: Path) -> None:
    first, second = tmp_path / "kwbase.a.log", tmp_path / "kwbase.b.log"
    first.write_text("old\n")
    link = tmp_path / "kwbase.log"
    link.symlink_to(first.name)
    async with following(link) as log:
        assert texts(log) == ["old"]
        second.write_text("new\n")
        aside = tmp_path / "aside"
        aside.symlink_to(second.name)
        aside.replace(link)
        seen = await until(log, lambda: texts(log) == ["old", "new"])
        assert LogEvent.ROTATED in seen
        assert log.state.note == "rotated to kwbase.b.log"


async def test_rotation_by_rename(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text("old\n")
    async with following(path) as log:
        path.rename(tmp_path / "kwbase.log.1")
        await until(log, lambda: not log.state.present)
        assert texts(log) == ["old"], "what was there stays readable"
        assert "gone" in log.state.note
        path.write_text("new\n")
        assert LogEvent.ROTATED in await until(log, lambda: texts(log) == ["old", "new"])


@pytest.mark.parametrize("rewritten", ["x\n", "longer than before, but another file\n"])
async def test_truncation_in_place(tmp_path: Path, rewritten: str) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text("line one\nline two\n")
    async with following(path) as log:
        path.write_text(rewritten)
        seen = await until(
            log,
            lambda: "began anew" in log.state.note and texts(log) == [rewritten.strip()],
        )
        assert LogEvent.RESTARTED in seen


async def test_the_folder_vanishes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "kwbase.log"
    path.write_text("old\n")
    async with following(path) as log:
        folder.rename(tmp_path / "away")
        await until(log, lambda: not log.state.present)
        (tmp_path / "away").rename(folder)
        await until(log, lambda: log.state.present)
        assert texts(log) == ["old"]


async def test_an_empty_file(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.touch()
    async with following(path) as log:
        assert log.tail(5) == []
        append(path, "first\n")
        await until(log, lambda: texts(log) == ["first"])


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        await joined(tmp_path / "kwbase.log").open()
    assert caught.value.exit_code is ExitCode.NOT_FOUND


async def test_a_line_of_ten_megabytes_is_cut_not_read(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_bytes(b"before\n" + b"x" * 10_000_000 + b"\nafter\n")
    async with following(path) as log:
        before, long, after = log.tail(3)
        assert (before.text, after.text) == ("before", "after")
        assert long.cut + len(long.text) == long.bytes == 10_000_001
        assert len(long.text) < 20_000
        assert not long.partial


async def test_nul_bytes_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_bytes(b"\x00\x00\xff\xfe\x1b[31m\r\nnext\n")
    async with following(path) as log:
        assert texts(log) == ["\x00\x00\udcff\udcfe\x1b[31m", "next"]


async def collect(stream: AsyncIterator[SearchProgress]) -> list[int]:
    offsets: list[int] = []
    last: SearchProgress | None = None
    async for progress in stream:
        offsets += progress.offsets
        last = progress
    assert last is not None
    assert last.done
    return offsets


@pytest.mark.parametrize("chunk", [1 << 18, 1 << 12])
@pytest.mark.parametrize(
    "pattern",
    ["import", "IMPORT TABLE", r"job \d+:.*error", r"^E26", r"rows?\b", "温", "[✓x]", r"batch$"],
)
@pytest.mark.parametrize("flags", [0, re.IGNORECASE])
async def test_search_finds_the_lines_that_a_loop_over_all_lines_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, flags: int, chunk: int
) -> None:
    monkeypatch.setattr(search, "CHUNK", chunk)
    content = main_log()[:300_000] + FATAL.read_bytes() + "I: 温度 export ✓".encode()
    path = tmp_path / "kwbase.log"
    path.write_bytes(content)
    compiled = re.compile(pattern, flags)
    expected, offset = [], 0
    for line in content.split(b"\n"):
        if line and compiled.search(line.decode("utf-8", "surrogateescape")):
            expected.append(offset)
        offset += len(line) + 1
    async with following(path) as log:
        assert await collect(log.search(Query(compiled), log.begin, log.end)) == expected


async def test_filter_by_severity_and_search_within_it(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_bytes(FATAL.read_bytes())
    lines = FATAL.read_bytes().split(b"\n")
    warnings = sum(line[:3] in (b"W26", b"E26", b"F26") for line in lines)
    async with following(path) as log:
        whole = (log.begin, log.end)

        def entries(severity: LogSeverity) -> Query:
            wanted = LogFilter(severity)
            return Query(wanted.pattern, wanted, entries=True)

        assert len(await collect(log.search(entries(LogSeverity.WARNING), *whole))) == warnings
        (fatal,) = await collect(log.search(entries(LogSeverity.FATAL), *whole))
        assert log.after(fatal, 1)[0].text.startswith("F261122")
        # A stack trace is as severe as the entry that it belongs to.
        within = Query(re.compile("processReady"), LogFilter(LogSeverity.FATAL))
        frames = await collect(log.search(within, *whole))
        assert len(frames) == 2
        assert min(frames) > fatal


async def test_a_search_goes_on_where_it_ended(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text(LINE.format("needle"))
    async with following(path) as log:
        end = log.end
        append(path, LINE.format("another needle"))
        await until(log, lambda: log.end > end)
        assert await collect(log.search(Query(re.compile("needle")), end, log.end)) == [end]


async def test_a_search_stops_at_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text("needle\n" * 1000)
    async with following(path) as log:
        found = log.search(Query(re.compile("needle")), log.begin, log.end, limit=10)
        (progress,) = [p async for p in found]
        assert (len(progress.offsets), progress.limited, progress.done) == (10, True, True)


async def test_closing_ends_every_watcher(tmp_path: Path) -> None:
    path = tmp_path / "kwbase.log"
    path.write_text("x\n")
    follower = LogFollower(path)
    await follower.open()
    changes = follower.changes()

    async def watch_to_the_end() -> int:
        return sum([1 async for _ in changes])

    watching = asyncio.create_task(watch_to_the_end())
    await follower.close()
    async with asyncio.timeout(5):
        await watching
    assert follower.file is None
