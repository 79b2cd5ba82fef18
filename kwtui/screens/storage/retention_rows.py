"""What retention keeps and lets go, as rows, lines and a calendar. Pure."""

from __future__ import annotations

import calendar as months
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest

from kwtui.backups.retention import CalendarDay, Decision
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.text import human_bytes, plural
from kwtui.widgets.paint import BLANK, Line, Part, line
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Day", 10),
    Column("", 5),
    Column("Time", 5),
    Column("Database", 12, drop=1),
    Column("Proof", 5),
    Column("Bytes", 9, "right", drop=2),
    Column("Why", 24, grow=True),
)

PERIODS = (
    ("keep_last", "last"),
    ("keep_daily", "daily"),
    ("keep_weekly", "weekly"),
    ("keep_monthly", "monthly"),
    ("keep_yearly", "yearly"),
)
"""The counts of a policy and how they are called."""


@dataclass(frozen=True)
class DecisionRow:
    """One set; ``day`` is empty but for the first of its day."""

    day: str
    decision: Decision


def decision_rows(days: Iterable[CalendarDay]) -> list[DecisionRow]:
    """Newest first; of each day what stays, then what goes."""
    rows = []
    for day in days:
        words = day.day.isoformat() if day.day else "no time"
        for decision in (*day.stays, *day.goes):
            rows.append(DecisionRow(words, decision))
            words = ""
    return rows


def row_key(row: DecisionRow) -> str:
    return row.decision.entry.path


def row_cells(row: DecisionRow) -> list[str | Part]:
    entry, keep = row.decision.entry, row.decision.keep
    why = ", ".join(reason.text for reason in row.decision.reasons)
    return [
        (row.day, "heading"),
        ("stays", "good") if keep else ("GOES", "error"),
        entry.started.strftime("%H:%M") if entry.started else "",
        (entry.database or "", "strong"),
        "none" if entry.proof is None else f"P{int(entry.proof)}",
        "" if entry.bytes is None else human_bytes(entry.bytes),
        (why, "" if keep else "muted"),
    ]


def row_lines(row: DecisionRow | None) -> list[Line]:
    """The lines under the list: which set, and every reason."""
    if row is None:
        return []
    word, role = ("stays", "good") if row.decision.keep else ("GOES", "error")
    lines = [line((word, role), "  ", (row.decision.entry.path, "strong"), indent=7)]
    why = "; ".join(reason.text for reason in row.decision.reasons)
    return [*lines, line((why, "muted"))]


def policy_words(policy: RetentionPolicy | None) -> str:
    """A policy in one line."""
    if policy is None or policy.keeps_nothing:
        return "no rule: everything stays"
    kept = [f"{name} {n}" for field, name in PERIODS if (n := getattr(policy, field))]
    return f"keep {', '.join(kept)}; P{int(policy.min_proof)} and better count"


def whose_words(policies: RetentionPolicies, database: str) -> str:
    """Whose policy counts for a database; the empty name stands for all of them."""
    if database and database in policies.databases:
        return f"{database}, by its own rule: {policy_words(policies.of(database))}"
    if database:
        return f"{database}, by the rule for all: {policy_words(policies.default)}"
    words = f"All databases: {policy_words(policies.default)}"
    own = sorted(policies.databases)
    return f"{words} ({', '.join(own)} by own rules)" if own else words


def outcome_words(decisions: Sequence[Decision]) -> str:
    """How many stay and go, and what that frees."""
    going = [d for d in decisions if not d.keep]
    size = human_bytes(sum(d.entry.space for d in going))
    stays = len(decisions) - len(going)
    words = f"{plural(stays, 'backup')} {'stays' if stays == 1 else 'stay'}, {len(going)}"
    words += " goes" if len(going) == 1 else " go"
    return words + (f": {size}" if going else "")


# -- the months -----------------------------------------------------------------------------------


MONTH_CELLS = 28
_GAP = 3


def months_beside(width: int) -> int:
    """How many months fit beside each other into so many cells."""
    return max(1, (width + _GAP) // (MONTH_CELLS + _GAP))


def month_lines(days: Iterable[CalendarDay], beside: int = 1) -> list[Line]:
    """Every month that has a backup, newest first, with a sign at its days."""
    by_day = {day.day: day for day in days if day.day is not None}
    lines = [
        line(("+", "good"), " stays  ", ("-", "error"), " goes  ", ("*", "warning"), " both"),
    ]
    wanted = sorted({(d.year, d.month) for d in by_day}, reverse=True)
    for first in range(0, len(wanted), beside):
        blocks = [_month(year, month, by_day) for year, month in wanted[first : first + beside]]
        lines.append(BLANK)
        lines += [_side_by_side(rows) for rows in zip_longest(*blocks, fillvalue=_EMPTY_WEEK)]
    return lines


def _month(year: int, month: int, by_day: Mapping[date, CalendarDay]) -> list[list[Part]]:
    """Its rows, each as wide as the others."""
    name = f"{months.month_name[month]} {year}"
    rows: list[list[Part]] = [
        [(f"{name:<{MONTH_CELLS}}", "heading")],
        [("".join(f"{day:<4}" for day in _WEEKDAYS), "muted")],
    ]
    for week in months.Calendar().monthdatescalendar(year, month):
        rows.append([_day(day, month, by_day) for day in week])
    return rows


def _side_by_side(rows: Iterable[Sequence[Part]]) -> Line:
    parts: list[Part] = []
    for row in rows:
        parts += [(" " * _GAP, "")] if parts else []
        parts += row
    return line(*parts)


_EMPTY_WEEK: list[Part] = [(" " * MONTH_CELLS, "")]
_WEEKDAYS = (" Mo", " Tu", " We", " Th", " Fr", " Sa", " Su")


def _day(day: date, month: int, by_day: Mapping[date, CalendarDay]) -> Part:
    if day.month != month:
        return ("    ", "")
    found = by_day.get(day)
    if found is None:
        return (f" {day.day:>2} ", "muted")
    if found.stays and found.goes:
        return (f" {day.day:>2}*", "warning")
    return (f" {day.day:>2}+", "good") if found.stays else (f" {day.day:>2}-", "error")
