"""The board's list: a row a database, its columns, orders and filter. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kwtui.backups.listing.entries import BackupEntry
from kwtui.model.filter_words import rows_with
from kwtui.protection import words
from kwtui.protection.facts import DatabaseFacts
from kwtui.protection.judging import Judgement, Severity, State
from kwtui.protection.report import Board
from kwtui.screens.runs.result_page import proof_badge
from kwtui.text import human_age, sparkline
from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("", 1),
    Column("Database", 12, grow=True),
    Column("State", 10),
    Column("Last", 6, "right"),
    Column("Proof", 11),
    Column("Would lose", 10),
    Column("Restore", 13, drop=2),
    Column("Size", 9, "right", drop=3),
    Column("Next", 8, drop=4),
    Column("Sizes", words.BARS, drop=5),
    Column("Engine", 11, drop=6),
    Column("Why", 30, grow=True, drop=7),
)
"""What leaves a narrow list first is what other screens tell as well."""


@dataclass(frozen=True)
class BoardRow:
    """One database."""

    judgement: Judgement
    facts: DatabaseFacts
    entries: tuple[BackupEntry, ...]
    """Its sets and what interrupted backups left, newest first."""

    @property
    def name(self) -> str:
        return self.judgement.name

    @property
    def proven(self) -> BackupEntry | None:
        """The newest set that keeps the promise: what a restore and a drill take."""
        proven = self.judgement.proven
        if proven is None:
            return None
        return next((entry for entry in self.entries if entry.path == proven.path), None)


def board_rows(board: Board) -> list[BoardRow]:
    """In the report's order."""
    report = board.report
    # Nothing is judged where the backups cannot be seen.
    return [
        BoardRow(judgement, facts, board.entries.get(judgement.name, ()))
        for judgement, facts in zip(report.judgements, report.facts, strict=False)
    ]


_URGENCY = {Severity.CRITICAL: 0, Severity.UNKNOWN: 1, Severity.LATE: 2, Severity.OK: 3}


@dataclass(frozen=True)
class Order:
    """An order of the list; ``key`` gives what is compared."""

    name: str
    key: Callable[[BoardRow], Any]


def _exposed(row: BoardRow) -> float:
    seconds = row.judgement.exposed_seconds
    return float("-inf") if seconds is None else -seconds


def _size(row: BoardRow) -> int:
    newest = row.judgement.newest
    return -(newest.bytes or 0) if newest is not None else 0


ORDERS = (
    Order("the worst first", lambda row: (_URGENCY[row.judgement.severity], row.name)),
    Order("by name", lambda row: row.name),
    Order("the most to lose first", lambda row: (_exposed(row), row.name)),
    Order("the largest first", lambda row: (_size(row), row.name)),
)


def arranged(rows: Sequence[BoardRow], order: Order, text: str) -> list[BoardRow]:
    """The rows that the words of a filter leave, in that order; those first whose name it is."""
    return rows_with(sorted(rows, key=order.key), text, _told)


def _told(row: BoardRow) -> dict[str, str]:
    judgement, facts = row.judgement, row.facts
    return {
        "database": row.name,
        "engine": facts.engine.value if facts.engine else "",
        "state": judgement.state,
        "proof": words.proof(judgement),
        "policy": facts.policy,
        "why": "; ".join((*judgement.remarks, judgement.reason)),
    }


ROLES = {
    Severity.OK: "good",
    Severity.LATE: "warning",
    Severity.CRITICAL: "error",
    Severity.UNKNOWN: "warning",
}
_SIGNS = {
    Severity.OK: "●",
    Severity.LATE: "◑",
    Severity.CRITICAL: "○",
    Severity.UNKNOWN: "?",
}


def state_cell(judgement: Judgement) -> Part:
    """The state with a sign: shape, word and colour say the same."""
    return (f"{_SIGNS[judgement.severity]} {judgement.state}", ROLES[judgement.severity])


def cells(row: BoardRow, now: datetime, chosen: Set[str]) -> list[str | Part]:
    judgement, facts = row.judgement, row.facts
    role = ROLES[judgement.severity]
    takes = words.restore_takes(judgement, spread=False)
    never = judgement.state is State.NEVER
    return [
        ("■" if row.name in chosen else " ", "accent"),
        (row.name, "strong"),
        state_cell(judgement),
        (words.last_backup(judgement, now), role if never else ""),
        _proof_cell(judgement, now),
        (_would_lose(judgement), "" if judgement.state is State.SAFE else role),
        (takes, "" if judgement.restore_seconds is not None else "muted"),
        words.size(judgement, facts),
        (words.next_run(facts, now), "muted"),
        (sparkline(words.sizes(facts), words.BARS), "accent"),
        (facts.engine.value if facts.engine else "", "muted"),
        ("; ".join((*judgement.remarks, judgement.reason)), "muted" if role == "good" else role),
    ]


def _would_lose(judgement: Judgement) -> str:
    """In the largest unit: the column is narrow."""
    seconds = judgement.exposed_seconds
    return words.would_lose(judgement) if seconds is None else human_age(seconds)


def _proof_cell(judgement: Judgement, now: datetime) -> Part:
    told = words.proof(judgement)
    if told in ("damaged", "not readable"):
        return (told, "error" if told == "damaged" else "warning")
    newest = judgement.newest
    if newest is None:
        return ("", "")
    shape = proof_badge(int(newest.proof or 0))
    good = newest.proof is not None and newest.proof >= 2
    return (
        " ".join(filter(None, (shape, told, words.proof_age(judgement, now)))),
        "good" if good else "warning",
    )
