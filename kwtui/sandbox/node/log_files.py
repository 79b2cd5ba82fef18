"""Log files as a node writes them: families, names, links, rotation and line format.

Names, formats and the rule that a follower meets (a new file, then the link moves on) are from
facts.md 5 and from a real node's files (tests/data/logs).
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

MAX_FILE_BYTES = 10 * 1024 * 1024
"""``--log-file-max-size`` of a node."""
MAX_FAMILY_BYTES = 100 * 1024 * 1024
"""``--log-dir-max-size`` of a node, for each family."""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


class LogFamily:
    """The files of one family, for instance ``kwbase.<host>.<user>.<time>.<pid>.log``."""

    def __init__(
        self,
        directory: Path,
        program: str,
        link: str,
        name: Callable[[datetime], str],
        header: Callable[[datetime], Sequence[str]],
        clock: Clock = utc_now,
        max_bytes: int = MAX_FILE_BYTES,
        max_family_bytes: int | None = MAX_FAMILY_BYTES,
    ) -> None:
        self._directory = directory
        self._program = program
        self._link = directory / link
        self._name = name
        self._header = header
        self._clock = clock
        self._max_bytes = max_bytes
        self._max_family_bytes = max_family_bytes
        self._lock = threading.Lock()
        self._last_time: datetime | None = None
        self._open_next()

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._path

    def write(self, text: bytes) -> None:
        """Append whole lines, moving on to a new file when this one is full."""
        with self._lock:
            if self._size and self._size + len(text) > self._max_bytes:
                self._file.close()
                self._open_next()
            self._append(text)

    def close(self) -> None:
        """Close the current file; the link stays."""
        with self._lock:
            self._file.close()

    def _append(self, text: bytes) -> None:
        self._file.write(text)
        self._size += len(text)

    def _open_next(self) -> None:
        now = self._clock()
        if self._last_time is not None and now <= self._last_time:
            now = self._last_time
        path = self._directory / self._name(now)
        while path.exists():
            # Names count seconds; a second file within one would overwrite the first.
            now = datetime.fromtimestamp(int(now.timestamp()) + 1, UTC)
            path = self._directory / self._name(now)
        self._last_time = now
        self._path = path
        self._file = open(path, "ab", buffering=0)  # noqa: SIM115
        self._size = 0
        for line in self._header(now):
            self._append(line.encode() + b"\n")
        self._move_link()
        self._drop_oldest()

    def _move_link(self) -> None:
        temporary = self._link.with_name(f"{self._link.name}.next")
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        temporary.symlink_to(self._path.name)
        os.replace(temporary, self._link)

    def _drop_oldest(self) -> None:
        """Keep the newest files up to the family's bound; the time-series engine keeps all."""
        if self._max_family_bytes is None:
            return
        files = sorted(
            (p for p in self._directory.glob(f"{self._program}.*.log") if not p.is_symlink()),
            key=lambda p: p.stat().st_mtime_ns,
            reverse=True,
        )
        total = 0
        for path in files:
            total += path.stat().st_size
            if total > self._max_family_bytes and path != self._path:
                path.unlink()


def kwbase_name(program: str, host: str, user: str, pid: int) -> Callable[[datetime], str]:
    """File names of the kwbase families: no dots in host and user, six digits of process id."""
    host, user = host.replace(".", ""), user.replace(".", "")
    return lambda now: f"{program}.{host}.{user}.{now:%Y-%m-%dT%H_%M_%SZ}.{pid:06}.log"


def engine_name(now: datetime) -> str:
    """File names of the time-series engine, in local time, without host and process."""
    return f"TsEngine.{now.astimezone():%Y-%m-%dT%H_%M_%S}.log"


def kwbase_line(
    severity: str, when: datetime, goroutine: int, place: str, message: str, tags: str = ""
) -> str:
    """One line of a kwbase log: ``I261122 08:19:53.257276 1 cli/start.go:1169  [n1] text``."""
    tagged = f"[{tags}] {message}" if tags else message
    return f"{severity}{when:%y%m%d %H:%M:%S.%f} {goroutine} {place}  {tagged}"


def engine_line(severity: str, when: datetime, thread: int, place: str, message: str) -> str:
    """One line of TsEngine.log; the day of the month is padded with a space (facts.md 5.4)."""
    date = f"{when:%y%m}{when.day:2}"
    return f"{severity}{date} {when:%H:%M:%S.%f} {thread} {place} {message}"
