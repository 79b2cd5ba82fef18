"""Eight databases with two months of backups: what the board and the time line are shown with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.config.policies import policies_folder
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import Engine
from kwtui.model.server import DatabaseSummary
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary
from tests.screens.fake_controller import FakeController
from tests.screens.staged import FACTS, NOW

DAYS = 60
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
_R, _T = Engine.RELATIONAL, Engine.TIME_SERIES

DATABASES = (
    ("billing", _R, 48_000_000_000, 0.004),
    ("crm", _R, 6_200_000_000, 0.002),
    ("fleet", _T, 120_000_000_000, 0.009),
    ("hr", _R, 310_000_000, 0.001),
    ("meters", _T, 260_000_000_000, 0.012),
    ("plant", _T, 74_000_000_000, 0.007),
    ("shop", _R, 9_800_000_000, 0.005),
    ("warehouse", _R, 2_400_000_000, 0.003),
)
"""Name, engine, bytes of the newest backup, share that it grows a day."""

_NEVER = "warehouse"
_LATE = "fleet"
_DAMAGED = "crm"
_FAILING = "plant"


def summaries() -> list[DatabaseSummary]:
    return [DatabaseSummary(name, engine, None, tables=12) for name, engine, _, _ in DATABASES]


def entries() -> tuple[BackupEntry, ...]:
    """A backup a night of each but one, with what went wrong in two months; newest first."""
    found = [entry for number in range(len(DATABASES)) for entry in _nightly(number)]
    return tuple(sorted(found, key=lambda e: e.started or NOW, reverse=True))


def _nightly(number: int) -> Iterator[BackupEntry]:
    name, engine, size, growth = DATABASES[number]
    for day in range(DAYS):
        at = _night(number, day)
        if name == _NEVER or (name == _LATE and day < 2) or (name == "hr" and 18 <= day < 23):
            continue
        if name == _FAILING and day < 1:
            continue
        wobble = 1 + ((day * 7 + number * 3) % 5 - 2) / 150
        entry = _set(name, engine, at, int(size * (1 - growth) ** day * wobble), whole=day % 7 == 6)
        if name == _DAMAGED and day == 9:
            lost = "data/public/contacts/n1.0.csv: 1,048,576 bytes instead of 1,203,114."
            entry = replace(entry, proof=None, problem=lost)
        if name == "shop" and day in (3, 33):
            entry = replace(entry, label="before the release", pinned=True)
        if name == "shop" and day == 40:
            entry = replace(
                entry, kind=EntryKind.INCOMPLETE, proof=None, bytes=entry.bytes and entry.bytes // 3
            )
        yield entry


def _night(number: int, day: int) -> datetime:
    midnight = NOW.replace(hour=1, minute=15, second=0)
    return midnight - day * DAY + number * timedelta(minutes=11)


def _set(name: str, engine: Engine, at: datetime, size: int, *, whole: bool) -> BackupEntry:
    level = ProofLevel.P4 if whole else ProofLevel.P2
    return BackupEntry(
        path=f"kwtui/{name}/{at:%Y%m%dT%H%M%SZ}",
        kind=EntryKind.SET,
        database=name,
        engine=engine,
        started=at,
        tables=12,
        rows=size // 96,
        files=40,
        bytes=size,
        new_bytes=size // 30 if engine is Engine.TIME_SERIES else size // 3,
        proof=level,
        proof_at=at + timedelta(minutes=9),
        method=BackupMethod.SNAPSHOT,
    )


def runs() -> list[RunSummary]:
    """Backups that made the sets, a drill a week, a restore, and what failed; newest first."""
    found = [_backup(entry) for entry in entries() if entry.kind is EntryKind.SET]
    for number, (name, _, size, _) in enumerate(DATABASES):
        if name == _NEVER:
            continue
        for week in range(8):
            at = _night(number, week * 7 + 6) + 2 * HOUR
            seconds = 20 + size / 80_000_000 * (1 + (week % 3 - 1) / 12)
            path = f"kwtui/{name}/{_night(number, week * 7 + 6):%Y%m%dT%H%M%SZ}"
            found.append(_run(PlanKind.DRILL, name, path, at, seconds, "restored to P4"))
    at = _night(6, 12) + 9 * HOUR
    path = f"kwtui/shop/{_night(6, 12):%Y%m%dT%H%M%SZ}"
    found.append(_run(PlanKind.RESTORE, "shop", path, at, 152.0, "12 tables came back"))
    full = "EXPORT failed: write: no space left on device"
    found.append(_run(PlanKind.BACKUP, _FAILING, "", _night(5, 0), 340.0, full, failed=True))
    return sorted(found, key=lambda run: run.began, reverse=True)


def _backup(entry: BackupEntry) -> RunSummary:
    seconds = 12 + (entry.bytes or 0) / 160_000_000
    at = entry.started or NOW
    return _run(PlanKind.BACKUP, entry.database or "", entry.path, at, seconds, "proven")


def _run(
    kind: PlanKind, name: str, path: str, at: datetime, seconds: float, words: str,
    *, failed: bool = False,
) -> RunSummary:  # fmt: skip
    return RunSummary(
        id=f"{at:%Y%m%dT%H%M%SZ}-{kind}-{name}",
        kind=kind,
        title=f"{kind.value.capitalize()} of {name}",
        database=name,
        path=path,
        status=RunStatus.FAILED if failed else RunStatus.SUCCEEDED,
        created_at=at,
        started_at=at,
        finished_at=at + timedelta(seconds=seconds),
        summary=words,
        cluster_id=FACTS.cluster_id,
    )


POLICY = """\
databases = ["*"]
exclude = ["warehouse"]

[schedule]
on_calendar = "*-*-* 01:15:00"

[proof]
drill_every = "7d"
"""


def stage(controller: FakeController) -> None:
    """A node with all of it, connected."""
    controller.connection.set_connected()
    controller.server.database_list = summaries()
    controller.storage.entries = entries()
    controller.runs.summaries = runs()
    controller.folders.free = 9_000_000_000_000
    file = policies_folder() / "nightly.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(POLICY, encoding="utf-8")
