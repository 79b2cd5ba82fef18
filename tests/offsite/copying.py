"""Sets that are sent and fetched in tests, without a server and without runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from kwtui.backups.layout.location import SetLocation
from kwtui.model.proof import ProofLevel
from kwtui.offsite.sending import Sent, prepare, send
from kwtui.offsite.targets.folder import FolderTarget
from kwtui.offsite.targets.target import Target
from tests.backups.builder import CONTENT, ORDERS, STARTED, make_set

LATER = STARTED + timedelta(days=1)


def target_in(folder: Path) -> FolderTarget:
    folder.mkdir(exist_ok=True)
    return FolderTarget(folder)


def push(
    target: Target, location: SetLocation, state: Path, recipients: tuple[str, ...] = ()
) -> Sent:
    outgoing = prepare(target, location, recipients)
    return send(target, outgoing, ProofLevel.P2, state, lambda progress: None)


def two_sets(extern: Path, state: Path) -> tuple[SetLocation, SetLocation]:
    """Two backups of a database, the second with more orders and else the same."""
    first = make_set(extern, state)
    more: list[list[str | None]] = [*CONTENT[ORDERS][:2], ["8", "new"], ["9", None]]
    second = make_set(extern, state, {**CONTENT, ORDERS: more}, started=LATER)
    return first, second


def files_in(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


__all__ = ["LATER", "STARTED", "files_in", "make_set", "push", "replace", "target_in", "two_sets"]
