"""Log files that a real node wrote (recorded with KWDB V3.2.1)."""

from __future__ import annotations

import gzip
from pathlib import Path

LOGS = Path(__file__).parent.parent / "data" / "logs"
TS_ENGINE = LOGS / "TsEngine.2026-11-22T08_19_53.log"
ROCKSDB = LOGS / "kwbase-rocksdb.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log"
FATAL = LOGS / "kwbase.node1.kaiwudb.2026-11-22T08_30_56Z.022913.log"
"""Ends in a fatal error with its stack traces: the disk was full."""
MAIN_NAME = "kwbase.node1.kaiwudb.2026-11-22T08_19_53Z.020365.log"


def main_log() -> bytes:
    """The whole main log of an hour of exports and imports, raw control bytes included."""
    return gzip.decompress((LOGS / f"{MAIN_NAME}.gz").read_bytes())


def log_folder(folder: Path) -> Path:
    """A node's log folder: the sample files with the links that the node keeps."""
    folder.mkdir(parents=True, exist_ok=True)
    for sample in (TS_ENGINE, ROCKSDB, FATAL):
        (folder / sample.name).write_bytes(sample.read_bytes())
    (folder / MAIN_NAME).write_bytes(main_log())
    (folder / "kwbase.log").symlink_to(FATAL.name)
    (folder / "kwbase-rocksdb.log").symlink_to(ROCKSDB.name)
    (folder / "TsEngine.log").symlink_to(TS_ENGINE.name)
    (folder / "goroutine_dump").mkdir()
    return folder
