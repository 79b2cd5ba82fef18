"""Removing: always a name in a folder that is held, so what goes lies where it was looked for.

Whatever anybody does to the folders meanwhile, nothing outside of them is touched, and no link is
followed.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kwtui.files.foreign.accounts import acting_as
from kwtui.files.foreign.grounds import enter, parent_of
from kwtui.files.foreign.making import sync
from kwtui.files.foreign.walking import DEEPEST, too_deep

Removed = Callable[[int], None]
"""Called before each file is removed, with its bytes; an exception of it ends the removal."""


def remove_file(path: Path) -> bool:
    """Remove a file or link; False if there is none. Raises OSError."""
    try:
        with parent_of(path) as (folder, name):
            os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def remove_empty(path: Path) -> None:
    """Remove a folder that holds nothing. Raises OSError."""
    with parent_of(path) as (folder, name):
        os.rmdir(name, dir_fd=folder)


def remove_folder(path: Path, before: Removed = lambda size: None) -> bool:
    """Remove a folder with all that is in it; False if there is none.

    Raises OSError, for a folder on which something else is mounted too.
    """
    try:
        with parent_of(path) as (folder, name):
            first = enter(name, folder)
            _remove(folder, name, first, before)
            sync(folder)
    except FileNotFoundError:
        return False
    return True


def _remove(folder: int, name: str, first: int, before: Removed) -> None:
    mount = _mount(folder)
    levels = [_Level(name, first)]
    try:
        while levels:
            level = levels[-1]
            if level.folders is None:
                if _mount(level.descriptor) != mount:
                    raise OSError(errno.EXDEV, f"something is mounted on {level.name}", level.name)
                level.folders = _empty(level.descriptor, before)
            if level.folders:
                if len(levels) > DEEPEST:
                    raise too_deep(level.name)
                deeper = level.folders.pop()
                with suppress(FileNotFoundError):
                    levels.append(_Level(deeper, enter(deeper, level.descriptor)))
                continue
            os.close(levels.pop().descriptor)
            with suppress(FileNotFoundError):
                os.rmdir(level.name, dir_fd=levels[-1].descriptor if levels else folder)
    finally:
        for left in levels:
            os.close(left.descriptor)


@dataclass
class _Level:
    """A folder that is being removed."""

    name: str
    descriptor: int
    folders: list[str] | None = None
    """What is left in it, the next one last; None: it was not looked into yet."""


def _empty(folder: int, before: Removed) -> list[str]:
    """Remove what is no folder; the folders that are left, the first by name last."""
    folders = []
    for name in sorted(os.listdir(folder)):
        with suppress(FileNotFoundError):  # Somebody else removed it.
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                folders.append(name)
                continue
            with acting_as(None):
                before(status.st_size)
            os.unlink(name, dir_fd=folder)
    return folders[::-1]


def _mount(folder: int) -> tuple[int, str]:
    """Device and mount of an open folder: a bind mount of the same file system has the same device.

    The number of the mount is told by /proc alone; without it the device decides.
    """
    device = os.fstat(folder).st_dev
    try:
        # What /proc tells of a process is for its own account.
        with acting_as(None), open(f"/proc/self/fdinfo/{folder}", encoding="ascii") as info:
            words = [line.split() for line in info]
    except OSError:
        return device, ""
    return device, next((line[1] for line in words if line[:1] == ["mnt_id:"]), "")
