"""Earlier states of the data, for AS OF SYSTEM TIME.

A snapshot is an open read transaction of DuckDB: it goes on seeing what was committed when it
began, dropped and altered tables included, and costs nothing until something is written. One is
opened whenever a timestamp is handed out, and before a write, so that a time shortly before the
write can still be read. Each is kept for some minutes.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

import duckdb

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.catalog.store import from_json
from kwtui.sandbox.engine.clock import Clock


class Data(Protocol):
    """What snapshots are taken of."""

    lock: threading.RLock
    clock: Clock
    catalog: Catalog

    @property
    def sessions(self) -> Mapping[str, object]:
        """Those that are open."""

    def cursor(self) -> duckdb.DuckDBPyConnection: ...


SECOND = 1_000_000_000
KEPT_FOR = 600 * SECOND
"""How long a snapshot that was asked for can be read."""
KEPT_BEFORE_WRITES = 30 * SECOND
MOST_REQUESTED = 32
MOST_BEFORE_WRITES = 40
SPACING = SECOND // 50
"""Writes that follow one another faster than this share a snapshot."""
READERS = 8
"""How many statements can read one requested snapshot at the same time, at most.

Each session gets one, and some are for statements that read more than once: what is opened
must be opened before the next write, and each reader takes half a millisecond.
"""
SPARE_READERS = 3


@dataclass
class _Snapshot:
    """The state from ``begins`` (a commit) to ``ends`` (the next one; None while it is current)."""

    begins: int
    taken: int
    requested: bool
    cursors: list[duckdb.DuckDBPyConnection] = field(default_factory=list)
    free: queue.SimpleQueue[duckdb.DuckDBPyConnection] = field(default_factory=queue.SimpleQueue)
    """Those of ``cursors`` that nobody reads from: one result at a time on each."""
    ends: int | None = None

    @property
    def idle(self) -> bool:
        return self.free.qsize() == len(self.cursors)

    def add(self, cursor: duckdb.DuckDBPyConnection) -> None:
        self.cursors.append(cursor)
        self.free.put(cursor)

    def close(self) -> None:
        for cursor in self.cursors:
            cursor.close()


class Snapshots:
    """The snapshots of one engine."""

    def __init__(self, engine: Data) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._held: list[_Snapshot] = []
        self._last_commit = 0

    @property
    def last_commit(self) -> int:
        """When something was last written; another one means that what was read may be old."""
        return self._last_commit

    def hand_out(self) -> int:
        """A timestamp whose state can be read for some minutes."""
        with self._engine.lock, self._lock:
            now = self._engine.clock.now()
            if not any(s.requested and s.ends is None for s in self._held):
                self._held.append(self._take(now, requested=True))
            self._thin(now)
            return now

    def _take(self, now: int, *, requested: bool) -> _Snapshot:
        snapshot = _Snapshot(self._last_commit, now, requested)
        snapshot.add(self._begin())
        return snapshot

    def _begin(self) -> duckdb.DuckDBPyConnection:
        cursor = self._engine.cursor()
        cursor.execute("BEGIN TRANSACTION")
        # DuckDB fixes what a transaction sees when it first reads, not at BEGIN.
        cursor.execute("SELECT 1 FROM kw_catalog").fetchall()
        return cursor

    def before_write(self) -> None:
        """Called under the engine's lock before a transaction that changes rows."""
        with self._lock:
            now = self._engine.clock.now()
            recent = any(now - s.taken < SPACING for s in self._held)
            current = any(s.ends is None for s in self._held)
            if not recent and not current:
                self._held.append(self._take(now, requested=False))
            for snapshot in self._held:
                if snapshot.requested and snapshot.ends is None:
                    self._add_readers(snapshot)
            self._thin(now)

    def _add_readers(self, snapshot: _Snapshot) -> None:
        """While what is current is still what the snapshot holds."""
        wanted = min(READERS, len(self._engine.sessions) + SPARE_READERS)
        for _ in range(wanted - len(snapshot.cursors)):
            snapshot.add(self._begin())

    def committed(self) -> None:
        """Called under the engine's lock after a commit: what was current is now past."""
        with self._lock:
            now = self._engine.clock.now()
            for snapshot in self._held:
                if snapshot.ends is None:
                    snapshot.ends = now
            self._last_commit = now

    def _thin(self, now: int) -> None:
        for requested, most, age in (
            (True, MOST_REQUESTED, KEPT_FOR),
            (False, MOST_BEFORE_WRITES, KEPT_BEFORE_WRITES),
        ):
            kind = [s for s in self._held if s.requested is requested]
            for index, snapshot in enumerate(kind):
                expired = snapshot.ends is not None and now - snapshot.ends > age
                surplus = len(kind) - index > most
                if (expired or surplus) and snapshot.idle:
                    snapshot.close()
                    self._held.remove(snapshot)

    @contextmanager
    def reading(self, timestamp: int) -> Iterator[tuple[duckdb.DuckDBPyConnection, Catalog]]:
        """A cursor and the catalogue of the state at ``timestamp`` (nanoseconds).

        Raises SqlError if that state is not held any more.
        """
        with self._engine.lock, self._lock:
            snapshot = None if timestamp >= self._last_commit else self._covering(timestamp)
            cursor = self._begin() if snapshot is None else None
        if snapshot is None and cursor is not None:
            try:
                yield cursor, self._engine.catalog
            finally:
                cursor.close()
        elif snapshot is not None:
            cursor = snapshot.free.get()
            try:
                document = cursor.execute("SELECT document FROM kw_catalog").fetchone()
                yield cursor, from_json(document[0] if document else "{}")
            finally:
                snapshot.free.put(cursor)

    def _covering(self, timestamp: int) -> _Snapshot:
        held = [s for s in self._held if s.begins <= timestamp]
        if not held:
            oldest = min((s.begins for s in self._held), default=self._last_commit)
            raise SqlError(
                f"batch timestamp {_hlc(timestamp)} must be after replica GC threshold"
                f" {_hlc(oldest)}"
            )
        exact = [s for s in held if s.ends is None or timestamp < s.ends]
        return (exact or held)[-1]

    def close(self) -> None:
        """Lets every snapshot go."""
        with self._lock:
            for snapshot in self._held:
                snapshot.close()
            self._held.clear()


def _hlc(timestamp: int) -> str:
    return f"{timestamp // SECOND}.{timestamp % SECOND:09d},0"
