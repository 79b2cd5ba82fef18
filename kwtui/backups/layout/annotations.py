"""What people say about a set: a pin, a remark, another label.

Nothing in a finished set is changed, so this lies beside it: ``.<stamp>.notes.json`` in the folder
of its database, where every account that uses these backups sees it. Where kwtui may not write in
extern, it lies at the same place of the state directory. A pin counts wherever it is written down,
and notes that cannot be read count as a pin: what somebody wanted to keep must not go because of a
file's permissions.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from kwtui.backups.layout.location import sidecar_root
from kwtui.backups.layout.naming import inside
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FOLDER, make_folders, write_file
from kwtui.files.foreign.reading import SMALL, read_regular
from kwtui.files.foreign.removing import remove_file
from kwtui.files.json_text import decode_once, encode
from kwtui.model.labels import check_label
from kwtui.model.moments import check_moments

_FILE = re.compile(r"\.(.+)\.notes\.json\Z")
_LONGEST = 500
_Words = Annotated[str, msgspec.Meta(max_length=4096)]
"""More than is taken today: what was written earlier stays readable."""


@dataclass(frozen=True)
class Annotation:
    """All that is said about one set. ``label`` None: the manifest's."""

    pinned: bool = False
    remark: _Words = ""
    label: _Words | None = None
    changed_at: datetime | None = None
    private: bool = False
    """It lies in the state directory: no other account sees it."""
    problem: str = ""
    """Why the notes could not be read; they count as a pin then."""

    def __post_init__(self) -> None:
        check_moments(self.changed_at)


NONE = Annotation()


def notes_name(folder: str) -> str:
    """The name of the file with the notes of a set's folder."""
    return f".{folder}.notes.json"


def annotated_folder(name: str) -> str | None:
    """The folder whose notes a file of this name holds; None for other files."""
    match = _FILE.match(name) if name.startswith(".") else None
    return match[1] if match else None


def read_annotation(extern: Path, path: str, mirror: Path | None) -> Annotation:
    """What is said about a set that a listing found, from both places. Never raises."""
    found = [_read(place) for place in _places(extern, path, mirror)]
    told = [a for a in found if a is not None]
    if not told:
        return NONE
    latest = max(told, key=lambda a: a.changed_at or datetime.min.replace(tzinfo=UTC))
    problem = next((a.problem for a in told if a.problem), "")
    return replace(latest, pinned=any(a.pinned for a in told), problem=problem)


def annotate(
    extern: Path,
    path: str,
    state: Path,
    *,
    now: datetime,
    pinned: bool | None = None,
    remark: str | None = None,
    label: str | None = None,
) -> Annotation:
    """Change what is given and keep the rest; the result, which says who will see it.

    Raises KwtuiError: USAGE for a text that is no single line, NOT_FOUND for a path that leaves
    extern, EXTERN_NOT_READABLE when a pin in
    extern cannot be taken away by this account, BACKUP_DAMAGED when existing notes cannot be read.
    """
    check_label(label or "")
    _check_text(remark)
    inside(extern, path)
    mirror = sidecar_root(extern, state)
    before = read_annotation(extern, path, mirror)
    if before.problem:
        raise KwtuiError(
            f"The notes of {path} cannot be read, so they are not changed.",
            cause=before.problem,
            hint="Correct or remove that file. Until then the backup counts as pinned.",
            exit_code=ExitCode.BACKUP_DAMAGED,
        )
    after = Annotation(
        pinned=before.pinned if pinned is None else pinned,
        remark=before.remark if remark is None else remark,
        label=before.label if label is None else label,
        changed_at=now,
    )
    return _write(extern, path, mirror, after)


def forget(extern: Path, path: str, mirror: Path | None) -> None:
    """Remove the notes of a set that is deleted.

    Raises KwtuiError: NOT_FOUND for a path that leaves extern, EXTERN_NOT_READABLE.
    """
    inside(extern, path)
    for place in _places(extern, path, mirror):
        try:
            remove_file(place)
        except NotADirectoryError:
            continue
        except OSError as error:
            raise _not_written(place, error.strerror or str(error)) from error


def _places(extern: Path, path: str, mirror: Path | None) -> list[Path]:
    """Beside the set, and at the same place of the state directory."""
    folder, _, name = path.rpartition("/")
    below = f"{folder}/{notes_name(name)}" if folder else notes_name(name)
    return [root / below for root in (extern, mirror) if root is not None]


def _read(place: Path) -> Annotation | None:
    try:
        return decode_once(read_regular(place, SMALL), Annotation)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        problem = f"{place}: {error.strerror or error}"
    except msgspec.DecodeError as error:
        problem = f"{place} is damaged: {error}"
    return Annotation(pinned=True, problem=problem)


def _write(extern: Path, path: str, mirror: Path, annotation: Annotation) -> Annotation:
    """To extern if that can be, else to the state directory, and never so that they disagree."""
    beside, private = _places(extern, path, mirror)
    try:
        write_file(beside, encode(annotation) + b"\n")
    except KwtuiError as error:
        standing = _read(beside)
        if standing is not None and standing.pinned and not annotation.pinned:
            raise _not_written(beside, error.cause) from error
        annotation = replace(annotation, private=True)
        make_folders(private.parent, mode=PRIVATE_FOLDER)
        write_file(private, encode(annotation) + b"\n", mode=0o600)
    else:
        remove_file(private)
    return annotation


def _not_written(place: Path, cause: str) -> KwtuiError:
    return KwtuiError(
        f"{place} cannot be changed.",
        cause=cause,
        hint="Run kwtui as the database's own account.",
        exit_code=ExitCode.EXTERN_NOT_READABLE,
    )


def _check_text(text: str | None) -> None:
    if text is None or (text.isprintable() and len(text) <= _LONGEST):
        return
    raise KwtuiError(
        "A note is one line of printable text.",
        cause=f"It may have up to {_LONGEST} characters and no control characters.",
        hint="Shorten it, or remove the line breaks and escapes.",
        exit_code=ExitCode.USAGE,
    )
