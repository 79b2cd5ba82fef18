"""What there is to look at inside a set or tree, as a flat list. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from kwtui.backups.listing.contents import RowsKnown, SetDetails, TableDetails
from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.kind_words import KIND_WORDS
from kwtui.backups.listing.presence import Presence
from kwtui.backups.manifest import MANIFEST_FILE, PROOFS_FILE, FileEntry
from kwtui.keys.interface_words import in_interface
from kwtui.screens.plan.page import finding_lines
from kwtui.screens.runs.result_page import proof_words
from kwtui.text import human_bytes, human_count, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, fit, heading, line
from kwtui.widgets.sql_lines import sql_lines


class PartKind(StrEnum):
    OVERVIEW = "overview"
    TABLE = "table"
    TEXT = "text"
    CSV = "csv"
    OTHER = "other"
    ORIGIN = "origin"
    """Something of the run that made the set; it lies in the state directory, not in the set."""


RUN_PART = "Run that made it"
PLAN_PART = "Its plan"
JOURNAL_PART = "Its journal"


@dataclass(frozen=True)
class SetPart:
    """A line of the list; ``path`` is relative to the set."""

    kind: PartKind
    title: str
    path: str = ""
    table: TableDetails | None = None
    file: FileEntry | None = None
    is_gone: bool = False
    """The manifest names the file, and it is not there."""
    bytes_now: int | None = None
    """Where the file has another size than the manifest says."""
    is_stray: bool = False
    """The file is there, and the manifest does not name it."""

    @property
    def size(self) -> int | None:
        """Bytes that the file has now; None for what is no file, or not there."""
        if self.is_gone or self.file is None:
            return None
        return self.file.bytes if self.bytes_now is None else self.bytes_now

    @property
    def records(self) -> int | None:
        """What the manifest says, as long as the file is as long as it says."""
        return self.file.records if self.file is not None and self.bytes_now is None else None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.path or self.title}"

    def cells(self) -> list[str | Part]:
        if self.is_gone:
            return ["  " * (self.table is not None) + self.title, ("GONE", "error")]
        size = human_bytes(self.size) if self.size is not None else ""
        role = "error" if self.bytes_now is not None else "warning" if self.is_stray else "muted"
        if self.table is not None and self.kind is PartKind.TABLE:
            size = "" if self.table.rows is None else human_count(self.table.rows)
            return [(self.title, "error" if self.table.problem else "strong"), (size, "muted")]
        indent = "  " if self.table is not None else ""
        return [(indent + self.title, "warning" if self.is_stray else ""), (size, role)]


def set_parts(details: SetDetails, presence: Presence | None = None) -> list[SetPart]:
    """The overview, every table with its files, then the files that belong to none.

    ``presence`` says which of them are not on disk as the manifest says.
    """
    parts = _parts(details)
    if presence is None:
        return parts
    strays = [
        SetPart(_kind_of(file.path), file.path, file.path, None, file, is_stray=True)
        for file in presence.strays
    ]
    return [_as_on_disk(part, presence) for part in parts] + strays


def _as_on_disk(part: SetPart, presence: Presence) -> SetPart:
    if part.kind is PartKind.TABLE or not part.path:
        return part
    gone, now = part.path in presence.missing, presence.resized.get(part.path)
    return replace(part, is_gone=True) if gone else replace(part, bytes_now=now)


def _parts(details: SetDetails) -> list[SetPart]:
    parts = [SetPart(PartKind.OVERVIEW, "Overview")]
    for table in details.tables:
        parts.append(SetPart(PartKind.TABLE, str(table.name), table.folder or ".", table))
        if table.meta:
            parts.append(SetPart(PartKind.TEXT, "meta.sql", table.meta, table))
        for file in table.files:
            kind = PartKind.CSV if file.path.lower().endswith(".csv") else PartKind.OTHER
            parts.append(SetPart(kind, file.path.rpartition("/")[2], file.path, table, file))
    if details.manifest is not None:
        parts.append(SetPart(PartKind.TEXT, MANIFEST_FILE, MANIFEST_FILE))
    if details.proofs:
        parts.append(SetPart(PartKind.TEXT, PROOFS_FILE, PROOFS_FILE))
    if details.manifest is not None and details.manifest.run_id:
        parts += [SetPart(PartKind.ORIGIN, title) for title in (RUN_PART, PLAN_PART, JOURNAL_PART)]
    metas = {table.meta for table in details.tables}
    for file in details.others:
        if file.path not in metas and file.path not in (MANIFEST_FILE, PROOFS_FILE):
            parts.append(SetPart(_kind_of(file.path), file.path, file.path, None, file))
    return parts


def _kind_of(path: str) -> PartKind:
    if path.endswith((".sql", ".json", ".jsonl", ".md", ".sh", ".txt")):
        return PartKind.TEXT
    return PartKind.CSV if path.lower().endswith(".csv") else PartKind.OTHER


def overview_lines(details: SetDetails, presence: Presence | None = None) -> list[Line]:
    """The first page: what it is, what is proven, what is wrong, what it does not hold."""
    entry = details.entry
    lines = _problem_lines(details, presence)
    lines += [fact("Folder", entry.path), fact("Kind", KIND_WORDS[entry.kind])]
    if entry.database:
        engine = f" ({entry.engine.value})" if entry.engine else ""
        lines.append(fact("Database", entry.database + engine))
    if entry.started:
        lines.append(fact("Written", entry.started.strftime("%Y-%m-%d %H:%M:%S UTC")))
    if entry.label:
        lines.append(fact("Label", entry.label))
    if entry.remark:
        lines.append(fact("Note", entry.remark))
    if entry.pinned:
        lines.append(fact("Pinned", "retention keeps it, and it cannot be deleted", "accent"))
    files = sum(len(table.files) for table in details.tables)
    lines.append(
        fact("Data", f"{plural(len(details.tables), 'table')}, {plural(files, 'data file')}")
    )
    rows = "not counted yet" if entry.rows is None else human_count(entry.rows)
    lines += [fact("Rows", rows), fact("Bytes", human_bytes(entry.bytes))]
    if entry.kind is EntryKind.SET:
        role = "good" if entry.proof is not None and entry.proof >= 2 else "warning"
        lines.append(fact("Proof", proof_words(entry.proof), role))
        if entry.check is not None:
            lines.append(fact("Check", f"{entry.check}; would miss: {entry.check.misses}"))
    lines += _origin(details)
    if not details.location.beside:
        lines.append(fact("Sidecars", f"{details.location.sidecars} (not beside the data)"))
    lines += _list("Cannot be known", "? ", "warning", details.unknown)
    if details.manifest is not None:
        lines += _list("Not in it", "− ", "warning", details.manifest.not_included)
        if details.manifest.findings:
            lines += [BLANK, heading("Known when it was made")]
            lines += finding_lines(details.manifest.findings)
    return [*lines, *_proofs(details)]


def _problem_lines(details: SetDetails, presence: Presence | None) -> list[Line]:
    """First of all: a person must not have to scroll for it."""
    problems = [words for words in (details.entry.problem, *details.problems) if words]
    lines = _list("Wrong with it", "✗ ", "error", dict.fromkeys(problems))
    if presence is not None:
        severity, mark = ("error", "✗ ") if presence.damage else ("warning", "! ")
        others = [words for words in presence.problems if words not in problems]
        lines += _list("Not as the manifest says", mark, severity, others)
    return [*lines[1:], BLANK] if lines else []


def _origin(details: SetDetails) -> list[Line]:
    manifest = details.manifest
    if manifest is None:
        guess = details.dialect
        if guess is None or guess.dialect is None:
            return []
        return [fact("Written with", f"{_dialect_words(details)} ({guess.reason})")]
    lines = [
        fact("Method", manifest.method.value),
        fact("From", f"cluster {manifest.cluster_id}, node {manifest.node_id}"),
        fact("Made by", f"KWDB {manifest.server_version}, kwtui {manifest.kwtui_version}"),
    ]
    if manifest.snapshot_timestamp:
        lines.append(fact("Snapshot", manifest.snapshot_timestamp))
    return lines


def _dialect_words(details: SetDetails) -> str:
    dialect = details.dialect.dialect if details.dialect else None
    if dialect is None:
        return "not known"
    null = dialect.null_text or "nothing"
    return f"delimiter {dialect.delimiter!r}, NULL as {null}, {dialect.charset}"


def _list(title: str, mark: str, role: str, words: Iterable[str]) -> list[Line]:
    lines = [line((mark, role), in_interface(each), indent=2) for each in words]
    return [BLANK, heading(title), *lines] if lines else []


def _proofs(details: SetDetails) -> list[Line]:
    if not details.proofs:
        return []
    lines = [BLANK, heading("Checks so far")]
    for proof in reversed(details.proofs):
        mark = ("✓ ", "good") if proof.ok else ("✗ ", "error")
        when = proof.at.strftime("%Y-%m-%d %H:%M")
        lines.append(line(mark, f"{when} P{int(proof.level)}  {proof.summary}", indent=2))
    return lines


def what_goes_lines(details: SetDetails) -> list[Line]:
    """What is in a set, for the page that deletes it."""
    lines = [heading("What is in it")]
    for table in details.tables:
        rows = "rows not counted" if table.rows is None else f"{plural(table.rows, 'row')}"
        files = plural(len(table.files), "file")
        told = f"  {rows}, {files}, {human_bytes(table.bytes)}"
        lines.append(
            line(("− ", "warning"), (str(table.name), "strong"), (told, "muted"), indent=4)
        )
    if details.others:
        names = ", ".join(file.path for file in details.others)
        lines.append(line(("− ", "warning"), names, indent=4))
    return lines


def table_lines(table: TableDetails, create_statement: str = "") -> list[Line]:
    """A table: rows, files, columns, and the statement that makes it where that is known."""
    known = {
        RowsKnown.COUNTED: "counted",
        RowsKnown.REPORTED: "as the server said; not counted",
        RowsKnown.UNKNOWN: "not counted",
    }[table.rows_known]
    rows = known if table.rows is None else f"{human_count(table.rows)} ({known})"
    size = f"{plural(len(table.files), 'file')}, {human_bytes(table.bytes)}"
    lines = [fact("Rows", rows), fact("Files", size)]
    if table.problem:
        lines += [line(("✗ ", "error"), in_interface(table.problem), indent=2)]
    lines += [BLANK, heading("Columns")]
    for column in table.columns:
        extra = " tag" if column.tag else ""
        null = "" if column.nullable else " NOT NULL"
        lines.append(line(f"{fit(column.name, 24)} ", (column.type + null, "keyword"), extra))
    lines += [BLANK, heading("Files")]
    for file in table.files:
        records = "" if file.records is None else f", {plural(file.records, 'record')}"
        lines.append(
            line(file.path.rpartition("/")[2], (f"  {human_bytes(file.bytes)}{records}", "muted"))
        )
        if file.sha256:
            lines.append(line(("  " + file.sha256, "muted"), indent=2))
    if create_statement:
        lines += [BLANK, heading("Made by"), *sql_lines(create_statement)]
    return lines


def record_lines(names: tuple[str, ...], values: tuple[str | None, ...]) -> list[Line]:
    """One record in full."""
    lines: list[Line] = []
    for index, value in enumerate(values):
        name = names[index] if index < len(names) else f"#{index + 1}"
        if value is None:
            lines.append(fact(name, "NULL", "muted", width=20))
            continue
        first, *rest = value.split("\n")
        lines.append(fact(name, first, width=20))
        lines += [line(" " * 21, each, indent=21) for each in rest]
    return lines
