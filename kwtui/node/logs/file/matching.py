"""Finding the lines in a block of bytes that a query asks for. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from kwtui.node.logs.file.needles import Needles, needles_of
from kwtui.node.logs.filter import LogFilter, header_pattern
from kwtui.node.logs.format import HEADER_START_BYTES

LONGEST_HEADER = HEADER_START_BYTES + (1 << 10)
"""Bytes of a first line that a filter looks at."""

Matcher = Callable[[bytes], Iterator[int]]
"""Gives where the lines begin that match, in whole lines of bytes."""
Confirm = Callable[[bytes, int, int, int], object]
"""Whether a line matches: the block, where a needle is, where the line begins and ends."""


@dataclass(frozen=True)
class Query:
    """What is looked for: lines with a pattern, entries that a filter lets through, or both.

    The filter's times are left to the caller, who knows where they lie in the file.
    """

    pattern: re.Pattern[str] | None = None
    wanted: LogFilter = field(default_factory=LogFilter)
    entries: bool = False
    """Give first lines of entries instead of the lines with the pattern."""


def matcher_of(query: Query) -> Matcher:
    if query.pattern is None:
        return _Headers(query.wanted)
    in_bytes = _bytes_pattern(query.pattern)
    needles = needles_of(query.pattern, in_bytes=in_bytes is not None)
    if needles is not None:
        folds = bool(query.pattern.flags & re.IGNORECASE)
        return _Needled(needles, _confirm(needles, query.pattern, in_bytes), folds=folds)
    return _BytesPattern(in_bytes) if in_bytes is not None else _TextPattern(query.pattern)


def _bytes_pattern(pattern: re.Pattern[str]) -> re.Pattern[bytes] | None:
    """The same for bytes, which finds what is no UTF-8, too; None where letters need more."""
    if not pattern.pattern.isascii():
        return None
    kept = pattern.flags & (re.IGNORECASE | re.VERBOSE | re.DOTALL)
    try:
        return re.compile(pattern.pattern.encode(), kept | re.MULTILINE)
    except (re.error, ValueError):  # \u00e9 and (?u) are for text only
        return None


def _confirm(
    needles: Needles, pattern: re.Pattern[str], in_bytes: re.Pattern[bytes] | None
) -> Confirm | None:
    """How to see whether a line with a needle matches; None where every one does."""
    if needles.whole:
        return None
    if in_bytes is None:
        return lambda data, needle, start, end: pattern.search(_text(data[start:end]))
    if needles.begins:
        return lambda data, needle, start, end: in_bytes.match(data, needle, end)
    return lambda data, needle, start, end: in_bytes.search(data, start, end)


def _text(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")


class _Needled:
    """Looks at the lines that hold a needle."""

    def __init__(self, needles: Needles, confirm: Confirm | None, *, folds: bool) -> None:
        self._words = needles.words
        self._confirm = confirm
        self._begins = needles.begins
        self._folds = folds

    def __call__(self, data: bytes) -> Iterator[int]:
        following = _finder(self._words, data.lower() if self._folds else data)
        confirm = self._confirm
        needle = following(0)
        while needle >= 0:
            start = data.rfind(b"\n", 0, needle) + 1
            end = data.find(b"\n", needle)
            end = len(data) if end < 0 else end
            if confirm is None or confirm(data, needle, start, end):
                yield start
            elif self._begins:  # another needle in the same line may do
                needle = following(needle + 1)
                continue
            needle = following(end + 1)


def _finder(words: tuple[bytes, ...], data: bytes) -> Callable[[int], int]:
    """What gives the first place of any word from a position on, -1 without one.

    To be asked for ever later positions.
    """
    if len(words) == 1:
        return partial(data.find, words[0])
    upcoming = [data.find(word) for word in words]

    def following(position: int) -> int:
        first = -1
        for number, place in enumerate(upcoming):
            if 0 <= place < position:
                place = upcoming[number] = data.find(words[number], position)
            if place >= 0 and (first < 0 or place < first):
                first = place
        return first

    return following


class _BytesPattern:
    """For patterns without needles: tries every byte."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self._pattern = pattern

    def __call__(self, data: bytes) -> Iterator[int]:
        position = 0
        while match := self._pattern.search(data, position):
            start = data.rfind(b"\n", 0, match.start()) + 1
            end = data.find(b"\n", match.start())
            end = len(data) if end < 0 else end
            # A match may reach into the next line; only what the line itself holds counts.
            inside = match.end() <= end or self._pattern.search(data, start, end)
            if inside and start < len(data):
                yield start
            position = end + 1
            if position > len(data):
                return


class _TextPattern:
    """The same for patterns with letters beyond ASCII."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self._pattern = pattern

    def __call__(self, data: bytes) -> Iterator[int]:
        position = 0
        for line in data.split(b"\n"):
            if position < len(data) and self._pattern.search(_text(line)):
                yield position
            position += len(line) + 1


class _Headers:
    """Finds first lines of entries that a filter lets through."""

    def __init__(self, wanted: LogFilter) -> None:
        self._pattern = header_pattern(wanted)

    def __call__(self, data: bytes) -> Iterator[int]:
        if self._pattern.match(b"\n" + data[:LONGEST_HEADER]):
            yield 0
        for match in self._pattern.finditer(data):
            yield match.start() + 1
