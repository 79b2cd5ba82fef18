"""Weeks of backups for a new demo, dated before its start: what one who tries kwtui sees first.

The sets were made and drilled by kwtui on a sandbox (``python -m tests.demo_history``). Here each
gets a night of its own, this cluster's id and its folder's name, and its manifest is sealed anew:
they verify and can be restored as any other. One night has a backup that never was finished.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

ARCHIVE = Path(__file__).with_name("history.tar.xz")
DATE, TIME = "1999-09-09", "01:15:00"
CLUSTER = "00000000-0000-4000-8000-000000000000"
"""What stands in the archive for the night and for the cluster."""

_NIGHTS: Mapping[str, Mapping[int, range]] = {
    "shop": {3: range(26, 16, -3), 2: range(15, 8, -3), 1: range(8, 4, -1), 0: range(4, -1, -1)},
    "plant": {2: range(20, 13, -3), 1: range(13, 6, -3), 0: range(6, 1, -3)},
}
"""How many days ago each stage of growth was backed up; what is older was thinned out."""
_UNFINISHED = ("shop", 2, 10)
_DRILLED = frozenset({("shop", 1), ("plant", 3)})
_MANIFEST, _PROOFS, _DATA = "manifest.json", "proofs.jsonl", "data/"
_DIGEST = re.compile(rb'\A\{\n "sha256": "[0-9a-f]{64}",\n')
_FINISHED_BY = timedelta(minutes=76)
"""After midnight: an earlier start belongs to the night before."""

_Files = dict[str, bytes]


def write(extern: Path, cluster_id: str, now: datetime | None = None) -> None:
    """Write the sets below ``extern``, which has none yet."""
    last = ((now or datetime.now(UTC)) - _FINISHED_BY).date()
    stages = _read()
    for database, nights in _NIGHTS.items():
        for stage, ages in nights.items():
            files, written = stages[database, stage], Path()
            for age in ages:
                night = last - timedelta(days=age)
                own = _dated(files, f"{night}", cluster_id, drilled=(database, age) in _DRILLED)
                written = _write(_folder(extern, database, f"{night}"), own, written)
    database, stage, age = _UNFINISHED
    failed = f"{last - timedelta(days=age)}"
    begun = [name for name in stages[database, stage] if name.startswith(_DATA)][:3]
    folder = _folder(extern, database, failed)
    _write(folder, {name: stages[database, stage][name] for name in begun}, Path())
    at = datetime.fromisoformat(f"{failed} {TIME}+00:00").timestamp()
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (at, at))


def _read() -> dict[tuple[str, int], _Files]:
    found: dict[tuple[str, int], _Files] = {}
    with tarfile.open(ARCHIVE, "r:xz") as archive:
        for member in archive:
            database, stage, name = member.name.split("/", 2)
            content = archive.extractfile(member)
            if content is not None:
                found.setdefault((database, int(stage)), {})[name] = content.read()
    return found


def _folder(extern: Path, database: str, night: str) -> Path:
    stamp = f"{night}T{TIME}Z".replace("-", "").replace(":", "")
    return extern / "kwtui" / database / stamp


def _dated(files: _Files, night: str, cluster_id: str, *, drilled: bool) -> _Files:
    """The files of a set of that night, sealed."""
    replaced = (
        (DATE.encode(), night.encode()),
        (DATE.replace("-", "").encode(), night.replace("-", "").encode()),
        (CLUSTER.encode(), cluster_id.encode()),
    )
    found = dict(files)
    if not drilled:
        found.pop(_PROOFS, None)
    manifest = _with(files[_MANIFEST], replaced)
    for name, data in found.items():
        if name.startswith(_DATA) or name == _MANIFEST:
            continue
        found[name] = _with(data, replaced)
        manifest = manifest.replace(_sha256(data), _sha256(found[name]))
    rest = b"{\n" + _DIGEST.sub(b"", manifest)
    found[_MANIFEST] = b'{\n "sha256": "' + _sha256(rest) + b'",\n' + rest[2:]
    return found


def _with(data: bytes, replaced: tuple[tuple[bytes, bytes], ...]) -> bytes:
    for old, new in replaced:
        data = data.replace(old, new)
    return data


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).hexdigest().encode()


def _write(folder: Path, files: _Files, before: Path) -> Path:
    """The manifest last; data that is the same as the night before is linked, as kwtui does."""
    for parent in {(folder / name).parent for name in files}:
        parent.mkdir(parents=True, exist_ok=True)
    for name in _in_order(files):
        path = folder / name
        if name.startswith(_DATA) and before.parts:
            os.link(before / name, path)
        else:
            path.write_bytes(files[name])
    return folder


def _in_order(files: _Files) -> Iterator[str]:
    yield from (name for name in files if name != _MANIFEST)
    yield from (name for name in files if name == _MANIFEST)
