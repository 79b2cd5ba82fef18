"""Following a log as a person does who watches a node at work: through whatever happens to it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.file import search as logsearch
from kwtui.node.logs.file.follower import LogEvent, LogFollower, SearchProgress
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.format import LogSeverity
from tests.node.growing import joined
from tests.node.samples import FATAL, main_log

LINE = "I261122 08:20:17.803162 19135 jobs/registry.go:1201  [n1] {}\n"


@asynccontextmanager
async def following(path: Path) -> AsyncIterator[LogFollower]:
    follower = LogFollower(path, poll_seconds=0.01)
    await follower.open()
    try:
        yield follower
    finally:
        await follower.close()


async def until(follower: LogFollower, condition: Callable[[], bool]) -> set[LogEvent]:
    """Wait for events until the condition holds; the events that were seen."""
    seen: set[LogEvent] = set()
    changes = follower.changes()
    async with asyncio.timeout(10):
        while not condition():
            seen.add(await anext(changes))
    return seen


async def indexed(follower: LogFollower) -> None:
    await until(follower, lambda: follower.state.lines is not None)


def texts(follower: LogFollower, count: int = 100) -> list[str]:
    return [line.text for line in tail(follower, count)]


def tail(follower: LogFollower, count: int) -> list[LogLine]:
    """The last lines, read as `JoinedLog` does."""
    file = follower.file
    return file.lines_before(file.size, count) if file else []


@asynccontextmanager
async def reading(path: Path) -> AsyncIterator[JoinedLog]:
    """The log of which the file is the only one."""
    (log,) = joined(path.parent)
    await log.open()
    try:
        yield log
    finally:
        await log.close()


def append(path: Path, text: str) -> None:
    with path.open("a") as file:
        file.write(text)


async def test_the_real_main_log_is_shown_line_by_line(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(main_log())
    expected = [
        line.removesuffix(b"\r").decode("utf-8", "surrogateescape")
        for line in main_log().split(b"\n")[:-1]
    ]
    async with following(log) as follower:
        assert texts(follower, 5) == expected[-5:]
        await indexed(follower)
        assert follower.state.lines == len(expected)
    async with reading(log) as whole:
        lines = whole.after(whole.begin, len(expected) + 5)
        assert [x.text for x in lines] == expected
        assert whole.count_lines(whole.begin, whole.end) == len(expected)
        for number in (0, 1, 1000, len(expected) - 1):
            assert whole.after(lines[number].offset, 1)[0].text == expected[number]
        middle = lines[2000].offset
        assert [x.text for x in whole.before(middle, 3)] == expected[1997:2000]
        assert [x.text for x in whole.after(middle, 2)] == expected[2000:2002]


async def test_a_stack_trace_belongs_to_its_entry(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(FATAL.read_bytes())
    async with reading(log) as whole:
        last = whole.tail(1)[0]
        assert last.text == "community."
        entry = whole.entry_at(last.offset)
        assert entry is not None
        assert entry.severity is LogSeverity.FATAL
        assert "while committing batch: IO error" in entry.message
        assert any("goroutine 100 [running]" in line for line in entry.continuation)
        assert entry.continuation[-1] == "community."


async def test_new_lines_appear_as_they_are_written(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text(LINE.format("one"))
    async with following(log) as follower:
        append(log, LINE.format("two"))
        seen = await until(follower, lambda: len(texts(follower)) == 2)
        assert LogEvent.GREW in seen
        assert tail(follower, 1)[0].severity is LogSeverity.INFO
        await indexed(follower)
        assert follower.state.lines == 2


async def test_half_a_line_is_shown_as_half_and_then_whole(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text("whole\nhal")
    async with following(log) as follower:
        assert [(x.text, x.partial) for x in tail(follower, 9)] == [("whole", False), ("hal", True)]
        append(log, "f\n")
        await until(follower, lambda: texts(follower) == ["whole", "half"])
        assert not tail(follower, 1)[0].partial


async def test_rotation_by_a_new_file_and_a_switched_link(tmp_path: Path) -> None:
    first, second = tmp_path / "kwbase.a.log", tmp_path / "kwbase.b.log"
    first.write_text("old\n")
    link = tmp_path / "kwbase.log"
    link.symlink_to(first.name)
    async with following(link) as follower:
        assert texts(follower) == ["old"]
        second.write_text("new\n")
        aside = tmp_path / "aside"
        aside.symlink_to(second.name)
        aside.replace(link)
        seen = await until(follower, lambda: texts(follower) == ["new"])
        assert LogEvent.RESTARTED in seen
        assert follower.state.note == "rotated to kwbase.b.log"


async def test_rotation_by_rename(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text("old\n")
    async with following(log) as follower:
        log.rename(tmp_path / "kwbase.log.1")
        await until(follower, lambda: not follower.state.present)
        assert texts(follower) == ["old"], "what was there stays readable"
        assert "gone" in follower.state.note
        changes = follower.changes()
        log.write_text("new\n")
        async with asyncio.timeout(10):
            assert LogEvent.RESTARTED in [await anext(changes), await anext(changes)]
        await until(follower, lambda: texts(follower) == ["new"])


@pytest.mark.parametrize("rewritten", ["x\n", "longer than before, but another file\n"])
async def test_truncation_in_place(tmp_path: Path, rewritten: str) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text("line one\nline two\n")
    async with following(log) as follower:
        log.write_text(rewritten)
        seen = await until(
            follower,
            lambda: "began anew" in follower.state.note and texts(follower) == [rewritten.strip()],
        )
        assert LogEvent.RESTARTED in seen


async def test_the_folder_vanishes_and_comes_back(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    log = folder / "kwbase.log"
    log.write_text("old\n")
    async with following(log) as follower:
        folder.rename(tmp_path / "away")
        await until(follower, lambda: not follower.state.present)
        (tmp_path / "away").rename(folder)
        await until(follower, lambda: follower.state.present)
        assert texts(follower) == ["old"]


async def test_an_empty_file(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.touch()
    async with following(log) as follower:
        assert tail(follower, 5) == []
        assert follower.state.lines == 0
        append(log, "first\n")
        await until(follower, lambda: texts(follower) == ["first"])


async def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        await LogFollower(tmp_path / "kwbase.log").open()
    assert caught.value.exit_code is ExitCode.NOT_FOUND


async def test_a_line_of_ten_megabytes_is_cut_not_read(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(b"before\n" + b"x" * 10_000_000 + b"\nafter\n")
    async with following(log) as follower:
        before, long, after = tail(follower, 3)
        assert (before.text, after.text) == ("before", "after")
        assert long.cut + len(long.text) == long.bytes == 10_000_001
        assert len(long.text) < 20_000
        assert not long.partial


async def test_nul_bytes_and_bytes_that_are_no_text(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(b"\x00\x00\xff\xfe\x1b[31m\r\nnext\n")
    async with following(log) as follower:
        assert texts(follower) == ["\x00\x00\udcff\udcfe\x1b[31m", "next"]


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
    monkeypatch.setattr(logsearch, "CHUNK", chunk)
    content = main_log()[:300_000] + FATAL.read_bytes() + "I: 温度 export ✓".encode()
    log = tmp_path / "kwbase.log"
    log.write_bytes(content)
    compiled = re.compile(pattern, flags)
    expected, offset = [], 0
    for line in content.split(b"\n"):
        if line and compiled.search(line.decode("utf-8", "surrogateescape")):
            expected.append(offset)
        offset += len(line) + 1
    async with reading(log) as whole:
        assert await collect(whole.search(Query(compiled), whole.begin, whole.end)) == expected


async def test_filter_by_severity_and_search_within_it(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(FATAL.read_bytes())
    lines = FATAL.read_bytes().split(b"\n")
    warnings = sum(line[:3] in (b"W26", b"E26", b"F26") for line in lines)
    async with reading(log) as whole:

        async def find(query: Query) -> list[int]:
            return await collect(whole.search(query, whole.begin, whole.end))

        found = await find(Query(wanted=LogFilter(LogSeverity.WARNING)))
        assert len(found) == warnings
        (fatal,) = await find(Query(wanted=LogFilter(LogSeverity.FATAL)))
        assert whole.after(fatal, 1)[0].text.startswith("F261122")
        # A stack trace is as severe as the entry that it belongs to.
        frames = await find(Query(re.compile("processReady"), LogFilter(LogSeverity.FATAL)))
        assert len(frames) == 2
        assert min(frames) > fatal


async def test_a_search_goes_on_where_it_ended(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text(LINE.format("needle"))
    async with reading(log) as whole:
        ended, grew = whole.end, asyncio.Event()
        whole.listen(lambda event: grew.set() if event is LogEvent.GREW else None)
        append(log, LINE.format("another needle"))
        async with asyncio.timeout(10):
            await grew.wait()
        needle = Query(re.compile("needle"))
        assert await collect(whole.search(needle, ended, whole.end)) == [ended]


async def test_a_search_stops_at_its_limit_and_when_cancelled(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text("needle\n" * 1000)
    async with reading(log) as whole:
        whole_log = Query(re.compile("needle")), whole.begin, whole.end
        (progress,) = [p async for p in whole.search(*whole_log, limit=10)]
        assert (len(progress.offsets), progress.limited, progress.done) == (10, True, True)
        cancel = asyncio.Event()
        cancel.set()
        found = [p async for p in whole.search(*whole_log, cancel=cancel)]
        assert found == []


async def test_closing_ends_every_watcher(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text("x\n")
    follower = LogFollower(log)
    await follower.open()
    changes = follower.changes()

    async def watch_to_the_end() -> int:
        return sum([1 async for _ in changes])

    watching = asyncio.create_task(watch_to_the_end())
    await follower.close()
    async with asyncio.timeout(5):
        await watching
    assert follower.file is None
