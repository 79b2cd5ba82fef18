"""Heads of the evidence journal on a target, where whoever alters the journal cannot reach them.

Each is a small file whose name says all: ``evidence/ACCOUNT@HOST/LINES-SHA256``.
"""

from __future__ import annotations

from pathlib import PurePosixPath

from kwtui.backups.layout.naming import encode_folder
from kwtui.errors import ExitCode, KwtuiError
from kwtui.evidence.chain import Head, parse_head
from kwtui.offsite.targets.target import Target, write_small

_FOLDER = "evidence"


def folder_of(keeper: str) -> str:
    """``keeper`` is whose journal it is, on which host."""
    return f"{_FOLDER}/{encode_folder(keeper)}"


def note_head(target: Target, keeper: str, head: Head) -> None:
    """Note where the journal ends now; nothing happens if that is noted. Raises KwtuiError."""
    if not head.lines:
        return
    try:
        write_small(target, f"{folder_of(keeper)}/{head.lines}-{head.sha256}", f"{head}\n".encode())
    except KwtuiError as error:
        if error.exit_code is not ExitCode.NAME_TAKEN:
            raise


def noted_heads(target: Target, keeper: str) -> tuple[Head, ...]:
    """All that were noted. Raises KwtuiError."""
    names = [PurePosixPath(stored.name).name for stored in target.files(folder_of(keeper))]
    heads = [parse_head(name.replace("-", ":", 1)) for name in names]
    return tuple(head for head in heads if head is not None)
