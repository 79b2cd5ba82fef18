"""The devices of a time series with their tags, kept so that later ones can be compared. Pure.

A tag stands in every row of its device: one that was updated makes older files stale (recording
17), and no window's readings show it. A device that is new does not: its rows are in new windows,
or change the readings of older ones.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

_BYTES = 8
MOST_KEPT = 20_000
"""Devices of a table that a manifest keeps one by one; of more only all together."""


@dataclass(frozen=True)
class DeviceMarks:
    """What tells each device with its tags from every other."""

    digest: str = ""
    """SHA-256 of all together; empty where they could not be read."""
    each: frozenset[bytes] = frozenset()

    @property
    def kept(self) -> str:
        """For a manifest; empty for none, and for more than are kept."""
        if len(self.each) > MOST_KEPT:
            return ""
        return base64.b64encode(b"".join(sorted(self.each))).decode()

    def holds(self, digest: str, kept: str) -> bool:
        """Whether every device of an earlier reading has the tags that it had then."""
        if not self.digest or not digest:
            return False
        earlier = _unpacked(kept)
        return digest == self.digest or (bool(earlier) and earlier <= self.each)


def marks_of(names: Iterable[str], rows: Iterable[Iterable[str | None]]) -> DeviceMarks:
    """``rows`` are the tags of each device, under these names."""
    head = "\x1f".join(names)
    lines = sorted("\x1f".join("\x00" if v is None else v for v in row) for row in rows)
    digest = hashlib.sha256("\x1e".join([head, *lines]).encode()).hexdigest()
    return DeviceMarks(digest, frozenset(_mark(f"{head}\x1e{text}") for text in lines))


def _mark(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=_BYTES).digest()


def _unpacked(kept: str) -> frozenset[bytes]:
    """Nothing where it is not what was written: then only all together are compared."""
    try:
        data = base64.b64decode(kept, validate=True)
    except ValueError:
        return frozenset()
    if len(data) % _BYTES:
        return frozenset()
    return frozenset(data[i : i + _BYTES] for i in range(0, len(data), _BYTES))
