"""What a running backup knows so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from kwtui.backups.device_marks import DeviceMarks
from kwtui.backups.manifest import FileEntry, Segment
from kwtui.model.checks import WindowReadings
from kwtui.model.proof import TableOrigin
from kwtui.model.schema import DatabaseSchema, TableName, TableSpec
from kwtui.model.server import ServerFacts
from kwtui.operations.shared.selection import part_of
from kwtui.operations.shared.window_reading import Lengths


@dataclass
class TableExport:
    """What is known of one table's export so far."""

    spec: TableSpec
    folder: str
    """Relative to ``data``."""
    statement: str = ""
    rows_reported: int | None = None
    """None: the server said nothing (time series)."""
    files_reported: int | None = None
    until: str | None = None
    """Of a time series: the newest time that it held when its export began."""
    windows_before: WindowReadings | None = None
    """Of a time series: of the rows up to then, read before the export."""
    seconds: float = 0.0
    """How long its EXPORT took."""
    tags: DeviceMarks = field(default_factory=DeviceMarks)
    """Of a time series: its devices with their tags, read before its rows were exported."""
    segments: list[Segment] = field(default_factory=list)
    """Of a time series that was exported by stretches of time, or a table that was linked."""
    taken: dict[str, FileEntry] = field(default_factory=dict)
    """Files of an earlier set by their path in this one; they are known and not read again."""
    lengths: dict[str, Lengths] = field(default_factory=dict)
    """Of a time series: what an earlier set knows of the text lengths of windows that were linked;
    they are not read again."""
    stretches: int = 0
    """Into how many it was divided."""
    whole_at: datetime | None = None
    """When all of it was last written anew; None where that is now."""
    together: bool = False
    """Whether it was exported with all other tables, by one statement, and not again since."""
    origin: TableOrigin | None = None
    """Of a relational table at one instant: what its files are exported from."""


@dataclass
class BackupState:
    """Grows from step to step."""

    facts: ServerFacts
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    before: DatabaseSchema | None = None
    after: DatabaseSchema | None = None
    timestamp: str = ""
    """When the export began; for a snapshot, the instant of every table."""
    timestamp_after: str = ""
    """When it had ended; with the first one it tells whether a table changed meanwhile."""
    tables: dict[TableName, TableExport] = field(default_factory=dict)
    notices: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    """What else than tables was changed while the backup ran, in words."""

    def schema(self, *, whole: bool) -> DatabaseSchema:
        """What the set captures: everything, or what belongs to the chosen tables.

        Sequences are taken from after the export: a value read before it could be lower than one
        that stands in a row, and would be given out again.
        """
        if self.before is None or self.after is None:
            raise RuntimeError("the catalogue was not read before and after the export")
        tables = tuple(_with_devices(e.spec, self.after) for e in self.tables.values())
        schema = replace(self.before, tables=tables, sequences=self.after.sequences)
        return schema if whole else part_of(schema, tables)


def _with_devices(table: TableSpec, after: DatabaseSchema) -> TableSpec:
    """As read before the export, so that each device without rows in the files is put back.

    Of their number the smaller one counts: a device that was removed meanwhile may be in no file.
    """
    then = after.table(table.name)
    if table.devices is None or then is None or then.devices is None:
        return table
    return replace(table, devices=min(table.devices, then.devices))
