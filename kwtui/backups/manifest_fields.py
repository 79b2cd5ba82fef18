"""A few fields of a manifest, decoded without the rest."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.backups.manifest import Count, Place, decode_fields
from kwtui.model.schema import TableName


@dataclass(frozen=True)
class _CountedTable:
    name: TableName
    rows_counted: Count | None = None


@dataclass(frozen=True)
class _CountedTables:
    tables: tuple[_CountedTable, ...] = ()


@dataclass(frozen=True)
class _NamedFile:
    path: Place
    bytes: Count


@dataclass(frozen=True)
class _NamedFiles:
    folder: Place = ""
    files: tuple[_NamedFile, ...] = ()


@dataclass(frozen=True)
class _AllFiles:
    tables: tuple[_NamedFiles, ...] = ()
    files: tuple[_NamedFile, ...] = ()


def decode_rows(data: bytes, where: str) -> dict[str, int]:
    """The rows of each table that were counted, by its name.

    Raises KwtuiError (BACKUP_DAMAGED) as `decode_manifest`.
    """
    found = decode_fields(data, where, _CountedTables)
    return {str(t.name): t.rows_counted for t in found.tables if t.rows_counted is not None}


def decode_files(data: bytes, where: str) -> dict[str, int]:
    """The bytes of each file of the set, by its path.

    Raises KwtuiError (BACKUP_DAMAGED) as `decode_manifest`.
    """
    found = decode_fields(data, where, _AllFiles)
    return {
        file.path: file.bytes
        for files in (found.files, *(table.files for table in found.tables))
        for file in files
    }
