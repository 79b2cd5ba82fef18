"""A target that is a folder: another disk, or a share that is mounted."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FOLDER, is_no_space, make_folders
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.making import move_file, new_file, sync_folder
from kwtui.files.foreign.reading import (
    is_folder,
    is_there,
    open_regular,
    space_at,
)
from kwtui.files.foreign.removing import remove_empty, remove_file
from kwtui.files.foreign.walking import walk
from kwtui.offsite.streams import CHUNK
from kwtui.offsite.targets.target import Sink, Stored, aside, missing, no_space, taken

_MODE = 0o600
Read = Callable[[int], bytes]
Write = Callable[[bytes], object]


class FolderTarget:
    """Implements `kwtui.offsite.targets.target.Target`."""

    def __init__(self, root: Path) -> None:
        self._root = claim(root)

    @property
    def address(self) -> str:
        return f"file://{self._root}"

    def files(self, folder: str = "") -> list[Stored]:
        root = self._root / folder
        try:
            if not is_folder(self._root):
                raise self._not_there()
            if not is_folder(root):
                return []
            before = f"{folder}/" if folder else ""
            return [
                Stored(before + entry.path, entry.bytes) for entry in walk(root) if entry.is_file
            ]
        except OSError as error:
            raise self._error(folder or ".", error) from error

    def _not_there(self) -> KwtuiError:
        return KwtuiError(
            f"The folder {self._root} was not found.",
            cause="A share that is not mounted looks like this.",
            hint="Mount it, or create the folder.",
            exit_code=ExitCode.NOT_FOUND,
        )

    @contextmanager
    def read(self, name: str) -> Iterator[Iterator[bytes]]:
        try:
            file = open_regular(self._root / name, buffering=0)
        except OSError as error:
            raise self._error(name, error) from error
        with file:
            yield self._chunks(name, file.read)

    def _chunks(self, name: str, read: Read) -> Iterator[bytes]:
        while True:
            try:
                chunk = read(CHUNK)
            except OSError as error:
                raise self._error(name, error) from error
            if not chunk:
                return
            yield chunk

    @contextmanager
    def write(self, name: str) -> Iterator[Sink]:
        path = self._root / name
        beside = self._root / aside(name)
        try:
            if not is_folder(self._root):
                raise self._not_there()
            if is_there(path):
                raise taken(name, self.address)
            make_folders(path.parent, mode=PRIVATE_FOLDER)
            # What a run that was killed left: one copy is written by one run at a time.
            remove_file(beside)
            file = new_file(beside, _MODE)
        except OSError as error:
            raise self._error(name, error) from error
        try:
            yield _Sink(self, name, file.write)
            try:
                file.flush()
                os.fsync(file.fileno())
                file.close()
                self._put(beside, path, name)
            except OSError as error:
                raise self._error(name, error) from error
        except BaseException:
            # Closing tries once more to write what had no space.
            with suppress(OSError):
                file.close()
            with suppress(OSError):
                remove_file(beside)
            raise

    def _put(self, beside: Path, path: Path, name: str) -> None:
        """Give the finished file its name, unless something has it."""
        try:
            move_file(beside, path)
        except FileExistsError:
            raise taken(name, self.address) from None
        sync_folder(path.parent)

    def delete(self, name: str) -> None:
        path = self._root / name
        try:
            remove_file(path)
            # A folder that holds nothing any more goes too, up to the target itself.
            with suppress(OSError):
                while path.parent != self._root:
                    path = path.parent
                    remove_empty(path)
        except OSError as error:
            raise self._error(name, error) from error

    def free_bytes(self) -> int | None:
        try:
            return space_at(self._root).free
        except OSError as error:
            raise self._error(".", error) from error

    def close(self) -> None:
        """Nothing is held."""

    def _error(self, name: str, error: OSError) -> KwtuiError:
        if isinstance(error, FileNotFoundError):
            return missing(name, self.address)
        cause = error.strerror or str(error)
        if is_no_space(error):
            return no_space(f"{name}: {cause}.", self.address)
        denied = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
        return KwtuiError(
            f"{name} on {self.address} cannot be used.",
            cause=cause,
            hint="Check its owner and permissions." if denied else "",
            exit_code=ExitCode.EXTERN_NOT_READABLE if denied else ExitCode.FAILED,
        )


class _Sink:
    def __init__(self, target: FolderTarget, name: str, write: Write) -> None:
        self._target, self._name, self._write = target, name, write

    def write(self, data: bytes, /) -> None:
        try:
            self._write(data)
        except OSError as error:
            raise self._target._error(self._name, error) from error
