"""A set's files as they lie on disk now, against what its manifest names. Nothing is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.naming import DATA_FOLDER, EXTRA_FOLDERS, INSERTS_FOLDER, inside
from kwtui.backups.layout.tree import FileRole, TreeFile, is_folder, is_there, role_of, walk
from kwtui.backups.manifest import SIDECAR_FILES, FileEntry, Manifest
from kwtui.errors import KwtuiError
from kwtui.text import plural

FOLDERS = (DATA_FOLDER, INSERTS_FOLDER, *EXTRA_FOLDERS)
"""Of a set."""


@dataclass(frozen=True)
class Presence:
    """What differs from the manifest. A set without one is what lies there: nothing differs."""

    missing: frozenset[str] = frozenset()
    """Paths relative to the set."""
    resized: Mapping[str, int] = field(default_factory=dict)
    """Files of another size than the manifest says, with the bytes that they have now."""
    replaced: frozenset[str] = frozenset()
    """What are links now, or no regular files."""
    strays: tuple[FileEntry, ...] = ()
    """Files that the manifest does not name."""

    @property
    def problems(self) -> list[str]:
        """In words, as many as a person reads."""
        words = [*self.damage, *(_foreign(path) for path in self.harmless)]
        more = len(words) - _MOST
        return [*words[:_MOST], f"and {more:,} more"] if more > 0 else words

    @property
    def changed(self) -> frozenset[str]:
        """The files that are not as the manifest says."""
        return self.missing | self.replaced | self.resized.keys()

    @property
    def damage(self) -> list[str]:
        """What a check of the set refuses, in words."""
        words = [f"{path} is gone." for path in sorted(self.missing)]
        words += [f"{path} is a link, or no regular file, now." for path in sorted(self.replaced)]
        words += [f"{path} has {now:,} bytes now." for path, now in sorted(self.resized.items())]
        return words + [_foreign(stray.path) for stray in self.strays if is_read(stray.path)]

    @property
    def harmless(self) -> list[str]:
        """The files that do not belong to the set and that nothing reads."""
        return [stray.path for stray in self.strays if not is_read(stray.path)]

    @property
    def problem(self) -> str:
        """The damage in a sentence or two; empty if there is none."""
        first, *others = self.damage or [""]
        more = f" {plural(len(others), 'more difference')}: kwtui show." if others else ""
        return f"Its files differ from its manifest: {first}{more}" if first else ""

    @property
    def note(self) -> str:
        """What does not belong to the set; empty if there is nothing."""
        first, *others = self.harmless or [""]
        if not first:
            return ""
        return f"{first} does not belong to it" + (f", nor {len(others):,} more" if others else "")


def _foreign(path: str) -> str:
    return f"{path} does not belong to this backup."


def is_read(stray: str) -> bool:
    """Whether an IMPORT of a set's folders would read a file that does not belong to it."""
    folder, below, _ = stray.partition("/")
    is_data = role_of(stray.rpartition("/")[2]) is FileRole.DATA
    return is_data and (not below or folder in FOLDERS)


_MOST = 20


def look_at_presence(location: SetLocation, manifest: Manifest | None) -> Presence:
    """Look at every file's name and size. Blocking.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    if manifest is None:
        return Presence()
    named = {file.path: file.bytes for table in manifest.tables for file in table.files}
    named |= {file.path: file.bytes for file in manifest.files}
    return presence_of(named, files_of(location))


def files_of(location: SetLocation) -> list[TreeFile]:
    """All files of a set, its sidecars too. Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE)."""
    files = list(walk(location.root))
    return files if location.beside else [*files, *walk(location.sidecars)]


def presence_of(named: Mapping[str, int], files: Iterable[TreeFile]) -> Presence:
    """How the files of a set differ from those that its manifest names, with their bytes. Pure."""
    here = {file.path: file for file in files}
    there = {path: here[path] for path in named if path in here}
    return Presence(
        missing=frozenset(named.keys() - here.keys()),
        resized={
            path: file.bytes
            for path, file in there.items()
            if file.regular and file.bytes != named[path]
        },
        replaced=frozenset(path for path, file in there.items() if not file.regular),
        strays=tuple(
            FileEntry(path, here[path].bytes, "")
            for path in sorted(here.keys() - named.keys())
            if path not in SIDECAR_FILES
        ),
    )


def is_gone(extern: Path, path: str) -> bool:
    """Whether nothing lies at the path below extern any more; False where nobody can tell."""
    try:
        return is_folder(extern) and not is_there(inside(extern, path))
    except KwtuiError:
        return False
