"""The list of what lies in extern: its columns, its orders, its filter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from typing import Any

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.kind_words import KIND_WORDS
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import key_of
from kwtui.model.filter_words import rows_with
from kwtui.screens.runs.result_page import proof_badge, proof_words
from kwtui.text import human_age, human_ago, human_bytes, human_count, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, fit, heading, line
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Database", 11, grow=True),
    Column("Engine", 11, drop=4),
    Column("Written", 16),
    Column("Label", 12, grow=True),
    Column("Age", 6, "right"),
    Column("Tables", 6, "right", drop=3),
    Column("Rows", 11, "right", drop=2),
    Column("Files", 7, "right", drop=5),
    Column("Bytes", 9, "right"),
    Column("Proof", 10),
    Column("Mark", 4, drop=1),
    Column("Folder", 30, grow=True, drop=6),
)
"""What people tell backups apart by stays longest: time, label, age, proof and marks."""

BAR_CELLS = 12


@dataclass(frozen=True)
class DatabaseGroup:
    """A heading of the list by database, with what lies under it."""

    database: str
    """Empty: what belongs to no database."""
    entries: tuple[BackupEntry, ...]
    folded: bool
    share: float = 0.0
    """Of what the database that takes most space takes."""

    @property
    def sets(self) -> tuple[BackupEntry, ...]:
        return tuple(entry for entry in self.entries if entry.kind is EntryKind.SET)

    @property
    def bytes(self) -> int:
        return sum(entry.space for entry in self.entries)


StorageRow = BackupEntry | DatabaseGroup


def row_key(row: StorageRow) -> str:
    return f"/{row.database}" if isinstance(row, DatabaseGroup) else row.path


def grouped(entries: Sequence[BackupEntry], folded: Set[str]) -> list[StorageRow]:
    """The entries under a heading for each database, in their own order; by name."""
    by_name: dict[str, list[BackupEntry]] = {}
    for entry in entries:
        by_name.setdefault(entry.database or "", []).append(entry)
    rows: list[StorageRow] = []
    takes = {name: sum(entry.space for entry in found) for name, found in by_name.items()}
    most = max(takes.values(), default=0) or 1
    for name in sorted(by_name, key=lambda name: (not name, name.casefold())):
        found = by_name[name]
        rows.append(DatabaseGroup(name, tuple(found), name in folded, takes[name] / most))
        if name not in folded:
            rows += found
    return rows


@dataclass(frozen=True)
class Order:
    """An order of the list; ``key`` gives what is compared."""

    name: str
    key: Callable[[BackupEntry], Any]
    descending: bool = False


def start_key(entry: BackupEntry) -> float:
    """When it was begun, for sorting; what has no time comes before all others."""
    return entry.started.timestamp() if entry.started else 0.0


ORDERS = (
    Order("newest first", start_key, True),
    Order("database", lambda entry: ((entry.database or "~").casefold(), -start_key(entry))),
    Order("largest first", lambda entry: entry.bytes or 0, True),
    Order("least proven first", lambda entry: -1 if entry.proof is None else int(entry.proof)),
    Order("folder", lambda entry: entry.path),
)


def arranged(entries: Sequence[BackupEntry], order: Order, text: str) -> list[BackupEntry]:
    """The entries that contain ``text``, in that order; those first whose name it is."""
    found = sorted(containing(entries, text), key=order.key, reverse=order.descending)
    name = text.casefold().strip()
    if not name:
        return found
    return sorted(found, key=lambda entry: name not in _names(entry))


def _names(entry: BackupEntry) -> set[str]:
    last = entry.path.rpartition("/")[2]
    return {told.casefold() for told in (entry.database, entry.label, last, entry.path) if told}


_FIELDS: Mapping[str, Callable[[BackupEntry], str]] = {
    "database": lambda entry: entry.database or "",
    "engine": lambda entry: entry.engine.value if entry.engine else "",
    "written": lambda entry: f"{entry.started:%Y-%m-%d %H:%M}" if entry.started else "",
    "label": lambda entry: f"{entry.label} {entry.remark}",
    "proof": lambda entry: proof_cell(entry)[0],
    "mark": lambda entry: " ".join(
        word for word, has in (("pinned", entry.pinned), ("copy", entry.copy_of)) if has
    ),
    "folder": lambda entry: entry.path,
    "kind": lambda entry: entry.kind,
}
"""What a filter may ask of one column: ``proof:p2``."""


def containing(entries: Sequence[BackupEntry], text: str) -> list[BackupEntry]:
    """The entries that the words of a filter leave."""
    return rows_with(entries, text, _told) if text else [*entries]


def _told(entry: BackupEntry) -> dict[str, str]:
    return {name: tell(entry) for name, tell in _FIELDS.items()}


def row_cells(row: StorageRow, now: datetime, marked: str = "") -> list[str | Part]:
    """``marked`` is the path of the set that another one is to be compared with."""
    return _group_cells(row, now) if isinstance(row, DatabaseGroup) else cells(row, now, marked)


def _group_cells(group: DatabaseGroup, now: datetime) -> list[str | Part]:
    originals = [e for e in group.sets if not e.copy_of]
    newest = max((e for e in originals if e.started), key=start_key, default=None)
    proven = [e for e in originals if e.proof is not None and e.proof >= 2 and not e.problem]
    age = newest.age_seconds(now) if newest else None
    mark = "+" if group.folded else "-"
    name = group.database or "no database"
    return [
        (f"{mark} {name}", "heading"),
        "",
        (plural(len(group.sets), "backup"), "heading"),
        (_bar(group.share), "accent"),
        ("" if age is None else human_age(age), "heading"),
        "",
        "",
        (str(len(group.entries)), "heading"),
        (human_bytes(group.bytes), "heading"),
        (f"{human_count(len(proven))} P2+", "good" if proven else "warning"),
        "",
        "",
    ]


def _bar(share: float) -> str:
    """At least a sliver of what takes any space at all."""
    return "█" * max(1, round(share * BAR_CELLS)) if share > 0 else ""


def cells(entry: BackupEntry, now: datetime, marked: str = "") -> list[str | Part]:
    age = entry.age_seconds(now)
    marks = "mark" if entry.path == marked else "pin" if entry.pinned else ""
    marks = marks or ("copy" if entry.copy_of else "")
    return [
        (entry.database or entry.path.rpartition("/")[2], _name_role(entry)),
        entry.engine.value if entry.engine else "",
        entry.started.strftime("%Y-%m-%d %H:%M") if entry.started else "",
        "; ".join(filter(None, (entry.label, entry.remark))),
        "" if age is None else human_age(age),
        "" if entry.tables is None else str(entry.tables),
        "" if entry.rows is None else human_count(entry.rows),
        "" if entry.files is None else human_count(entry.files),
        "" if entry.bytes is None else human_bytes(entry.bytes),
        proof_cell(entry),
        (marks, "accent" if marks == "pin" else "warning"),
        (entry.path, "muted"),
    ]


def _name_role(entry: BackupEntry) -> str:
    return "muted" if entry.kind is EntryKind.FOREIGN else "strong"


def proof_cell(entry: BackupEntry) -> Part:
    """The proof in one word; what is no proven backup says so."""
    if entry.kind is EntryKind.FOREIGN:
        return ("other", "muted")
    if entry.kind is EntryKind.INCOMPLETE:
        return ("UNFINISHED", "error")
    if entry.kind is EntryKind.WRITING:
        return ("writing", "accent")
    if entry.kind is EntryKind.DELETED:
        return ("deleted", "muted")
    if entry.closed:
        return ("not readable", "warning")
    if entry.problem:
        return ("DAMAGED", "error")
    if entry.kind is EntryKind.TREE:
        return ("export", "accent")
    if entry.proof is None:
        return ("none", "warning")
    # The column that never leaves the list says what the proof is not of: the whole database.
    words = f"{proof_badge(int(entry.proof))} P{int(entry.proof)}{' part' if entry.only else ''}"
    return (words, "good" if entry.proof >= 2 else "warning")


def row_lines(row: StorageRow | None, now: datetime) -> list[Line]:
    """The two or three lines under the list about the row under the cursor."""
    if not isinstance(row, DatabaseGroup):
        return entry_lines(row, now)
    others = len(row.entries) - len(row.sets)
    words = f"{plural(len(row.sets), 'backup')}, {human_bytes(row.bytes)}"
    if others:
        words += f"; {plural(others, 'other entry', 'other entries')}"
    name = row.database or "Of no database"
    doing = "Enter shows them" if row.folded else "Enter folds them"
    return [line((name, "strong"), f"  {words}", indent=2), line((doing, "muted"))]


def entry_lines(entry: BackupEntry | None, now: datetime) -> list[Line]:
    """What is known of an entry, in two or three lines."""
    if entry is None:
        return []
    lines = [line((entry.path, "strong"), f"  {KIND_WORDS[entry.kind]}", indent=2)]
    told = [entry.engine.value] if entry.engine else []
    if entry.started:
        told.append(entry.started.strftime("written %Y-%m-%d %H:%M:%S UTC"))
    if entry.kind is EntryKind.SET:
        told.append(proof_words(entry.proof))
        if entry.proof_at is not None:
            told.append(human_ago((now - entry.proof_at).total_seconds()))
    told += [f"partial: {entry.part}"] if entry.part else []
    told += [f"check: {entry.check}"] if entry.check else []
    told += ["pinned"] if entry.pinned else []
    told += [words for words in (entry.label, entry.remark, entry.note) if words]
    if told:
        lines.append(line(("; ".join(told), "muted"), indent=2))
    if entry.problem:
        lines.append(line(("✗ ", "error"), in_interface(entry.problem), indent=2))
    return lines


def entry_page(
    entry: BackupEntry | None, sets: Sequence[BackupEntry], now: datetime, width: int
) -> list[Line]:
    """All that is known of an entry, and how large ``sets`` are, the newest of its database."""
    if entry is None:
        return []
    age = entry.age_seconds(now)
    badge, role = proof_cell(entry)
    facts = [
        ("Written", f"{entry.started:%Y-%m-%d %H:%M:%S} UTC" if entry.started else "", ""),
        ("Age", "" if age is None else human_age(age), ""),
        ("Engine", entry.engine.value if entry.engine else "", ""),
        ("Holds", _holds(entry), ""),
        ("Proof", badge, role),
        ("", proof_words(entry.proof) if entry.kind is EntryKind.SET else "", "muted"),
        ("Proven", f"{entry.proof_at:%Y-%m-%d %H:%M} UTC" if entry.proof_at else "", ""),
        ("Check", entry.check, ""),
        ("", f"would miss: {entry.check.misses}" if entry.check else "", "muted"),
        ("Partial", entry.part, "warning"),
        ("Pinned", "yes" if entry.pinned else "", "accent"),
        ("Label", entry.label, "strong"),
        ("Note", "; ".join(filter(None, (entry.remark, entry.note))), ""),
    ]
    lines = [line((entry.path, "strong")), line((KIND_WORDS[entry.kind], "muted"))]
    lines += [fact(label, words, role, 8) for label, words, role in facts if words]
    if entry.problem:
        lines += [BLANK, line(("✗ ", "error"), in_interface(entry.problem), indent=2)]
    return [*lines, *_sizes(entry, sets, width)]


def _holds(entry: BackupEntry) -> str:
    counts = (("table", entry.tables), ("row", entry.rows), ("file", entry.files))
    told = [plural(count, word) for word, count in counts if count is not None]
    return ", ".join([*told, *([human_bytes(entry.bytes)] if entry.bytes is not None else [])])


_MOST_SIZES = 20


def newest_sets(entries: Sequence[BackupEntry]) -> dict[str | None, list[BackupEntry]]:
    """Of each database its newest sets, the newest first."""
    found: dict[str | None, list[BackupEntry]] = {}
    for entry in entries:
        if entry.kind is EntryKind.SET:
            found.setdefault(entry.database, []).append(entry)
    return {name: nlargest(_MOST_SIZES, sets, key=start_key) for name, sets in found.items()}


def _sizes(entry: BackupEntry, sets: Sequence[BackupEntry], width: int) -> list[Line]:
    """Sizes as bars."""
    if len(sets) < 2:
        return []
    most = max(each.bytes or 0 for each in sets) or 1
    room = max(4, width - 30)
    lines = [BLANK, heading(f"Backups of {entry.database}")]
    for each in sets:
        here = each.path == entry.path
        cells = max(1, round((each.bytes or 0) / most * room))
        lines.append(
            line(
                (f"{each.started:%Y-%m-%d %H:%M} " if each.started else " " * 17, ""),
                (fit(human_bytes(each.bytes), 9, "right"), "strong" if here else "muted"),
                (f" {'█' * cells}", "accent" if here else "muted"),
            )
        )
    return lines


SPACE_CELLS = 12


def space_line(entries: Sequence[BackupEntry], free: int | None) -> Line:
    """What backups take, against what is free where extern is."""
    used = sum(entry.space for entry in entries)
    left = [entry for entry in entries if entry.kind in (EntryKind.INCOMPLETE, EntryKind.DELETED)]
    parts: list[str | Part] = []
    if free is None:
        parts.append((f"{human_bytes(used)} in extern; free space is unknown", "muted"))
    else:
        share = used / max(1, used + free)
        filled = min(SPACE_CELLS, max(round(share * SPACE_CELLS), 1 if used else 0))
        parts += [
            ("█" * filled, "warning" if share > TIGHT else "good"),
            ("░" * (SPACE_CELLS - filled), "muted"),
            (f" {human_bytes(used)} in extern, {human_bytes(free)} free", "muted"),
        ]
    if left:
        size = human_bytes(sum(entry.space for entry in left))
        key = key_of("storage.leftovers")
        parts.append((f"; {plural(len(left), 'leftover')}, {size}: {key}", "warning"))
    return line(*parts)


def polling_line(why: str) -> Line:
    """That the list is not told of changes but looks for them."""
    words = f"Looked at about every second, changes are not announced: {why}"
    return line(("~ ", "warning"), (words, "muted"))


TIGHT = 0.8
"""When backups take more than this share of what they could have, another set hardly fits."""


def summary_words(
    entries: Sequence[BackupEntry], shown: int, order: Order, text: str, marked: str = ""
) -> str:
    """The line above the list."""
    sets = sum(entry.kind is EntryKind.SET for entry in entries)
    size = human_bytes(sum(entry.space for entry in entries))
    others = len(entries) - sets
    words = plural(sets, "backup")
    if others:
        words += f", {plural(others, 'other entry', 'other entries')}"
    words += f", {size}, {order.name}"
    if marked:
        # What is cut off at the end of a narrow line must not be this.
        words = f"Marked {'/'.join(marked.split('/')[-2:])}; {words}"
    if text:
        words += f"; {plural(shown, 'entry', 'entries')} with “{text}”"
    return words
