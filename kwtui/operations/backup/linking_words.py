"""What a plan says of files that are linked to those of an earlier backup. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupRequest, Incremental
from kwtui.model.schema import Engine, TableSpec
from kwtui.operations.backup.scope import Scope, sum_known
from kwtui.text import human_bytes, plural


def linkable_bytes(scope: Scope) -> int:
    """Of the files of the earlier backup, what at most needs not be exported again.

    What has fewer rows now can have no more than its share of them unchanged.
    """
    if scope.destination.earlier is None:
        return 0
    return sum(_linkable(scope, table) for table in scope.tables)


def _linkable(scope: Scope, table: TableSpec) -> int:
    earlier = scope.destination.earlier
    entry = earlier.table(table.name, scope.request) if earlier is not None else None
    if entry is None or entry.columns != tuple(table.visible_columns):
        return 0
    then, now = entry.rows_counted, table.rows
    if not then or now is None or now >= then:
        return entry.bytes
    return entry.bytes * now // then


def linking_findings(scope: Scope) -> Iterator[Finding]:
    """How much of the backup may cost nothing, or what it costs where no links can be made."""
    earlier, most = scope.destination.earlier, linkable_bytes(scope)
    if earlier is None or not most:
        return
    set_id, size = earlier.manifest.set_id, human_bytes(most)
    if scope.destination.no_links:
        yield Finding(
            Severity.WARNING,
            "copies",
            scope.destination.extern,
            f"Hard links are not possible here ({scope.destination.no_links}): files of {set_id} "
            f"that did not change are copied and use up to {size} again.",
            "Move extern to a file system with hard links, such as ext4 or XFS.",
        )
        return
    whole = sum_known(table.bytes for table in scope.tables)
    # The whole is estimated from some rows: it may be less than what the earlier files have.
    of = f" of about {human_bytes(whole)}" if whole and whole > most else ""
    yield Finding(
        Severity.INFO,
        "links",
        set_id,
        f"Up to {size}{of} may be unchanged since: those files are linked and use no extra space.",
    )


_DAYS_ASSUME = (
    "This does not detect a text replaced by one of the same length, or values swapped within a "
    "day; so some rows of linked files, different ones each time, are exported again and compared."
)
_TABLES_ASSUME = "KWDB reports every write to a range by the time of its last update."


def assumption(engine: Engine, set_id: str) -> Finding:
    """What a set says of its files that are linked to those of another."""
    if engine is Engine.TIME_SERIES:
        words = f"Days with the counts and sums of {set_id} are linked to its files. {_DAYS_ASSUME}"
    else:
        words = (
            f"Tables whose ranges were not written since {set_id} are linked to its files. What "
            f"this relies on: {_TABLES_ASSUME}"
        )
    return Finding(Severity.INFO, "linked", set_id, words)


def tables_linked(scope: Scope) -> str:
    """Of relational tables."""
    request = scope.request
    if _never_links(scope):
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written again."
    return (
        " A table whose ranges were not written since the last proven backup is not exported "
        "again: its files are linked once their SHA-256 has been compared and its rows have "
        "been counted." + _anew(request)
    )


def days_linked(scope: Scope) -> str:
    """Of time series."""
    request = scope.request
    if _never_links(scope):
        return ""
    if request.incremental is Incremental.FULL:
        return " Everything is written again."
    return (
        " Days whose counts and sums (for some days also text lengths) match the last proven "
        "backup are not exported again: its files are linked once their SHA-256 has been "
        f"compared. {_DAYS_ASSUME}" + _anew(request)
    )


def _never_links(scope: Scope) -> bool:
    """Whether this account may not write where the files lie, or does not see them."""
    return scope.request.unseen or not scope.destination.sidecars_beside


def _anew(request: BackupRequest) -> str:
    if request.incremental is not Incremental.AUTO:
        return ""
    return f" Everything is written again every {plural(request.anew_after, 'day')}."
