"""Which parts of a copy were sent already: so that a cut costs one part at most.

A part of age is another one each time, so that the target cannot tell whether it is the right one:
its size and SHA-256 stand here, in kwtui's state, until the archive says them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, append_after, make_folders
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import read_regular
from kwtui.files.foreign.removing import remove_file
from kwtui.files.json_text import decode, encode
from kwtui.offsite.archive import ArchivePart
from kwtui.offsite.planning import PlannedPart

_LARGEST = 64 << 20


@dataclass(frozen=True)
class _Line:
    key: str
    part: ArchivePart


def key_of(part: PlannedPart, digests: Mapping[str, str], recipients: tuple[str, ...]) -> str:
    """The same for the same contents in the same order for the same recipients."""
    said = [[s.member, s.offset, s.bytes, digests[s.path]] for s in part.stretches]
    text = encode([part.path, sorted(recipients), said])
    return hashlib.sha256(text).hexdigest()


class SentParts:
    """The parts of one copy on one target."""

    def __init__(self, state: Path, address: str, folder: str) -> None:
        name = hashlib.sha256(f"{address}\n{folder}".encode()).hexdigest()[:32]
        self._file = claim(state / "offsite", own=True) / f"{name}.jsonl"
        self._lines = {line.key: line.part for line in self._read()}

    def _read(self) -> list[_Line]:
        """Lines that are damaged are parts that will be sent again."""
        try:
            content = read_regular(self._file, _LARGEST)
        except OSError:
            return []
        found = []
        for line in content.splitlines():
            try:
                found.append(decode(line, _Line))
            except msgspec.DecodeError:
                continue
        return found

    def find(self, key: str, there: Mapping[str, int]) -> ArchivePart | None:
        """The part, if it was sent and lies there with its size."""
        part = self._lines.get(key)
        return part if part is not None and there.get(part.path) == part.bytes else None

    def add(self, key: str, part: ArchivePart) -> None:
        """Raises KwtuiError (DISK_FULL, FAILED)."""
        make_folders(self._file.parent, mode=PRIVATE_FOLDER)
        append_after(self._file, lambda _last: encode(_Line(key, part)), mode=PRIVATE_FILE)

    def forget(self) -> None:
        """The archive tells it now."""
        remove_file(self._file)
