"""A set told on paper: what it holds, what is proven, what it does not hold. Pure.

Markdown, for a ticket, an audit or a drawer. Every name from server and files is cleaned, so that
the report can be printed in a terminal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from kwtui.backups.listing.contents import SetDetails, TableDetails
from kwtui.backups.manifest import FileEntry, TableEntry
from kwtui.text import clean, human_bytes, human_count, plural


def set_report(details: SetDetails, now: datetime) -> str:
    """The whole report."""
    parts = [
        [f"# Backup {_text(details.entry.path)}", "", f"Written {_when(now)}."],
        _facts(details),
        _tables(details),
        _words("Wrong with it", [details.entry.problem, *details.problems]),
        _words("Not in it", details.manifest.not_included if details.manifest else ()),
        _words("Known when it was made", _findings(details)),
        _words("Cannot be known", details.unknown),
        _proofs(details),
        _files(details),
    ]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _facts(details: SetDetails) -> list[str]:
    entry, manifest = details.entry, details.manifest
    proof = "never proven" if entry.proof is None else f"P{int(entry.proof)}"
    if entry.proof is not None and entry.proof_at is not None:
        proof += f", {_when(entry.proof_at)}"
    known = [
        ("Database", entry.database or "not known"),
        ("Engine", entry.engine.value if entry.engine else ""),
        ("Kind", entry.kind.value),
        ("Made", _when(entry.started) if entry.started else "not known"),
        ("Method", entry.method.value if entry.method else ""),
        ("Only the tables", ", ".join(entry.only)),
        ("Snapshot", manifest.snapshot_timestamp if manifest else ""),
        ("Server", f"KWDB {manifest.server_version}" if manifest else ""),
        ("Cluster", f"{manifest.cluster_id}, node {manifest.node_id}" if manifest else ""),
        ("Made by", f"kwtui {manifest.kwtui_version}, run {manifest.run_id}" if manifest else ""),
        ("Folder", str(details.location.root)),
        ("Sidecars", "" if details.location.beside else str(details.location.sidecars)),
        ("Rows", "not counted" if entry.rows is None else human_count(entry.rows)),
        ("Size", human_bytes(entry.bytes)),
        ("Proof", proof),
        ("Label", entry.label),
        ("Note", entry.remark),
        ("Pinned", "yes" if entry.pinned else ""),
    ]
    return _table(("", ""), [(name, value) for name, value in known if value])


def _tables(details: SetDetails) -> list[str]:
    rows = [_table_row(details, table) for table in details.tables]
    names = ("Table", "Rows", "Files", "Size", "Content check")
    return ["## Tables", "", *_table(names, rows)] if rows else []


def _table_row(details: SetDetails, table: TableDetails) -> tuple[str, ...]:
    entry = details.manifest.table(table.name) if details.manifest else None
    return (
        str(table.name) + (f": {table.problem}" if table.problem else ""),
        "not counted" if table.rows is None else human_count(table.rows),
        str(len(table.files)),
        human_bytes(table.bytes),
        _check_words(entry),
    )


def _check_words(entry: TableEntry | None) -> str:
    if entry is None:
        return "none"
    if entry.checksum is not None:
        return f"{entry.level}: xor {entry.checksum.xor}, sum {entry.checksum.sum}"
    known = []
    if entry.windows is not None:
        known.append(plural(len(entry.windows.windows), "window"))
    known += [f"checksum of {plural(s.checksum.rows, 'row')}" for s in entry.samples]
    return f"{entry.level}{': ' if known else ''}{', '.join(known)}"


def _findings(details: SetDetails) -> Iterator[str]:
    if details.manifest is None:
        return
    for finding in details.manifest.findings:
        subject = f"{finding.subject}: " if finding.subject else ""
        yield f"{subject}{finding.message} {finding.remedy}".strip()


def _proofs(details: SetDetails) -> list[str]:
    rows = [
        (_when(p.at), f"P{int(p.level)}", p.outcome, p.where, p.summary) for p in details.proofs
    ]
    names = ("Checked", "Level", "Outcome", "Where", "")
    return ["## Checks", "", *_table(names, rows)] if rows else []


def _files(details: SetDetails) -> list[str]:
    files = [*(f for table in details.tables for f in table.files), *details.others]
    rows = [_file_row(file) for file in sorted(files, key=lambda f: f.path)]
    names = ("File", "Bytes", "Records", "SHA-256")
    return ["## Files", "", *_table(names, rows)] if rows else []


def _file_row(file: FileEntry) -> tuple[str, ...]:
    records = "" if file.records is None else str(file.records)
    return (file.path, str(file.bytes), records, file.sha256)


# -- Markdown -------------------------------------------------------------------------------------


def _words(title: str, words: Iterable[str]) -> list[str]:
    items = [f"- {_text(each)}" for each in dict.fromkeys(words) if each]
    return [f"## {title}", "", *items] if items else []


def _table(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [_row(names), "|" + "---|" * len(names)]
    return [*lines, *(_row([_text(cell) for cell in row]) for row in rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _text(text: str) -> str:
    """One line that neither Markdown nor a terminal reads as a command."""
    line = clean(" ".join(text.split()))
    return "".join(f"\\{char}" if char in "\\`*_|<>[]" else char for char in line)


def _when(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")
