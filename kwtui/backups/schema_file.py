"""``schema.json`` of a set: what the database was made of."""

from __future__ import annotations

from pathlib import Path

import msgspec

from kwtui.backups.manifest import read_sidecar
from kwtui.backups.repeats import check_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import write_file
from kwtui.files.json_text import decode_once, encode_file
from kwtui.model.schema import DatabaseSchema


def read_schema(path: Path) -> DatabaseSchema:
    """Raises KwtuiError: NOT_FOUND, EXTERN_NOT_READABLE or BACKUP_DAMAGED."""
    try:
        schema = decode_once(read_sidecar(path), DatabaseSchema)
        check_schema(schema)
        return schema
    except msgspec.DecodeError as error:
        raise KwtuiError(
            f"{path} is damaged.",
            cause=str(error),
            hint="Without it a restore knows only what the export's meta.sql files say.",
            exit_code=ExitCode.BACKUP_DAMAGED,
        ) from error


def write_schema(path: Path, schema: DatabaseSchema) -> None:
    write_file(path, encode_file(schema))
