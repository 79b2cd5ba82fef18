"""Which of KWDB's charsets the files of an export are text in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

PYTHON_CHARSETS = {"UTF-8": "utf-8", "GBK": "gbk", "GB18030": "gb18030", "BIG5": "big5"}
"""KWDB's names of charsets (facts.md, 1.3) and Python's."""
_SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_MOSTLY = 4
"""So many characters of UTF-8 for each byte of something else are no accident."""


def fitting_charsets(heads: Sequence[bytes]) -> list[str]:
    """The charsets in which every head is text; UTF-8 alone if it is one of them.

    A head may end inside a character.
    """
    fitting = []
    for charset in PYTHON_CHARSETS:
        if any(undecodable(head, charset) for head in heads):
            continue
        if charset == "UTF-8":
            return [charset]
        fitting.append(charset)
    # GB18030 contains GBK: where both fit they read the same.
    return [c for c in fitting if not (c == "GB18030" and "GBK" in fitting)]


def undecodable(head: bytes, charset: str) -> tuple[int, str] | None:
    """The byte from which on a head is no text of the charset, and why."""
    try:
        codecs.getincrementaldecoder(PYTHON_CHARSETS[charset])().decode(head)
    except UnicodeDecodeError as error:
        return error.start, error.reason
    return None


def is_damaged_utf8(heads: Sequence[bytes]) -> bool:
    """Whether UTF-8 is what the files were written in, though not all of it is UTF-8 any more.

    Other charsets fit nearly any bytes; text of them hardly ever looks like UTF-8.
    """
    characters = foreign = 0
    for head in heads:
        if head.isascii():
            continue
        found = _SEQUENCE.findall(head)
        characters += len(found)
        rest = _SEQUENCE.sub(b"", head[:-3])
        foreign += sum(byte >= 0x80 for byte in rest)
    return foreign > 0 and characters >= foreign * _MOSTLY
