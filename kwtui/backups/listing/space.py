"""What backups take of the disk together: a file with several names takes its space once. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kwtui.backups.layout.tree import TreeFile
from kwtui.files.foreign.walking import Entry


class SpaceCount:
    """Counts each file for one of the folders that hold it: the one that was added last.

    Folders are added in order of their names, which begin with the time: so a file counts for the
    newest backup of those that share it, and an older one takes only what is no newer one's.
    """

    def __init__(self) -> None:
        self._holders: dict[tuple[int, int], str] = {}
        """Of each file with several names, by device and number."""
        self._taken: dict[str, int] = {}

    def add(self, path: str, files: Iterable[TreeFile | Entry]) -> None:
        """``path`` holds these files, of which none is a folder."""
        taken = self._taken.setdefault(path, 0)
        for file in files:
            if file.links > 1:
                before = self._holders.get(file.inode)
                if before == path:
                    continue
                if before is not None:
                    self._taken[before] -= file.bytes
                self._holders[file.inode] = path
            taken += file.bytes
        self._taken[path] = taken

    def of(self, path: str) -> int | None:
        """Bytes; None for a path that was not added."""
        return self._taken.get(path)
