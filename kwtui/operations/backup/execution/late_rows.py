"""What became of a time series while it was exported: it has no snapshot (live-findings, row 30).

Both checksums are bounded by the newest time that the table held when its export began. Rows that
are newer than that are not in the backup; what else changed is counted here. Pure.
"""

from __future__ import annotations

from kwtui.model.proof import ContentChecksum
from kwtui.operations.backup.execution.state import TableExport
from kwtui.operations.shared.checksums import TableChecksum
from kwtui.text import plural


def judge(export: TableExport, after: ContentChecksum, written: int | None) -> TableChecksum:
    """The checksum of what the files hold, or in words why it is not known.

    ``written`` are the records in the files; None where they cannot be seen.
    """
    before = export.checksum_before
    if before is None:
        return _unbounded(export, after, written)
    if before == after:
        return TableChecksum(after)
    name, until = export.spec.name, export.until or "now"
    files = "nobody counted the files" if written is None else f"the files hold {_rows(written)}"
    held = f"{files}, the table {after.rows:,} up to {until}"
    if after.rows > before.rows:
        late = plural(after.rows - before.rows, "row")
        held = f"the table held {before.rows:,} up to {until} before it and {after.rows:,} after it"
        words = f"{late} of {name} arrived late while it was exported: {held}; {files}"
        return TableChecksum(None, words + _of_late(before.rows, after.rows, written))
    if after.rows < before.rows:
        gone = plural(before.rows - after.rows, "row")
        return TableChecksum(None, f"{gone} of {name} vanished while it was exported: {held}")
    return TableChecksum(
        None, f"rows of {name} were changed while it was exported, with times up to {until}: {held}"
    )


def _of_late(before: int, after: int, written: int | None) -> str:
    """How many of the late rows are in the files, so that the numbers add up."""
    if written is None or not before <= written <= after:
        return ""
    return f": {written - before:,} of the late ones are in them, {after - written:,} are not"


def _rows(count: int) -> str:
    return plural(count, "row")


def _unbounded(export: TableExport, after: ContentChecksum, written: int | None) -> TableChecksum:
    """Of a database that was exported with one statement nothing was read before."""
    if after.rows == written:
        return TableChecksum(after)
    if written is None:
        return TableChecksum(None, f"{export.spec.name} was exported without a cut in time")
    return TableChecksum(
        None,
        f"{export.spec.name} holds {after.rows} rows now and {written} were written: it takes "
        "writes, and a time-series export is no snapshot",
    )
