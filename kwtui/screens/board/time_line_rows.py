"""What happened to the backups of one database, as marks in time. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.protection.facts import DatabaseFacts, RunFact
from kwtui.screens.board.rows import BoardRow
from kwtui.screens.board.summary import bar, proof_part, value_words
from kwtui.text import human_duration, pad
from kwtui.widgets.paint import BLANK, Line, Part, line
from kwtui.widgets.virtual_list import Column


class MarkKind(StrEnum):
    BACKUP = "backup"
    BROKEN = "broken"
    """A backup that did not finish, or is being written."""
    FAILED = "failed"
    """A run that left nothing."""
    DRILL = "drill"
    RESTORE = "restore"
    GAP = "gap"
    """No proven backup was as young as promised."""


@dataclass(frozen=True)
class Mark:
    """Something at one time."""

    at: datetime
    kind: MarkKind
    words: str = ""
    """What is said of it."""
    entry: BackupEntry | None = None
    run: RunFact | None = None
    """The run that made it, or that it is."""
    until: datetime | None = None
    """Of a gap: when a proven backup ended it; None: it goes on."""
    policy: str = ""
    """That made the backup."""

    @property
    def key(self) -> str:
        return f"{self.kind} {self.entry.path if self.entry else ''} {self.at.isoformat()}"


def marks_of(row: BoardRow, policies: Mapping[str, str], now: datetime) -> list[Mark]:
    """Everything that is known, newest first. ``policies`` is by the path of a set."""
    facts = row.facts
    by_path = {run.path: run for run in facts.backup_runs if run.path}
    marks = [
        _mark_of_entry(entry, entry.started, by_path.get(entry.path))
        for entry in row.entries
        if entry.started is not None
    ]
    seen = {entry.path for entry in row.entries}
    marks += [
        Mark(run.began, MarkKind.FAILED, run.words or "failed", run=run)
        for run in facts.backup_runs
        if run.succeeded is False and run.path not in seen
    ]
    for kind, runs in ((MarkKind.DRILL, facts.drills), (MarkKind.RESTORE, facts.restores)):
        marks += [Mark(run.began, kind, run.words, run=run) for run in runs]
    marks = [replace(m, policy=policies.get(m.entry.path, "") if m.entry else "") for m in marks]
    marks += gaps_of(facts, now)
    return sorted(marks, key=lambda mark: mark.at, reverse=True)


def _mark_of_entry(entry: BackupEntry, at: datetime, run: RunFact | None) -> Mark:
    said = filter(None, (entry.problem, entry.part, entry.label, entry.remark))
    kind = MarkKind.BACKUP if entry.kind is EntryKind.SET else MarkKind.BROKEN
    return Mark(at, kind, "; ".join(said), entry, run)


def proven_times(facts: DatabaseFacts) -> list[datetime]:
    """When the backups were begun that keep the promise of their proof, the oldest first."""
    promise = facts.promise
    return sorted(
        backup.at
        for backup in facts.backups
        if backup.whole
        and not backup.problem
        and not backup.closed
        and backup.proof is not None
        and backup.proof >= promise.proof
    )


def gaps_of(facts: DatabaseFacts, now: datetime) -> list[Mark]:
    """Each time in which the newest proven backup, of those that still stand, was older than
    promised. Backups that retention removed since leave gaps as well: nothing is left of them."""
    times = proven_times(facts)
    found = []
    for index, before in enumerate(times):
        after = times[index + 1] if index + 1 < len(times) else None
        lapsed = before + facts.promise.max_age
        end = now if after is None else after
        if end > lapsed:
            long = human_duration((end - lapsed).total_seconds())
            found.append(
                Mark(lapsed, MarkKind.GAP, f"no proven backup in time for {long}", until=after)
            )
    return found


# -- the list -------------------------------------------------------------------------------------


def columns(bar_cells: int, *, rows: bool) -> tuple[Column, ...]:
    """``rows``: bars and figures are of rows instead of sizes."""
    return (
        Column("When (UTC)", 16),
        Column("What", 9),
        Column("Rows" if rows else "Size", 11, "right"),
        Column("", bar_cells),
        Column("Proof", 9),
        Column("Took", 11, "right"),
        Column("Pin", 3, drop=1),
        Column("Policy", 12, drop=3),
        Column("Said", 16, grow=True, drop=2),
    )


_WHAT: Mapping[MarkKind, str] = {
    MarkKind.BACKUP: "",
    MarkKind.BROKEN: "error",
    MarkKind.FAILED: "error",
    MarkKind.DRILL: "accent",
    MarkKind.RESTORE: "accent",
    MarkKind.GAP: "warning",
}


def mark_cells(
    mark: Mark, most: float, bar_cells: int, *, rows: bool, marked: str
) -> list[str | Part]:
    """``most`` is the largest value of all; ``rows``: the bars are of rows."""
    entry, run = mark.entry, mark.run
    is_set = entry is not None and entry.kind is EntryKind.SET
    value = (entry.rows if rows else entry.bytes) if entry is not None else None
    chosen = entry is not None and entry.path == marked
    return [
        (f"{mark.at:%Y-%m-%d %H:%M}", "accent" if chosen else ""),
        (f"{'*' if chosen else ''}{mark.kind}", _WHAT[mark.kind]),
        value_words(entry, rows=rows) if entry is not None else "",
        (bar(value or 0, most, bar_cells), "accent" if is_set else "error"),
        proof_part(entry) if entry is not None and is_set else _outcome(mark),
        human_duration(run.seconds) if run is not None and run.seconds is not None else "",
        ("pin" if entry is not None and entry.pinned else "", "accent"),
        (mark.policy, "muted"),
        (mark.words, _WHAT[mark.kind] if mark.kind is not MarkKind.BACKUP else "muted"),
    ]


def _outcome(mark: Mark) -> Part:
    if mark.kind is MarkKind.GAP:
        return ("goes on" if mark.until is None else "", "error")
    if mark.kind in (MarkKind.DRILL, MarkKind.RESTORE) and mark.run is not None:
        if mark.run.succeeded is None:
            return ("at work", "accent")
        return ("✓ done", "good") if mark.run.succeeded else ("✗ failed", "error")
    return ("✗ none", "error")


def largest(marks: Sequence[Mark], *, rows: bool) -> float:
    values = ((m.entry.rows if rows else m.entry.bytes) for m in marks if m.entry is not None)
    return max((value for value in values if value is not None), default=0)


# -- the axis -------------------------------------------------------------------------------------

_LABEL = 9
_FEWEST = 20
_SHORTEST = timedelta(hours=1)


def axis_lines(
    row: BoardRow, marks: Sequence[Mark], chosen: Mark | None, now: datetime, width: int
) -> list[Line]:
    """Lanes over time: backups on a line that tells when one was young enough, drills and
    restores; the chosen mark stands out in its lane."""
    if not marks:
        return []
    cells = max(_FEWEST, width - _LABEL - 2)
    start = min(marks[-1].at, now - _SHORTEST)
    span = max(now - start, _SHORTEST)

    def place(at: datetime) -> int:
        return min(cells - 1, max(0, int((at - start) / span * cells)))

    # Of the time before the first mark nothing is known.
    backups: list[Part] = [
        (" ", "") if cell < place(marks[-1].at) else ("━", "good") if young else ("┄", "warning")
        for cell, young in enumerate(_protected(row.facts, start, span, cells))
    ]
    drills: list[Part] = [(" ", "")] * cells
    # The oldest first, so that of two in one cell the newer is seen; damage is never hidden.
    for mark in sorted(reversed(marks), key=_is_bad):
        if mark.kind is MarkKind.GAP:
            continue
        lane = drills if mark.kind in (MarkKind.DRILL, MarkKind.RESTORE) else backups
        lane[place(mark.at)] = _sign(mark)
    if chosen is not None:
        lane = drills if chosen.kind in (MarkKind.DRILL, MarkKind.RESTORE) else backups
        sign, _ = lane[place(chosen.at)]
        lane[place(chosen.at)] = (sign, "match")
    lines = [_lane("Backups", backups)]
    if any(sign != " " for sign, _ in drills):
        lines.append(_lane("Proofs", drills))
    return [*lines, _dates(start, now, cells), _legend(), BLANK]


def _protected(facts: DatabaseFacts, start: datetime, span: timedelta, cells: int) -> list[bool]:
    """For each cell whether, at its end, a proven backup was as young as promised."""
    times = proven_times(facts)
    young, index = [], 0
    newest: datetime | None = None
    for cell in range(cells):
        end = start + span * (cell + 1) / cells
        while index < len(times) and times[index] <= end:
            newest = times[index]
            index += 1
        young.append(newest is not None and end - newest <= facts.promise.max_age)
    return young


def _is_bad(mark: Mark) -> bool:
    damaged = mark.entry is not None and bool(mark.entry.problem)
    return damaged or mark.kind in (MarkKind.BROKEN, MarkKind.FAILED)


def _sign(mark: Mark) -> Part:
    if _is_bad(mark):
        return ("✗", "error")
    if mark.kind is MarkKind.DRILL:
        return ("◆", "good" if mark.run is not None and mark.run.succeeded else "error")
    if mark.kind is MarkKind.RESTORE:
        return ("◇", "good" if mark.run is not None and mark.run.succeeded else "error")
    words, role = proof_part(mark.entry) if mark.entry is not None else ("○", "warning")
    return (words[0], role)


def _lane(label: str, cells: Sequence[Part]) -> Line:
    return line((pad(label, _LABEL), "muted"), *cells)


def _dates(start: datetime, now: datetime, cells: int) -> Line:
    """The first day, some between, and now."""
    form = "%m-%d" if now - start >= timedelta(days=2) else "%H:%M"
    steps = max(1, cells // 20)
    each = cells // steps
    words = "".join(
        f"{start + (now - start) * step / steps:{form}}".ljust(each) for step in range(steps)
    )
    return line((" " * _LABEL + words[: max(0, cells - 3)].ljust(cells - 3) + "now", "muted"))


def _legend() -> Line:
    return line(
        (" " * _LABEL, ""),
        ("━", "good"), (" protected  ", "muted"),
        ("┄", "warning"), (" not in time  ", "muted"),
        ("✗", "error"), (" failed or damaged  ", "muted"),
        ("◆", "good"), (" drill  ", "muted"), ("◇", "good"), (" restore", "muted"),
    )  # fmt: skip
