"""Above and below the board's list: the verdict, disk, node, runs, and one database. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import key_of, spelled
from kwtui.protection import words
from kwtui.protection.facts import DatabaseFacts
from kwtui.protection.judging import State, worst
from kwtui.protection.report import NodeState, RunAtWork, StatusReport
from kwtui.screens.board.rows import ROLES, BoardRow
from kwtui.screens.runs.result_page import proof_badge
from kwtui.text import human_ago, human_bytes, human_count, human_duration, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line

_LABEL = 8
FULL_SOON = timedelta(days=30)
"""A disk that is full sooner is worth a warning."""


def verdict_line(report: StatusReport) -> Line:
    """The first line of all, in the colour of the worst; never green while something that decides
    is not known."""
    role = ROLES[worst(report.judgements)]
    return line((report.verdict, "warning" if role == "good" and report.unknown else role))


def around_lines(report: StatusReport, node: NodeState | None) -> list[Line]:
    """What runs and what went wrong first: on a small terminal the rest is a scroll away."""
    lines = [_at_work(run) for run in report.running]
    if report.went_wrong is not None:
        failed = report.went_wrong
        ago = human_ago((report.taken_at - failed.began).total_seconds())
        told = f"{failed.title}, {ago}: {failed.summary or failed.status.value}"
        lines.append(_fact("Failed", in_interface(told), "error"))
    lines += _disk(report)
    lines += _node(node)
    lines += [_fact("Unknown", in_interface(text), "warning") for text in report.unknown]
    return lines


def _fact(label: str, text: str, role: str = "") -> Line:
    return fact(label, text, role, width=_LABEL)


def _at_work(run: RunAtWork) -> Line:
    share = "" if run.share is None else f" {run.share:.0%}"
    return _fact("Now", f"{run.title}{share}: {run.words or 'begins'}", "accent")


def _disk(report: StatusReport) -> list[Line]:
    growth = report.growth
    soon = growth.full_at is not None and growth.full_at - report.taken_at < FULL_SOON
    role = "warning" if soon or report.extern is None else ""
    lines = [_fact("Disk", words.extern_words(report), role)]
    if report.leftovers:
        key = key_of("storage.leftovers")
        lines.append(_fact("", f"{words.leftover_words(report)}: {key} in 4 Storage", "warning"))
    return lines


def _node(node: NodeState | None) -> list[Line]:
    if node is None:
        return [_fact("Node", "reading the node's log…", "muted")]
    lines = [_fact("Node", words.node_words(node), "warning" if node.wal_level == 0 else "")]
    lines += [_fact("Alarm", in_interface(alarm), "error") for alarm in node.alarms]
    return [*lines, *(_fact("", in_interface(text), "muted") for text in node.unknown)]


# -- one database ---------------------------------------------------------------------------------


def brief_lines(row: BoardRow | None) -> list[Line]:
    """Why the database has its state, in one or two lines."""
    if row is None:
        return []
    judgement = row.judgement
    role = ROLES[judgement.severity]
    since = words.rows_since(judgement, row.facts)
    told = f"{judgement.reason}; {since}." if since else f"{judgement.reason}."
    doing = f" {spelled(_what_to_do(row))}"
    lines = [line((f"{row.name} ", "strong"), (told, role), (doing, "muted"), indent=2)]
    for remark in judgement.remarks:
        lines.append(line((f"{row.name} ", "strong"), (f"{remark}.", "error"), indent=2))
    return lines


_TO_DO = {
    State.NEVER: "{board.backup} backs it up.",
    State.LATE: "{board.backup} backs it up.",
    State.FAILING: "{board.log} shows the log at the failure; {board.backup} tries again.",
    State.DAMAGED: "{board.open} shows its backups; {board.backup} makes a new one.",
    State.SHRUNK: "{board.open} shows its backups, to compare this one with an earlier one.",
}


def _what_to_do(row: BoardRow) -> str:
    """The key that leads on; empty where all is well, or nothing here would help."""
    judgement = row.judgement
    if judgement.state is State.UNPROVEN:
        if judgement.proven is not None:
            return "{board.drill} drills it."
        return "{board.open} shows its backups, and {timeline.verify} there proves one."
    return _TO_DO.get(judgement.state, "")


def detail_lines(row: BoardRow | None, now: datetime, width: int) -> list[Line]:
    """All that is known of the database, and its last backups as bars."""
    if row is None:
        return []
    judgement, facts = row.judgement, row.facts
    lines = [*brief_lines(row), BLANK]
    lines.append(_fact("Promise", _promise_words(facts)))
    if facts.now is not None and facts.now.rows is not None:
        rows, size = plural(facts.now.rows, "row"), human_bytes(facts.now.bytes)
        lines.append(_fact("Now", f"{rows}, about {size} as CSV"))
    if judgement.proven is not None:
        lines.append(_fact("Proven", judgement.proven.path))
    if judgement.newest is not None and judgement.newest is not judgement.proven:
        lines.append(_fact("Newest", judgement.newest.path, "warning"))
    if judgement.newest is not None:
        lines.append(_fact("Restore", _restore_words(row, now)))
    if facts.next_run is not None:
        lines.append(_fact("Next", f"{facts.next_run:%Y-%m-%d %H:%M} UTC, policy {facts.policy}"))
    bars = bar_lines(row.entries, width)
    return [*lines, BLANK, heading("Last backups"), *bars] if bars else lines


def _promise_words(facts: DatabaseFacts) -> str:
    promise = facts.promise
    hours = human_duration(promise.max_age.total_seconds())
    words_ = f"a backup of P{int(promise.proof)} or more, at most {hours} old"
    if promise.drill_age is not None:
        words_ += f"; a drill within {human_duration(promise.drill_age.total_seconds())}"
    return words_


def _restore_words(row: BoardRow, now: datetime) -> str:
    facts = row.facts
    done = [run for run in (*facts.drills, *facts.restores) if run.succeeded]
    told = words.restore_takes(row.judgement)
    if not done:
        return told
    last = human_ago((now - max(run.began for run in done)).total_seconds())
    counted = f"{plural(len(facts.drills), 'drill')}, {plural(len(facts.restores), 'restore')}"
    return f"{told}; {counted}, the last {last}"


_SHOWN_BARS = 30
_LEAST_BAR = 4


def bar_lines(entries: tuple[BackupEntry, ...], width: int, *, rows: bool = False) -> list[Line]:
    """A line a backup, newest first: when, how large (or how many rows), its proof."""
    shown = [e for e in entries if e.kind is EntryKind.SET and e.started][:_SHOWN_BARS]
    values = [(e.rows if rows else e.bytes) or 0 for e in shown]
    most = max(values, default=0)
    room = max(_LEAST_BAR, width - 44)
    return [
        line(
            (f"{entry.started:%m-%d %H:%M} ", "muted"),
            (f"{value_words(entry, rows=rows):>12} ", ""),
            (bar(value, most, room), "accent"),
            " ",
            proof_part(entry),
        )
        for entry, value in zip(shown, values, strict=True)
    ]


def value_words(entry: BackupEntry, *, rows: bool) -> str:
    value = entry.rows if rows else entry.bytes
    if value is None:
        return "?"
    return human_count(value) if rows else human_bytes(value)


def bar(value: float, most: float, room: int) -> str:
    """At least a sliver where there is anything."""
    if value <= 0 or most <= 0:
        return ""
    return "▇" * max(1, round(value / most * room))


def proof_part(entry: BackupEntry) -> Part:
    """The proof as a badge: shape, level and colour say the same."""
    if entry.problem:
        return ("✗ damaged", "error")
    if entry.closed:
        return ("? not readable", "warning")
    if entry.proof is None:
        return ("○ none", "warning")
    level = int(entry.proof)
    part = " part" if entry.only else ""
    words = f"{proof_badge(level)} P{level}{part}"
    return (words, "good" if level >= 2 and not part else "warning")
