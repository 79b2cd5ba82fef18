"""Makes the past of the demo: ``python -m tests.demo_history``.

Backs up shop and plant of a sandbox in several sizes, drills one of each, and packs the sets with
a date and a cluster that the sandbox replaces (`kwtui.sandbox.node.history`). Needed anew only
when sets are written otherwise or when the demo's content changes.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from kwtui.sandbox.node import history
from tests.conftest import start_sandbox, stop_sandbox

# How the demo looked before: what is taken away, the latest first.
_SHOP = (
    (),
    *(
        (
            f"DELETE FROM shop.order_items WHERE order_no >= {number}",
            f"DELETE FROM shop.orders WHERE no >= {number}",
        )
        for number in (2000, 1800, 1600)
    ),
)
_PLANT = (
    (),
    ("DELETE FROM plant.sensors WHERE ts >= '2024-05-01 11:00:00'",),
    ("DELETE FROM plant.sensors WHERE ts >= '2024-05-01 10:00:00'",),
)
_STAMP = re.compile(rb"\d{8}T\d{6}Z")
_TEXTS = (".json", ".md", ".sql", ".sh", ".jsonl")


def main() -> None:
    folder = Path(tempfile.mkdtemp())
    node = start_sandbox(folder / "node")
    try:
        _make(folder, node.dsn, str(node.extern))
    finally:
        stop_sandbox(node)
        shutil.rmtree(folder)


def _make(folder: Path, dsn: str, extern: str) -> None:
    def kwtui(*words: str) -> None:
        given = ("--dsn", dsn, "--extern", extern)
        home = {"KWTUI_STATE_DIR": str(folder / "state"), "HOME": str(folder)}
        subprocess.run(
            [sys.executable, "-m", "kwtui.cli", *words, *given], check=True, env=os.environ | home
        )

    packed: dict[str, bytes] = {}
    with psycopg.connect(dsn, autocommit=True) as server:
        cluster = server.execute("SELECT kwdb_internal.cluster_id()").fetchone()
        for database, stages in (("shop", _SHOP), ("plant", _PLANT)):
            for age, statements in enumerate(stages):
                for statement in statements:
                    server.execute(statement)
                kwtui("backup", database, "--incremental", "full")
                path = max(Path(extern, "kwtui", database).glob("2*Z"))
                if not age:
                    kwtui("drill", str(path.relative_to(extern)))
                files = _neutral_set(path, str(cluster and cluster[0]))
                packed |= {f"{database}/{age}/{name}": data for name, data in files.items()}
    with tarfile.open(history.ARCHIVE, "w:xz", preset=9) as archive:
        for name, data in sorted(
            packed.items(), key=lambda each: (each[0].split("/", 2)[2], each[0])
        ):
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    size = history.ARCHIVE.stat().st_size
    sys.stdout.write(f"{history.ARCHIVE}: {size:,} bytes, {len(packed)} files\n")


def _neutral_set(folder: Path, cluster: str) -> dict[str, bytes]:
    """The files of a set by their paths; the manifest has the digests of the new texts."""
    files = {f"{file.relative_to(folder)}": file for file in folder.rglob("*") if file.is_file()}
    found, digests = {}, {}
    for name, file in sorted(files.items()):
        data = file.read_bytes()
        found[name] = _neutral(data, folder.name, cluster) if file.suffix in _TEXTS else data
        digests[_sha256(data)] = _sha256(found[name])
    for before, now in digests.items():
        found["manifest.json"] = found["manifest.json"].replace(before, now)
    return found


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _neutral(data: bytes, stamp: str, cluster: str) -> bytes:
    """With the date, the time of day and the cluster that the sandbox knows to replace."""
    began = _moment(stamp)
    meant = datetime.fromisoformat(f"{history.DATE} {history.TIME}+00:00")
    shift = meant - began
    times = re.compile(rf"{began:%Y-%m-%d}([T ])(\d\d:\d\d:\d\d)".encode())

    def moved(found: re.Match[bytes]) -> bytes:
        at = datetime.fromisoformat(f"{began:%Y-%m-%d} {found[2].decode()}+00:00") + shift
        return f"{at:%Y-%m-%d}{found[1].decode()}{at:%H:%M:%S}".encode()

    def stamped(found: re.Match[bytes]) -> bytes:
        at = _moment(found[0].decode()) + shift
        return f"{at:%Y%m%dT%H%M%SZ}".encode()

    data = _STAMP.sub(stamped, times.sub(moved, data))
    # Without the checks of its lines, which would not hold after the date is replaced.
    data = re.sub(rb',"after":"[0-9a-f]*","check":"[0-9a-f]*"', b"", data)
    return data.replace(cluster.encode(), history.CLUSTER.encode())


def _moment(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


if __name__ == "__main__":
    main()
