"""Walking through what others made: a loop, folder by folder from descriptor to descriptor.

Bounded in depth and number, so that neither a tree of ten thousand levels nor one without end
stops a listing or fills the memory; the bound is told as an error.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

from kwtui.files.foreign.accounts import acting, acting_as
from kwtui.files.foreign.grounds import enter, folder_at, listable

DEEPEST = 64
"""Folders below each other; an export has three, with a set around it seven."""
MOST = 5_000_000
"""Entries; an export of a hundred thousand tables has some files for each."""


class TooMuch(OSError):
    """There are more folders below each other, or more entries, than anybody looks through."""

    hint = (
        "No backup and no export looks like that: something else made it. Find out what it is, and"
        " move or remove it yourself (mv, rm -r) as the account that owns it; then try again."
    )


def too_deep(path: str) -> TooMuch:
    """The error for folders below each other, of which this one is too many."""
    return TooMuch(errno.ELOOP, f"more than {DEEPEST} folders lie in each other", path)


class Entry(NamedTuple):
    """Something in a folder, itself: no link was followed. (A plain tuple: there are millions.)"""

    path: str
    """Relative to where the walk began, with ``/``."""
    name: str
    is_folder: bool
    is_file: bool = False
    """A regular one."""
    is_link: bool = False
    bytes: int = 0
    """Of a folder always 0."""
    modified: float = 0.0
    """Seconds since the epoch; of a folder always 0."""
    inode: tuple[int, int] = (0, 0)
    """Device and number of a file; of a folder always zeros."""
    links: int = 1
    """Names that the file has."""


def entries_in(folder: Path) -> list[Entry]:
    """What lies in a folder, by name. Raises OSError."""
    with folder_at(folder) as held:
        opened = listable(held)
        try:
            return _entries(opened, "")
        finally:
            os.close(opened)


def statuses_in(folder: Path) -> list[tuple[str, os.stat_result]]:
    """What lies in a folder, with all that is known of it. Raises OSError."""
    with folder_at(folder) as held:
        opened = listable(held)
    try:
        with os.scandir(opened) as listing:
            return [(entry.name, entry.stat(follow_symlinks=False)) for entry in listing]
    finally:
        os.close(opened)


def walk(root: Path) -> Iterator[Entry]:
    """Everything below a folder by name, folder by folder; a folder before what is in it.

    Raises OSError; `TooMuch` for more than `DEEPEST` folders below each other or `MOST` entries.
    """
    with folder_at(root) as held:
        account = acting()
        opened = [listable(held)]
        waiting = [iter(_entries(opened[0], ""))]
    seen = 0
    try:
        while waiting:
            entry = next(waiting[-1], None)
            if entry is None:
                waiting.pop()
                os.close(opened.pop())
                continue
            seen += 1
            if seen > MOST:
                raise TooMuch(errno.EFBIG, f"more than {MOST:,} files lie there", str(root))
            yield entry
            if not entry.is_folder:
                continue
            if len(opened) > DEEPEST:
                raise too_deep(str(root / entry.path))
            with acting_as(account):
                try:
                    opened.append(enter(entry.name, opened[-1]))
                    waiting.append(iter(_entries(opened[-1], f"{entry.path}/")))
                except FileNotFoundError:
                    continue
                except OSError as error:
                    error.filename = str(root / entry.path)
                    raise
    finally:
        for folder in opened:
            os.close(folder)


def _entries(folder: int, before: str) -> list[Entry]:
    """What is gone when it is looked at was never there."""
    found = []
    with os.scandir(folder) as listing:
        for entry in listing:
            name = entry.name
            if entry.is_dir(follow_symlinks=False):
                found.append(Entry(before + name, name, True))
                continue
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            regular, link = entry.is_file(follow_symlinks=False), entry.is_symlink()
            found.append(
                Entry(
                    before + name,
                    name,
                    False,
                    regular,
                    link,
                    status.st_size,
                    status.st_mtime,
                    (status.st_dev, status.st_ino),
                    status.st_nlink,
                )
            )
    found.sort(key=itemgetter(1))
    return found
