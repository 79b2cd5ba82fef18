"""Staging folders: a set's files under other names, for an IMPORT to read and to write beside.

IMPORT writes rejected rows next to the file that they come from (live-findings, row 15), and reads
a whole folder for time series. In a staging folder it finds exactly the files that it shall read,
and what it writes goes away with the folder. The files are hard links; where those are not allowed
(another owner, another file system) symbolic links, which a node follows (facts.md, 3.3); where
there are none, copies.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from io import TextIOWrapper
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from kwtui.backups.layout.naming import inside
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write, hand_over
from kwtui.files.foreign import open_regular, regular_descriptor

STAGING_FOLDER = ".staging"
DEFAULT_PREFIX = "kwtui"
_ID = re.compile(r"[0-9a-f]{8,32}\Z")
_FOLDER_MODE = 0o770
"""The node's account, which may only share a group with ours, writes rejected rows into it."""
_REJECT_FILES = "reject.*.txt"


class Means(StrEnum):
    """How a file came into a staging folder, the preferred way first."""

    HARD_LINK = "hard links"
    SYMBOLIC_LINK = "symbolic links"
    COPY = "copies"


@dataclass(frozen=True)
class StagedFile:
    """One file to be staged."""

    source: Path
    path: str
    """Relative to the staging folder."""
    rewrite: Callable[[BinaryIO, BinaryIO], None] | None = None
    """Copies the first into the second, changed on the way; None: the file as it is."""


@dataclass(frozen=True)
class Staged:
    """What was made."""

    files: int
    bytes: int
    """Of the files, whether they take space or not."""
    means: frozenset[Means]


_COPY_BYTES = 1 << 20


def staging_path(staging_id: str, prefix: str = DEFAULT_PREFIX) -> str:
    """Where the staging folder of a plan lies, relative to extern."""
    return f"{prefix}/{STAGING_FOLDER}/{staging_id}"


def is_staging(path: str) -> bool:
    """Whether a path relative to extern is that of a staging folder."""
    parts = PurePosixPath(path).parts
    return len(parts) >= 3 and parts[-2] == STAGING_FOLDER and _ID.match(parts[-1]) is not None


def can_stage(extern: Path, prefix: str = DEFAULT_PREFIX) -> bool:
    """Whether this account may make folders where staging folders lie."""
    folder = extern / prefix / STAGING_FOLDER
    while not folder.exists() and folder != extern:
        folder = folder.parent
    return os.access(folder, os.W_OK | os.X_OK)


def make_staging(
    extern: Path,
    path: str,
    files: Iterable[StagedFile],
    texts: Mapping[str, str] | None = None,
    *,
    folders: Iterable[str] = (),
) -> Staged:
    """Make the staging folder with links to the files, and with texts that are written anew.

    ``folders`` are made also when no file goes into them. Blocking. Raises KwtuiError: NOT_FOUND
    for a path outside extern, FAILED if it is there already, DISK_FULL, EXTERN_NOT_READABLE.
    """
    root = _root(extern, path)
    group = _group_of(extern)
    try:
        _make_folder(root.parent, group)
        root.mkdir()
        hand_over(root, extern)
        _open_to_group(root, group)
        for name in folders:
            _make_folder(root / name, group)
        count = size = 0
        means = set()
        for file in files:
            target = root / file.path
            _make_folder(target.parent, group)
            means.add(_place(file.source, target, file.rewrite))
            count += 1
            size += file.source.stat().st_size
        for name, text in (texts or {}).items():
            _make_folder((root / name).parent, group)
            _write_new(root / name, text.encode("utf-8", "surrogateescape"), extern)
    except OSError as error:
        raise cannot_write(root, error) from error
    return Staged(count, size, frozenset(means))


def remove_staging(extern: Path, path: str) -> bool:
    """Remove a staging folder with everything in it; False if there is none.

    Links are removed, never followed. Blocking. Raises KwtuiError (NOT_FOUND for a path that is no
    staging folder's, EXTERN_NOT_READABLE).
    """
    root = _root(extern, path)
    if not root.is_dir():
        return False
    try:
        shutil.rmtree(root)
        with suppress(OSError):
            # Others may be staging beside it, or have ended at the same moment.
            root.parent.rmdir()
    except OSError as error:
        raise cannot_write(root, error) from error
    return True


def find_stagings(extern: Path, prefix: str = DEFAULT_PREFIX) -> tuple[str, ...]:
    """The staging folders that are there, by their paths relative to extern."""
    try:
        names = sorted(os.listdir(extern / prefix / STAGING_FOLDER))
    except OSError:
        return ()
    return tuple(path for name in names if is_staging(path := staging_path(name, prefix)))


def rejected_lines(folder: Path, limit: int = 10) -> tuple[str, ...]:
    """The first lines of what an IMPORT rejected into a folder: a row, then why, in turn."""
    lines: list[str] = []
    with suppress(OSError):
        for path in sorted(folder.glob(_REJECT_FILES)):
            with TextIOWrapper(open_regular(path), "utf-8", "surrogateescape") as file:
                lines += [line.rstrip("\r\n") for line in islice(file, limit - len(lines))]
            if len(lines) >= limit:
                break
    return tuple(lines)


# -- inside -----------------------------------------------------------------------------------


def _root(extern: Path, path: str) -> Path:
    if not is_staging(path):
        raise KwtuiError(f"{path!r} is no staging folder.", exit_code=ExitCode.NOT_FOUND)
    return inside(extern, path)


def _make_folder(folder: Path, group: int | None) -> None:
    """With its parents; those that are there stay as they are."""
    if folder.is_dir():
        return
    _make_folder(folder.parent, group)
    folder.mkdir(exist_ok=True)
    hand_over(folder, folder.parent)
    _open_to_group(folder, group)


def _write_new(path: Path, content: bytes, extern: Path) -> None:
    """Never into something that is there: a link in its place could lead anywhere."""
    with os.fdopen(regular_descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        file.write(content)
        os.fchmod(file.fileno(), 0o640)
        hand_over(file.fileno(), extern)


def _open_to_group(folder: Path, group: int | None) -> None:
    if group is not None:
        with suppress(OSError):
            # Not a member: then the node's account can only be our own.
            os.chown(folder, -1, group)
    folder.chmod(_FOLDER_MODE)


def _group_of(extern: Path) -> int | None:
    with suppress(OSError):
        return extern.stat().st_gid
    return None


def _place(
    source: Path, target: Path, rewrite: Callable[[BinaryIO, BinaryIO], None] | None = None
) -> Means:
    source = source.resolve(strict=True)
    if rewrite is not None:
        return _copied(source, target, rewrite)
    with suppress(OSError):
        os.link(source, target, follow_symlinks=False)
        return Means.HARD_LINK
    with suppress(OSError):
        # Relative: the node may see its extern under another path, in a container.
        target.symlink_to(os.path.relpath(source, target.parent.resolve()))
        return Means.SYMBOLIC_LINK
    return _copied(source, target, partial(shutil.copyfileobj, length=_COPY_BYTES))


def _copied(source: Path, target: Path, copy: Callable[[BinaryIO, BinaryIO], None]) -> Means:
    made = regular_descriptor(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
    with os.fdopen(made, "wb") as written, open_regular(source) as read:
        copy(read, written)
        os.fchmod(made, 0o640)
        hand_over(made, target.parent)
    return Means.COPY
