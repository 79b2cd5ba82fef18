"""A search looks at few lines, and finds what a look at every line would find."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwtui.node.logs.file.matching import Query, matcher_of
from kwtui.node.logs.file.needles import Needles, needles_of
from kwtui.node.logs.filter import compile_pattern

ATOMS = r"a B ab error 表 ö ſ K . [ab] [^a] [a-z] \d \b ^ $ k s \. \n (?=b) (?<=a) \u00e9 (?i:x) 1"
atoms = st.sampled_from([*ATOMS.split(), " "])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    group = inner.map(lambda p: f"(?:{p})")
    return st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(group, st.sampled_from(["*", "+", "?", "{2}", "{2,}", "{0,1}?", "{1}"])).map(
            "".join
        ),
        st.tuples(inner, inner).map(lambda two: f"(?:{two[0]}|{two[1]})"),
        inner.map(lambda p: f"({p})"),
    )


patterns = st.recursive(atoms, _grown, max_leaves=8)
lines = st.text("abABkKsſK表öé e.1rox\r\t", max_size=12)


@settings(max_examples=600, deadline=None)
@given(patterns, st.lists(lines, max_size=12), st.booleans())
def test_the_lines_that_match_and_no_others_are_found(
    text: str, block: list[str], folds: bool
) -> None:
    pattern = re.compile(text, re.IGNORECASE if folds else re.NOFLAG)
    data = "".join(line + "\n" for line in block).encode()
    expected, position = [], 0
    for line in block:
        if _matches(pattern, line):
            expected.append(position)
        position += len(line.encode()) + 1
    assert list(matcher_of(Query(pattern))(data)) == expected


def _matches(pattern: re.Pattern[str], line: str) -> bool:
    """ASCII patterns take bytes as they are; they know two cases of ASCII letters only."""
    if pattern.pattern.isascii() and r"\u" not in pattern.pattern:
        plain = re.compile(pattern.pattern.encode(), pattern.flags & re.IGNORECASE | re.MULTILINE)
        return plain.search(line.encode()) is not None
    return pattern.search(line) is not None


@pytest.mark.parametrize(
    ("text", "words", "whole"),
    [
        ("reset all wal", ["reset all wal"], True),
        ("Reset ALL WAL", ["Reset ALL WAL"], True),
        ("error|fail", ["error", "fail"], True),
        ("[ef]2611", ["e2611", "f2611"], True),
        ("job=[0-9]+", ["job="], False),
        (r"node \d+ is (dead|alive)", [" is alive", " is dead"], False),
        ("wa[lr]n.*disk", ["disk"], False),
        (r"\bfoo\b", ["foo"], False),
        ("(?:foo){2,}x", ["foo"], False),
        ("表.*损坏", ["损坏"], False),
    ],
)
def test_the_words_that_every_match_holds(text: str, words: list[str], whole: bool) -> None:
    found = needles_of(compile_pattern(text), in_bytes=text.isascii())
    assert isinstance(found, Needles)
    assert [word.decode() for word in found.words] == words
    assert found.whole is whole


@pytest.mark.parametrize("text", [r"\d{5}", "x*", "a|", "[^x]+", "a|b", "(a|b)?", ".*"])
def test_patterns_that_hold_no_word(text: str) -> None:
    assert needles_of(compile_pattern(text), in_bytes=True) is None


@pytest.mark.parametrize("text", [r"\u00e9t", r"(?u)\w+é", r"\N{LATIN SMALL LETTER E WITH ACUTE}"])
def test_patterns_that_bytes_do_not_know_are_matched_as_text(text: str) -> None:
    block = "nothing\nun été\n".encode()
    assert list(matcher_of(Query(compile_pattern(text)))(block)) == [8]


@pytest.mark.parametrize(
    ("typed", "line", "found"),
    [
        ("error", "an ERROR came", True),
        ("Error", "an ERROR came", False),
        ("Error", "an Error came", True),
        (r"\Werror\S", " ERROR!", True),
        ("fehlerä", "FEHLERÄ", True),
    ],
)
def test_only_a_capital_makes_case_count(typed: str, line: str, found: bool) -> None:
    assert bool(compile_pattern(typed).search(line)) is found
