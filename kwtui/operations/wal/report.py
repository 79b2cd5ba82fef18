"""What protects data between backups, with the numbers of this very node.

`make_report` gathers; the words are pure functions of the report. Sources: facts.md, section 6.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from kwtui.errors import KwtuiError
from kwtui.node.logs.listing import find_logs
from kwtui.node.place import FolderState, NodePlace
from kwtui.node.wal.files import Layout, WalFiles, read_wal
from kwtui.node.wal.log import WalLog, read_wal_log
from kwtui.server.connection.server import Server
from kwtui.server.state.wal_settings import LEVELS, WalSettings, level_words, read_wal_settings
from kwtui.text import human_bytes, human_duration, plural, sentences

STALE_CHECKPOINTS = 5
"""Intervals without a checkpoint after which something is wrong."""


@dataclass(frozen=True)
class WalReport:
    """Settings, files and log at one moment. A part that could not be read says why itself."""

    at: datetime
    """UTC, this machine's clock."""
    settings: WalSettings
    files: WalFiles | None
    """None: the store is out of reach; ``no_files`` says why."""
    log: WalLog | None
    no_files: str = ""
    no_log: str = ""
    node_id: int | None = None

    @property
    def level(self) -> int | None:
        """What the engine works with, else what is set, else what the log said."""
        if self.settings.effective is not None:
            return self.settings.effective
        if self.settings.level is not None:
            return self.settings.level
        return self.log.level if self.log is not None else None

    @property
    def since_checkpoint(self) -> float | None:
        """Seconds since the last checkpoint ended, as the log tells."""
        if self.log is None or self.log.last_complete is None:
            return None
        return max(0.0, (self.at - self.log.last_complete).total_seconds())


async def make_report(
    server: Server | None, place: NodePlace | None, *, node_id: int | None = None
) -> WalReport:
    """Ask the server, look at the files, read the log; each as far as it can be reached.

    Raises KwtuiError (CONNECTION_LOST) when the server goes away meanwhile.
    """
    settings = WalSettings(refused="There is no connection to a server.")
    if server is not None:
        settings = await read_wal_settings(server)
    files, no_files = await asyncio.to_thread(_files, place.store if place else None)
    log, no_log = await asyncio.to_thread(_log, place.logs if place else None)
    return WalReport(datetime.now(UTC), settings, files, log, no_files, no_log, node_id)


def _files(store: FolderState | None) -> tuple[WalFiles | None, str]:
    if store is None or store.path is None or not store.exists:
        return None, (store.problem if store else "") or "The location of the store is unknown."
    found = read_wal(store.path)
    return (found, found.problem) if found.areas else (None, found.problem)


def _log(logs: FolderState | None) -> tuple[WalLog | None, str]:
    if logs is None or logs.path is None or not logs.exists:
        return None, (logs.problem if logs else "") or "The location of the logs is unknown."
    try:
        found = read_wal_log(find_logs([logs.path]))
    except KwtuiError as error:
        return None, sentences(*error.lines())
    return found, found.problem


# -- words ----------------------------------------------------------------------------------------


def protection(report: WalReport) -> list[str]:
    """What keeps confirmed writes safe until the next backup, and from what not."""
    told = [f"Time series: {_LEVEL_WORDS.get(report.level, _unknown_level(report.level))}"]
    if report.settings.combined:
        told.append("Time series: the raft log is used as the WAL (ts.raftlog_combine_wal).")
    sync = report.settings.relational_sync
    if sync in ("", "0s"):
        told.append("Relational: every commit is in the WAL of its range, synced to the disk.")
    else:
        told.append(
            f"Relational: commits are in the WAL, which is synced every {sync}; a power failure "
            "can lose that much."
        )
    told.append(
        "An IMPORT into time-series tables bypasses the WAL until it has flushed everything: a"
        " crash in the middle loses rows that it reported. kwtui compares after each restore."
    )
    told.append(
        "A WAL protects from a crash only. It restores neither dropped or overwritten data nor "
        "a lost disk, and KWDB cannot replay it to a point in time: that is what backups are "
        "for."
    )
    return told


_LEVEL_WORDS: dict[int | None, str] = {
    0: "level 0, no WAL for rows. Everything not flushed yet is lost if the node stops in any "
    "way. Definitions are logged all the same.",
    1: "level 1, every write is synced to the disk before it is confirmed. Neither the end of the"
    " process nor a power failure loses a confirmed row.",
    2: "level 2, every write is handed to the operating system before it is confirmed. When only"
    " the process dies, nothing is lost; a power failure or a crash of the machine loses what the"
    " system had not written to the disk yet, usually some seconds.",
    3: "level 3, rows are safe through the raft log; the WAL holds definitions only.",
}


def _unknown_level(level: int | None) -> str:
    if level is None:
        return "the WAL level is not known."
    return f"the WAL level is {level}, which KWDB does not document: set one of 0 to 3."


def recovery(report: WalReport) -> list[str]:
    """What a start after a crash would do now, with this node's numbers."""
    told = []
    files = report.files
    if files is None:
        told.append(f"How much would be replayed is unknown: {report.no_files}")
    elif files.layout is Layout.RING:
        told.append(
            f"The older layout is in use: a ring of files, {human_bytes(files.bytes)} in"
            f" {plural(len(files.areas), 'folder')}. How much of it is still needed cannot be seen"
            " from outside."
        )
    else:
        told.append(_playback(files))
    told.append(_checkpoint(report))
    if files is not None and files.relational_files:
        told.append(
            f"Relational: {plural(files.relational_files, 'WAL file')} with "
            f"{human_bytes(files.relational_bytes)} in the store are replayed by RocksDB."
        )
    told.append(
        "If the node cannot use its WAL, it discards it and starts without (the log then says"
        " Reset ALL WAL): rows since the last checkpoint are gone, and nothing else reports it."
    )
    return told


def _playback(files: WalFiles) -> str:
    largest = max(files.vgroups, key=lambda area: area.logged_bytes, default=None)
    if files.logged_bytes == 0:
        return "A start now would replay nothing: nothing was logged since the last checkpoint."
    words = (
        f"A start now would replay {human_bytes(files.logged_bytes)} of time-series WAL from "
        f"{plural(sum(a.logged_bytes > 0 for a in files.areas), 'folder')}"
    )
    if largest is not None and largest.logged_bytes:
        words += f", most of it from {largest.name} ({human_bytes(largest.logged_bytes)})"
    return f"{words}."


def _checkpoint(report: WalReport) -> str:
    interval = report.settings.interval
    every = f" They are due every {interval}." if interval else ""
    seconds = report.since_checkpoint
    if seconds is None or report.log is None or report.log.last_complete is None:
        why = report.no_log or "the log names none."
        return f"When the last checkpoint was is unknown: {why}{every}"
    at = f"{report.log.last_complete:%Y-%m-%d %H:%M:%S} UTC"
    return f"The last checkpoint ended {human_duration(seconds)} ago, at {at}.{every}"


def alarms(report: WalReport) -> list[str]:
    """What is wrong and wants somebody's eyes; empty when nothing is."""
    return [
        *setting_alarms(report.settings, report.level),
        *_file_alarms(report),
        *_log_alarms(report),
    ]


def setting_alarms(settings: WalSettings, level: int | None) -> list[str]:
    """What is wrong with the settings; ``level`` is the one that the engine works with."""
    told = []
    if level == 0:
        told.append("The WAL is off (level 0): a crash loses time-series rows.")
    strange = {n for n in (settings.level, settings.effective) if n is not None and n not in LEVELS}
    if strange:
        told.append(
            f"The WAL level is {' and '.join(map(str, sorted(strange)))}, which KWDB accepts but "
            "does not document: what protects time-series rows is not known. Set one of 0 to 3."
        )
    differ = settings.effective is not None and settings.level not in (None, settings.effective)
    if differ:
        told.append(
            f"The setting says level {level_words(settings.level)}, the engine works with"
            f" {level_words(settings.effective)}."
        )
    return told


def _file_alarms(report: WalReport) -> list[str]:
    files, told = report.files, []
    if files is None:
        return []
    if files.layout is Layout.MIXED:
        told.append("WAL files of both layouts are there: an upgrade left the old ones behind.")
    limit = _patience(report)
    for area in files.areas:
        left = area.checkpoint_file
        if left is not None and (report.at - left.modified).total_seconds() > limit:
            told.append(
                f"{area.name}: a checkpoint of {left.modified:%Y-%m-%d %H:%M:%S} UTC never ended"
                " (kwdb_wal.chk is still there)."
            )
        if area.problem:
            told.append(f"{area.name}: {area.problem}")
    return told


def _log_alarms(report: WalReport) -> list[str]:
    log, told = report.log, []
    if log is None:
        return []
    for alarm in log.alarms:
        when = f"{alarm.time:%Y-%m-%d %H:%M:%S} UTC" if alarm.time else "at an unknown time"
        told.append(f"{when}: {alarm.message} {alarm.meaning} ({alarm.file.name})")
    seconds = report.since_checkpoint
    if seconds is not None and seconds > _patience(report):
        told.append(
            f"No checkpoint for {human_duration(seconds)} although one is due every"
            f" {report.settings.interval or '1m0s'}. Is the node running?"
        )
    return told


def _patience(report: WalReport) -> float:
    """Seconds after which a checkpoint counts as missing."""
    return max(60.0, report.settings.interval_seconds or 60.0) * STALE_CHECKPOINTS
