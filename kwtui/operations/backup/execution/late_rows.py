"""What became of a time series while it was exported: it has no snapshot (live-findings, row 30).

Both readings are bounded by the newest time that the table held when its export began. Rows that
are newer than that are not in the backup; what else changed is counted and named by window. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kwtui.backups.readings import WindowDifference, differences, short
from kwtui.model.checks import WindowReadings
from kwtui.operations.backup.execution.state import TableExport
from kwtui.text import plural

_NAMED = 5
"""Windows that are named."""


def doubt(export: TableExport, after: WindowReadings, written: int | None) -> str:
    """Why it is not known what the files hold; empty where it is.

    ``written`` are the records in the files; None where they cannot be seen.
    """
    before = export.windows_before
    if before is None:
        return _unbounded(export, after, written)
    changed = tuple(differences(before, replace(after, unsettled=())))
    if not changed:
        return ""
    name, until = export.spec.name, export.until or "now"
    files = "the files were not counted" if written is None else f"the files hold {_rows(written)}"
    held = f"the table held {before.rows:,} up to {until} before it and {after.rows:,} after it"
    late = _sum(d.rows_after - d.rows_before for d in changed)
    gone = _sum(d.rows_before - d.rows_after for d in changed)
    where = _where(changed)
    if late and gone:
        return (
            f"{_rows(late)} of {name} arrived late and {_rows(gone)} vanished while it was "
            f"exported{where}: {held}; {files}"
        )
    if late:
        words = f"{_rows(late)} of {name} arrived late while it was exported{where}: {held}; "
        return words + files + _of_late(before.rows, after.rows, written)
    if gone:
        return f"{_rows(gone)} of {name} vanished while it was exported{where}: {held}; {files}"
    return (
        f"rows of {name} were changed while it was exported{where}, with times up to {until}: "
        f"{files}, the table {after.rows:,}"
    )


def _sum(numbers: Iterable[int]) -> int:
    return sum(n for n in numbers if n > 0)


def _where(changed: tuple[WindowDifference, ...]) -> str:
    """Which windows: `` (2026-11-01 +34, 2026-11-02 -1)``."""
    named = []
    for each in changed[:_NAMED]:
        more = each.rows_after - each.rows_before
        named.append(short(each.since) + (f" {more:+,}" if more else ""))
    if not any(each.since for each in changed):
        return ""
    others = len(changed) - len(named)
    return f" ({', '.join(named)}{f' and {others:,} more' if others else ''})"


def _of_late(before: int, after: int, written: int | None) -> str:
    """How many of the late rows are in the files, so that the numbers add up."""
    if written is None or not before <= written <= after:
        return ""
    return f": {written - before:,} of the late ones are in them, {after - written:,} are not"


def _rows(count: int) -> str:
    return plural(count, "row")


def _unbounded(export: TableExport, after: WindowReadings, written: int | None) -> str:
    """Of a database that was exported with one statement nothing was read before."""
    if after.rows == written:
        return ""
    if written is None:
        return f"{export.spec.name} was exported without a time limit"
    return (
        f"{export.spec.name} holds {plural(after.rows, 'row')} now and {written} were written: "
        "it takes writes, and a time-series export is no snapshot"
    )
