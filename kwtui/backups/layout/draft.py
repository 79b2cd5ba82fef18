"""The draft of a set whose files could not be seen where it was made.

It holds what only the run could learn: the schema, what the server said, the content checksums at
the export's own timestamp. It is one file, to be carried to the node that holds the data; `seal`
there reads the data files and makes schema.json, runbook and manifest of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from kwtui.backups.manifest import Manifest, read_sidecar
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import PRIVATE_FILE, PRIVATE_FOLDER, make_folders, write_file
from kwtui.files.json_text import decode_once, encode_file
from kwtui.model.schema import DatabaseSchema

DRAFTS = "drafts"
"""The folder in the state directory; below it a draft lies at the path of its set."""
SUFFIX = ".kwtui-draft.json"
FORMAT = 1


@dataclass(frozen=True)
class Draft:
    """The content of the file."""

    manifest: Manifest
    """Without files and without counts of records, at P0."""
    schema: DatabaseSchema
    format: int = FORMAT


def draft_path(state: Path, path: str) -> Path:
    """Where the draft of a set lies on the machine that made it."""
    return state / DRAFTS / f"{path}{SUFFIX}"


def write_draft(file: Path, draft: Draft) -> None:
    """Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE)."""
    make_folders(file.parent, mode=PRIVATE_FOLDER)
    write_file(file, encode_file(draft), mode=PRIVATE_FILE)


def read_draft(file: Path) -> Draft:
    """Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE, BACKUP_DAMAGED."""
    try:
        draft = decode_once(read_sidecar(file), Draft)
    except KwtuiError as error:
        if error.exit_code is not ExitCode.NOT_FOUND:
            raise
        raise KwtuiError(
            f"There is no draft {file}.",
            cause="The run that made the backup wrote the draft on its own machine.",
            hint="Copy it to this machine and name it with --draft FILE.",
            exit_code=ExitCode.NOT_FOUND,
        ) from error
    except msgspec.DecodeError as error:
        raise _damaged(file, str(error)) from error
    if draft.format > FORMAT:
        raise _damaged(file, f"It has format {draft.format}, written by a newer kwtui.")
    return draft


def _damaged(file: Path, cause: str) -> KwtuiError:
    return KwtuiError(
        f"{file} is not a usable draft of a backup.",
        cause=cause,
        hint="Copy it again from the machine that made the backup, with a kwtui at least as new "
        "as there.",
        exit_code=ExitCode.BACKUP_DAMAGED,
    )
