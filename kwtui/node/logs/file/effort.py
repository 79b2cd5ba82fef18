"""How much work a regular expression can make of a text, whatever the text is. Pure.

The engine tries every way to match; a repeat inside a repeat has more ways than anybody can wait
for (``(a+)+$``), and nothing stops it once it has begun. So a pattern is judged before it runs.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from typing import Any

_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_LOOKS = frozenset({"ASSERT", "ASSERT_NOT"})
_ENDLESS = 1 << 16
"""More ways than this count as without end."""
_QUICK = 1 << 10
_STEPS = 2_000_000
"""What a screen may spend on one line: some hundredths of a second."""


@lru_cache(maxsize=64)
def is_quick(pattern: re.Pattern[str]) -> bool:
    """Whether no text keeps it long: it has no repeat without end, and few ways at each place."""
    tree = _tree(pattern)
    return tree is not None and _ways(tree) <= _QUICK


@lru_cache(maxsize=64)
def reach(pattern: re.Pattern[str]) -> int:
    """How many characters of a line it may be tried on while somebody waits for the screen."""
    tree = _tree(pattern)
    if tree is None or _nested(tree):
        return 0
    if is_quick(pattern):
        return 1 << 20
    return int(math.pow(_STEPS, 1 / (_choices(tree) + 1)))


def _tree(pattern: re.Pattern[str]) -> Any:
    try:
        return import_module("re._parser").parse(pattern.pattern, pattern.flags)
    except ImportError:  # not a promised part of Python: without it nothing is known
        return None


def _ways(items: Iterable[Any]) -> int:
    ways = 1
    for op, value in items:
        ways = min(ways * _ways_of(op.name, value), _ENDLESS)
    return ways


def _ways_of(name: str, value: Any) -> int:
    if name in _REPEATS:
        least, most, inner = value
        each = _ways(inner)
        if int(most) > 64:
            return _ENDLESS
        return min(sum(int(each**n) for n in range(int(least), int(most) + 1)), _ENDLESS)
    if name == "BRANCH":
        return min(sum(map(_ways, value[1])), _ENDLESS)
    ways = 1
    for inner in _inner(name, value):
        ways = min(ways * _ways(inner), _ENDLESS)
    return ways


def _inner(name: str, value: Any) -> Iterable[Any]:
    """The parts of a pattern that stand in another one."""
    if name in _REPEATS:
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    if name == "SUBPATTERN":
        return [value[3]]
    if name in _LOOKS:
        return [value[1]]
    if name == "ATOMIC_GROUP":
        return [value]
    if name == "GROUPREF_EXISTS":
        return [part for part in value[1:] if part is not None]
    return []


def _chooses(name: str, value: Any) -> bool:
    """Whether it can match in more ways than one: a repeat, or a choice."""
    return (name in _REPEATS or name == "BRANCH") and _ways_of(name, value) > 1


def _choices(items: Iterable[Any]) -> int:
    """How many places there are at which more than one way goes on."""
    return sum(
        _chooses(op.name, value) + sum(map(_choices, _inner(op.name, value))) for op, value in items
    )


def _nested(items: Iterable[Any], *, inside: bool = False) -> bool:
    """Whether a repeat, or a choice, stands in a repeat."""
    for op, value in items:
        if inside and _chooses(op.name, value):
            return True
        deeper = inside or (op.name in _REPEATS and int(value[1]) > 1)
        if any(_nested(part, inside=deeper) for part in _inner(op.name, value)):
            return True
    return False
