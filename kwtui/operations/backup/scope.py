"""What a backup is about and where it goes, as its plan and its steps see it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kwtui.backups.layout.naming import DATA_FOLDER
from kwtui.model.checks import CheckLevel
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import DatabaseSchema, Engine, TableSpec
from kwtui.operations.backup.destination import Destination
from kwtui.sql.transfer import ExportOptions


@dataclass(frozen=True)
class Scope:
    """What this backup is about, and where it goes."""

    schema: DatabaseSchema
    tables: tuple[TableSpec, ...]
    request: BackupRequest
    destination: Destination

    @property
    def database(self) -> str:
        return self.schema.database

    @property
    def data_path(self) -> str:
        return f"{self.destination.path}/{DATA_FOLDER}"

    @property
    def options(self) -> ExportOptions:
        return ExportOptions(self.request.dialect, self.request.chunk_rows)

    @property
    def data_only(self) -> ExportOptions:
        """As `options`; an export of the database writes no ``meta.sql`` then."""
        return ExportOptions(self.request.dialect, self.request.chunk_rows, data_only=True)

    @property
    def is_snapshot(self) -> bool:
        """Whether one instant is the same for every table (live-findings, row 30)."""
        relational = self.schema.engine is Engine.RELATIONAL
        return relational and self.request.method is BackupMethod.SNAPSHOT

    @property
    def level(self) -> CheckLevel:
        return self.request.level(self.schema.engine)

    def is_bounded(self, table: TableSpec) -> bool:
        """Whether the table is cut at its time column, the only cut that there is (row 30)."""
        return table.time_column is not None and self.request.method is BackupMethod.SNAPSHOT


def sum_known(values: Iterable[int | None]) -> int | None:
    known = list(values)
    if any(value is None for value in known):
        return None
    return sum(value for value in known if value is not None)
