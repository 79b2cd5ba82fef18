"""Whatever a log holds: parser, places, filter, folding and merging agree with plain loops."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwtui.node.logs import density as logdensity
from kwtui.node.logs import family as logjoin
from kwtui.node.logs import merged
from kwtui.node.logs.density import Density, count_entries
from kwtui.node.logs.family import JoinedLog
from kwtui.node.logs.file import entries as logseek
from kwtui.node.logs.file import search as logsearch
from kwtui.node.logs.file.lines import LogLine
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.folded import FoldedLines
from kwtui.node.logs.format import LogFamily, LogSeverity, line_severity, line_time, parse_entry
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.log_set import LogSet
from kwtui.node.logs.source import LineSource

START = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
slow = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def header(seconds: float, severity: str = "I", source: str = "a/b.go:1", text: str = "x") -> bytes:
    when = START + timedelta(seconds=seconds)
    return f"{severity}{when:%y%m%d %H:%M:%S.%f} 7 {source}  [n1] {text}\n".encode()


headers = st.builds(
    header,
    st.floats(0, 500),
    st.sampled_from("DIWEF"),
    st.sampled_from(["a/b.go:1", "jobs/registry.go:12", "TS.cpp:3"]),
    st.sampled_from(["one", "needle", "温度", "[x] y", ""]),
)
junk = st.one_of(
    st.sampled_from([b"\tframe()\n", b"\n", b"\x00\x00\n", b"needle\n", b"Exception time(UTC):\n"]),
    st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"") + b"\n"),
)
contents = st.lists(st.one_of(headers, junk), max_size=30).map(b"".join)
sorted_files = st.lists(
    st.lists(st.floats(0, 300), max_size=12).map(sorted), min_size=1, max_size=4
)


@given(st.binary(max_size=120))
def test_no_line_breaks_the_parser(line: bytes) -> None:
    text = line.replace(b"\n", b"").decode("utf-8", "surrogateescape")
    entry = parse_entry([text], LogFamily.MAIN)
    start = text.encode("utf-8", "surrogateescape")
    assert entry.severity is line_severity(start[:24])
    assert entry.time == line_time(start[:48])
    assert entry.raw == text


@given(headers)
def test_a_header_is_parsed_into_what_it_was_made_of(line: bytes) -> None:
    entry = parse_entry([line.decode().rstrip("\n")], LogFamily.MAIN)
    assert entry.time is not None
    rebuilt = (
        f"{LogSeverity(entry.severity or 0).letter}{entry.time:%y%m%d %H:%M:%S.%f} {entry.thread}"
        f" {entry.source}  [{entry.tags}] {entry.message}\n"
    )
    assert rebuilt.encode() == line


class Files:
    """Log files of one family in a folder of their own."""

    def __init__(self, parts: Sequence[bytes], family: LogFamily = LogFamily.MAIN) -> None:
        self._folder = TemporaryDirectory()
        self.files = []
        for number, part in enumerate(parts):
            path = Path(self._folder.name) / f"{number}.log"
            path.write_bytes(part)
            when = START + timedelta(seconds=number)
            self.files.append(LogFile(path, family, len(part), when, created=when))

    def joined(self) -> JoinedLog:
        return JoinedLog(self.files)

    def __del__(self) -> None:
        self._folder.cleanup()


def lines_of(parts: Sequence[bytes]) -> list[str]:
    lines = []
    for part in parts:
        pieces = part.split(b"\n")
        lines += pieces[:-1] if pieces[-1] == b"" else pieces
    return [x.removesuffix(b"\r").decode("utf-8", "surrogateescape") for x in lines]


def forward(source: LineSource, place: int, step: int) -> list[LogLine]:
    """All lines from ``place`` on, read in pieces."""
    lines = source.after(place, step)
    while lines and len(more := source.after(lines[-1].offset, step + 1)) > 1:
        lines += more[1:]
    return lines


def backward(source: LineSource, step: int) -> list[LogLine]:
    """All lines, read in pieces from the end."""
    lines = source.tail(step)
    while lines and (more := source.before(lines[0].offset, step)):
        lines = more + lines
    return lines


@slow
@given(st.lists(contents, min_size=1, max_size=4), st.integers(1, 9))
def test_rotated_files_are_one_stream_in_both_directions(parts: list[bytes], step: int) -> None:
    files = Files(parts)
    log = files.joined()
    expected = lines_of(parts)
    assert [x.text for x in forward(log, log.begin, step)] == expected
    found = backward(log, step)
    assert [x.text for x in found] == expected
    places = [x.offset for x in found]
    assert places == sorted(set(places))
    assert b"".join(log.copy(log.begin, log.end)) == b"".join(parts)
    assert log.count_lines(log.begin, log.end) == b"".join(parts).count(b"\n")


@slow
@given(
    st.lists(contents, min_size=1, max_size=3),
    st.sampled_from(["", "needle", "^I26", "x$", "温"]),
    st.sampled_from([None, LogSeverity.WARNING, LogSeverity.FATAL]),
    st.sampled_from(["", "registry", "B.GO:1", "cpp:3"]),
    st.sampled_from(["", "7", "8"]),
    st.booleans(),
    st.integers(30, 400),
)
def test_a_filter_finds_the_entries_that_a_loop_over_all_entries_finds(
    parts: list[bytes],
    text: str,
    severity: LogSeverity | None,
    source: str,
    thread: str,
    backwards: bool,
    chunk: int,
) -> None:
    wanted = LogFilter(severity, source, thread, "n1" if source else "", text=text)
    files = Files(parts)
    log = files.joined()
    expected = []
    for line in forward(log, log.begin, 50):
        if log.entry_start(line.offset) == line.offset:
            entry = log.entry_at(line.offset)
            assert entry is not None
            if wanted.matches(entry):
                expected.append(line.offset)

    async def search() -> list[int]:
        found: list[int] = []
        query = Query(wanted.pattern, wanted, entries=True)
        async for batch in log.search(query, log.begin, log.end, backwards=backwards):
            found += batch.offsets
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logsearch, "CHUNK", chunk)
        found = set(asyncio.run(search()))
    # What matches outside of any entry stands for itself.
    assert {p for p in found if log.entry_start(p) is not None} == set(expected)


@slow
@given(contents, st.integers(1, 60))
def test_entry_starts_and_ends_agree_with_a_loop(content: bytes, block: int) -> None:
    files = Files([content])
    log = files.joined()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logseek, "_BLOCK", block)
        start: int | None = None
        lines = forward(log, log.begin, 50)
        for index, line in enumerate(lines):
            start = line.offset if line.severity is not None else start
            later = [x.offset for x in lines[index + 1 :] if x.severity is not None]
            assert log.entry_start(line.offset) == start
            assert log.entry_end(line.offset) == (later[0] if later else log.end)


@slow
@given(sorted_files, st.floats(-5, 310), st.integers(16, 200))
def test_a_time_is_found_where_a_loop_finds_it(
    times: list[list[float]], when: float, near: int
) -> None:
    flat = sorted(t for file in times for t in file)
    parts, position = [], 0
    for file in times:
        chosen = flat[position : position + len(file)]
        position += len(file)
        parts.append(b"".join(header(t) + b"\tmore\n" * (int(t) % 3) for t in chosen))
    files = Files(parts)
    log = files.joined()
    moment = START + timedelta(seconds=when)
    entries = [x for x in forward(log, log.begin, 50) if x.severity is not None]
    later = [x.offset for x in entries if (log.time_of(x.offset) or START) >= moment]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logseek, "_NEAR", near)
        place = log.at_time(moment)
    expected = later[0] if later else log.end
    assert place == expected or not log.after(place, 1)


@slow
@given(
    st.lists(st.lists(st.tuples(st.floats(0, 60), st.integers(0, 3)), max_size=15), max_size=3),
    st.integers(1, 7),
    st.integers(1, 5),
)
def test_merged_families_lose_and_repeat_nothing_however_one_scrolls(
    families: list[list[tuple[float, int]]], step: int, least: int
) -> None:
    names = [LogFamily.MAIN, LogFamily.ROCKSDB, LogFamily.TS_ENGINE]
    kept = [
        Files([b"".join(header(t, text=f"{n} {t}") + b"\tmore\n" * c for t, c in family)], name)
        for n, (family, name) in enumerate(zip(families or [[]], names, strict=False))
    ]
    kept.append(Files([header(30, text="always")], LogFamily.AUTH))
    logs = LogSet([each.joined() for each in kept])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(merged, "_LEAST", least)
        found = backward(logs.lines, step)
        expected = Counter(
            text for each in kept for text in lines_of([f.path.read_bytes() for f in each.files])
        )
        assert Counter(x.text for x in found) == expected
        for number, log in enumerate(logs.logs):
            own = [x.offset for x in found if logs.inner(x.offset)[0] == number]
            assert own == [logs.outer(number, x.offset) for x in forward(log, log.begin, 50)]
        assert [x.offset for x in forward(logs.lines, found[0].offset, step)] == [
            x.offset for x in found
        ]


@slow
@given(
    st.lists(st.lists(st.floats(0, 60), max_size=15).map(sorted), min_size=2, max_size=3),
    st.integers(1, 7),
)
def test_families_in_order_are_merged_by_time(families: list[list[float]], step: int) -> None:
    names = [LogFamily.MAIN, LogFamily.ROCKSDB, LogFamily.TS_ENGINE]
    kept = [
        Files([b"".join(header(t) for t in family)], name)
        for family, name in zip(families, names, strict=False)
    ]
    logs = LogSet([each.joined() for each in kept])
    times = [logs.lines.time_of(x.offset) for x in backward(logs.lines, step)]
    assert times == sorted(t for t in times if t is not None)


@slow
@given(st.lists(contents, min_size=1, max_size=3), st.integers(1, 9))
def test_folding_hides_the_lines_that_continue_an_entry_and_no_others(
    parts: list[bytes], step: int
) -> None:
    files = Files(parts)
    log = files.joined()
    folded = FoldedLines(log)
    shown = [
        x
        for x in forward(log, log.begin, 50)
        if x.severity is not None or log.entry_start(x.offset) is None
    ]
    found = backward(folded, step)
    assert [x.offset for x in found] == [x.offset for x in shown]
    assert [x.offset for x in forward(folded, log.begin, step)] == [x.offset for x in shown]
    hidden = len(lines_of(parts)) - len(shown)
    assert sum(x.folded for x in found) == hidden


@slow
@given(contents, st.integers(1, 300), st.sampled_from([1, 5, 60]))
def test_the_density_counts_every_entry_once(content: bytes, chunk: int, step: int) -> None:
    files = Files([content])
    file = OpenLog(files.files[0].path)
    expected: Counter[tuple[int, LogSeverity]] = Counter()
    for line in file.lines_after(0, 1000):
        when = line_time(line.text[:48].encode("utf-8", "surrogateescape"))
        if line.severity is not None and when is not None:
            expected[int(when.timestamp()) // step * step, line.severity] += 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(logdensity, "_CHUNK", chunk)
        counts, reached = count_entries(file, 0, file.size, step, 60)
    assert reached == 0
    assert counts == expected
    density = Density(step, Counter(counts))
    density.widen(10)
    assert len(density.bars()) <= 10
    assert sum(bar.entries for bar in density.bars()) == sum(expected.values())


def test_more_rotated_files_than_may_be_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logjoin, "MOST_OPEN", 2)
    parts = [header(n, text=str(n)) for n in range(9)]
    files = Files(parts)
    assert [x.text for x in backward(files.joined(), 4)] == lines_of(parts)


def test_a_pattern_that_is_none_says_so() -> None:
    with pytest.raises(Exception, match="not a regular expression"):
        _ = LogFilter(text="(").pattern
    assert re.compile("a").flags == LogFilter(text="a").pattern.flags & ~re.IGNORECASE  # type: ignore[union-attr]
