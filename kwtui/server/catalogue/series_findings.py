"""What to watch out for in a time-series table. Pure; the numbers are rows of live-findings."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kwtui.model.findings import Finding, Severity
from kwtui.model.schema import DatabaseSchema, TableSpec
from kwtui.text import plural

_LONG_RETENTION = 10 * 365 * 86400
"""Seconds; what is kept so long rarely grows too old between a backup and its restore."""


def about_time_series(schema: DatabaseSchema, table: TableSpec) -> Iterator[Finding]:
    """Devices, fine times and retentions."""
    subject = f"{schema.database}.{table.name}"
    silent = len(table.silent_devices)
    if silent:
        yield Finding(
            Severity.INFO,
            "silent_devices",
            subject,
            f"{silent:,} of its {plural(table.devices or silent, 'device')} "
            f"{'has' if silent == 1 else 'have'} no readings: SELECT and EXPORT omit "
            f"{'it' if silent == 1 else 'them'}.",
            "Their tag values are captured and restored.",
        )
    if fine_time(table):
        yield Finding(
            Severity.INFO,
            "time_precision",
            subject,
            "IMPORT stores times of microseconds and nanoseconds wrong and reports success.",
            "The restore writes this table's rows with INSERT, which is correct but slower.",
        )
    if table.retention_seconds:
        yield Finding(
            Severity.INFO if table.retention_seconds >= _LONG_RETENTION else Severity.WARNING,
            "retention",
            subject,
            f"The table keeps {_span(table.retention_seconds)}. A restore cannot bring back rows "
            "that are older by then; IMPORT drops them and reports success.",
            "The restore counts them and shows how many before it writes.",
        )


def fine_time(table: TableSpec) -> bool:
    """A column's time is finer than milliseconds: IMPORT stores it wrong (row 13)."""
    fine = re.compile(r"TIMESTAMP(?:TZ)?\([69]\)", re.IGNORECASE)
    return table.time_column is not None and any(fine.match(c.type) for c in table.columns)


def _span(seconds: int) -> str:
    if seconds % 86400 == 0:
        days = seconds // 86400
        return f"{days} day" if days == 1 else f"{plural(days, 'day')}"
    return f"{plural(seconds, 'second')}"
