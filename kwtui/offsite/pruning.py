"""Which copies of a target may go, and what goes with them. The decisions are retention's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.retention import Decision, decide
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy
from kwtui.offsite.archive import ARCHIVE_FILE, is_within
from kwtui.offsite.copies import Contents, Copy, unreadable_archives


@dataclass(frozen=True)
class CopyDecision:
    """What becomes of a copy, and why."""

    copy: Copy
    keep: bool
    reasons: tuple[str, ...]


def decide_copies(
    copies: Iterable[Copy], policy: RetentionPolicy, now: datetime
) -> list[CopyDecision]:
    """As `kwtui.backups.retention.decide` for sets: the newest proven copy always stays.

    ``policy.min_proof`` is the number of an off-site level: P2 stands for O2.
    """
    by_path = {copy.path: copy for copy in copies}
    decisions = decide([_entry(copy) for copy in by_path.values()], policy, now, scale="O")
    return [_decision(decision, by_path[decision.entry.path]) for decision in decisions]


def _entry(copy: Copy) -> BackupEntry:
    archive = copy.archive
    if archive is None:
        return BackupEntry(copy.path, EntryKind.INCOMPLETE, problem=copy.problem)
    return BackupEntry(
        copy.path,
        EntryKind.SET,
        database=archive.database,
        started=archive.started,
        only=archive.only,
        bytes=copy.stored_bytes,
        proof=None if copy.level is None else ProofLevel(int(copy.level)),
        problem=copy.problem,
    )


def _decision(decision: Decision, copy: Copy) -> CopyDecision:
    reasons = tuple(reason.text for reason in decision.reasons)
    return CopyDecision(copy, decision.keep, reasons)


def files_that_go(contents: Contents, path: str) -> list[str]:
    """What is removed with one copy, ``archive.json`` first: from then on it is none.

    Parts that another copy needs stay. Of a folder without an archive everything goes that nobody
    needs.
    """
    needed = contents.needed_by_others(path)
    names = [name for name in contents.there if is_within(name, path) and name not in needed]
    return sorted(names, key=lambda name: (PurePosixPath(name).name != ARCHIVE_FILE, name))


def without(contents: Contents, path: str, removed: Iterable[str]) -> Contents:
    """What is there after one copy went."""
    gone = set(removed)
    return replace(
        contents,
        copies=tuple(copy for copy in contents.copies if copy.path != path),
        there={name: size for name, size in contents.there.items() if name not in gone},
    )


def leftovers(contents: Contents) -> list[str]:
    """Folders without an archive whose files nobody needs: a sending was cut off, or goes on."""
    unknown = unreadable_archives(contents)
    return [
        copy.path
        for copy in contents.copies
        if copy.archive is None and copy.path not in unknown and files_that_go(contents, copy.path)
    ]
