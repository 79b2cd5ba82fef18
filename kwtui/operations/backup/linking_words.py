"""What a plan says of files that are linked to those of an earlier backup. Pure."""

from __future__ import annotations

from kwtui.backups.unchanged import MOST_TABLES
from kwtui.model.requests import BackupRequest, Incremental
from kwtui.text import plural


def tables_linked(request: BackupRequest, tables: int) -> str:
    """Of relational tables."""
    if request.unseen or tables > MOST_TABLES:
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written anew."
    return (
        " A table whose ranges were not written since the last proven backup is not exported "
        "again: its files are linked, once their SHA-256 was compared and its rows were counted."
        + _anew(request)
    )


def days_linked(request: BackupRequest) -> str:
    """Of time series."""
    if request.unseen:
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written anew."
    return (
        " Days whose counts and sums, and of some days text lengths, are those of the last proven "
        "backup are not exported again: its files are linked, once their SHA-256 was compared. "
        "What this cannot see is a text that was replaced by one of the same length, or values "
        "exchanged within a day; so some rows of linked files, other ones each time, are exported "
        "again and compared." + _anew(request)
    )


def _anew(request: BackupRequest) -> str:
    if request.incremental is not Incremental.AUTO:
        return ""
    return f" Everything is written anew every {plural(request.anew_after, 'day')}."
