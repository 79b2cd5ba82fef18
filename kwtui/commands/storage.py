"""kwtui list, show and verify: they need the node's files and no server."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import dialect_of, find_files, set_of
from kwtui.commands.shared.output import Output, fitted_table, table
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import shell_quoted

if TYPE_CHECKING:
    from kwtui.backups.listing.contents import SetDetails
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.backups.proof.sealing import SealProgress
    from kwtui.backups.proof.verify import VerifyReport
    from kwtui.controller import Controller
    from kwtui.model.schema import TableName


_HEADING: tuple[str, ...] = (
    "PATH",
    "KIND",
    "DATABASE",
    "AGE",
    "TABLES",
    "ROWS",
    "SIZE",
    "PROOF",
    "NOTE",
)
_LEAVE_FIRST = ("TABLES", "DATABASE", "ROWS", "KIND")
"""Columns that leave where a terminal is too narrow for all: the path tells the database."""


async def list_sets(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.backups.listing.entries import NO_EXPORT_YET

    await find_files(controller, args)
    listing = await controller.storage.listing()
    entries = [e for e in listing.entries if args.all or e.problem or e.kind.value != "foreign"]
    if args.database:
        # What could not be looked into may hold backups of any database.
        entries = [e for e in entries if e.database == args.database or _is_unknown(e)]
    unread = listing.problem and not listing.entries
    code = int(_why_unread(listing.extern)) if unread else 0
    if output.json:
        output.object(
            "list",
            {"extern": str(listing.extern), "problem": listing.problem, "entries": entries},
        )
        return code
    if listing.problem:
        output.note(f"kwtui: {listing.problem}")
        if code == ExitCode.EXTERN_NOT_FOUND:
            output.note("Run kwtui where the node's files are, and give --extern DIR.")
    if not entries:
        if listing.awaits_export:
            output.line(NO_EXPORT_YET)
        elif not listing.problem:
            whose = f" of {args.database}" if args.database else ""
            output.line(f"There are no backups{whose} in {listing.extern}.")
        return code
    rows = [_HEADING]
    rows += [listed_row(e, datetime.now(UTC)) for e in entries]
    for line in fitted_table(
        rows, output.out_width, right=frozenset({3, 4, 5, 6}), leave_first=_LEAVE_FIRST
    ):
        output.line(line)
    for level in sorted({e.check for e in entries if e.check}, key=lambda level: level.rank):
        output.note(f"check {level} would miss: {level.misses}")
    return 0


def _is_unknown(entry: BackupEntry) -> bool:
    return bool(entry.problem) and entry.kind.value == "foreign"


def _why_unread(extern: Path) -> ExitCode:
    return ExitCode.EXTERN_NOT_READABLE if os.path.lexists(extern) else ExitCode.EXTERN_NOT_FOUND


def listed_row(entry: BackupEntry, now: datetime) -> tuple[str, ...]:
    from kwtui.backups.listing.kind_words import SHORT_WORDS
    from kwtui.text import human_bytes, human_count, human_duration

    age = entry.age_seconds(now)
    return (
        entry.path,
        SHORT_WORDS[entry.kind],
        entry.database or "",
        human_duration(age) if age is not None else "",
        human_count(entry.tables) if entry.tables is not None else "",
        human_count(entry.rows) if entry.rows is not None else "",
        human_bytes(entry.bytes) if entry.bytes is not None else "",
        _proof_words(entry, now),
        entry.problem or _words_of(entry),
    )


def _size_words(entry: BackupEntry) -> str | None:
    """``114 MiB, 1.2 MiB of it new``."""
    from kwtui.text import human_bytes

    if entry.bytes is None:
        return None
    new = "" if entry.new_bytes is None else f", {human_bytes(entry.new_bytes)} of it new"
    return human_bytes(entry.bytes) + new


def _words_of(entry: BackupEntry) -> str:
    """What people said about it before what is special about it."""
    from kwtui.text import human_bytes

    pin = "pinned" if entry.pinned else ""
    check = f"check: {entry.check}" if entry.check else ""
    new = f"{human_bytes(entry.new_bytes)} new" if entry.new_bytes is not None else ""
    part = f"partial: {entry.part}" if entry.part else ""
    said = (part, pin, entry.label, entry.remark, entry.note, new, check)
    return "; ".join(filter(None, said))


def _proof_words(entry: BackupEntry, now: datetime) -> str:
    """The level with the age of what proved it, or that what lies there is not what was proven."""
    from kwtui.text import human_duration

    if entry.closed:
        return "not readable"
    if entry.problem and entry.kind.value in ("set", "tree"):
        return "DAMAGED"
    if entry.proof is None:
        return ""
    if entry.proof_at is None:
        return f"P{int(entry.proof)}"
    age = max((now - entry.proof_at).total_seconds(), 0.0)
    return f"P{int(entry.proof)}, {human_duration(age)} ago"


def level_of(details: SetDetails, name: TableName) -> str:
    """How much of a table's content was read; nothing where no manifest says so."""
    entry = details.manifest.table(name) if details.manifest else None
    return entry.level.value if entry is not None else ""


async def show_set(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await find_files(controller, args)
    details = await controller.storage.open_set(set_of(args.set))
    if output.json:
        output.object("set", details)
        return 0
    for line in _details_lines(details):
        output.line(line)
    return 0


def _details_lines(details: SetDetails) -> list[str]:
    from kwtui.backups.listing.kind_words import KIND_WORDS
    from kwtui.text import human_bytes, human_count

    entry, manifest = details.entry, details.manifest
    lines = [f"{entry.path}  ({KIND_WORDS[entry.kind]})"]
    facts = [
        ("database", entry.database),
        ("engine", entry.engine.value if entry.engine else None),
        ("made", entry.started.isoformat(timespec="seconds") if entry.started else None),
        ("method", entry.method.value if entry.method else None),
        ("server", manifest.server_version if manifest else None),
        ("snapshot", manifest.snapshot_timestamp if manifest else None),
        ("label", entry.label),
        ("pinned", "yes: retention and deleting leave it" if entry.pinned else None),
        ("remark", entry.remark),
        ("tables", ", ".join(entry.only) and f"only {', '.join(entry.only)}"),
        ("proof", _proof_words(entry, datetime.now(UTC)) or "never proven"),
        ("check", f"{entry.check}, would miss: {entry.check.misses}" if entry.check else None),
        ("size", _size_words(entry)),
        ("note", entry.note),
        ("problem", entry.problem),
    ]
    lines += [f"  {name:9} {value}" for name, value in facts if value]
    rows = [("TABLE", "COLUMNS", "FILES", "ROWS", "SIZE", "CHECK", "")]
    for found in details.tables:
        count = human_count(found.rows) if found.rows is not None else "not counted"
        rows.append(
            (
                str(found.name),
                str(len(found.columns)),
                str(len(found.files)),
                count,
                human_bytes(found.bytes),
                level_of(details, found.name),
                found.problem,
            )
        )
    lines += ["", *(f"  {line}" for line in table(rows, right=frozenset({1, 2, 3, 4})))]
    for heading, words in (
        ("Not included:", manifest.not_included if manifest else ()),
        ("Wrong:", details.problems),
        ("Cannot be known:", details.unknown),
    ):
        if words:
            lines += ["", f"  {heading}", *(f"    {text}" for text in words)]
    if details.proofs:
        lines += ["", "  Proofs:"]
        for proof in details.proofs:
            at = proof.at.isoformat(timespec="seconds")
            lines.append(f"    {at}  P{int(proof.level)}  {proof.outcome}  {proof.summary}")
    return lines


async def verify_set(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    """Exit code 0 for a set that is whole, 31 for a damaged one, 32 if only its meta.sql is."""
    from kwtui.model.proof import ProofLevel

    await find_files(controller, args)
    path = set_of(args.set)
    opened = await controller.storage.open_to_check(path)
    details = opened[0]
    _refuse_what_is_none(details)
    report = await controller.storage.verify(
        path,
        ProofLevel(args.level),
        opened,
        progress=_progress(output),
        dialect=dialect_of(args),
        first_is_row=args.no_header,
    )
    output.clear_status()
    if output.json:
        output.object("verify", {"report": report, "ok": report.ok})
    else:
        _show_report(output, report)
    for words in _remarks(details, report):
        output.note(words)
    return int(_exit_code(report))


def _remarks(details: SetDetails, report: VerifyReport) -> Iterator[str]:
    """What a person must know of a good report too."""
    if details.entry.copy_of:
        yield f"It is a copy of {details.entry.copy_of}: retention and status do not count it."
    proofs = details.location.proofs
    if report.recorded and details.location.beside and report.recorded != str(proofs):
        yield f"The result was written to {report.recorded}."
        yield f"{proofs} cannot be used: check what is there and remove it."


def _refuse_what_is_none(details: SetDetails) -> None:
    entry = details.entry
    path = entry.path
    if entry.kind.value == "incomplete":
        raise KwtuiError(
            f"{path} is not a backup: it did not finish.",
            cause="It has no manifest, which is written last.",
            hint="Back up again; what is there can be removed. If it was made with --unseen "
            "from another machine, its draft completes it: kwtui seal "
            f"{shell_quoted(path)} --draft FILE",
            exit_code=ExitCode.BACKUP_INCOMPLETE,
        )
    if entry.kind.value == "foreign":
        raise KwtuiError(
            f"{path} is neither a backup nor an export of KWDB.",
            hint="List what exists: kwtui list",
            exit_code=ExitCode.NOT_FOUND,
        )


def _progress(output: Output) -> Callable[[SealProgress], None] | None:
    if not output.is_terminal:
        return None
    from kwtui.text import human_bytes

    began = time.monotonic()

    def show(progress: SealProgress) -> None:
        seconds = max(time.monotonic() - began, 0.001)
        rate = human_bytes(int(progress.bytes / seconds))
        output.status(
            f"{progress.files}/{progress.files_total} files  {human_bytes(progress.bytes)} of "
            f"{human_bytes(progress.bytes_total)}  {rate}/s"
        )

    return show


def _show_report(output: Output, report: VerifyReport) -> None:
    from kwtui.model.findings import Severity
    from kwtui.operations.verify import in_words
    from kwtui.text import human_bytes

    output.line(
        f"{report.path}: {in_words(report)} ({report.files} files, {human_bytes(report.bytes)}, "
        f"{report.seconds:.1f} s)"
    )
    for finding in report.findings:
        kind = "damaged" if finding.severity is Severity.REFUSAL else finding.severity.value
        output.line(f"  {kind:8} {finding.subject}: {finding.message}")
    for words in report.unknown:
        output.line(f"  unknown  {words}")


def _exit_code(report: VerifyReport) -> ExitCode:
    from kwtui.backups.proof.findings import Fault
    from kwtui.model.findings import Severity

    bad = [f for f in report.findings if f.severity is Severity.REFUSAL]
    if not bad:
        return ExitCode.DISK_FULL if report.disk_full else ExitCode.OK
    # Of a set, a meta.sql that changed is found by its size and hash.
    only_meta = all(f.fault is Fault.META or f.subject.endswith("/meta.sql") for f in bad)
    return ExitCode.META_DAMAGED if only_meta else ExitCode.BACKUP_DAMAGED
