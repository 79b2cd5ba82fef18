"""A person reads a node's log while the node works: joined, merged, filtered, searched."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.node.logs import stream as logstream
from kwtui.node.logs.file import match_process
from kwtui.node.logs.filter import LogFilter, parse_filter
from kwtui.node.logs.format import LogFamily, LogSeverity
from kwtui.node.logs.stream import LogStream
from tests.node.growing import START, GrowingFolder, joined, line, streaming, texts, until
from tests.node.samples import log_folder


@pytest.fixture
def folder(tmp_path: Path) -> GrowingFolder:
    return GrowingFolder(tmp_path / "logs")


# -- rotation -----------------------------------------------------------------------------------


async def test_what_was_before_a_rotation_stays_and_what_comes_follows(
    folder: GrowingFolder,
) -> None:
    folder.new_file(line(1, "one"))
    async with streaming(folder.folder) as stream:
        first = stream.lines.tail(1)[0]
        folder.new_file(line(2, "two"))
        await until(stream, lambda: texts(stream) == ["one", "two"])
        folder.write(line(3, "three"))
        await until(stream, lambda: texts(stream) == ["one", "two", "three"])
        assert stream.lines.after(first.offset, 1) == [first], "its place is its own"
        assert not stream.replaced


async def test_files_that_came_and_went_between_two_looks_are_not_lost(
    folder: GrowingFolder,
) -> None:
    folder.new_file(line(1, "one"))
    async with streaming(folder.folder) as stream:
        folder.new_file(line(2, "two"))
        folder.new_file(line(3, "three"))
        folder.new_file(line(4, "four"))
        await until(stream, lambda: texts(stream) == ["one", "two", "three", "four"])


async def test_rotation_by_rename_keeps_the_old_lines(tmp_path: Path) -> None:
    log = tmp_path / "kwbase.log"
    log.write_text(line(1, "one"))
    async with streaming(tmp_path) as stream:
        log.rename(tmp_path / "kwbase.log.1")
        log.write_text(line(2, "two"))
        await until(stream, lambda: texts(stream) == ["one", "two"])


async def test_a_removed_rotated_file_leaves_the_rest(folder: GrowingFolder) -> None:
    oldest = folder.new_file(line(1, "one"))
    folder.new_file(line(2, "two"))
    async with streaming(folder.folder) as stream:
        oldest.unlink()
        assert texts(stream) == ["two"]
        await stream.show(LogFilter(text="t"))
        assert texts(stream) == ["two"]


async def test_a_truncated_file_takes_its_hits_along(folder: GrowingFolder) -> None:
    folder.new_file(line(0, "a needle of old"))
    path = folder.new_file(line(1, "needle one"), line(2, "needle two"))
    async with streaming(folder.folder) as stream:
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert len(stream.hits) == 3
        path.write_text(line(9, "needle new"))
        await until(stream, lambda: texts(stream) == ["a needle of old", "needle new"])
        await until(stream, lambda: stream.hits is not None and len(stream.hits) == 2)
        assert stream.replaced


# -- several families -----------------------------------------------------------------------------


async def test_families_are_shown_by_time_while_both_grow(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "main one"), line(5, "main two"), "\tframe\n")
    folder.new_file(line(3, "storage one"), program="kwbase-rocksdb")
    async with streaming(folder.folder) as stream:
        assert texts(stream) == ["main one", "storage one", "main two", "\tframe"]
        assert [x.family for x in stream.lines.tail(3)] == [
            LogFamily.ROCKSDB,
            LogFamily.MAIN,
            LogFamily.MAIN,
        ]
        folder.write(line(7, "storage two"), program="kwbase-rocksdb")
        await until(stream, lambda: texts(stream)[-1] == "storage two")
        folder.write(line(8, "half")[:-1])
        folder.write(line(9, "storage three"), program="kwbase-rocksdb")
        await until(stream, lambda: texts(stream)[-1] == "storage three")
        folder.write(" and whole\n")
        await until(stream, lambda: texts(stream)[-1] == "half and whole")
        assert len(texts(stream)) == 7


async def test_a_family_that_cannot_be_opened_is_left_out_and_named(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "one"))
    path = folder.new_file(line(2, "two"), program="kwbase-auth")
    logs = joined(folder.folder)
    path.unlink()
    stream = LogStream(logs)
    await stream.open()
    assert texts(stream) == ["one"]
    assert "kwbase-auth.log" in stream.notes[0]
    await stream.close()


async def test_no_family_at_all_is_an_error(folder: GrowingFolder) -> None:
    path = folder.new_file(line(1, "one"))
    logs = joined(folder.folder)
    path.unlink()
    with pytest.raises(KwtuiError, match="was not found"):
        await LogStream(logs).open()


async def test_jumping_to_a_time_in_the_real_logs_of_a_node(tmp_path: Path) -> None:
    async with streaming(log_folder(tmp_path / "logs")) as stream:
        assert len(stream.set.families) == 3
        moment = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)
        place = stream.set.at_time(moment)
        assert place is not None
        time = stream.lines.time_of(place)
        before = stream.lines.before(place, 1)[0]
        assert time is not None
        assert time >= moment
        assert (stream.lines.time_of(before.offset) or time) < moment
        assert stream.set.at_time(datetime(2027, 1, 1, tzinfo=UTC)) is None


# -- filter and search ----------------------------------------------------------------------------


async def test_a_filter_goes_on_with_what_comes(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "bad", "E"), "\tframe\n", line(2, "good"))
    folder.new_file(line(3, "worse", "F"), line(4, "good"))
    async with streaming(folder.folder) as stream:
        await stream.show(LogFilter(LogSeverity.ERROR))
        assert texts(stream) == ["bad", "\tframe", "worse"]
        folder.write(line(5, "good"), line(6, "bad again", "E"))
        await until(stream, lambda: texts(stream)[-1] == "bad again")
        folder.new_file(line(7, "bad in a new file", "E"))
        await until(stream, lambda: texts(stream)[-1] == "bad in a new file")
        await stream.show(LogFilter())
        assert len(texts(stream)) == 8


async def test_every_kind_of_filter(folder: GrowingFolder) -> None:
    folder.new_file(
        line(1, "one", source="jobs/registry.go:12"),
        "I261122 08:00:02.000000 99 a.go:1  [n1,client=10.0.0.1:5] two\n",
        line(3, "three"),
        "caused by a needle\n",
        line(4, "four"),
    )
    cases = {
        "file:registry": ["one"],
        "file:REGISTRY.GO:12": ["one"],
        "goroutine:99": ["two"],
        "tag:client=10": ["two"],
        "needle": ["three", "caused by a needle"],
        "since:08:00:03": ["three", "caused by a needle", "four"],
        "until:08:00:02": ["one"],
        "since:08:00:02 until:08:00:04 goroutine:7": ["three", "caused by a needle"],
        "level:error": [],
    }
    async with streaming(folder.folder) as stream:
        for typed, expected in cases.items():
            wanted = parse_filter(typed, START + timedelta(minutes=1))
            await stream.show(wanted)
            assert texts(stream) == expected, typed
            assert parse_filter(wanted.words(), START) == wanted


async def test_a_search_counts_over_rotated_files_and_goes_both_ways(
    folder: GrowingFolder,
) -> None:
    folder.new_file(line(1, "needle 1"), line(2, "hay"), line(3, "needle 2"))
    folder.new_file(line(4, "needle 3"))
    folder.new_file(line(2.5, "needle of the storage"), program="kwbase-rocksdb")
    async with streaming(folder.folder) as stream:
        await stream.search(re.compile("needle"), stream.lines.tail(2)[0].offset)
        hits = stream.hits
        assert hits is not None
        assert len(hits) == 4
        place, found = hits.first, []
        while place is not None:
            found.append((hits.number_of(place), stream.lines.after(place, 1)[0].text[-1]))
            place = hits.after(place)
        assert found == [(1, "1"), (2, "e"), (3, "2"), (4, "3")]
        assert hits.last is not None
        before = hits.before(hits.last)
        assert before is not None
        assert stream.lines.after(before, 1)[0].text.endswith("needle 2")


async def test_a_search_within_a_filter(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "needle", "E"), line(2, "needle"), line(3, "needle and word", "E"))
    async with streaming(folder.folder) as stream:
        await stream.show(LogFilter(LogSeverity.ERROR))
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert len(stream.hits) == 2
        await stream.show(LogFilter(text="word"))
        assert stream.hits is None
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert len(stream.hits) == 1


async def test_a_search_can_be_stopped_and_tells_how_far_it_is(
    folder: GrowingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwtui.node.logs.family._SEARCH_SECONDS", 0.0)
    folder.new_file(*(line(n, "needle") for n in range(20_000)))
    monkeypatch.setattr("kwtui.node.logs.file.search.CHUNK", 1 << 12)
    async with streaming(folder.folder) as stream:
        searching = asyncio.create_task(stream.search(re.compile("needle"), 0))
        await until(stream, lambda: stream.searching.done > 0)
        assert 0 < stream.searching.share < 1
        await stream.stop_searching(forget=False)
        await searching
        assert stream.hits is not None
        assert 0 < len(stream.hits) < 20_000
        assert not stream.searching.running


async def test_more_hits_than_are_kept(
    folder: GrowingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logstream, "MOST_HITS", 5)
    folder.new_file(*(line(n, f"needle {n}") for n in range(20)))
    async with streaming(folder.folder) as stream:
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert len(stream.hits) == 5
        assert stream.searching.limited
        last = stream.hits.last
        assert last is not None
        assert stream.lines.after(last, 1)[0].text.endswith("19"), "the newest are kept"


# -- what is new, density, taking along -----------------------------------------------------------


async def test_what_is_new_is_counted_while_one_reads(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "one"))
    async with streaming(folder.folder) as stream:
        stream.hold()
        assert stream.new_words() == ""
        folder.write(line(2, "two"), line(3, "three", "E"))
        await until(stream, lambda: stream.new_words() == "2 new lines")
        folder.new_file(line(4, "four"))
        await until(stream, lambda: stream.new_words() == "3 new lines")
        stream.release()
        assert stream.new_words() == ""
        await stream.show(LogFilter(LogSeverity.ERROR))
        stream.hold()
        folder.write(line(5, "five"), line(6, "six", "E"))
        await until(stream, lambda: stream.new_words() == "1 new entry")


async def test_the_density_grows_with_the_log(folder: GrowingFolder) -> None:
    folder.new_file(line(1, "one"), line(2, "two", "E"), "\tframe\n")
    async with streaming(folder.folder) as stream:
        stream.count()
        await until(stream, lambda: stream.density.complete)
        assert [(b.entries, b.errors) for b in stream.density.bars()] == [(1, 0), (1, 1)]
        folder.write(line(4, "three", "W"))
        await until(stream, lambda: len(stream.density.bars()) == 4)
        assert stream.density.bars()[-1].warnings == 1
        folder.write(line(90_000, "tomorrow"))
        await until(stream, lambda: stream.density.step > 1)
        assert sum(b.entries for b in stream.density.bars()) == 4


async def test_what_is_shown_can_be_taken_along_as_it_is_in_the_files(
    folder: GrowingFolder,
) -> None:
    folder.new_file(line(1, "one"), line(2, "two", "E"), "\tframe\n")
    path = folder.new_file()
    path.write_bytes(b"\xff\x00 odd bytes\n" + line(3, "three", "E").encode())
    whole = b"".join(p.read_bytes() for p in sorted(folder.folder.glob("kwbase.n*")))
    async with streaming(folder.folder) as stream:
        assert b"".join(stream.set.chunks()) == whole
        lines = stream.lines.tail(10)
        part = b"".join(stream.set.chunks(lines[1].offset, lines[3].offset))
        assert part == whole[len(line(1, "one")) : -len(line(3, "three"))]
        text = stream.set.text(lines[1].offset, lines[2].offset, 1000)
        assert text == line(2, "two", "E") + "\tframe"
        assert stream.set.text(lines[0].offset, lines[4].offset, 20) is None
        await stream.show(LogFilter(LogSeverity.ERROR))
        kept = b"".join(stream.set.chunks())
        assert kept == (line(2, "two", "E") + "\tframe\n" + line(3, "three", "E")).encode()


# -- patterns without an end --------------------------------------------------------------------

ENDLESS = re.compile("(a+)+$")
TRAP = "a" * 60 + "!"


async def test_a_pattern_that_takes_too_long_is_told_once_and_leaves_the_next_search_alone(
    folder: GrowingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_process, "LONGEST_BLOCK", 0.3)
    folder.new_file(line(1, "needle"), line(2, TRAP))
    async with streaming(folder.folder) as stream:
        with pytest.raises(KwtuiError, match="takes too long"):
            await stream.search(ENDLESS)
        assert not stream.searching.ended
        await stream.search(re.compile("needle"))
        assert stream.hits is not None
        assert (len(stream.hits), stream.searching.ended) == (1, True)
        with pytest.raises(KwtuiError, match="takes too long"):
            await stream.show(parse_filter(ENDLESS.pattern, START))
        await stream.show(parse_filter("needle", START))
        assert texts(stream) == ["needle"]
        assert stream.filtering.ended


async def test_a_line_that_a_pattern_takes_too_long_for_does_not_end_following(
    folder: GrowingFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.new_file(line(1, "aaa"))
    async with streaming(folder.folder) as stream:
        await stream.search(ENDLESS)
        assert stream.searching.ended
        # Not before: a busy machine may need longer to start the process that matches.
        monkeypatch.setattr(match_process, "LONGEST_BLOCK", 0.3)
        folder.write(line(2, TRAP))
        await until(stream, lambda: not stream.searching.ended)
        await stream.search(re.compile("needle"))
        folder.write(line(3, "needle"))
        await until(stream, lambda: len(stream.hits or ()) == 1)
