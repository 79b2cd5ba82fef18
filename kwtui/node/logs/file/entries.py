"""Finding entries and times in an open log file without reading all of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kwtui.node.logs.format import ENTRY_START, HEADER_START_BYTES, HEADER_TIME_BYTES, line_time

Read = Callable[[int, int], bytes]
"""Bytes at an offset: ``read(count, offset)``, like `os.pread` on an open file."""

REACH = 4 << 20
"""How far from a line its entry's start or end is looked for, in bytes."""
_BLOCK = 1 << 16
_NEAR = 1 << 14
"""From this distance on a time is looked for entry by entry."""


def entry_start(read: Read, offset: int) -> int | None:
    """Where the entry begins that the line at ``offset`` belongs to; None if that is too far."""
    if _begins_entry(read(HEADER_TIME_BYTES, offset)):
        return offset
    end = offset
    while end > 0 and offset - end < REACH:
        begin = max(0, end - _BLOCK)
        # From the newline before the first line on.
        data = read(end - begin + HEADER_START_BYTES, begin - 1) if begin else b"\n"
        if begin == 0:
            data += read(end + HEADER_START_BYTES - 1, 0)
        found = [m.start() for m in ENTRY_START.finditer(data) if begin + m.start() < end]
        if found:
            return begin + found[-1]
        end = begin
    return None


def entry_end(read: Read, offset: int, size: int) -> int:
    """Where the entry after the line at ``offset`` begins, or the file ends.

    Of an entry that is longer than `REACH` the place where looking ended, at the end of a line.
    """
    begin = offset
    while begin < size and begin - offset < REACH:
        data = read(_BLOCK + HEADER_START_BYTES, begin)
        found = ENTRY_START.search(data)
        if found and begin + found.start() + 1 < size:
            return begin + found.start() + 1
        begin += _BLOCK
    while begin < size:
        newline = read(_BLOCK, begin).find(b"\n")
        if newline >= 0:
            return min(begin + newline + 1, size)
        begin += _BLOCK
    return size


def next_time(read: Read, offset: int, stop: int) -> tuple[int, datetime] | None:
    """The first entry that begins at or after ``offset`` and before ``stop``, and its time."""
    begin, block = offset, _NEAR // 4
    while begin < stop:
        # One byte before, so that a header right at ``begin`` has its newline in front.
        before = 1 if begin else 0
        data = b"" if before else b"\n"
        data += read(block + HEADER_TIME_BYTES + before, begin - before)
        for match in ENTRY_START.finditer(data, 0, block + HEADER_START_BYTES):
            time = line_time(data[match.start() + 1 : match.start() + 1 + HEADER_TIME_BYTES])
            place = begin + match.start()
            if place >= stop:
                return None
            if time is not None:
                return place, time
        begin += block
        block = _BLOCK
    return None


def last_time(read: Read, size: int) -> datetime | None:
    """The time of the last entry that has one, within `REACH` of the end."""
    end = size
    while end > 0 and size - end < REACH:
        begin = max(0, end - _BLOCK)
        data = (b"\n" if begin == 0 else b"") + read(end - begin + HEADER_TIME_BYTES, begin)
        for match in reversed(list(ENTRY_START.finditer(data))):
            time = line_time(data[match.start() + 1 : match.start() + 1 + HEADER_TIME_BYTES])
            if time is not None:
                return time
        end = begin
    return None


def seek_time(read: Read, size: int, when: datetime) -> int:
    """Where the first entry at or after ``when`` begins; the file's size if all are before.

    Halves the file until only a few entries are left. A clock that was set back leaves entries out
    of order; then the place is one of those where the time passes ``when``.
    """
    low, high, answer = 0, size, size
    while high - low > _NEAR:
        middle = (low + high) // 2
        found = next_time(read, middle, high)
        if found is None:
            high = middle
        elif found[1] >= when:
            high, answer = middle, found[0]
        else:
            low = found[0] + 1
    while found := next_time(read, low, high):
        if found[1] >= when:
            return found[0]
        low = found[0] + 1
    return answer


def _begins_entry(data: bytes) -> bool:
    return ENTRY_START.match(b"\n" + data[:HEADER_TIME_BYTES]) is not None
