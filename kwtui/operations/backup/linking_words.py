"""What a plan says of files that are linked to those of an earlier backup. Pure."""

from __future__ import annotations

from kwtui.backups.unchanged import MOST_TABLES
from kwtui.model.requests import BackupRequest, Incremental


def tables_linked(request: BackupRequest, tables: int) -> str:
    """Of relational tables."""
    if request.unseen or tables > MOST_TABLES:
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written anew."
    return (
        " A table whose ranges were not written since the last proven backup is not exported "
        "again: its files are linked, once their SHA-256 was compared and its rows were counted."
        + (
            " Everything is written anew every 30 days."
            if request.incremental is Incremental.AUTO
            else ""
        )
    )


def days_linked(request: BackupRequest) -> str:
    """Of time series."""
    if request.unseen:
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written anew."
    return (
        " Days whose counts, sums and text lengths are those of the last proven backup are not "
        "exported again: its files are linked, once their SHA-256 was compared. What this cannot "
        "see is a text that was replaced by one of the same length, or values exchanged within a "
        "day"
        + (
            ": everything is written anew every 30 days."
            if request.incremental is Incremental.AUTO
            else "."
        )
    )
