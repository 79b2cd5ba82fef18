"""What all forms of a log have in common: a file, a family, several families, a part of them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from kwtui.node.logs.file.lines import LogLine

SEGMENT_BITS = 44
"""A place in a family is the number of the file and, in the lower bits, the offset in it."""
FAMILY_BITS = 64
"""A place in several families is the number of the family and, in the lower bits, that place."""
_INSIDE_FILE = (1 << SEGMENT_BITS) - 1
_INSIDE_FAMILY = (1 << FAMILY_BITS) - 1


class LineSource(Protocol):
    """Lines before, after and at the end.

    A place is where a line begins: a number that stays the line's own while files grow and rotate.
    Places of one family are in the order of its lines; those of several families are not.
    """

    def tail(self, count: int) -> list[LogLine]:
        """The last ``count`` lines."""
        ...

    def before(self, place: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines that come before the line at ``place``."""
        ...

    def after(self, place: int, count: int) -> list[LogLine]:
        """Up to ``count`` lines from the one at ``place`` on."""
        ...

    def entry_start(self, place: int) -> int | None:
        """Where the entry begins that the line belongs to; None if it belongs to none."""
        ...

    def entry_end(self, place: int) -> int:
        """The place after the last line of the entry that the line belongs to."""
        ...

    def time_of(self, place: int) -> datetime | None:
        """The time of the entry that the line belongs to."""
        ...


def file_place(segment: int, offset: int) -> int:
    return segment << SEGMENT_BITS | offset


def split_file_place(place: int) -> tuple[int, int]:
    """Number of the file and offset in it."""
    return place >> SEGMENT_BITS, place & _INSIDE_FILE


def family_place(family: int, place: int) -> int:
    return family << FAMILY_BITS | place


def split_family_place(place: int) -> tuple[int, int]:
    """Number of the family and place in it."""
    return place >> FAMILY_BITS, place & _INSIDE_FAMILY
