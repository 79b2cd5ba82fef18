"""The lines of the evidence journal, and whether they still are what was written.

Every line holds the SHA-256 of the line before it, so that none can be changed, taken out or put in
unseen. Lines that are cut off at the end leave a whole chain: only a head that was noted elsewhere,
as an off-site copy does, tells of those.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from kwtui.files.json_text import decode, encode

NOTHING_BEFORE = "0" * 64
"""What the first line follows."""


class Outcome(StrEnum):
    BEGAN = "began"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Entry(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line: something began, or it ended."""

    at: datetime
    who: str
    """The account, and whose sudo it was."""
    host: str
    action: str
    """``backup``, ``restore``, ``drill``, ``delete``, ``pin``, ``approve`` and so on."""
    outcome: Outcome
    database: str = ""
    path: str = ""
    """The set, relative to extern."""
    server: str = ""
    run: str = ""
    exit_code: int = 0
    words: str = ""
    previous: str = NOTHING_BEFORE


@dataclass(frozen=True)
class Head:
    """The end of a journal: how many lines it has, and the hash of the last."""

    lines: int
    sha256: str

    def __str__(self) -> str:
        return f"{self.lines}:{self.sha256}"


@dataclass(frozen=True)
class Flaw:
    """Why the journal is not what was written. ``line`` counts from 1; 0: the file as a whole."""

    line: int
    words: str


_HEAD = re.compile(r"([0-9]{1,12}):([0-9a-f]{64})")


def parse_head(text: str) -> Head | None:
    """As `Head` prints itself; None for anything else."""
    found = _HEAD.fullmatch(text.strip())
    return Head(int(found[1]), found[2]) if found else None


def hash_of(line: bytes) -> str:
    """Of a line without its end, as ``sha256sum`` prints it."""
    return hashlib.sha256(line).hexdigest()


def line_after(last: bytes, entry: Entry) -> bytes:
    """The line of an entry behind ``last``, which is empty at the start of a journal."""
    previous = hash_of(last) if last else NOTHING_BEFORE
    return encode(msgspec.structs.replace(entry, previous=previous))


def read_entry(line: bytes) -> Entry | None:
    """None for a line that is no entry."""
    try:
        return decode(line, Entry)
    except msgspec.DecodeError:
        return None


def entries_of(content: bytes) -> list[Entry]:
    """Oldest first; what is no entry is left out, and is a flaw."""
    return [entry for line in lines_of(content) if (entry := read_entry(line)) is not None]


def lines_of(content: bytes) -> list[bytes]:
    """Without their ends; a last line that was cut off is one too."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def head_of(content: bytes) -> Head:
    lines = lines_of(content)
    return Head(len(lines), hash_of(lines[-1]) if lines else NOTHING_BEFORE)


def flaws_of(content: bytes, heads: Iterable[Head] = ()) -> list[Flaw]:
    """All that is wrong with the chain, and with what was noted of it."""
    lines = lines_of(content)
    found = [*_broken_links(lines)]
    if content and not content.endswith(b"\n"):
        found.append(Flaw(len(lines), "it is cut off"))
    return found + [flaw for head in heads if (flaw := _against(head, lines)) is not None]


def _broken_links(lines: list[bytes]) -> Iterable[Flaw]:
    last = b""
    for number, line in enumerate(lines, 1):
        entry = read_entry(line)
        expected = hash_of(last) if last else NOTHING_BEFORE
        if entry is None:
            yield Flaw(number, "it is no entry")
        elif entry.previous != expected:
            yield Flaw(
                number,
                "it does not follow the line before it: one of them was changed, or lines between "
                "them were removed"
                if number > 1
                else "it is not the first: lines before it were removed",
            )
        last = line


def _against(head: Head, lines: list[bytes]) -> Flaw | None:
    if head.lines > len(lines):
        missing = head.lines - len(lines)
        return Flaw(
            0, f"{missing} of the {head.lines} lines that were noted are missing at its end"
        )
    if head.lines and hash_of(lines[head.lines - 1]) != head.sha256:
        return Flaw(head.lines, "it is not the line that was noted")
    return None
