"""No pattern holds the search up: what may take long runs where it can be stopped."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.node.logs.file import match_process
from kwtui.node.logs.file.effort import is_quick, reach
from kwtui.node.logs.file.matching import Query
from kwtui.node.logs.file.open_log import OpenLog
from kwtui.node.logs.file.search import Searcher
from kwtui.widgets.log_rows import marked

EVIL = re.compile("(a+)+$")


@pytest.mark.parametrize("text", ["error", "colou?r", "[ab]c{1,3}", "a|b|cd", r"\bx\b", "(?=a)b"])
def test_what_has_few_ways_runs_at_once(text: str) -> None:
    assert is_quick(re.compile(text))


@pytest.mark.parametrize("text", ["(a+)+$", "(a|a)*b", "a.*b", r"\d+", "(a{1,60}){1,60}b"])
def test_what_may_take_long_does_not(text: str) -> None:
    assert not is_quick(re.compile(text))


def test_a_screen_marks_no_more_than_it_has_time_for() -> None:
    line = "a" * 5_000 + "!"
    for text in ("(a+)+$", "(a|aa)*$", "a*a*a*a*b", "(?:a?){60}b", "a.*a.*!x"):
        pattern = re.compile(text)
        began = time.process_time()
        marked(line, "", (pattern,))
        assert time.process_time() - began < 2, text
    assert reach(re.compile("error.*timeout")) > 1_000
    assert marked("an error", "", (re.compile("error"),))[1][0] == "error"


@pytest.fixture
def log(tmp_path: Path) -> OpenLog:
    file = tmp_path / "kwbase.log"
    lines = (f"line {n} {'a' * (n % 7)}b\n" for n in range(30_000))
    file.write_text("".join(lines) + "x" + "a" * 40 + "!\n")
    return OpenLog(file)


def everything(searcher: Searcher, size: int, *, back: bool) -> list[int]:
    hits: list[int] = []
    low, high = 0, size
    while low < high:
        if back:
            found, high = searcher.search_back(high, low, seconds=0.1, limit=10**6)
            hits = found + hits
        else:
            found, low = searcher.search(low, high, seconds=0.1, limit=10**6)
            hits += found
    return hits


@pytest.mark.parametrize("back", [False, True])
def test_it_finds_in_the_other_process_what_it_finds_here(log: OpenLog, *, back: bool) -> None:
    pattern = re.compile(r"line \d+7 a+b")
    text = log.reader.read(log.size, 0)
    wanted = [m.start() for m in re.finditer(rb"^line \d+7 a+b", text, re.MULTILINE)]
    searcher = Searcher(log.reader, Query(pattern))
    try:
        assert everything(searcher, log.size, back=back) == wanted
    finally:
        searcher.close()
    assert len(wanted) > 1_000


def test_a_search_without_an_end_gives_control_back_and_is_ended(
    log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_process, "LONGEST_BLOCK", 1.0)
    searcher = Searcher(log.reader, Query(EVIL))
    began = time.monotonic()
    _, reached = searcher.search(0, log.size, seconds=0.1, limit=10)
    assert (reached, time.monotonic() - began < 5) == (0, True)
    with pytest.raises(KwtuiError, match="takes too long"):
        everything(searcher, log.size, back=False)
    assert time.monotonic() - began < 20


def test_a_choice_that_has_no_end_is_told_as_what_it_is(
    log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(match_process, "LONGEST_BLOCK", 0.3)
    with pytest.raises(KwtuiError) as told:
        everything(Searcher(log.reader, Query(re.compile("(a|aa)+$"))), log.size, back=False)
    words = "\n".join(told.value.lines())
    assert "'(a|aa)+$' takes too long" in words
    assert "stopped" in words
    assert "alternatives that match the same text" in words
    assert "a+ finds what (a+)+ and (a|aa)+ do" in words


def test_who_leaves_ends_it_at_once(log: OpenLog) -> None:
    searcher = Searcher(log.reader, Query(EVIL))
    searcher.search(0, log.size, seconds=0.1, limit=10)
    began = time.monotonic()
    searcher.close()
    assert searcher.search(0, log.size, seconds=0.1, limit=10)[0] == []
    assert time.monotonic() - began < 2
