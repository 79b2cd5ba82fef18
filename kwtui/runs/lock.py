"""One run per database and one per destination at a time.

The lock is the kernel's (flock), so it is gone with the process that holds it, however that ended.
The starter takes it and hands the open file to the worker: there is no moment without it. The text
in the file only tells people who holds it.

Those locks lie in the account's own state directory. So that root and the database's account keep
apart too, each is also taken in one file in extern, ``.kwtui.lock``: there a key is one byte of the
file at a place that its hash says, locked for the open file (F_OFD_SETLK, fcntl(2)), so that it is
inherited with it, and is heard of over NFS. Whoever may only read that file shares the lock with
other readers; where it cannot be made at all, runs of one account keep apart alone.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kwtui.backups.layout.naming import LOCK_FILE
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.making import shared_descriptor
from kwtui.files.json_text import decode
from kwtui.runs.process_identity import ProcessIdentity

_FOR_THE_GROUP = 0o660
"""Who else uses these backups is in the group of extern, or is root."""


@dataclass(frozen=True)
class LockHolder:
    run: str
    process: ProcessIdentity


class RunLocks:
    """Locks that are held until `close`, or by whoever inherited their files."""

    def __init__(self, directory: Path, extern: Path | None = None) -> None:
        self._directory = directory
        self._extern = extern
        self._files: dict[Path, int] = {}
        self._shared: _SharedLocks | None = None

    @property
    def files(self) -> tuple[int, ...]:
        """The open files, to be inherited by the worker."""
        shared = (self._shared.descriptor,) if self._shared is not None else ()
        return (*self._files.values(), *shared)

    def take(self, key: str, *, shared: bool = False) -> None:
        """Raises RUN_IN_PROGRESS, naming the run that holds it. ``shared``: several may read."""
        path = self._directory / f"{hashlib.sha256(key.encode()).hexdigest()[:24]}.lock"
        if path in self._files:
            return
        try:
            fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            fcntl.flock(fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError:
            holder = _read_holder(fd)
            os.close(fd)
            self.close()
            raise _in_progress(key, holder) from None
        self._files[path] = fd
        self._take_in_extern(key, shared=shared)

    def _take_in_extern(self, key: str, *, shared: bool) -> None:
        if self._extern is None:
            return
        if self._shared is None:
            try:
                self._shared = _SharedLocks(self._extern)
            except OSError:
                # Extern is not there yet, or closed to this account.
                self._extern = None
                return
        if not self._shared.take(key.replace(str(self._extern), "", 1), shared=shared):
            self.close()
            raise KwtuiError(
                f"Another run is working on {key}.",
                cause=f"It holds its lock in {self._extern / LOCK_FILE}: a run of another account.",
                hint="Wait for it, or follow it as that account: kwtui runs",
                exit_code=ExitCode.RUN_IN_PROGRESS,
            )

    def sign(self, holder: LockHolder) -> None:
        """Write down who holds them, for people; the lock itself needs no text."""
        for fd in self._files.values():
            with suppress(OSError):
                os.ftruncate(fd, 0)
                os.pwrite(fd, msgspec.json.encode(holder), 0)

    def close(self) -> None:
        for fd in self._files.values():
            with suppress(OSError):
                os.close(fd)
        self._files.clear()
        if self._shared is not None:
            os.close(self._shared.descriptor)
            self._shared = None


class _SharedLocks:
    """The file in extern, open. Raises OSError when it is made."""

    def __init__(self, extern: Path) -> None:
        path = claim(extern) / LOCK_FILE
        self.descriptor, self._writable = shared_descriptor(path, _FOR_THE_GROUP)

    def take(self, key: str, *, shared: bool) -> bool:
        """Whether it was free; also where the file system knows no such locks."""
        place = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:7])
        kind = fcntl.F_RDLCK if shared or not self._writable else fcntl.F_WRLCK
        wish = struct.pack("hhqqi4x", kind, os.SEEK_SET, place, 1, 0)
        try:
            fcntl.fcntl(self.descriptor, fcntl.F_OFD_SETLK, wish)
        except OSError as error:
            return error.errno not in (errno.EAGAIN, errno.EACCES)
        return True


def _read_holder(fd: int) -> LockHolder | None:
    try:
        return decode(os.pread(fd, 4096, 0), LockHolder)
    except (OSError, msgspec.DecodeError):
        return None


def _in_progress(key: str, holder: LockHolder | None) -> KwtuiError:
    run = holder.run if holder else ""
    follow = f"kwtui runs follow {run}" if run else "kwtui runs"
    return KwtuiError(
        f"Another run is working on {key}.",
        cause=f"Run {run} (process {holder.process.pid}) holds it." if holder else "",
        hint=f"Wait for it or follow it: {follow}",
        exit_code=ExitCode.RUN_IN_PROGRESS,
    )
