"""Which log files a node has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.foreign.grounds import claim, hold
from kwtui.files.foreign.reading import beside_link, is_readable
from kwtui.files.foreign.walking import Entry, entries_in
from kwtui.node.logs.format import LogFamily, family_of

_ROTATED = re.compile(
    r"(?P<program>[^/.]+)\.(?P<host>[^/.]+)\.(?P<user>[^/.]+)\.(?P<time>[^/.]+)Z\.(?P<pid>\d+)\.log\Z"
)
"""facts.md, 5.1; dots are removed from host and user."""
_TS_ENGINE = re.compile(r"TsEngine\.(?P<time>[^/.]+)\.log\Z")
_TIME_FORMAT = "%Y-%m-%dT%H_%M_%S"
_FAMILIES = list(LogFamily)


@dataclass(frozen=True)
class LogFile:
    """One log file on disk."""

    path: Path
    family: LogFamily
    bytes: int
    modified: datetime
    current: bool = False
    """The one that is written to now."""
    link: Path | None = None
    """The link that always points to the current file: follow this one."""
    created: datetime | None = None
    """From the name; UTC, but for TsEngine files, whose names hold the node's local time."""
    host: str = ""
    user: str = ""
    pid: int | None = None
    problem: str = ""
    """Why it cannot be read."""
    origin: str = ""
    """Where its entries come from, in words; empty for a file of this machine."""

    @property
    def follow_path(self) -> Path:
        """What to give to a follower, so that it sees the next file after a rotation."""
        return self.link or self.path


def find_logs(folders: Sequence[Path]) -> list[LogFile]:
    """The log files in the node's log folders: by family, current first, then newest first.

    Raises KwtuiError (NOT_FOUND, EXTERN_NOT_READABLE) if no folder can be read.
    """
    files: dict[Path, LogFile] = {}
    links: dict[Path, Path] = {}
    failure: OSError | None = None
    readable = False
    for folder in dict.fromkeys(folders):
        try:
            _list(folder, files, links)
            readable = True
        except OSError as error:
            failure = error
    if not readable:
        raise _no_logs(folders, failure)
    found = [replace(f, link=links.get(f.path)) for f in files.values()]
    return sorted(_with_current(found), key=_order)


def _list(folder: Path, files: dict[Path, LogFile], links: dict[Path, Path]) -> None:
    claim(folder)
    with hold(folder):
        for entry in entries_in(folder):
            path = folder / entry.name
            if not entry.name.endswith(".log"):
                continue
            if entry.is_link:
                links[beside_link(path)] = path
            elif entry.is_file:
                files[path] = _describe(path, entry)


def _describe(path: Path, entry: Entry) -> LogFile:
    modified = datetime.fromtimestamp(entry.modified, UTC)
    file = describe(path, entry.bytes, modified)
    if is_readable(path):
        return file
    return replace(file, problem="It cannot be read by this account.")


def describe(path: Path, size: int, modified: datetime) -> LogFile:
    """What the name of a log file tells, with its size and the time of its last change."""
    match = _ROTATED.match(path.name) or _TS_ENGINE.match(path.name)
    parts = match.groupdict() if match else {}
    return LogFile(
        path=path,
        family=family_of(path.name),
        bytes=size,
        modified=modified,
        created=_time(parts.get("time")),
        host=parts.get("host") or "",
        user=parts.get("user") or "",
        pid=int(parts["pid"]) if parts.get("pid") else None,
    )


def _time(text: str | None) -> datetime | None:
    try:
        return datetime.strptime(text or "", _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        return None


def _with_current(files: list[LogFile]) -> list[LogFile]:
    """The link says which file is current; without one the newest of its family is."""
    current: dict[LogFamily, Path] = {}
    for file in sorted(files, key=lambda f: (f.link is not None, _age_key(f))):
        current[file.family] = file.path
    return [
        replace(
            f,
            current=f.link is not None
            or (current[f.family] == f.path and f.family is not LogFamily.OTHER),
        )
        for f in files
    ]


def _age_key(file: LogFile) -> tuple[datetime, datetime]:
    return (file.created or file.modified, file.modified)


def _order(file: LogFile) -> tuple[int, bool, float, str]:
    created = _age_key(file)[0].timestamp()
    return (_FAMILIES.index(file.family), not file.current, -created, file.path.name)


def _no_logs(folders: Sequence[Path], failure: OSError | None) -> KwtuiError:
    if not folders:
        return KwtuiError(
            "The location of the node's logs is unknown.",
            hint="Give the node's store, or its log folder, in the profile.",
            exit_code=ExitCode.NOT_FOUND,
        )
    missing = isinstance(failure, FileNotFoundError)
    return KwtuiError(
        f"The log folder {folders[0]} cannot be read.",
        cause=(failure.strerror or str(failure)) if failure else "",
        hint="Give the log folder in the profile."
        if missing
        else "Run kwtui as the database's own account or as a member of its group.",
        exit_code=ExitCode.NOT_FOUND if missing else ExitCode.EXTERN_NOT_READABLE,
    )
