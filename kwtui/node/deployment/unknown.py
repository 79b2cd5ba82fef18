"""Text of which a part is not known: the place of a variable that nothing sets.

Such a part is carried inside the text, with its reason, until a value is made of it: so it is
known of each value whether it is one. Nothing that is read from a file holds these marks.
"""

from __future__ import annotations

import re

_START, _BECAUSE, _END = "\x00", "\x01", "\x02"
_PIECE = re.compile("\x00([^\x00-\x02]*)\x01([^\x00-\x02]*)\x02")
_MARKS = str.maketrans(dict.fromkeys("\x00\x01\x02", "\ufffd"))


def unknown(shown: str, reason: str) -> str:
    """A piece of text that is not known: as it was written, and why, as part of a sentence."""
    return f"{_START}{without_marks(shown)}{_BECAUSE}{without_marks(reason)}{_END}"


def is_known(text: str) -> bool:
    return _START not in text


def as_written(text: str) -> str:
    """The text with what is not known as it was written: ``${ROOT}/data``."""
    return _PIECE.sub(lambda piece: piece[1], text)


def reasons(text: str) -> str:
    """Why it is not known, as a sentence without a full stop; empty if it is known."""
    return "; ".join(dict.fromkeys(piece[2] for piece in _PIECE.finditer(text)))


def is_one_piece(text: str) -> bool:
    """Whether nothing of it is known."""
    return _PIECE.fullmatch(text) is not None


def pieces(text: str) -> list[str]:
    """What is not known in it, as it was written."""
    return [piece[1] for piece in _PIECE.finditer(text)]


def without_marks(text: str) -> str:
    """Text from a file, which may hold anything."""
    return text.translate(_MARKS)


def split_fields(text: str) -> list[str]:
    """Words between blanks, as a shell makes them of a value; unknown pieces stay whole."""
    return re.findall("(?:\x00[^\x02]*\x02|[^\\s\x00])+", text)


def piece_end(text: str, at: int) -> int:
    """Where the unknown piece ends that begins at a place; 0 if none does."""
    match = _PIECE.match(text, at)
    return match.end() if match else 0


def split_at(text: str, separator: str) -> list[str]:
    """Split at a character, but never inside an unknown piece, whose reason may hold it."""
    parts = [""]
    at = 0
    while at < len(text):
        end = piece_end(text, at) or at + 1
        if text[at:end] == separator:
            parts.append("")
        else:
            parts[-1] += text[at:end]
        at = end
    return parts
