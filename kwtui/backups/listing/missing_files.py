"""Data files that an export must have had and that are not there, or hold nothing. Pure.

EXPORT numbers the files that a node writes for a table from 0 on (recordings 03, 07, 15), and
writes none for a table without rows (03, ``t_empty``). So a number that is left out was lost, and
so were the rows of a file of zero bytes, which a full disk leaves (10, ``full_t``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

EMPTY = "is empty, although EXPORT writes no file without rows"
MISSING = "is missing, although EXPORT skips no number"

_NUMBERED = re.compile(r"\.?n(?P<node>\d{1,9})\.(?P<number>\d{1,9})\.", re.IGNORECASE)


def missing_numbers(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The first name of each gap among a folder's names, and why it must have been there.

    Names of any ending count: ``n1.1.csv.gz`` is there, though nobody reads it.
    """
    numbers: dict[int, set[int]] = {}
    for name in names:
        if numbered := _NUMBERED.match(name):
            numbers.setdefault(int(numbered["node"]), set()).add(int(numbered["number"]))
    for node, found in sorted(numbers.items()):
        before = -1
        for number in sorted(found):
            gap = number - before - 1
            if gap:
                more = f", nor {'is the next' if gap == 2 else f'are the next {gap - 1:,}'}"
                yield f"n{node}.{before + 1}.csv", MISSING + (more if gap > 1 else "")
            before = number
