"""A policy as a row of the list, and as the page and the note that tell all of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from kwtui.keys.spelling import spelled
from kwtui.text import human_duration, sentences
from kwtui.unattended.history import PolicyEvent
from kwtui.unattended.summary import PolicySummary
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line, paragraph
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Policy", 14, grow=True),
    Column("Databases", 14, grow=True, drop=2),
    Column("Next run", 17),
    Column("Last run", 17, drop=3),
    Column("Result", 9),
)
_EVENTS = 20
"""Of the history that a page shows."""


def policy_cells(policy: PolicySummary) -> list[str | Part]:
    return [
        (policy.name, "strong"),
        ", ".join(policy.databases),
        moment(policy.next) if policy.next else "",
        moment(policy.last.at) if policy.last else "never",
        _result(policy),
    ]


def told(policy: PolicySummary) -> dict[str, str]:
    """What a filter looks into, by column."""
    return {
        "policy": policy.name,
        "databases": ", ".join(policy.databases),
        "next": moment(policy.next) if policy.next else "",
        "last": moment(policy.last.at) if policy.last else "never",
        "result": _result(policy)[0],
    }


def _result(policy: PolicySummary) -> Part:
    if policy.problem:
        return ("INVALID", "error")
    if policy.works:
        return ("at work", "accent")
    if policy.last is None:
        return ("", "muted")
    return ("ok", "good") if policy.last.ok else ("FAILED", "error")


def what_policies_are() -> list[Line]:
    """Beside a list that has none yet."""
    words = (
        "A policy says which databases are backed up, when, how each backup is proven,"
        " how long it is kept, and who is notified of failures."
        " A timer of this host runs it."
    )
    advice = spelled("{board.guide} in 0 Board finds one from your RPO and RTO and from the disk.")
    return [*paragraph(words), *paragraph(advice, "muted")]


def policy_note(policy: PolicySummary | None, now: datetime) -> list[Line]:
    """What the list has no room for."""
    if policy is None:
        return []
    if policy.problem:
        return paragraph(policy.problem, "error")
    lines = []
    if policy.next is not None:
        left = human_duration(max((policy.next - now).total_seconds(), 0))
        lines.append(fact("Next run", f"in {left}, {moment(policy.next)}"))
    elif policy.next_problem:
        lines.append(fact("Next run", f"not known: {policy.next_problem}", "warning"))
    else:
        lines.append(fact("Next run", "none: it has no schedule"))
    lines.append(_timer(policy))
    if policy.last is not None:
        role = "" if policy.last.ok else "error"
        lines.append(fact("Last run", policy.last.words, role))
    return lines


def _timer(policy: PolicySummary) -> Line:
    timer = policy.timer
    if timer is None or not timer.kind:
        words = spelled("nothing starts it on this host: {policies.timer} changes that")
        return fact("Timer", words, "warning")
    words = f"{timer.kind}. {timer.words}".rstrip(" .")
    if timer.running is False:
        return fact("Timer", f"{words}, not active", "warning")
    return fact("Timer", words, "warning" if timer.words else "")


def policy_page(text: str, history: Sequence[PolicyEvent]) -> list[Line]:
    """The history, the latest first, and the file."""
    lines = [heading("What it did")]
    for event in reversed(history[-_EVENTS:]):
        role = "" if event.ok else "warning"
        how = f"{moment(event.at)}  {event.event}"
        lines.append(line((how, role), f"  {event.words}", indent=4))
        for outcome in event.databases:
            mark = "" if outcome.ok else "error"
            lines.append(line((f"    {outcome.database}: ", mark), outcome.words, indent=6))
    if not history:
        lines.append(line(("It never ran.", "muted")))
    return [*lines, BLANK, heading("The file"), *file_lines(text)]


def file_lines(text: str) -> list[Line]:
    return [line((each, "muted" if each.startswith("#") else "")) for each in text.splitlines()]


def check_page(warnings: Iterable[str], databases: str) -> list[Line]:
    """What is unwise in it, and what it would do now."""
    lines = [line(("The file can be used.", "good"))]
    for words in warnings:
        lines += paragraph(words, "warning")
    return [*lines, BLANK, heading("Databases"), *paragraph(databases)]


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z"


def run_question(databases: Sequence[str], problems: Sequence[str]) -> str:
    names = ", ".join(databases) or "nothing"
    return sentences(
        f"It backs up: {names}.",
        *(f"{words}." for words in problems),
        "Then it does what is due: drills, checks, what retention lets go. It works in a process"
        " of its own; its runs are in 6 Runs.",
    )
