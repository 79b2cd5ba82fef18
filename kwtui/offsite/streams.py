"""Bytes on their way from one end to the other, a few of them in memory at any time."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from typing import Protocol

CHUNK = 1 << 20
_WAITING = 6
"""Chunks between two threads: of at most a megabyte each."""
_GATHERED = 1 << 18
"""Pieces below a quarter of it wait until so much has come: age writes 8 KiB at a time, and to hand
over each of them costs as much as to decrypt it."""
_PATIENCE = 0.1
"""Seconds after which a side that waits looks whether the other one has gone."""


class Reads(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Writes(Protocol):
    def write(self, data: bytes, /) -> object: ...


class PipeClosed(Exception):
    """Nobody reads any more."""


class _Gathered:
    """Pieces on their way to ``put``; small ones go together."""

    def __init__(self, put: Callable[[bytes], object]) -> None:
        self._put = put
        self._waiting: list[bytes] = []
        self._bytes = 0

    def add(self, data: bytes) -> None:
        if not self._waiting and len(data) >= _GATHERED // 4:
            self._put(data)
            return
        self._waiting.append(data)
        self._bytes += len(data)
        if self._bytes >= _GATHERED:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            together = b"".join(self._waiting)
            self._waiting.clear()
            self._bytes = 0
            self._put(together)


class Pipe:
    """What ``write`` writes in a thread of its own, to be read here as chunks."""

    def __init__(self, write: Callable[[Pipe], None]) -> None:
        self._queue: Queue[bytes | None] = Queue(_WAITING)
        self._left = threading.Event()
        self._error: BaseException | None = None
        self._gathered = _Gathered(self._put)
        self._thread = threading.Thread(target=self._run, args=(write,), daemon=True)

    def _run(self, write: Callable[[Pipe], None]) -> None:
        try:
            write(self)
            self.flush()
        except PipeClosed:
            return
        except BaseException as error:
            self._error = error
        with suppress(PipeClosed):
            self._put(None)

    def write(self, data: bytes, /) -> int:
        """Raises PipeClosed when nobody reads any more."""
        if data:
            self._gathered.add(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Hand over what waits. Raises PipeClosed."""
        self._gathered.flush()

    def _put(self, item: bytes | None) -> None:
        while not self._left.is_set():
            with suppress(Full):
                self._queue.put(item, timeout=_PATIENCE)
                return
        raise PipeClosed

    def __iter__(self) -> Iterator[bytes]:
        """Raises what ``write`` raised."""
        while (chunk := self._queue.get()) is not None:
            yield chunk
        self._queue.put(None)
        if self._error is not None:
            raise self._error

    def __enter__(self) -> Pipe:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        with suppress(Empty):
            while True:
                self._queue.get_nowait()
        self._thread.join()


def ahead(chunks: Iterator[bytes]) -> Pipe:
    """The chunks of a source, made in a thread of their own while others are used."""

    def make(pipe: Pipe) -> None:
        try:
            for chunk in chunks:
                pipe.write(chunk)
        finally:
            # Generators end in the thread that they ran in.
            close = getattr(chunks, "close", None)
            if close is not None:
                close()

    return Pipe(make)


class ChunkReader:
    """Chunks as something to read from. The first error is kept: what others make of it is not."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._chunk = b""
        self._at = 0
        self.error: BaseException | None = None

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes: of what was asked for, some; nothing at the end."""
        if size < 0:
            return b"".join(iter(lambda: self.read(CHUNK), b""))
        if self._at == len(self._chunk):
            self._chunk, self._at = self._next(), 0
        if not self._at and size >= len(self._chunk):
            # A whole chunk goes on as it came.
            taken, self._chunk = self._chunk, b""
            return taken
        taken = self._chunk[self._at : self._at + size]
        self._at += len(taken)
        return taken

    def read_exactly(self, size: int) -> bytes:
        """``size`` bytes; fewer at the end alone."""
        parts = []
        while size > 0 and (part := self.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next(self) -> bytes:
        try:
            for chunk in self._chunks:
                if chunk:
                    return chunk
        except BaseException as error:
            self.error = self.error or error
            raise
        return b""


class HashingWriter:
    """Writes on, and knows size and SHA-256 of what went by; keeps the first error.

    The last bytes are written by `flush`.
    """

    def __init__(self, sink: Writes) -> None:
        self._sink = sink
        self._hash = hashlib.sha256()
        self._gathered = _Gathered(self._write)
        self.bytes = 0
        self.error: BaseException | None = None

    def write(self, data: bytes, /) -> int:
        if data:
            self._gathered.add(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Raises what the sink raises."""
        self._gathered.flush()

    def _write(self, data: bytes) -> None:
        self._hash.update(data)
        self.bytes += len(data)
        try:
            self._sink.write(data)
        except BaseException as error:
            self.error = self.error or error
            raise

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
