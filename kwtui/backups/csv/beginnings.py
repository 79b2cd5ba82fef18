"""Records of a CSV file by the text that they begin with, at the speed of the disk."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from kwtui.files.foreign.reading import open_regular

MOST_BYTES = 256 << 20
"""Of a file: it is read as a whole."""
_TIME = re.compile(rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)", re.MULTILINE)


def some_time(path: Path, place: float) -> str:
    """The time that a record somewhere in a file of a time series begins with, to the second.

    ``place`` is from 0 to 1. Empty where none is found. Raises OSError.
    """
    data = _read(path)
    found = _TIME.search(data, int(len(data) * place)) or _TIME.search(data)
    return found[1].decode() if found else ""


def records_beginning(paths: Iterable[Path], prefix: str, quote: str) -> Counter[bytes]:
    """The records, letter by letter, with how often each is there, whatever their order.

    ``quote`` stands around values that hold line ends, and is doubled inside them. Raises OSError.
    """
    found: Counter[bytes] = Counter()
    for path in paths:
        found.update(_beginning(_read(path), prefix.encode(), quote.encode()))
    return found


def _beginning(data: bytes, prefix: bytes, quote: bytes) -> list[bytes]:
    found, counted, quotes = [], 0, 0
    for match in re.finditer(rb"^" + re.escape(prefix), data, re.MULTILINE):
        start = match.start()
        quotes += data.count(quote, counted, start)
        counted = start
        # Inside quotes it is a line of a text, and no record.
        if quotes % 2 == 0:
            found.append(data[start : _end(data, start, quote)])
    return found


def _end(data: bytes, start: int, quote: bytes) -> int:
    end = data.find(b"\n", start)
    while end >= 0 and data.count(quote, start, end) % 2:
        end = data.find(b"\n", end + 1)
    return end if end >= 0 else len(data)


def _read(path: Path) -> bytes:
    with open_regular(path) as file:
        return file.read(MOST_BYTES)
