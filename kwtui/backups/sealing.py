"""Sealing: SHA-256 and exact record count of every file of an export, all of it synced to disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kwtui.backups.manifest import FileEntry
from kwtui.model import Dialect, TableName


@dataclass(frozen=True)
class SealProgress:
    """How far sealing is. Called from the thread that seals, at most some times a second."""

    files: int
    files_total: int
    bytes: int
    bytes_total: int
    records: int


@dataclass(frozen=True)
class SealedTable:
    """The files of one table, in order of their names, and the records in them."""

    name: TableName
    folder: str
    files: tuple[FileEntry, ...]
    rows: int


@dataclass(frozen=True)
class SealedTree:
    """Everything below ``data``."""

    tables: tuple[SealedTable, ...]
    files: tuple[FileEntry, ...]
    """Files that belong to no table: ``data/meta.sql``, a schema's ``meta.sql``."""
    strays: tuple[str, ...]
    """Files that no export writes, e.g. hidden ones or ``meta.sql…tmp``; also in ``files``."""
    bytes: int


def seal_tree(
    data: Path,
    folders: Mapping[TableName, str],
    dialect: Dialect,
    *,
    workers: int | None = None,
    progress: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> SealedTree:
    """Hash, count and sync every file below ``data``.

    ``folders`` says which folder (relative to ``data``) holds which table; a folder without files
    makes a table without files. Blocking: call it in a thread. ``workers`` is the number of
    processes (None: as many as there are CPUs; 1: this one).

    Raises KwtuiError: EXTERN_NOT_READABLE (a file cannot be read), BACKUP_DAMAGED (a file has an
    open quote at its end), CANCELLED.
    """
    raise NotImplementedError


def seal_sidecars(folder: Path) -> tuple[FileEntry, ...]:
    """Hash and sync ``schema.json`` and the runbook that lie in ``folder``."""
    raise NotImplementedError
