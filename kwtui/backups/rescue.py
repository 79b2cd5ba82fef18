"""Sets in a folder that is nobody's extern any more: found, ranked, taken out, brought in."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from kwtui.backups.csv.batches import damaged
from kwtui.backups.csv.charsets import PYTHON_CHARSETS
from kwtui.backups.csv.excerpt import Excerpt, ExcerptCopy, copy_records
from kwtui.backups.csv.reading import MalformedRecord
from kwtui.backups.layout.naming import inside
from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import MANIFEST_FILE, TableEntry, read_sidecar
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import cannot_write
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.making import FoldersBelow, copy_file, sync_file
from kwtui.files.foreign.reading import is_folder, is_there, open_regular
from kwtui.files.foreign.removing import remove_folder
from kwtui.files.foreign.walking import walk
from kwtui.files.new_file import NewFile
from kwtui.model.requests import Dialect
from kwtui.text import clean, shell_quoted

_FOLDER_MODE, _FILE_MODE = 0o770, 0o640
_BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Found:
    """What a folder holds. ``entries`` are ranked, the best of each database first."""

    root: Path
    """What their paths are relative to."""
    entries: tuple[BackupEntry, ...]
    problem: str = ""


def find_sets(folder: Path) -> Found:
    """Look into a folder: a set, a folder of sets, an extern, a store.

    Raises KwtuiError (NOT_FOUND) where it is no folder.
    """
    folder = folder.resolve()
    if not is_folder(folder):
        raise KwtuiError(
            f"{folder} is not a folder.",
            hint="Name the folder that holds the backups, or an off-site target (file:///DIR, "
            "sftp://user@host/DIR, s3://bucket/prefix, rclone:REMOTE:DIR).",
            exit_code=ExitCode.NOT_FOUND,
        )
    for root in _roots(folder):
        listing = scan(claim(root))
        below = [e for e in listing.entries if _is_at(root / e.path, folder)]
        if any(entry.kind in _USEFUL for entry in below):
            return Found(root, ranked(below), listing.problem)
    return Found(folder, ())


def _roots(folder: Path) -> Iterator[Path]:
    """Where an extern may begin: a set lies three folders below it."""
    if is_there(folder / MANIFEST_FILE):
        yield from (folder.parents[2], folder.parent) if len(folder.parents) > 2 else ()
        return
    if is_folder(folder / "extern"):
        yield folder / "extern"
    yield folder


def _is_at(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


_USEFUL = (EntryKind.SET, EntryKind.TREE)


def ranked(entries: Sequence[BackupEntry]) -> tuple[BackupEntry, ...]:
    """By database; first what is whole, proven and new, last what is damaged."""
    useful = [entry for entry in entries if entry.kind in _USEFUL]
    return tuple(sorted(useful, key=_rank))


def _rank(entry: BackupEntry) -> tuple[object, ...]:
    started = entry.started or _BEGINNING
    return (
        entry.kind is not EntryKind.SET,
        entry.database or "",
        bool(entry.problem),
        bool(entry.only),
        entry.proof is None,
        -started.timestamp() if started > _BEGINNING else 0.0,
        entry.path,
    )


# -- the data of one table ----------------------------------------------------------------------


def table_of(details: SetDetails, name: str) -> TableEntry:
    """The table of this name, with or without its schema. Raises KwtuiError (NOT_FOUND)."""
    tables = details.manifest.tables if details.manifest is not None else ()
    for table in tables:
        if name in (str(table.name), f"{table.name.schema}.{table.name.name}", table.name.name):
            return table
    known = ", ".join(clean(str(table.name)) for table in tables[:10])
    raise KwtuiError(
        f"{details.entry.path} holds no table {name}.",
        hint=f"It holds {known}." if known else "",
        exit_code=ExitCode.NOT_FOUND,
    )


def save_table(
    details: SetDetails, table: TableEntry, file: Path, excerpt: Excerpt | None = None
) -> int:
    """Write a table, or some of its rows, as one new CSV file with column names; its records.

    The values stay letter by letter as they were exported. Raises KwtuiError: USAGE if the file is
    there, BACKUP_DAMAGED, DISK_FULL.
    """
    if details.manifest is None:
        raise KwtuiError(
            f"{details.entry.path} is an export not made by kwtui: its files are CSV already.",
            hint=f"See {details.location.root}",
            exit_code=ExitCode.USAGE,
        )
    dialect = details.manifest.dialect
    rows = 0
    with NewFile(file) as target:
        target.write(_names(table.columns, dialect))
        for entry in table.files:
            source = inside(details.location.root, entry.path)
            try:
                with open_regular(source) as opened:
                    rows += _copy(opened, target, table, dialect, excerpt)
            except (MalformedRecord, UnicodeError) as error:
                raise damaged(source, str(error)) from error
            except OSError as error:
                raise KwtuiError(
                    f"{source} cannot be read: {error.strerror or error}.",
                    exit_code=ExitCode.BACKUP_DAMAGED,
                ) from error
    return rows


def _copy(
    source: BinaryIO,
    target: NewFile,
    table: TableEntry,
    dialect: Dialect,
    excerpt: Excerpt | None,
) -> int:
    if excerpt is None:
        return copy_records(source, target, dialect, lambda record: True)
    copy = ExcerptCopy(excerpt, dialect, len(table.columns))
    copy(source, target)
    return copy.rows


def _names(columns: Sequence[str], dialect: Dialect) -> bytes:
    quote = dialect.enclosed
    line = dialect.delimiter.join(
        f"{quote}{name.replace(quote, dialect.escaped + quote)}{quote}" for name in columns
    )
    charset = PYTHON_CHARSETS.get(dialect.charset, dialect.charset)
    return f"{line}\n".encode(charset)


# -- into the extern of a node ------------------------------------------------------------------


def bring(
    details: SetDetails, extern: Path, tell: Callable[[int, int], None] = lambda done, total: None
) -> str:
    """Copy a set below a node's extern, to the path that it was made for; that path.

    Nothing is copied where the same set is there already. Its manifest is copied last: what is cut
    short is no backup. Raises KwtuiError: NAME_TAKEN where another one lies there, DISK_FULL,
    EXTERN_NOT_READABLE.
    """
    if details.manifest is None:
        raise KwtuiError(
            f"{details.entry.path} is an export not made by kwtui.",
            hint=f"Copy it below {extern}, and restore it from there.",
            exit_code=ExitCode.USAGE,
        )
    path = details.manifest.set_id
    source, target = details.location.root, inside(claim(extern), path)
    if is_there(target):
        if _same_manifest(source, target):
            return path
        raise KwtuiError(
            f"Another backup is at {path} below {extern} already.",
            hint=f"Look at it, and move one of them away: kwtui show {shell_quoted(path)}",
            exit_code=ExitCode.NAME_TAKEN,
        )
    files = [entry for entry in walk(source) if entry.is_file]
    total, done = sum(entry.bytes for entry in files), 0
    folders = FoldersBelow(extern, _FOLDER_MODE)
    try:
        for entry in sorted(files, key=lambda each: each.path == MANIFEST_FILE):
            place = inside(target, entry.path)
            folders.make(place.parent)
            copy_file(source / entry.path, place, _FILE_MODE)
            sync_file(place)
            done += entry.bytes
            tell(done, total)
        folders.sync()
    except BaseException as error:
        with suppress(OSError, KwtuiError):
            remove_folder(target)
        if isinstance(error, OSError):
            raise cannot_write(target, error) from error
        raise
    return path


def _same_manifest(one: Path, other: Path) -> bool:
    """The manifest names every file with its SHA-256."""
    manifests = (read_sidecar(folder / MANIFEST_FILE) for folder in (one, other))
    try:
        first, second = manifests
    except KwtuiError:
        return False
    return first == second
