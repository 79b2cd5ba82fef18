"""Whether the rows of a relational table are those that an earlier set's files hold. Pure.

A range knows when it was last written (recording 18). An EXPORT AS OF SYSTEM TIME reads every row,
after which no transaction can write a row at an older time; so a table none of whose ranges was
written since that time holds what was exported. Ranges do not show everything: an import may add
rows with an older time, and TRUNCATE begins a table of its own. All of that moves the version of
the table's descriptor, or its id. What is not clear counts as a change.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from kwtui.backups.manifest import TableEntry
from kwtui.model.proof import TableOrigin

MOST_ALONE = 100
"""Where a server does not tell of all tables at once, each takes a statement of some 0.05 s: of a
database of more of them nothing is linked then."""


def origin_of(
    table_id: str | None, version: str | None, definition: str, exported_at: str
) -> TableOrigin | None:
    """What tells the table as it is now from what it may become; None where the server tells less.

    ``definition`` is its create statement. A table that is interleaved with another has its rows in
    the other one's ranges, which its own do not show: nothing is known of it.
    """
    if not (table_id or "").isdigit() or not (version or "").isdigit():
        return None
    if "INTERLEAVE" in definition.upper() or nanoseconds(exported_at) is None:
        return None
    digest = hashlib.sha256(definition.encode()).hexdigest()
    return TableOrigin(int(table_id or 0), int(version or 0), digest, exported_at)


def is_same_table(earlier: TableEntry, now: TableOrigin | None, columns: Sequence[str]) -> bool:
    """Whether it is the same table with the same definition, and the earlier set has files of it
    whose rows the server had counted."""
    then = earlier.origin
    return (
        then is not None
        and is_same_origin(then, now)
        and earlier.columns == tuple(columns)
        and (bool(earlier.files) or earlier.rows_reported == 0)
        and earlier.rows_reported is not None
        and earlier.rows_reported == earlier.rows_counted
    )


def is_same_origin(then: TableOrigin, now: TableOrigin | None) -> bool:
    """Whether it is the same table with the same definition, and nothing was imported into it."""
    return now is not None and _identity(then) == _identity(now)


def was_written(then: TableOrigin, last_updates: Sequence[str | None], *, quiet: int = 0) -> bool:
    """Whether a range of the table was, or may have been, written since it was exported.

    ``last_updates`` are nanoseconds since the epoch as the server tells them, of every range of the
    table, asked for after the instant of the new backup. ``quiet`` nanoseconds before the export
    count, too.
    """
    since = nanoseconds(then.exported_at)
    if since is None or not last_updates:
        return True
    until = since - quiet
    return not all((each or "").isdigit() and 0 < int(each or 0) < until for each in last_updates)


def nanoseconds(timestamp: str) -> int | None:
    """The clock's part of ``cluster_logical_timestamp()``: ``1796014386196093951.0000000002``."""
    whole = timestamp.partition(".")[0]
    return int(whole) if whole.isdigit() and int(whole) > 0 else None


def _identity(origin: TableOrigin) -> tuple[int, int, str]:
    return origin.table_id, origin.version, origin.definition
