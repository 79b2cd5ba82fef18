"""Sealing: SHA-256 and exact record count of every file of an export, all of it synced to disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.record_scan import FileScan, scan_file
from kwtui.backups.csv.values import Columns
from kwtui.backups.layout.naming import DATA_FOLDER, EXTRA_FOLDERS
from kwtui.backups.layout.tree import FileRole, TreeFile, is_folder, is_there, role_of, walk
from kwtui.backups.manifest import MANIFEST_FILE, PROOFS_FILE, SIDECAR_FILES, FileEntry
from kwtui.backups.proof.scan_pool import read_each, readers_for
from kwtui.backups.proof.scan_process import ScanProcess
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.making import sync_file, sync_folder
from kwtui.files.foreign.reading import cannot_read
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.text import plural

_SYNCED_AT_ONCE = 8
_PROGRESS_SECONDS = 0.2


@dataclass(frozen=True)
class SealProgress:
    """How far sealing, or checking, is. Called from its threads, at most some times a second."""

    files: int
    files_total: int
    bytes: int
    bytes_total: int
    records: int
    folder: str = ""
    """Of the data file that was begun last: ``public/orders``; empty where there is none."""
    table: int | None = None
    """Its number among the folders with data files, from 1 on."""
    tables: int | None = None


@dataclass(frozen=True)
class SealedTable:
    """The data files of one table, in order of their names, and the records in them."""

    name: TableName
    folder: str
    files: tuple[FileEntry, ...]
    rows: int
    problems: tuple[str, ...] = ()
    """Records that do not parse, with their file; empty when all do."""


@dataclass(frozen=True)
class SealedTree:
    """Everything below ``data``. Paths begin with ``data/``, as in the manifest."""

    tables: tuple[SealedTable, ...]
    files: tuple[FileEntry, ...]
    """Files that are no table's data: each ``meta.sql``, strays."""
    strays: tuple[str, ...]
    """Files that no export writes, e.g. hidden ones or ``meta.sql….tmp``. Regular ones are also in
    ``files``; links and special files are only here."""
    bytes: int


@dataclass(frozen=True)
class ScanJob:
    """One file to read: hashed, and counted if it has a dialect, and checked if it has fields."""

    path: Path
    bytes: int
    dialect: Dialect | None = None
    fields: int | None = None
    form: FileForm | None = None
    """Of a file that somebody else may have changed."""
    columns: Columns = ()
    """Of a file whose values are checked."""


def seal_tree(
    data: Path,
    folders: Mapping[TableName, str],
    dialect: Dialect,
    *,
    fields: Mapping[TableName, int] | None = None,
    workers: int | None = None,
    progress: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    known: Mapping[str, FileEntry] | None = None,
) -> SealedTree:
    """Hash, count and sync every file below ``data``; those that are ``known`` by their path in the
    manifest are not read.

    ``folders`` says which folder (relative to ``data``) holds which table; a table whose folder is
    not there has no files. ``fields`` gives the number of columns of tables whose records shall be
    checked on the way. Blocking: call it in a thread. ``workers`` is the number of processes that
    read (None: one for each CPU), where there is enough to read.

    Raises KwtuiError: NOT_FOUND or EXTERN_NOT_READABLE (something cannot be read), BACKUP_DAMAGED
    (a file was cut inside a quoted value), CANCELLED.
    """
    tables = {folder: name for name, folder in folders.items()}
    found = list(walk(data))
    regular = [f for f in found if f.regular]
    known = known or {}
    there = {f.path: e for f in regular if (e := known.get(_entry_path(f))) and e.bytes == f.bytes}
    fresh = [f for f in regular if f.path not in there]
    jobs = [_job(data, f, tables, dialect, fields or {}) for f in fresh]
    scans = scan_files(jobs, workers=workers, progress=progress, cancelled=cancelled)
    _refuse_open_quotes(fresh, scans)
    _sync_tree(data, regular)
    read = dict(zip((f.path for f in fresh), scans, strict=True))
    read |= {path: _as_scan(entry) for path, entry in there.items()}
    return _sealed(found, read, tables)


def _entry_path(file: TreeFile) -> str:
    return f"{DATA_FOLDER}/{file.path}"


def _as_scan(entry: FileEntry) -> FileScan:
    """What reading the file would give."""
    return FileScan(entry.bytes, entry.sha256, entry.records)


def seal_sidecars(folder: Path) -> tuple[FileEntry, ...]:
    """Hash and sync ``schema.json`` and the runbook that lie in ``folder``, as manifest entries.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    entries = []
    for name in SIDECAR_FILES:
        path = folder / name
        if name in (MANIFEST_FILE, PROOFS_FILE) or not is_there(path):
            continue
        try:
            scan = scan_file(path, None)
            sync_file(path)
        except OSError as error:
            raise cannot_read(path, error) from error
        entries.append(FileEntry(name, scan.bytes, scan.sha256))
    return tuple(entries)


def seal_extras(root: Path) -> tuple[FileEntry, ...]:
    """Hash and sync what lies in the folders beside ``data``, as manifest entries.

    Raises KwtuiError (EXTERN_NOT_READABLE).
    """
    return _seal_folders(root, EXTRA_FOLDERS)


def _seal_folders(root: Path, folders: Sequence[str]) -> tuple[FileEntry, ...]:
    entries = []
    for folder in folders:
        for file in walk(root / folder) if is_folder(root / folder) else ():
            path = root / folder / file.path
            try:
                scan = scan_file(path, None)
                sync_file(path)
            except OSError as error:
                raise cannot_read(path, error) from error
            entries.append(FileEntry(f"{folder}/{file.path}", scan.bytes, scan.sha256))
    return tuple(entries)


def table_folder_of(path: str) -> str:
    """The folder of a data file relative to ``data``."""
    parent = str(PurePosixPath(path).parent)
    return "" if parent == "." else parent


def _job(
    data: Path,
    file: TreeFile,
    tables: Mapping[str, TableName],
    dialect: Dialect,
    fields: Mapping[TableName, int],
) -> ScanJob:
    table = tables.get(table_folder_of(file.path))
    if file.role is not FileRole.DATA or table is None:
        return ScanJob(data / file.path, file.bytes)
    return ScanJob(data / file.path, file.bytes, dialect, fields.get(table))


def scan_files(
    jobs: Sequence[ScanJob],
    *,
    workers: int | None = None,
    progress: Callable[[SealProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[FileScan]:
    """Scan all files, some at a time; the results in the order of the jobs.

    Several processes read where there is enough for them to do, each watched by a thread.

    Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, CANCELLED.
    """
    meter = _Meter(jobs, progress, cancelled)
    count, in_processes = readers_for([job.bytes for job in jobs], workers)

    def read(reader: ScanProcess | None, job: ScanJob) -> FileScan:
        meter.begin(job)
        try:
            scan = _scan(reader, job, meter.tick)
        except OSError as error:
            # The others stop because of this one: it is what is told.
            meter.failure = meter.failure or cannot_read(job.path, error)
            raise meter.failure from error
        meter.file_done(scan.records or 0)
        return scan

    try:
        return read_each(jobs, count, read, meter.stop, in_processes=in_processes)
    except BaseException as error:
        raise meter.failure or error from None


def _scan(reader: ScanProcess | None, job: ScanJob, tick: Callable[[int], None]) -> FileScan:
    """One file, in another process if there is one; here if that was killed."""
    if reader is not None:
        told = 0

        def counted(count: int) -> None:
            nonlocal told
            told += count
            tick(count)

        try:
            return reader.scan(job.path, job.dialect, job.fields, counted, job.form, job.columns)
        except ChildProcessError:
            tick(-told)
    return scan_file(
        job.path,
        job.dialect,
        fields=job.fields,
        columns=job.columns,
        form=job.form,
        tick=tick,
    )


class _Meter:
    """Adds up what the threads did, reports it now and then, and stops them."""

    def __init__(
        self,
        jobs: Sequence[ScanJob],
        progress: Callable[[SealProgress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._progress = progress
        self._cancelled = cancelled
        self._files_total = len(jobs)
        self._bytes_total = sum(j.bytes for j in jobs)
        self._files = self._bytes = self._records = 0
        data = (job.path.parent for job in jobs if role_of(job.path.name) is FileRole.DATA)
        self._folders = {folder: at for at, folder in enumerate(dict.fromkeys(data), 1)}
        self._folder: Path | None = None
        self._due = 0.0
        self._lock = threading.Lock()
        self.stopped = False
        self.failure: KwtuiError | None = None

    def stop(self) -> None:
        """Let whoever ticks next end."""
        self.stopped = True

    def begin(self, job: ScanJob) -> None:
        with self._lock:
            if job.path.parent in self._folders:
                self._folder = job.path.parent
        self.tick(0)

    def tick(self, count: int) -> None:
        if self.stopped or self.failure or (self._cancelled and self._cancelled()):
            raise KwtuiError("Stopped reading the files.", exit_code=ExitCode.CANCELLED)
        with self._lock:
            self._bytes += count
        self._report()

    def file_done(self, records: int) -> None:
        with self._lock:
            self._files += 1
            self._records += records
        self._report(last=self._files == self._files_total)

    def _report(self, *, last: bool = False) -> None:
        if self._progress is None:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._due and not last:
                return
            self._due = now + _PROGRESS_SECONDS
            self._progress(self._state())

    def _state(self) -> SealProgress:
        folder = self._folder
        return SealProgress(
            self._files,
            self._files_total,
            self._bytes,
            self._bytes_total,
            self._records,
            "/".join(folder.parts[-2:]) if folder else "",
            self._folders[folder] if folder else None,
            len(self._folders) if folder else None,
        )


def _refuse_open_quotes(files: Sequence[TreeFile], scans: Sequence[FileScan]) -> None:
    cut = [f.path for f, s in zip(files, scans, strict=True) if s.open_quote]
    if cut:
        raise KwtuiError(
            f"{cut[0]} ends inside a quoted value: it was cut while it was written.",
            cause=f"{len(cut)} of {plural(len(files), 'file')} end like this.",
            hint="Look for space on the node's disk, then back up again. Nothing was sealed.",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )


def _sync_tree(data: Path, files: Sequence[TreeFile]) -> None:
    """Put files, then their folders up to the set's own, on disk.

    Several at a time: a disk that waits for each of a thousand small files takes as many times as
    long as one that is asked for some of them at once.
    """
    paths = [data / file.path for file in files]
    folders = {data, data.parent}
    for path in paths:
        folders.update(p for p in path.parents if p.is_relative_to(data))
    with ThreadPoolExecutor(_SYNCED_AT_ONCE, thread_name_prefix="sync") as pool:
        for sync, each in ((sync_file, paths), (sync_folder, sorted(folders))):
            for _ in pool.map(partial(_sync_one, sync), each):
                pass


def _sync_one(sync: Callable[[Path], None], path: Path) -> None:
    try:
        sync(path)
    except OSError as error:
        raise cannot_read(path, error) from error


def _sealed(
    found: Sequence[TreeFile], scans: Mapping[str, FileScan], tables: Mapping[str, TableName]
) -> SealedTree:
    data_files: dict[str, list[FileEntry]] = {folder: [] for folder in tables}
    problems: dict[str, list[str]] = {folder: [] for folder in tables}
    others: list[FileEntry] = []
    strays: list[str] = []
    for file in found:
        path = f"{DATA_FOLDER}/{file.path}"
        folder = table_folder_of(file.path)
        stray = file.role in (FileRole.STRAY, FileRole.UNREAD)
        if stray or (file.role is FileRole.DATA and folder not in tables):
            strays.append(path)
        if (scan := scans.get(file.path)) is None:
            continue
        entry = FileEntry(path, scan.bytes, scan.sha256, scan.records)
        if file.role is FileRole.DATA and folder in tables:
            data_files[folder].append(entry)
            problems[folder] += [f"{path}, {problem}" for problem in scan.problems]
        else:
            others.append(entry)
    sealed = tuple(
        SealedTable(
            name,
            folder,
            tuple(data_files[folder]),
            sum(f.records or 0 for f in data_files[folder]),
            tuple(problems[folder]),
        )
        for folder, name in tables.items()
    )
    return SealedTree(sealed, tuple(others), tuple(strays), sum(s.bytes for s in scans.values()))
