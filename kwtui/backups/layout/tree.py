"""Walking an export tree: which file is what, without following links out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from kwtui.files.foreign import reading, walking
from kwtui.files.foreign.reading import cannot_read

META_FILE = "meta.sql"
_SQL_FILE = re.compile(r"n\d+\.\d+\.sql\Z")
_WRITTEN_BY_EXPORT = re.compile(r"n\d+\.\d+(?:\.|\Z)")
_PACKED_CSV = re.compile(r"\.csv\.[^.]+", re.IGNORECASE)


class FileRole(StrEnum):
    """What a file in an export is (facts.md, 1.6)."""

    DATA = "data"
    """``n<node>.<number>.csv``, or any other CSV file: windows of a time series have names of
    their own (recording 17), and a time-series IMPORT reads every CSV file of a folder."""
    META = "meta"
    STATEMENTS = "statements"
    """``n<node>.<number>.sql`` of EXPORT INTO SQL, which no IMPORT reads."""
    UNREAD = "unread"
    """Named like data, in a form that neither IMPORT nor kwtui reads: ``n1.0.csv.gz``,
    ``n1.0.txt``."""
    STRAY = "stray"
    """Nothing that EXPORT writes: also rejected rows of an import, hidden and temporary files."""


@dataclass(frozen=True)
class TreeFile:
    """A regular file, or a link or special file, which is always a stray."""

    path: str
    """Relative to the tree, with ``/``."""
    role: FileRole
    bytes: int
    modified: float
    """Seconds since the epoch."""
    regular: bool = True
    inode: tuple[int, int] = (0, 0)
    links: int = 1
    """Names that it has; more than one where a backup shares it with another."""


_PACKED = {
    "gz": "gzip",
    "tgz": "gzip",
    "bz2": "bzip2",
    "tbz2": "bzip2",
    "xz": "xz",
    "txz": "xz",
    "zst": "zstd",
    "lz4": "lz4",
    "sz": "snappy",
    "br": "brotli",
    "z": "compress",
    "zip": "zip",
    "7z": "7-Zip",
    "rar": "RAR",
    "tar": "tar",
}


def packed_as(name: str) -> str:
    """What a file is packed with, by the ending of its name; empty if with nothing known."""
    return _PACKED.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def role_of(name: str) -> FileRole:
    """What a file of this name is in an export."""
    if name == META_FILE:
        return FileRole.META
    if name.startswith("."):
        return FileRole.STRAY
    if name.lower().endswith(".csv"):
        return FileRole.DATA
    if _SQL_FILE.match(name):
        return FileRole.STATEMENTS
    if _WRITTEN_BY_EXPORT.match(name) or _PACKED_CSV.search(name):
        return FileRole.UNREAD
    return FileRole.STRAY


_HARMLESS = re.compile(
    r"reject\..*\.txt|meta\.sql.*\.tmp|users\.sql|clustersetting\.sql|read.?me\b.*|licen[cs]e.*"
    r"|(?:sha\d+|md5)(?:sums?)?(?:\.txt)?|.*\.(?:md|sha\d+|md5|sfv|asc|sig)"
    r"|thumbs\.db|desktop\.ini|_success|manifest\.json|schema\.json|proofs\.jsonl|restore\.\w+",
    re.IGNORECASE,
)
"""Names of files that hold no rows: an import's rejects, what people and systems put beside."""
_OTHER_DATA = re.compile(r".*\.(?:tsv|tab|jsonl|ndjson|parquet|orc|avro|xlsx?|ods)", re.IGNORECASE)

_HIDDEN_DATA = re.compile(r"\.(?!_).+\.csv(?:\.(?!sw\w\Z).+)?", re.IGNORECASE)
"""rsync and others write to such a name and rename at the end; ``._`` is a Mac's, ``.swp`` vi's."""


def why_unread(file: TreeFile, *, beside_data: bool) -> str:
    """Why the rows that a file may hold are not read, in words; empty if it holds none.

    ``beside_data``: it lies in a table's folder, where only data is to be expected.
    """
    name = file.path.rpartition("/")[2]
    if file.bytes and _HIDDEN_DATA.fullmatch(name):
        return "is hidden, as an interrupted copy leaves its part"
    if file.role in (FileRole.DATA, FileRole.META) or name.startswith("."):
        return ""
    if not file.regular:
        return "is a link or not a regular file, and links are not followed"
    if file.bytes == 0 or _HARMLESS.fullmatch(name):
        return ""
    if file.role is FileRole.STATEMENTS:
        return "holds INSERT statements (EXPORT INTO SQL), which no IMPORT reads"
    if packed := packed_as(name):
        return f"is packed with {packed}"
    if file.role is FileRole.UNREAD or _OTHER_DATA.fullmatch(name):
        return "is not named as a CSV file"
    return "is in a data folder but is not a CSV file" if beside_data else ""


def what_to_do_with(why: str, path: str) -> str:
    """What helps against a reason of `why_unread`, or against the loss of a file."""
    if "EXPORT writes" in why or "EXPORT leaves" in why:
        return "Look for it in another copy of the export."
    if "hidden" in why:
        return "Copy the export again; or, if the file is complete, remove the dot."
    if "INSERT" in why:
        return "Send its statements with a SQL client, once the table exists."
    if "packed" in why:
        return "Unpack it in its place."
    if "encrypted" in why:
        return "Decrypt it in its place."
    if "Git LFS" in why:
        return "Fetch it: git lfs pull"
    if "whatever its name says" in why:
        return "Put its rows in its place as CSV."
    if "link" in why:
        return "Put the file itself in its place."
    return f"If {path} is CSV, rename it to end in .csv; if it holds no rows, move it away."


def walk(root: Path) -> Iterator[TreeFile]:
    """All files below ``root`` in order of their names, folder by folder. Links are not followed.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE).
    """
    try:
        for entry in walking.walk(root):
            if entry.is_folder:
                continue
            role = role_of(entry.name) if entry.is_file else FileRole.STRAY
            yield TreeFile(
                entry.path,
                role,
                entry.bytes,
                entry.modified,
                entry.is_file,
                entry.inode,
                entry.links,
            )
    except OSError as error:
        raise cannot_read(Path(error.filename or root), error) from error


def is_there(path: Path) -> bool:
    """Whether something is at the path. Raises KwtuiError where this account may not look."""
    try:
        return reading.is_there(path)
    except OSError as error:
        raise cannot_read(path, error) from error


def is_folder(path: Path) -> bool:
    """Whether a folder is at the path. Raises KwtuiError where this account may not look."""
    try:
        return reading.is_folder(path)
    except OSError as error:
        raise cannot_read(path, error) from error
