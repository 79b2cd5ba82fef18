"""How fast backups fill the disk, from the backups and removals of the last days. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from kwtui.backups.layout.naming import parse_stamp
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.operations.plan import REMOVALS
from kwtui.runs.history import RunSummary
from kwtui.text import plural

WINDOW = timedelta(days=14)
"""Long enough for a weekly full backup to count twice."""
_SHORTEST = timedelta(days=1)
_FARTHEST = timedelta(days=3650)


@dataclass(frozen=True)
class Growth:
    """Of all that lies under extern."""

    bytes_a_day: int | None
    """Written less removed; negative where it shrinks. None: too little is known."""
    basis: str
    """In words: what it was taken from, or why it is not known."""
    full_at: datetime | None = None
    """When the disk is full at this rate; None: not known, it does not grow, or not in ten
    years."""


def growth(
    entries: Sequence[BackupEntry],
    runs: Iterable[RunSummary],
    free_bytes: int | None,
    now: datetime,
) -> Growth:
    """From the backups that were begun in the last days and still stand, each with what it wrote
    itself, less what removals of this account freed of older ones."""
    sets = [e for e in entries if e.kind is EntryKind.SET and e.started is not None]
    oldest = min((e.started for e in sets if e.started is not None), default=now)
    span = min(now - oldest, WINDOW)
    since = now - span
    later = [e for e in _but_the_first(sets) if e.started is not None and e.started > since]
    if span < _SHORTEST or not later:
        return Growth(None, "unknown until backups span more than a day")
    added = sum(map(_written, later))
    freed = sum(_freed_of_older(run, since) for run in runs)
    days = span / timedelta(days=1)
    rate = round((added - freed) / days)
    basis = f"written less removed in the last {plural(max(1, round(days)), 'day')}"
    return Growth(rate, basis, _full_at(free_bytes, rate, now))


def _but_the_first(sets: Iterable[BackupEntry]) -> list[BackupEntry]:
    """Without the oldest of each database: that a database began to be backed up is no growth."""
    in_order: dict[str, list[BackupEntry]] = {}
    for entry in sorted(sets, key=lambda e: e.started.timestamp() if e.started else 0.0):
        in_order.setdefault(entry.database or "", []).append(entry)
    return [entry for each in in_order.values() for entry in each[1:]]


def _written(entry: BackupEntry) -> int:
    """Without the files of an earlier backup that it links."""
    return entry.space if entry.new_bytes is None else entry.new_bytes


def _freed_of_older(run: RunSummary, since: datetime) -> int:
    """What a removal freed, of backups that were there when the span began: the others were not
    counted as added either. Of several, each counts alike."""
    if run.kind not in REMOVALS or run.finished_at is None or run.finished_at < since:
        return 0
    freed: Any = run.result.get("freed_bytes")
    removed: Any = run.result.get("removed")
    if not isinstance(freed, int) or not isinstance(removed, list) or not removed:
        return 0
    stamps = [parse_stamp(str(path).rpartition("/")[2]) for path in removed]
    older = sum(stamp is None or stamp[0] <= since for stamp in stamps)
    return freed * older // len(removed)


def _full_at(free_bytes: int | None, rate: int, now: datetime) -> datetime | None:
    if free_bytes is None or rate <= 0:
        return None
    left = timedelta(days=min(free_bytes / rate, _FARTHEST / timedelta(days=1)))
    return None if left >= _FARTHEST else now + left
