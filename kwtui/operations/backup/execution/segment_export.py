"""The files of a time series that is exported by stretches: linked from an earlier set, or moved
together. Blocking.

Nothing is linked before its SHA-256 was compared with the earlier manifest: damage never spreads.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from kwtui.backups.csv.record_scan import scan_file
from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.backups.manifest import FileEntry, Segment, TableEntry
from kwtui.files.foreign.making import NO_LINKS, copy_file, hard_link, move_file, sync_folder
from kwtui.files.foreign.reading import names_in, status_of
from kwtui.files.foreign.removing import remove_empty, remove_file
from kwtui.model.schema import TableName
from kwtui.operations.backup.earlier_set import EarlierSet
from kwtui.text import plural

_DAMAGE = frozenset({errno.EIO, errno.ENOENT})


def link_segment(
    earlier: EarlierSet, entry: TableEntry, segment: Segment, data: Path, folder: str
) -> tuple[Segment, dict[str, FileEntry]]:
    """Link a segment's files into a table's ``folder`` below ``data``; with their entries there.

    A file system without links, or an account that may make none, gets copies, and the segment says
    so. Raises OSError for a file that is not what the earlier manifest says; nothing of the segment
    stays then.
    """
    known = {file.path: file for file in entry.files}
    made: list[Path] = []
    entries: dict[str, FileEntry] = {}
    copied = False
    try:
        for path in segment.files:
            file = known[path]
            source = earlier.location.root / path
            _check(source, file)
            target = data / folder / Path(path).name
            made.append(target)
            copied = _link_or_copy(source, target) or copied
            name = f"{DATA_FOLDER}/{folder}/{target.name}"
            entries[name] = replace(file, path=name)
    except (OSError, KeyError) as error:
        for done in made:
            remove_file(done)
        if isinstance(error, KeyError):
            raise OSError(errno.ENOENT, "its manifest does not list it", path) from error
        raise
    linked = earlier.manifest.set_id
    return replace(segment, files=tuple(entries), linked=linked, copied=copied), entries


def _check(source: Path, file: FileEntry) -> None:
    """Raises OSError for a file that is not what its manifest says."""
    if status_of(source).st_size != file.bytes:
        raise OSError(errno.EIO, "its size differs from the manifest", str(source))
    if scan_file(source, None).sha256 != file.sha256:
        raise OSError(errno.EIO, "its SHA-256 differs from the manifest", str(source))


def _link_or_copy(source: Path, target: Path) -> bool:
    """Whether it had to be copied. Raises OSError."""
    try:
        hard_link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        copy_file(source, target, 0o640)
        return True
    return False


def not_linked(name: TableName, earlier: EarlierSet, error: OSError, parts: int = 0) -> str:
    """Why files of a table could not be taken from an earlier set, in words."""
    what = f"{plural(parts, 'part')} of {name}" if parts else str(name)
    words = f"{what} could not be linked and will be exported again: {error.filename}: "
    advice = f" Verify {earlier.manifest.set_id}." if error.errno in _DAMAGE else ""
    return f"{words}{error.strerror}.{advice}"


def copied_words(name: TableName, segments: Sequence[Segment]) -> str:
    """What is said where links cannot be made; empty where they could."""
    copied = sum(len(segment.files) for segment in segments if segment.copied)
    if not copied:
        return ""
    return (
        f"{name}: hard links are not possible here, so {plural(copied, 'file')} of the earlier "
        "backup were copied and use disk space again."
    )


def workplace(folder: Path, number: int) -> Path:
    """The folder that one stretch is exported into: EXPORT takes none that holds anything."""
    return folder.with_name(f"{folder.name}~s{number}")


def sample_place(folder: Path) -> Path:
    """The folder that rows are exported into again, to be compared with linked files."""
    return folder.with_name(f"{folder.name}~again")


def name_of(since: str, set_path: str) -> str:
    """What the names of a stretch's files begin with: its beginning, and the set that wrote them,
    so that they stay apart from those of all other sets: ``20261101T000000.20261130T011500Z``."""
    begins = "".join(c for c in since.partition("+")[0].replace(" ", "T") if c.isalnum())
    return f"{begins or 'all'}.{set_path.rpartition('/')[2]}"


def collect(place: Path, folder: Path, name: str) -> list[str]:
    """Move the files of an exported stretch to the table's others, under names of its own.

    Their names there. Raises OSError.
    """
    try:
        names = sorted(each for each in names_in(place) if each.endswith(".csv"))
    except FileNotFoundError:
        return []  # A stretch without rows gets no folder, or no file (recording 17).
    moved = []
    for each in names:
        target = folder / f"{name}.{each}"
        move_file(place / each, target)
        moved.append(target.name)
    remove_empty(place)
    sync_folder(folder)
    return moved
