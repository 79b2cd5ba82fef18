"""The records of CSV files as a multiset: chunking and order differ between two exports, text does
not.

Two exports of the same rows hold the same records, in other files and another order. So each record
is hashed with Python's own keyed hash (SipHash with a random key of the process), and the hashes
are added up: numbers that are compared within one run need no format of their own. Two multisets
that differ have the same sum by chance once in 2^61 times, and nobody can aim at it who does not
know the key. Memory does not grow with the files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from kwtui.backups.csv.quoting import plainly_quoted
from kwtui.files.foreign.reading import open_regular
from kwtui.files.pace import spend
from kwtui.model.requests import Dialect

BLOCK = 1 << 18
_NEWLINE = b"\n"
_INNER_NEWLINE = b"\xff"
"""Stands for a newline inside quotes. No text in a charset of EXPORT has this byte."""
_LONGEST = 1 << 27
"""Bytes of one record; a longer one means that a quote was lost."""
_ROWS_PER_PART = 20_000
_MOST_PARTS = 1 << 16

Files = Iterable[Path]
Tick = Callable[[int], None]


@dataclass(frozen=True)
class Multiset:
    """How many records, and the sum of their hashes. Comparable within one process, or between
    those that were started with the same ``PYTHONHASHSEED``."""

    records: int = 0
    sum: int = 0

    def __add__(self, other: Multiset) -> Multiset:
        return Multiset(self.records + other.records, self.sum + other.sum)


@dataclass(frozen=True)
class OneSided:
    """Records that are only on one side, the first few of each: as text, with their newlines."""

    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()


class BrokenRecord(ValueError):
    """A file that ends inside a quoted value, or a record that never ends."""


def splits(dialect: Dialect) -> bool:
    """Whether records of this dialect can be told apart by the parity of quotes alone."""
    return dialect.escaped == dialect.enclosed


def multiset_of(path: Path, dialect: Dialect, tick: Tick | None = None) -> Multiset:
    """Read one file. ``tick`` is called with the bytes of each block; what it raises ends it.

    Raises OSError, BrokenRecord.
    """
    with open_regular(path, buffering=0) as file:
        return multiset_open(file, path.name, dialect, tick)


def multiset_open(
    file: BinaryIO, name: str, dialect: Dialect, tick: Tick | None = None
) -> Multiset:
    """As `multiset_of`, for a file of this name that is open at its beginning."""
    records = total = 0
    for lines in _blocks_of(file, name, dialect, tick):
        records += len(lines)
        total += sum(map(hash, lines))
    return Multiset(records, total)


def _blocks(path: Path, dialect: Dialect, tick: Tick | None) -> Iterator[list[bytes]]:
    """The records of a file, block by block, without their newlines and without the header."""
    with open_regular(path, buffering=0) as file:
        yield from _blocks_of(file, path.name, dialect, tick)


def _blocks_of(
    file: BinaryIO, name: str, dialect: Dialect, tick: Tick | None
) -> Iterator[list[bytes]]:
    quote = dialect.enclosed.encode()
    inside, header = False, dialect.header
    begun: list[bytes] = []
    while block := file.read(BLOCK):
        spend(len(block))
        if tick:
            tick(len(block))
        if inside or quote in block:
            block, inside = _without_inner_newlines(block, quote, inside)
        begun.append(block)
        if _NEWLINE not in block:
            if len(begun) * BLOCK > _LONGEST:
                raise BrokenRecord(f"a record of {name} is longer than {_LONGEST:,} bytes")
            continue
        lines = b"".join(begun).split(_NEWLINE)
        begun = [lines.pop()]
        if header:
            del lines[0]
            header = False
        yield lines
    if inside:
        raise BrokenRecord(f"{name} ends inside a quoted value")
    rest = b"".join(begun)
    if rest and not header:
        yield [rest]


def _without_inner_newlines(block: bytes, quote: bytes, inside: bool) -> tuple[bytes, bool]:
    """Doubled quotes keep the parity: what stands between them is empty."""
    parts = block.split(quote)
    quoted = slice(0 if inside else 1, None, 2)
    if _NEWLINE in b"".join(parts[quoted]):
        parts[quoted] = [part.replace(_NEWLINE, _INNER_NEWLINE) for part in parts[quoted]]
        block = quote.join(parts)
    return block, inside ^ (len(parts) % 2 == 0)


# -- what differs -----------------------------------------------------------------------------


def one_sided(
    here: Files, there: Files, dialect: Dialect, records: int, limit: int, tick: Tick | None = None
) -> OneSided:
    """The first records that are only here, or only there; a second pass, when they differ as
    text. Quotes that a value does not need make no difference: none may be left.

    Both sides are summed up in parts by hash, and of the first parts that differ the records
    themselves are compared. ``records`` is about how many there are; the memory that it takes is
    that of some ten thousand records. Raises OSError, BrokenRecord.
    """
    parts = min(max(records // _ROWS_PER_PART, 1), _MOST_PARTS)
    sums = [_sums(files, dialect, parts, tick) for files in (here, there)]
    left: Counter[bytes] = Counter()
    wanted = [n for n in range(parts) if sums[0][n] != sums[1][n]]
    for part in wanted[:limit]:
        left.update(_records_of(here, dialect, parts, part, tick))
        left.subtract(_records_of(there, dialect, parts, part, tick))
        left = Counter({record: count for record, count in left.items() if count})
        if len(left) >= 2 * limit:
            break
    return OneSided(
        _texts((r for r, count in left.items() if count > 0), dialect, limit),
        _texts((r for r, count in left.items() if count < 0), dialect, limit),
    )


def _records(files: Files, dialect: Dialect, tick: Tick | None) -> Iterator[bytes]:
    for path in files:
        for record in chain.from_iterable(_blocks(path, dialect, tick)):
            yield plainly_quoted(record, dialect, _INNER_NEWLINE)


def _sums(files: Files, dialect: Dialect, parts: int, tick: Tick | None) -> list[tuple[int, int]]:
    counts, sums = [0] * parts, [0] * parts
    for record in _records(files, dialect, tick):
        key = hash(record)
        part = key % parts
        counts[part] += 1
        sums[part] += key
    return list(zip(counts, sums, strict=True))


def _records_of(
    files: Files, dialect: Dialect, parts: int, part: int, tick: Tick | None
) -> Iterator[bytes]:
    return (r for r in _records(files, dialect, tick) if hash(r) % parts == part)


def _texts(records: Iterable[bytes], dialect: Dialect, limit: int) -> tuple[str, ...]:
    charset = "utf-8" if dialect.charset == "UTF-8" else dialect.charset
    found = sorted(records)[:limit]
    return tuple(
        r.replace(_INNER_NEWLINE, _NEWLINE).decode(charset, "backslashreplace") for r in found
    )
