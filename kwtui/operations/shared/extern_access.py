"""Where a backup will be written: looked at once, before the plan, so that planning stays pure."""

from __future__ import annotations

import os
from pathlib import Path

from kwtui.files.foreign.reading import may
from kwtui.model.findings import Finding, Severity
from kwtui.node.place import FolderState


def _can_look(folder: Path) -> bool:
    """In a folder that is closed nobody can tell what is not there."""
    return may(folder, os.R_OK | os.X_OK)


def extern_problem(extern: FolderState) -> Finding | None:
    """Why files under extern cannot be read; None if they can.

    A folder that is not there yet is no problem when its parent is known: KWDB makes it at the
    first export (live-findings, section 3).
    """
    if extern.path is not None and extern.usable:
        return None
    if extern.path is not None and not extern.exists and _can_look(extern.path.parent):
        return None
    missing = extern.path is None or not extern.exists
    return Finding(
        severity=Severity.REFUSAL,
        code="extern_not_found" if missing else "extern_not_readable",
        subject=str(extern.path or ""),
        message=extern.problem
        or "The node's extern folder was not found on this machine, so nothing can be proven.",
        remedy=extern.remedy
        or "Run kwtui where the node's files are and give --extern DIR, or set extern in the "
        "profile.",
    )


NOWHERE = FolderState(None, "")
