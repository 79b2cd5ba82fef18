"""What text a regular expression cannot match without, so that most lines need no look at it.

The regular expression engine tries every byte; finding fixed text is many times faster. So the
pattern is read for words one of which every match holds. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from typing import Any

MOST_WORDS = 8
"""More are not worth it: each is looked for on its own."""
_LONGEST_WORD = 64
_REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})
_ZERO_WIDTH = frozenset({"AT", "ASSERT", "ASSERT_NOT"})

Words = frozenset[bytes]


@dataclass(frozen=True)
class Needles:
    """Each match of a pattern holds at least one of ``words``."""

    words: tuple[bytes, ...]
    """UTF-8; of a pattern that takes either case with ASCII letters as small ones."""
    begins: bool = False
    """Each match begins with one of them."""
    whole: bool = False
    """Each match is one of them, and each of them is a match."""


def needles_of(pattern: re.Pattern[str], *, in_bytes: bool) -> Needles | None:
    """The words of a pattern; None where there are none, or too many.

    ``in_bytes``: it is matched against bytes, where only ASCII letters have two cases.
    """
    try:
        tree = import_module("re._parser").parse(pattern.pattern, pattern.flags)
    except ImportError:  # not a promised part of Python: without it every byte is tried
        return None
    return _Reader(bool(pattern.flags & re.IGNORECASE), in_bytes).best(tree)


@dataclass(frozen=True)
class _Found:
    """What one part of a pattern tells."""

    exact: Words | None = None
    """All that it can match; None where that is too much, or not known."""
    needed: Words | None = None
    """Words one of which it holds in any case."""
    begins: bool = False
    """It begins with one of ``needed``."""
    consumes: bool = True
    """False where it only looks around."""


_UNKNOWN = _Found()


class _Reader:
    def __init__(self, folds: bool, in_bytes: bool) -> None:
        self._folds = folds
        self._in_bytes = in_bytes

    def best(self, tree: Sequence[Any]) -> Needles | None:
        found = self._sequence(tree)
        if found.exact is not None and _worth(found.exact):
            one_line = not any(b"\n" in word for word in found.exact)
            whole = found.consumes and one_line
            return Needles(_ordered(found.exact), begins=True, whole=whole)
        if found.needed is not None:
            return Needles(_ordered(found.needed), begins=found.begins)
        return None

    def _sequence(self, items: Iterable[Any]) -> _Found:
        """Parts that follow each other: fixed ones in a row make longer words."""
        runs: list[tuple[Words, bool]] = []
        run, at_start, unbroken, looks_around = frozenset({b""}), True, True, False
        for op, value in items:
            part = self._part(op.name, value)
            if not part.consumes:
                looks_around = True
                continue
            joined = _joined(run, part.exact) if part.exact is not None else None
            if joined is not None:
                run = joined
                continue
            runs.append((run, at_start))
            unbroken = at_start = False
            run = part.exact if part.exact is not None else frozenset({b""})
            if part.exact is None and part.needed is not None:
                begins = part.begins and len(runs) == 1 and runs[0][0] == {b""}
                runs.append((part.needed, begins))
        if unbroken:
            return _Found(exact=run, consumes=not looks_around)
        runs.append((run, at_start))
        worthy = [each for each in runs if _worth(each[0])]
        if not worthy:
            return _UNKNOWN
        needed, begins = max(worthy, key=_value)
        return _Found(needed=needed, begins=begins)

    def _part(self, name: str, value: Any) -> _Found:
        if name in _ZERO_WIDTH:
            return _Found(consumes=False)
        if name == "LITERAL":
            return _Found(exact=self._letter(value))
        if name == "IN":
            return _Found(exact=self._letters(value))
        if name == "BRANCH":
            return self._either(value[1])
        if name == "ATOMIC_GROUP":
            return self._inner(value)
        if name == "SUBPATTERN":
            _, added, removed, inner = value
            # Another case rule inside a part of the pattern.
            return _UNKNOWN if (added | removed) & re.IGNORECASE else self._inner(inner)
        if name in _REPEATS:
            return self._repeated(*value)
        return _UNKNOWN

    def _inner(self, items: Iterable[Any]) -> _Found:
        """A group; one that also looks around tells only what is needed."""
        found = self._sequence(items)
        if found.exact is None or found.consumes:
            return found
        return _Found(needed=found.exact, begins=True) if _worth(found.exact) else _UNKNOWN

    def _repeated(self, least: int, most: int, items: Sequence[Any]) -> _Found:
        found = self._inner(items)
        if least == 0:
            return _UNKNOWN
        if least == most == 1:
            return found
        needed = found.exact if found.exact is not None else found.needed
        if needed is None or not _worth(needed):
            return _UNKNOWN
        return _Found(needed=needed, begins=found.exact is not None or found.begins)

    def _either(self, branches: Iterable[Sequence[Any]]) -> _Found:
        parts = [self._inner(branch) for branch in branches]
        exact = _united(part.exact for part in parts)
        if exact is not None:
            return _Found(exact=exact)
        each = [part.exact if part.exact is not None else part.needed for part in parts]
        needed = _united(each)
        if needed is None or not _worth(needed):
            return _UNKNOWN
        begins = all(part.exact is not None or part.begins for part in parts)
        return _Found(needed=needed, begins=begins)

    def _letters(self, members: Iterable[Any]) -> Words | None:
        """A set of characters, if it is a small one."""
        codes: list[int] = []
        for op, value in members:
            if op.name == "LITERAL":
                codes.append(value)
            elif op.name == "RANGE" and value[1] - value[0] < MOST_WORDS:
                codes += range(value[0], value[1] + 1)
            else:
                return None
        return _united(self._letter(code) for code in codes)

    def _letter(self, code: int) -> Words | None:
        character = chr(code)
        if not self._folds:
            return _encoded(character)
        if self._in_bytes:
            return frozenset({character.lower().encode()}) if code < 128 else None
        # Letters beyond ASCII stand for others, too: K, the sign of Kelvin, is a k.
        fixed = not character.isalpha() or character.lower() == character.upper()
        plain = character.isascii() and character.lower() not in "iks"
        return _encoded(character.lower()) if fixed or plain else None


def _encoded(character: str) -> Words | None:
    try:
        return frozenset({character.encode()})
    except UnicodeEncodeError:
        return None


def _joined(run: Words, more: Words) -> Words | None:
    if len(run) * len(more) > MOST_WORDS or max(map(len, run)) > _LONGEST_WORD:
        return None
    return frozenset(one + other for one, other in product(run, more))


def _united(sets: Iterable[Words | None]) -> Words | None:
    words: Words = frozenset()
    for each in sets:
        if each is None:
            return None
        words |= each
    return words if 0 < len(words) <= MOST_WORDS else None


def _worth(words: Words) -> bool:
    return b"" not in words and (len(words) == 1 or min(map(len, words)) > 1)


def _value(run: tuple[Words, bool]) -> tuple[float, bool]:
    """Long words are rare ones; each further word costs a search of its own."""
    words, begins = run
    return (min(map(len, words)) - 2.0 * (len(words) - 1), begins)


def _ordered(words: Words) -> tuple[bytes, ...]:
    return tuple(sorted(words))
