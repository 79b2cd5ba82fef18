"""The newest entries of a log that a node gives out from the front only.

A node answers a question for entries from a time on with the first of them, not the last (live
finding 41): asked for everything, it gives the beginning of the file. So it is asked for short
stretches of time, from now backwards, each short enough to come whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kwtui.node.logs.remote.node_http import RemoteEntry

Ask = Callable[[int, int, int], list[RemoteEntry]]
"""Entries from one time to another (ns since 1970, both included), at most so many, by time."""

MOST_AT_ONCE = 10_000
"""Entries of one answer."""
FIRST = 60 * 10**9
"""Nanoseconds of the first stretch."""
AHEAD = 3600 * 10**9
"""How far the node's clock may be ahead of this machine's, in nanoseconds."""
_SHORTEST = 10**6
_MOST_QUESTIONS = 400


@dataclass(frozen=True)
class Newest:
    """Every entry from ``begins`` on."""

    entries: list[RemoteEntry]
    """By time."""
    begins: int
    """Nanoseconds since 1970."""
    complete: bool
    """There is nothing older that was asked for."""


def newest_entries(ask: Ask, *, now: int, floor: int, enough: int) -> Newest:
    """Ask from ``now`` backwards until ``enough`` entries are there, or ``floor`` is reached.

    Times are nanoseconds since 1970. Raises what ``ask`` raises.
    """
    batches: list[list[RemoteEntry]] = []
    count, end, width = 0, now + AHEAD, FIRST + AHEAD
    for _ in range(_MOST_QUESTIONS):
        if end < floor or count >= enough:
            break
        begin = max(floor, end - width + 1)
        found = ask(begin, end, MOST_AT_ONCE)
        if len(found) >= MOST_AT_ONCE and end - begin > _SHORTEST:
            # Its end is missing: the stretch is too long.
            width = (end - begin) // 2
            continue
        batches.append(found)
        count += len(found)
        end = begin - 1
        if len(found) < MOST_AT_ONCE // 4:
            width *= 2
    entries = [entry for batch in reversed(batches) for entry in batch]
    return Newest(entries, end + 1, complete=end < floor)
