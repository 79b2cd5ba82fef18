"""Making files, folders and links where others may write: always new ones, never through a link."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from kwtui.files.foreign.grounds import enter, folder_at, listable, parent_of
from kwtui.files.foreign.reading import folder_status, open_in, open_regular, regular_descriptor

EXTERN_NAME = "extern"
_COPY_BYTES = 1 << 20
NO_LINKS = frozenset(
    {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EACCES}
)
"""What a file system says that makes no hard link here: another one, too many of this file, none at
all, none for this account."""


def new_file(path: Path, mode: int) -> BinaryIO:
    """A file that was not there, to be written, with exactly this mode. Raises OSError."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    file = os.fdopen(regular_descriptor(path, flags, 0o600), "wb")
    try:
        os.fchmod(file.fileno(), mode)
    except BaseException:
        file.close()
        raise
    return file


def append_to(path: Path, size: int) -> BinaryIO:
    """A file of this many bytes, to be written on at its end. Raises OSError."""
    file = os.fdopen(regular_descriptor(path, os.O_WRONLY | os.O_APPEND), "ab")
    if os.fstat(file.fileno()).st_size != size:
        file.close()
        raise OSError(errno.EINVAL, "it does not have the expected size", str(path))
    return file


def shared_descriptor(path: Path, mode: int) -> tuple[int, bool]:
    """A file that several accounts hold open, made with exactly this mode if it is not there.

    Its descriptor, which the caller closes, and whether it may be written. Raises OSError.
    """
    with suppress(FileExistsError):
        new_file(path, mode).close()
    try:
        return regular_descriptor(path, os.O_RDWR), True
    except PermissionError:
        return regular_descriptor(path, os.O_RDONLY), False


def make_folder(path: Path, mode: int, *, group: int | None = None, exactly: bool = False) -> bool:
    """Make one folder; False if there is one. Raises OSError.

    ``exactly``: it has this mode, whatever the umask. ``group`` becomes its group, if this account
    may give it that.
    """
    with parent_of(path) as (parent, name):
        try:
            os.mkdir(name, mode if not exactly else 0o700, dir_fd=parent)
        except FileExistsError:
            if not stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                raise
            return False
        if exactly or group is not None:
            made = enter(name, parent)
            try:
                if group is not None:
                    with suppress(PermissionError):
                        os.fchown(made, -1, group)
                if exactly:
                    os.fchmod(made, mode)
            finally:
                os.close(made)
    return True


class FoldersBelow:
    """Folders on the way to new files; each that is made gets the group of the one at the top.

    A node makes its extern with its first export: where none is, it is made in its store.
    """

    def __init__(self, top: Path, mode: int) -> None:
        self._top, self._mode = top, mode
        self._passed: dict[Path, None] = {}
        self._group: int | None = None
        for folder in (top, top.parent):
            with suppress(OSError):
                self._group = folder_status(folder).st_gid
                break

    def make(self, folder: Path) -> None:
        """With its parents; those that are there stay as they are. Raises OSError."""
        if folder in self._passed:
            return
        if folder != self._top:
            self.make(folder.parent)
        elif folder.name != EXTERN_NAME:
            # Another one that is not there is a slip of the pen.
            return
        make_folder(folder, self._mode, group=self._group)
        self._passed[folder] = None

    def sync(self) -> None:
        """Have the kernel put what is in them on disk, the deepest first. Raises OSError."""
        for folder in reversed(self._passed):
            sync_folder(folder)


@contextmanager
def replacement(path: Path, mode: int) -> Iterator[BinaryIO]:
    """A file that takes the place of the one at the path when the block ends well, as a whole.

    It is on disk then, and so is its name. Raises OSError; then the old one stays.
    """
    with parent_of(path) as (parent, name):
        aside = f".{name}.{os.urandom(6).hex()}"[-255:]
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        try:
            with os.fdopen(open_in(parent, aside, flags, 0o600, path), "wb") as file:
                yield file
                file.flush()
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            os.rename(aside, name, src_dir_fd=parent, dst_dir_fd=parent)
            sync(parent)
        except BaseException:
            with suppress(OSError):
                os.unlink(aside, dir_fd=parent)
            raise


def rename_beside(path: Path, name: str) -> None:
    """Give what is at the path another name in the same folder, on disk too. Raises OSError."""
    with parent_of(path) as (folder, before):
        os.rename(before, name, src_dir_fd=folder, dst_dir_fd=folder)
        sync(folder)


def hard_link(source: Path, target: Path) -> None:
    """A second name for a regular file. Raises OSError."""
    with parent_of(source) as (there, old):
        held = os.dup(there)
    try:
        with parent_of(target) as (here, new):
            os.link(old, new, src_dir_fd=held, dst_dir_fd=here, follow_symlinks=False)
            if not stat.S_ISREG(os.stat(new, dir_fd=here, follow_symlinks=False).st_mode):
                os.unlink(new, dir_fd=here)
                raise OSError(errno.EINVAL, "it is not a regular file", str(source))
    finally:
        os.close(held)


def move_file(source: Path, target: Path) -> None:
    """Give a regular file another place in its file system; nothing that is there is replaced.

    Raises OSError.
    """
    try:
        hard_link(source, target)
    except OSError as error:
        if error.errno not in NO_LINKS:
            raise
        _rename(source, target)
    else:
        with parent_of(source) as (there, old):
            os.unlink(old, dir_fd=there)


def _rename(source: Path, target: Path) -> None:
    with parent_of(source) as (there, old):
        held = os.dup(there)
    try:
        with parent_of(target) as (here, new):
            with suppress(FileNotFoundError):
                os.stat(new, dir_fd=here, follow_symlinks=False)
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
            os.rename(old, new, src_dir_fd=held, dst_dir_fd=here)
    finally:
        os.close(held)


def copy_file(source: Path, target: Path, mode: int) -> None:
    """A new file with the content of a regular one. Raises OSError."""
    with open_regular(source, buffering=0) as read, new_file(target, mode) as written:
        shutil.copyfileobj(read, written, _COPY_BYTES)


def symbolic_link(text: str, target: Path) -> None:
    """Raises OSError."""
    with parent_of(target) as (folder, name):
        os.symlink(text, name, dir_fd=folder)


def sync_file(path: Path) -> None:
    """Have the kernel put the file's content on disk; it may have been written by the server."""
    descriptor = regular_descriptor(path, os.O_RDONLY)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Have the kernel put the folder's entries on disk."""
    with folder_at(path) as folder:
        sync(folder)


def sync(folder: int) -> None:
    """As `sync_folder`, for one that is held."""
    opened = listable(folder)
    try:
        _sync(opened)
    finally:
        os.close(opened)


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        # Some network file systems cannot sync what is open for reading.
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):
            raise
