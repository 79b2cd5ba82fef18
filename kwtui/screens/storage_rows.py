"""The list of what lies in extern: its columns, its orders, its filter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kwtui.backups.library import BackupEntry, EntryKind
from kwtui.screens.result_page import proof_words
from kwtui.text import human_bytes, human_count, plural
from kwtui.widgets.paint import Line, Part, line
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Database", 13, grow=True),
    Column("Engine", 11, drop=3),
    Column("Written", 16, drop=6),
    Column("Age", 7, "right"),
    Column("Tables", 6, "right", drop=2),
    Column("Rows", 11, "right"),
    Column("Files", 7, "right", drop=5),
    Column("Bytes", 9, "right"),
    Column("Proof", 8),
    Column("Folder", 30, grow=True, drop=7),
)


@dataclass(frozen=True)
class Order:
    """An order of the list; ``key`` gives what is compared."""

    name: str
    key: Callable[[BackupEntry], Any]
    descending: bool = False


def _time(entry: BackupEntry) -> float:
    return entry.started.timestamp() if entry.started else 0.0


ORDERS = (
    Order("newest first", _time, True),
    Order("database", lambda entry: ((entry.database or "~").casefold(), -_time(entry))),
    Order("largest first", lambda entry: entry.bytes or 0, True),
    Order("least proven first", lambda entry: -1 if entry.proof is None else int(entry.proof)),
    Order("folder", lambda entry: entry.path),
)


def arranged(entries: Sequence[BackupEntry], order: Order, text: str) -> list[BackupEntry]:
    """The entries that contain ``text`` anywhere, in that order."""
    wanted = text.casefold().split()
    shown = [
        entry for entry in entries if not wanted or all(word in _searched(entry) for word in wanted)
    ]
    return sorted(shown, key=order.key, reverse=order.descending)


def _searched(entry: BackupEntry) -> str:
    engine = entry.engine.value if entry.engine else ""
    return f"{entry.path} {entry.database or ''} {engine} {entry.label} {entry.kind}".casefold()


def cells(entry: BackupEntry, now: datetime) -> list[str | Part]:
    age = entry.age_seconds(now)
    return [
        (entry.database or entry.path.rpartition("/")[2], _name_role(entry)),
        entry.engine.value if entry.engine else "",
        entry.started.strftime("%Y-%m-%d %H:%M") if entry.started else "",
        "" if age is None else age_words(age),
        "" if entry.tables is None else str(entry.tables),
        "" if entry.rows is None else human_count(entry.rows),
        "" if entry.files is None else human_count(entry.files),
        "" if entry.bytes is None else human_bytes(entry.bytes),
        proof_cell(entry),
        (entry.path, "muted"),
    ]


def _name_role(entry: BackupEntry) -> str:
    return "muted" if entry.kind is EntryKind.FOREIGN else "strong"


def age_words(seconds: float) -> str:
    """An age in its largest unit, as people say it; below a minute it is ``now``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return "now"


def proof_cell(entry: BackupEntry) -> Part:
    """The proof in one word; what is no proven backup says so."""
    if entry.kind is EntryKind.FOREIGN:
        return ("other", "muted")
    if entry.kind is EntryKind.INCOMPLETE:
        return ("BROKEN", "error")
    if entry.kind is EntryKind.DELETED:
        return ("deleted", "muted")
    if entry.problem:
        return ("DAMAGED", "error")
    if entry.kind is EntryKind.TREE:
        return ("adopted", "accent")
    if entry.proof is None:
        return ("none", "warning")
    return (f"P{int(entry.proof)}", "good" if entry.proof >= 2 else "warning")


KIND_WORDS = {
    EntryKind.SET: "backup set",
    EntryKind.TREE: "adopted: an export that kwtui did not make",
    EntryKind.INCOMPLETE: "unfinished: not a backup",
    EntryKind.DELETED: "left by a deletion: not a backup any more",
    EntryKind.FOREIGN: "no export",
}


def entry_lines(entry: BackupEntry | None, now: datetime) -> list[Line]:
    """The two or three lines under the list about the entry under the cursor."""
    if entry is None:
        return []
    lines = [line((entry.path, "strong"), f"  {KIND_WORDS[entry.kind]}", indent=2)]
    told = []
    if entry.started:
        told.append(entry.started.strftime("written %Y-%m-%d %H:%M:%S UTC"))
    if entry.kind is EntryKind.SET:
        told.append(proof_words(entry.proof))
        if entry.proof_at is not None:
            age = max(0.0, (now - entry.proof_at).total_seconds())
            told.append("just now" if age < 60 else f"{age_words(age)} ago")
    told += [words for words in (entry.label, entry.note) if words]
    if told:
        lines.append(line(("; ".join(told), "muted"), indent=2))
    if entry.problem:
        lines.append(line(("✗ ", "error"), entry.problem, indent=2))
    return lines


def summary_words(entries: Sequence[BackupEntry], shown: int, order: Order, text: str) -> str:
    """The line above the list."""
    sets = sum(entry.kind is EntryKind.SET for entry in entries)
    size = human_bytes(sum(entry.bytes or 0 for entry in entries))
    others = len(entries) - sets
    words = plural(sets, "backup")
    if others:
        words += f", {plural(others, 'other entry', 'other entries')}"
    words += f", {size}, {order.name}"
    if text:
        words += f"; {plural(shown, 'entry', 'entries')} with “{text}”"
    return words
