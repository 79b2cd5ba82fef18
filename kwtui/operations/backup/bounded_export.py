"""How a time series is exported where FROM TABLE does not do. Pure."""

from __future__ import annotations

from kwtui.model.schema import TableSpec
from kwtui.sql import transfer
from kwtui.sql.quoting import identifier
from kwtui.sql.transfer import ExportOptions


def needs_select(database: str, table: TableSpec) -> bool:
    """FROM TABLE does not find a time series whose name needs quotes (live-findings, row 36), or
    the one of its database: it looks for both without (public source, sql/export.go)."""
    return any(identifier(name) != name for name in (database, table.name.name))


def bounded_export(
    uri: str,
    database: str,
    table: TableSpec,
    until: str | None,
    options: ExportOptions,
    *,
    since: str = "",
    before: str = "",
) -> str:
    """Export a time-series table from and up to a time; all of it where there is none."""
    return transfer.export_select(
        uri,
        database,
        table.name,
        table.visible_columns,
        time_column=table.time_column,
        since=since,
        before=before,
        until=until,
        options=options,
    )
