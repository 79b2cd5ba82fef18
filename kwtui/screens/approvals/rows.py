"""A proposal as a row of the list and as the page that a person decides by. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kwtui.approval.proposals import Proposal
from kwtui.screens.plan.page import plan_lines
from kwtui.text import human_duration, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line, paragraph
from kwtui.widgets.sql_lines import sql_lines
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("What", 24, grow=True),
    Column("Database", 12, grow=True),
    Column("Asked for by", 14, grow=True, drop=1),
    Column("Server", 14, grow=True, drop=2),
    Column("State", 8),
    Column("Expires", 9),
)


@dataclass(frozen=True)
class Waiting:
    """A proposal, and whether a person approved it already."""

    proposal: Proposal
    approved: bool


def proposal_cells(row: Waiting) -> list[str | Part]:
    proposal = row.proposal
    return [
        (proposal.title, "strong"),
        proposal.database,
        proposal.asked_by,
        proposal.server,
        ("approved", "good") if row.approved else ("waits", "warning"),
        f"{proposal.expires_at:%H:%M:%S}",
    ]


def told(row: Waiting) -> dict[str, str]:
    """What a filter looks into."""
    proposal = row.proposal
    return {
        "database": proposal.database,
        "what": f"{proposal.title} {proposal.statement}",
        "asked": proposal.asked_by,
        "server": proposal.server,
        "state": "approved" if row.approved else "waits",
    }


def proposal_note(row: Waiting | None) -> list[Line]:
    """What the list has no room for."""
    if row is None:
        return []
    proposal = row.proposal
    what = "one statement" if proposal.plan is None else plural(len(proposal.plan.steps), "step")
    return [
        line((proposal.title, "strong"), f"  {what}", indent=2),
        line((_origin(proposal), "muted"), indent=2),
        *([line(("It runs when the agent asks for it.", "good"))] if row.approved else []),
    ]


def _origin(proposal: Proposal) -> str:
    server = proposal.server or "no server"
    return f"asked for by {proposal.asked_by}, on {server}; id {proposal.id}"


def word_of(proposal: Proposal) -> str:
    """What a person types to approve it."""
    return proposal.database or "yes"


def proposal_page(proposal: Proposal, command: str, now: datetime) -> list[Line]:
    """All of it: who asks, how long it counts, every statement, what it costs and what is lost."""
    left = (proposal.expires_at - now).total_seconds()
    counts = f"{proposal.expires_at:%H:%M:%S} UTC"
    counts += f", in {human_duration(left)}" if left > 0 else ": EXPIRED"
    lines = [
        # What an agent calls itself is a claim: the program says so.
        fact("Asked for by", f"{proposal.asked_by} (as it calls itself)"),
        fact("Server", proposal.server or "none"),
        fact("Made", f"{proposal.made_at:%Y-%m-%d %H:%M:%S} UTC"),
        fact("Expires", counts, "" if left > 0 else "error"),
        BLANK,
    ]
    if proposal.plan is not None:
        return [*lines, *plan_lines(proposal.plan, command)]
    return [*lines, *_statement_lines(proposal)]


def _statement_lines(proposal: Proposal) -> list[Line]:
    return [
        line((f"Run a statement in {proposal.database}", "strong")),
        BLANK,
        heading("What it costs, and what is lost"),
        *paragraph(
            "Unknown: the statement runs unchanged, and nothing that it changes or removes comes"
            f" back. Check that a proven backup of {proposal.database} exists.",
            "warning",
        ),
        BLANK,
        heading("The statement"),
        *sql_lines(proposal.statement, indent=2),
    ]
