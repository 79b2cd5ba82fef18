"""A set's files as they lie on disk now, against what its manifest names. Nothing is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kwtui.backups.layout.naming import inside
from kwtui.backups.layout.tree import is_folder, is_there, walk
from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.manifest import SIDECAR_FILES, FileEntry
from kwtui.errors import KwtuiError


@dataclass(frozen=True)
class Presence:
    """What differs from the manifest. A set without one is what lies there: nothing differs."""

    missing: frozenset[str] = frozenset()
    """Paths relative to the set."""
    resized: Mapping[str, int] = field(default_factory=dict)
    """Files of another size than the manifest says, with the bytes that they have now."""
    strays: tuple[FileEntry, ...] = ()
    """Files that the manifest does not name."""

    @property
    def problems(self) -> list[str]:
        """In words, as many as a person reads."""
        words = [f"{path} is gone." for path in sorted(self.missing)]
        words += [f"{path} has {now:,} bytes now." for path, now in sorted(self.resized.items())]
        words += [f"{stray.path} does not belong to this backup." for stray in self.strays]
        more = len(words) - _MOST
        return [*words[:_MOST], f"and {more:,} more"] if more > 0 else words


_MOST = 20


def look_at_presence(details: SetDetails) -> Presence:
    """Look at every file's name and size. Blocking.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    manifest = details.manifest
    if manifest is None:
        return Presence()
    named = {file.path: file.bytes for table in manifest.tables for file in table.files}
    named |= {file.path: file.bytes for file in manifest.files}
    location = details.location
    here = {file.path: file.bytes for file in walk(location.root)}
    if not location.beside:
        here |= {file.path: file.bytes for file in walk(location.sidecars)}
    return Presence(
        missing=frozenset(named.keys() - here.keys()),
        resized={path: here[path] for path in named if here.get(path, named[path]) != named[path]},
        strays=tuple(
            FileEntry(path, size, "")
            for path, size in sorted(here.items())
            if path not in named and path not in SIDECAR_FILES
        ),
    )


def is_gone(extern: Path, path: str) -> bool:
    """Whether nothing lies at the path below extern any more; False where nobody can tell."""
    try:
        return is_folder(extern) and not is_there(inside(extern, path))
    except KwtuiError:
        return False
