"""A copy as a row of the list, as the note beside it and as a page of its own. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime

from kwtui.config.offsite import targets_path
from kwtui.keys.spelling import key_of, spelled
from kwtui.model.offsite import TargetSettings
from kwtui.offsite.archive import Archive, CopyLevel
from kwtui.offsite.copies import Copy
from kwtui.offsite.pruning import CopyDecision
from kwtui.screens.runs.result_page import proof_badge
from kwtui.text import human_age, human_ago, human_bytes, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line, paragraph
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Database", 12, grow=True),
    Column("Written", 16),
    Column("Label", 12, grow=True, drop=2),
    Column("Age", 6, "right"),
    Column("Size", 9, "right", drop=1),
    Column("Stored", 9, "right"),
    Column("Proof", 9),
    Column("Checked", 8, "right", drop=3),
    Column("Folder", 30, grow=True, drop=4),
)

LEVEL_WORDS = {
    CopyLevel.O0: "sent, not checked yet",
    CopyLevel.O1: "every part is there, with its size",
    CopyLevel.O2: "every byte was read back and has its SHA-256",
    CopyLevel.O3: "decrypted and unpacked: every file as in the manifest",
    CopyLevel.O4: "fetched from there and restored by a drill",
}
_MOST_TABLES = 200

NO_TARGET = (
    "No target for copies is saved yet. {offsite.add} adds one: a folder or mounted share, an SFTP"
    " server, an object store (S3), or what rclone reaches."
)


def copy_cells(copy: Copy, now: datetime) -> list[str | Part]:
    archive = copy.archive
    checked = "" if copy.checked_at is None else human_age(_seconds(copy.checked_at, now))
    if archive is None:
        name = (copy.database, "muted")
        stored = human_bytes(copy.stored_bytes)
        return [name, "", "", "", "", stored, proof_cell(copy), "", (copy.path, "muted")]
    return [
        (archive.database, "strong"),
        f"{archive.started:%Y-%m-%d %H:%M}",
        archive.label,
        human_age(_seconds(archive.started, now)),
        human_bytes(archive.bytes),
        human_bytes(copy.stored_bytes),
        proof_cell(copy),
        checked,
        (copy.path, "muted"),
    ]


def told(copy: Copy) -> dict[str, str]:
    """What a filter looks into."""
    archive = copy.archive
    return {
        "database": archive.database if archive is not None else copy.database,
        "written": f"{archive.started:%Y-%m-%d %H:%M}" if archive is not None else "",
        "label": archive.label if archive is not None else "",
        "proof": proof_cell(copy)[0],
        "folder": copy.path,
        "why": copy.problem,
    }


def proof_cell(copy: Copy) -> Part:
    """The proof in one word; what is no whole copy says so."""
    if copy.archive is None:
        return ("NO COPY", "error")
    if copy.level is None:
        return ("DAMAGED", "error")
    level = int(copy.level)
    part = " part" if copy.archive.only else ""
    role = "good" if copy.level >= CopyLevel.O2 else "warning"
    return (f"{proof_badge(level)} O{level}{part}", role)


def copy_note(copy: Copy | None, now: datetime) -> list[Line]:
    """What the list has no room for."""
    if copy is None:
        return []
    archive = copy.archive
    lines = [line((copy.path, "strong"))]
    if archive is None:
        return [*lines, line(("✗ ", "error"), copy.problem, indent=2)]
    if copy.level is not None:
        badge, role = proof_cell(copy)
        lines.append(fact("Proof", f"{badge}: {LEVEL_WORDS[copy.level]}", role, 10))
    if copy.checked_at is not None:
        ago = _ago(copy.checked_at, now)
        lines.append(fact("Checked", f"{copy.checked_at:%Y-%m-%d %H:%M} UTC, {ago}", "", 10))
    if copy.problem:
        lines.append(line(("✗ ", "error"), copy.problem, indent=2))
    lines.append(fact("Opened by", *_keys(archive), 10))
    told = [words for words in copy.remarks if words not in (copy.problem, "not encrypted")]
    if told:
        lines.append(line(("; ".join(told), "muted")))
    return lines


def _keys(archive: Archive) -> tuple[str, str]:
    if not archive.recipients:
        return ("everybody: it is not encrypted", "warning")
    return (f"the private key of {plural(len(archive.recipients), 'recipient')}", "")


def copy_page(copy: Copy, now: datetime) -> list[Line]:
    """All that its archive.json tells."""
    lines = copy_note(copy, now)
    archive = copy.archive
    if archive is None:
        return lines
    rows = "" if archive.rows is None else f", {plural(archive.rows, 'row')}"
    holds = f"{plural(archive.tables, 'table')}{rows}, {human_bytes(archive.bytes)}"
    lines += [
        BLANK,
        fact("Written", f"{archive.started:%Y-%m-%d %H:%M:%S} UTC"),
        fact("Sent", f"{archive.made:%Y-%m-%d %H:%M:%S} UTC, proven to P{int(archive.proof)} then"),
        fact("Holds", holds),
        fact("Parts", f"{plural(len(archive.parts), 'part')}, {_shared(archive)}"),
    ]
    for number, key in enumerate(archive.recipients):
        lines.append(fact("" if number else "Encrypted for", key))
    return [*lines, BLANK, heading("Tables"), *_tables(archive)]


def _shared(archive: Archive) -> str:
    shared = len(archive.parts) - len(archive.own_parts)
    own = f"{human_bytes(archive.stored_bytes)} of its own"
    return f"{own}; {shared:,} lie in folders of earlier copies" if shared else own


def _tables(archive: Archive) -> list[Line]:
    sizes: dict[str, tuple[int, int]] = {}
    for file in archive.files:
        files, size = sizes.get(file.table, (0, 0))
        sizes[file.table] = (files + 1, size + file.bytes)
    sizes.pop("", None)
    lines = [
        line((name, "strong"), f"  {plural(files, 'file')}, {human_bytes(size)}")
        for name, (files, size) in sorted(sizes.items())[:_MOST_TABLES]
    ]
    if len(sizes) > _MOST_TABLES:
        lines.append(line((f"and {len(sizes) - _MOST_TABLES:,} more", "muted")))
    return lines


def place_page(target: TargetSettings, used_by: Sequence[str]) -> list[Line]:
    """All that is saved of a place, and who sends copies there."""
    said = [
        ("Target", target.url),
        ("S3 endpoint", target.endpoint or ""),
        ("S3 region", target.region or ""),
        ("S3 profile", target.credentials or ""),
        ("S3 lock", plural(target.lock_days, "day") if target.lock_days else ""),
        ("SSH config", target.ssh_config or ""),
    ]
    lines = [fact(label, words) for label, words in said if words]
    for number, key in enumerate(target.recipients):
        lines.append(fact("" if number else "Encrypted for", key))
    if not target.recipients:
        lines.append(
            fact("Encrypted for", "nobody: whoever reads the target reads the copies", "warning")
        )
    lines.append(fact("Retention", _rules(target)))
    lines.append(fact("Stands in", str(targets_path())))
    for words in used_by or ("no policy sends copies there",):
        lines += paragraph(f"{words[:1].upper()}{words[1:]}.")
    return lines


def _rules(target: TargetSettings) -> str:
    rules = target.retention
    if rules is None:
        return "none: every copy stays"
    counts = [(each.name, getattr(rules, each.name)) for each in fields(rules)][:-1]
    kept = [f"{name.replace('_', ' ')} {count}" for name, count in counts if count]
    return f"{', '.join(kept)}; of copies proven to O{int(rules.min_proof)}"


def target_words(
    targets: Sequence[TargetSettings], index: int, copies: Sequence[Copy] | None
) -> str:
    """The line above the list: the place, what lies there, and that there are others."""
    if not targets:
        return ""
    target = targets[index]
    words = f"{target.name}: {target.url}"
    if copies is not None:
        whole = sum(copy.archive is not None for copy in copies)
        size = human_bytes(sum(copy.stored_bytes for copy in copies))
        words += f" · {plural(whole, 'copy', 'copies')}, {size}"
    if not target.recipients:
        words += f" · {_without_recipients(copies or ())}"
    if len(targets) > 1:
        words += f" · target {index + 1} of {len(targets)} ({key_of('offsite.next-part')})"
    return words


def _without_recipients(copies: Sequence[Copy]) -> str:
    """A push may name recipients that the target does not."""
    archives = [copy.archive for copy in copies if copy.archive is not None]
    if archives and all(archive.recipients for archive in archives):
        return spelled("names no recipient ({offsite.edit})")
    return "NOT ENCRYPTED"


def nothing_words(target: TargetSettings) -> str:
    return spelled(f"Nothing lies on {target.name} yet. {{offsite.send}} sends a backup there.")


def decision_lines(decisions: Sequence[CopyDecision]) -> list[Line]:
    """What the rules say of each copy, and why."""
    if not decisions:
        return []
    lines = [heading("Every copy, and why")]
    for decision in decisions:
        stays = ("stays  ", "good") if decision.keep else ("GOES   ", "warning")
        why = f"  {', '.join(decision.reasons)}"
        proof, _ = proof_cell(decision.copy)
        lines.append(line(stays, (decision.copy.path, "strong"), f"  {proof}", why, indent=7))
    return lines


def check_lines(problems: Sequence[str], *, recorded: bool) -> list[Line]:
    """What a check found wrong, for a dialog."""
    lines = [each for words in problems for each in paragraph(words, "error")]
    if not recorded:
        lines += paragraph("This was not written down there: nothing may be written.", "warning")
    return lines


def _ago(at: datetime, now: datetime) -> str:
    return human_ago(_seconds(at, now))


def _seconds(since: datetime, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0)
