"""One run per database and one per destination at a time.

The lock is the kernel's (flock), so it is gone with the process that holds it, however that ended.
The starter takes it and hands the open file to the worker: there is no moment without it. The text
in the file only tells people who holds it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write
from kwtui.runs.process_identity import ProcessIdentity


@dataclass(frozen=True)
class LockHolder:
    run: str
    process: ProcessIdentity


class RunLocks:
    """Locks that are held until `close`, or by whoever inherited their files."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[Path, int] = {}

    @property
    def files(self) -> tuple[int, ...]:
        """The open files, to be inherited by the worker."""
        return tuple(self._files.values())

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


def _read_holder(fd: int) -> LockHolder | None:
    try:
        return msgspec.json.decode(os.pread(fd, 4096, 0), type=LockHolder)
    except (OSError, msgspec.DecodeError):
        return None


def _in_progress(key: str, holder: LockHolder | None) -> KwtuiError:
    run = holder.run if holder else ""
    follow = f"kwtui runs follow {run}" if run else "kwtui runs"
    return KwtuiError(
        f"Another run is working on {key}.",
        cause=f"Run {run} (process {holder.process.pid}) holds it." if holder else "",
        hint=f"Wait for it or look at it: {follow}",
        exit_code=ExitCode.RUN_IN_PROGRESS,
    )
