"""Patterns of database names, as policies have them. Pure.

As a shell's: ``*`` any text, ``?`` one character, ``[ab]`` one of these. A sign in brackets stands
for itself, so that every name can be written exactly: ``a[*]b``.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

_MARK = re.compile(r"[*?[]")
_BRACKETED = re.compile(r"\[([*?[])\]")


def exactly(name: str) -> str:
    """The pattern that matches this name and no other."""
    return _MARK.sub(r"[\g<0>]", name)


def name_in(pattern: str) -> str | None:
    """The one name that a pattern stands for; None where it may match several."""
    if _MARK.search(_BRACKETED.sub("", pattern)):
        return None
    return _BRACKETED.sub(r"\1", pattern)


def matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern)
