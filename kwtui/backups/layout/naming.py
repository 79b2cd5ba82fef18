"""Names of backup sets and of the folders inside them.

A set lies at ``<prefix>/<database>/<UTC stamp>`` under ``extern``. Names that are no safe folder
names are written with ``=XX`` for each byte that is not. Unlike ``%XX`` this passes unharmed
through the URIs of EXPORT and IMPORT, which decode percent signs.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import is_behind_link
from kwtui.model.schema import TableName

LOCK_FILE = ".kwtui.lock"
"""In extern itself: where runs of different accounts keep apart (`kwtui.runs.lock`)."""
_RECOVERY_PLAN = re.compile(r"kwtui/[^/]+/RECOVERY\.[a-z]{2}\.md\Z")
STAMP_FORMAT = "%Y%m%dT%H%M%SZ"
_STAMP = re.compile(r"(\d{8}T\d{6}Z)(?:-(\d+))?\Z")
_SAFE_PUNCTUATION = frozenset("_.-")
_ESCAPE = re.compile(r"(?:=[0-9A-F]{2})+")
_MAX_BYTES = 250
"""A folder name has at most 255; longer names are shortened with their hash."""
DATA_FOLDER = "data"
EXTRA_FOLDERS = ("users", "settings")
"""Beside the data where they were asked for: EXPORT USERS and EXPORT CLUSTER SETTING. Not in it,
where IMPORT DATABASE would take them for schemas (live-findings, row 17)."""

INSERTS_FOLDER = "inserts"
"""Beside the runbook, which uses them: scripts of the rows that IMPORT would store wrong."""


def encode_folder(name: str) -> str:
    """A folder name for ``name``: never empty, hidden, ``..``, ``meta.sql`` or a glob pattern.

    `decode_folder` gives the name back, unless it was so long that it had to be shortened; the
    manifest holds every name in full.
    """
    if not name:
        return "="
    encoded = "".join(_encode_character(c) for c in name)
    if encoded.startswith("."):
        encoded = "=2E" + encoded[1:]
    if encoded == "meta.sql":
        encoded = "meta=2Esql"
    if len(encoded.encode()) > _MAX_BYTES:
        encoded = _shorten(encoded, name)
    return encoded


def _encode_character(character: str) -> str:
    if character.isalnum() or character in _SAFE_PUNCTUATION:
        return character
    return "".join(f"={byte:02X}" for byte in character.encode("utf-8", "surrogatepass"))


def _shorten(encoded: str, name: str) -> str:
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    kept = encoded.encode()[: _MAX_BYTES - 20].decode("utf-8", "ignore")
    return f"{kept.rstrip('=')}=={digest}"


def decode_folder(folder: str) -> str:
    """The name behind a folder of `encode_folder`; other folders come back as they are."""
    if folder == "=":
        return ""
    try:
        return _ESCAPE.sub(
            lambda m: bytes.fromhex(m.group().replace("=", "")).decode("utf-8", "surrogatepass"),
            folder,
        )
    except UnicodeDecodeError:
        return folder


@dataclass(frozen=True)
class SetName:
    """The three parts of a set's path and the number of a second one in the same second."""

    prefix: str
    database: str
    started: datetime
    number: int = 1

    @property
    def path(self) -> str:
        """Relative to extern, with ``/`` between the parts."""
        stamp = self.started.astimezone(UTC).strftime(STAMP_FORMAT)
        suffix = "" if self.number == 1 else f"-{self.number}"
        return f"{clean_prefix(self.prefix)}/{encode_folder(self.database)}/{stamp}{suffix}"


def clean_prefix(prefix: str) -> str:
    """The prefix as safe folder names; may hold several parts.

    Raises KwtuiError for an empty one, and for one that a person may take for a place outside
    extern: an absolute path, one with ``..``, or a hidden folder.
    """
    if prefix.startswith("/") or any(part.startswith(".") for part in prefix.split("/")):
        raise KwtuiError(
            f"{prefix} is not a folder for backups: they are below the node's extern folder.",
            cause="A node exports nowhere else, and a hidden folder is easily forgotten.",
            hint='Give a path relative to extern, for example "kwtui" or "nightly/shop".',
            exit_code=ExitCode.USAGE,
        )
    parts = [encode_folder(part) for part in prefix.split("/") if part]
    if not parts:
        raise KwtuiError(
            "The folder for backups has no name.",
            hint='Give one below extern, for example "kwtui".',
            exit_code=ExitCode.USAGE,
        )
    return "/".join(parts)


def set_path(prefix: str, database: str, started: datetime, number: int = 1) -> str:
    """The path of a new set relative to extern."""
    return SetName(prefix, database, started, number).path


def parse_set_path(path: str) -> SetName | None:
    """The parts of a set's path; None for paths that name no set."""
    parts = PurePosixPath(path).parts
    if len(parts) < 3:
        return None
    stamp = parse_stamp(parts[-1])
    if stamp is None:
        return None
    started, number = stamp
    return SetName("/".join(parts[:-2]), decode_folder(parts[-2]), started, number)


def parse_stamp(folder: str) -> tuple[datetime, int] | None:
    """The time and number of a set's last folder; None if it is no stamp."""
    match = _STAMP.match(folder)
    if match is None:
        return None
    try:
        started = datetime.strptime(match[1], STAMP_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None
    return started, int(match[2] or 1)


def table_folder(table: TableName) -> str:
    """Where a table's files lie below ``data``: ``<schema>/<table>``, as in KWDB's own exports."""
    return f"{encode_folder(table.schema)}/{encode_folder(table.name)}"


def table_of_folder(folder: str) -> TableName | None:
    """The table of a folder made by `table_folder`; None if it has not two parts."""
    parts = PurePosixPath(folder).parts
    if len(parts) != 2:
        return None
    return TableName(decode_folder(parts[0]), decode_folder(parts[1]))


def inside(extern: Path, relative: str) -> Path:
    """The absolute path of something below ``extern``.

    Raises KwtuiError (NOT_FOUND) for a path that leaves extern, also by a symbolic link.
    """
    pure = PurePosixPath(relative)
    if pure.is_absolute() and ".." not in pure.parts and pure.is_relative_to(extern):
        raise _absolute(relative, str(pure.relative_to(extern)))
    if pure.is_absolute() or ".." in pure.parts or "\0" in relative:
        raise _outside(relative)
    claim(extern, unless_covered=True)
    path = extern / pure
    if pure.parts and is_behind_link(path):
        raise _outside(relative)
    return path


def _absolute(given: str, relative: str) -> KwtuiError:
    return KwtuiError(
        f"{given} is an absolute path.",
        cause="Backups are named by their path below the node's extern folder.",
        hint=f"Name it {relative}, as `kwtui list` does.",
        exit_code=ExitCode.NOT_FOUND,
    )


def _outside(relative: str) -> KwtuiError:
    return KwtuiError(
        f"{relative} is not inside extern.",
        cause="Backups are only read and written below the node's extern folder.",
        hint="Give a path relative to extern, as `kwtui list` shows it.",
        exit_code=ExitCode.NOT_FOUND,
    )


def is_recovery_plan(path: str) -> bool:
    """Whether it is a recovery plan that kwtui keeps beside the sets of a database."""
    return _RECOVERY_PLAN.match(path) is not None
