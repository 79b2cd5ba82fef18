"""The mark in the folder of a backup that did not finish: when, by which run, and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.durable import write_file
from kwtui.files.foreign.reading import SMALL, cannot_read, read_regular
from kwtui.files.json_text import decode_once, encode
from kwtui.model.moments import check_moments

UNFINISHED_FILE = "unfinished.json"


@dataclass(frozen=True)
class Unfinished:
    """The content of ``unfinished.json``."""

    at: datetime
    run: str
    outcome: str
    """``cancelled`` or ``failed``."""
    reason: str
    format: int = 1

    def __post_init__(self) -> None:
        check_moments(self.at)


def write_mark(folder: Path, mark: Unfinished) -> None:
    """Raises KwtuiError (DISK_FULL, EXTERN_NOT_READABLE)."""
    write_file(folder / UNFINISHED_FILE, encode(mark) + b"\n")


def read_mark(folder: Path) -> Unfinished | None:
    """None where there is none. Raises KwtuiError (EXTERN_NOT_READABLE, BACKUP_DAMAGED)."""
    place = folder / UNFINISHED_FILE
    try:
        return decode_once(read_regular(place, SMALL), Unfinished)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise cannot_read(place, error) from error
    except msgspec.DecodeError as error:
        raise KwtuiError(
            f"{place} is damaged.", cause=str(error), exit_code=ExitCode.BACKUP_DAMAGED
        ) from error
