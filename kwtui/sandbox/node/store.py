"""The sandbox's directory on disk, laid out as a node's store (recording 04, facts.md 6.2)."""

from __future__ import annotations

import os
import struct
import threading
from dataclasses import dataclass
from pathlib import Path

WAL_GROUPS = ("vg_001", "vg_002", "vg_003", "vg_004", "engine", "ddl")
BLOCK_BYTES = 4096
"""WAL files are made of blocks of this size, the first one a header."""
CHECKPOINT_SECONDS = 60
"""``ts.wal.checkpoint_interval`` of a node."""
OTHERS_UMASK = 0o007
"""A node adds this to its umask when it starts: no file of its is for other users."""

_FILES = {
    "000003.log": b"",
    "CURRENT": b"MANIFEST-000001\n",
    "KWBASEDB_VERSION": b"version: 20.1",
    "LOCK": b"",
    "MANIFEST-000001": b"kwtui sandbox",
    "OPTIONS-000005": b"# RocksDB option file of a sandbox\n[Version]\n  rocksdb_version=6.2.1\n",
    "kwbase.start_mode": b"start-single-node",
}
_ADDRESS_FILES = ("advertise-addr", "advertise-sql-addr", "http-addr", "listen-addr", "sql-addr")


@dataclass(frozen=True)
class Store:
    """The paths of one store."""

    root: Path

    @property
    def extern(self) -> Path:
        return self.root / "extern"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def identity(self) -> Path:
        """The file that holds the cluster's id."""
        return self.root / "IDENTITY"

    @property
    def wal(self) -> Path:
        return self.root / "tsdb" / "wal"


def limit_umask() -> None:
    """Take every right away from other users, as a node does (facts.md 1.7)."""
    os.umask(os.umask(0) | OTHERS_UMASK)


def prepare(root: Path, address: str, http_address: str = "") -> Store:
    """Create what is missing of the layout. ``extern`` itself comes with the first export."""
    store = Store(root)
    temporary = root / "kwbase-temp3166127841"
    vgroups = [root / "tsdb" / group for group in WAL_GROUPS[:4]]
    folders = [
        store.logs / "heap_profiler",
        store.logs / "goroutine_dump",
        root / "auxiliary",
        temporary,
        root / "tsdb" / "schema",
        *vgroups,
    ]
    for folder in (*folders, *(store.wal / group for group in WAL_GROUPS)):
        folder.mkdir(parents=True, exist_ok=True)
    contents = _FILES | {"temp-dirs-record.txt": f"{temporary}\n".encode()}
    contents |= {f"kwbase.{name}": address.encode() for name in _ADDRESS_FILES}
    contents["kwbase.http-addr"] = (http_address or address).encode()
    for name, content in contents.items():
        path = root / name
        if name.endswith("addr") or not path.exists():
            path.write_bytes(content)
    return store


class Wal:
    """Write-ahead log files whose sizes change as a node's do: they grow, then a checkpoint."""

    def __init__(self, store: Store) -> None:
        self._folders = [store.wal / group for group in WAL_GROUPS]
        self._lock = threading.Lock()
        self._lsn = BLOCK_BYTES
        self._checkpoints = 0
        self._pending = 0
        for folder in self._folders:
            self._reset(folder)

    def record(self, rows: int) -> None:
        """Note rows that were written to time-series tables."""
        with self._lock:
            self._pending += rows

    def flush(self) -> int:
        """Append what was noted since the last call. Returns the bytes written."""
        with self._lock:
            rows, self._pending = self._pending, 0
            if not rows:
                return 0
            blocks = 1 + rows * 64 // BLOCK_BYTES
            for folder in self._folders[:4]:
                with open(folder / "kwdb_wal.cur", "ab") as file:
                    file.write(bytes(blocks * BLOCK_BYTES))
            self._lsn += blocks * BLOCK_BYTES
            return 4 * blocks * BLOCK_BYTES

    def checkpoint(self) -> None:
        """Start new files; ``kwdb_wal.chk`` exists only while this runs."""
        with self._lock:
            self._checkpoints += 1
            for folder in self._folders:
                current = folder / "kwdb_wal.cur"
                checked = folder / "kwdb_wal.chk"
                os.replace(current, checked)
                self._reset(folder)
                checked.unlink()

    def _reset(self, folder: Path) -> None:
        (folder / "kwdb_wal.cur").write_bytes(bytes(BLOCK_BYTES))
        meta = struct.pack("<QQIQ", self._lsn, self._lsn, self._checkpoints, self._lsn)
        temporary = folder / "kwdb_wal.tmp"
        temporary.write_bytes(meta)
        os.replace(temporary, folder / "kwdb_wal.meta")
