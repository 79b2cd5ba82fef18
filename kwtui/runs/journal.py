"""The journal of a run: one JSON object a line, appended by its worker, read by everybody.

Readers never lock and never write. A line that is not complete yet (the worker was killed in the
middle of it, or is writing it now) is left alone until its newline is there.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Self

import msgspec

from kwtui.files.durable import cannot_write
from kwtui.files.json_text import encode
from kwtui.files.new_file import write_new
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    RunFinished,
    RunStarted,
    StepFailed,
    StepFinished,
    StepStarted,
)

POLL_SECONDS = 0.15
"""How soon a new line is seen by somebody who follows."""

_MUST_LAST = (RunStarted, StepStarted, StepFinished, StepFailed, CancelRequested, RunFinished)
_TAIL_BYTES = 256 * 1024
_RESERVE_BYTES = 32 * 1024

_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def set_aside(path: Path) -> None:
    """Make the file that keeps space for a run's last words. Raises KwtuiError (DISK_FULL, ...)."""
    # Nothing that a file system could store as a hole, or squeeze.
    write_new(path, [os.urandom(_RESERVE_BYTES)])


def encode_event(event: AnyEvent) -> bytes:
    """The event as one line without its newline; the same text as in ``--json``."""
    return encode(event)


def decode_event(line: bytes) -> AnyEvent | None:
    """None for a line of a newer format, or one that a crash left garbled."""
    try:
        return _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class JournalWriter:
    """Appends events, from any thread. What must survive a power cut is synced; progress is not.

    ``reserve`` is a file that takes up a little space on the same disk (`set_aside`). When the disk
    is full it is given up for the run's last words.
    """

    def __init__(self, path: Path, reserve: Path | None = None) -> None:
        self._path = path
        self._reserve = reserve
        self._torn = False
        self._lock = threading.Lock()
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def append(self, event: AnyEvent, *, lasting: bool = True) -> None:
        """Raises KwtuiError (DISK_FULL, ...) when what happens can no longer be written down.

        Progress and notices are let go then, and a run's first and last words do not raise. What is
        not ``lasting`` comes on disk with the next event that is.
        """
        line = encode_event(event) + b"\n"
        must_last = isinstance(event, _MUST_LAST)
        with self._lock:
            try:
                self._write(line, sync=must_last and lasting)
            except OSError as error:
                if not must_last:
                    return
                told = self._give_up_reserve() and self._write_or_not(line)
                if not (told and isinstance(event, RunStarted | RunFinished)):
                    raise cannot_write(self._path, error) from error

    def _write(self, line: bytes, *, sync: bool) -> None:
        if self._torn:
            line = b"\n" + line
        self._torn = True
        written = os.write(self._fd, line)
        while written < len(line):
            written += os.write(self._fd, line[written:])
        self._torn = False
        if sync:
            os.fsync(self._fd)

    def _write_or_not(self, line: bytes) -> bool:
        try:
            self._write(line, sync=True)
        except OSError:
            return False
        return True

    def _give_up_reserve(self) -> bool:
        """Whether there was one."""
        reserve, self._reserve = self._reserve, None
        if reserve is None or not reserve.exists():
            return False
        reserve.unlink(missing_ok=True)
        return True

    def close(self) -> None:
        self._give_up_reserve()
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class JournalReader:
    """Reads what is there and, called again, what came since."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._rest = b""

    def read_new(self) -> Iterator[AnyEvent]:
        """Every complete event since the last call; nothing while the file is not there."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return
        self._offset += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            event = decode_event(line)
            if event is not None:
                yield event


def read_events(path: Path) -> list[AnyEvent]:
    return list(JournalReader(path).read_new())


def first_event(path: Path) -> AnyEvent | None:
    """The first event, where it is complete: that is how a run says when it began."""
    try:
        with path.open("rb") as file:
            line = file.readline(_TAIL_BYTES)
    except FileNotFoundError:
        return None
    return decode_event(line) if line.endswith(b"\n") else None


def last_event(path: Path) -> AnyEvent | None:
    """The last complete event, from the file's end, whatever its length."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            tail = file.read()
    except FileNotFoundError:
        return None
    lines = tail.split(b"\n")[:-1]
    return next((e for e in map(decode_event, reversed(lines)) if e is not None), None)


async def follow_events(path: Path, is_alive: Callable[[], bool]) -> AsyncIterator[AnyEvent]:
    """Every event from the start, then new ones, until the run has finished or its process died."""
    reader = JournalReader(path)
    while True:
        # Asked before reading: what a process wrote before it died is read in this same round.
        alive = is_alive()
        for event in reader.read_new():
            yield event
            if isinstance(event, RunFinished):
                return
        if not alive:
            return
        await asyncio.sleep(POLL_SECONDS)
