"""A status as text: the same as the board shows."""

from __future__ import annotations

from collections.abc import Iterator

from kwtui.commands.shared.output import fitted_table
from kwtui.protection import words
from kwtui.protection.report import StatusReport
from kwtui.text import human_duration

_HEADING = (
    "DATABASE",
    "ENGINE",
    "STATE",
    "LAST BACKUP",
    "PROOF",
    "WOULD LOSE",
    "RESTORE TAKES",
    "NEXT RUN",
    "SIZE",
)
_LEAVE_FIRST = ("ENGINE", "NEXT RUN", "SIZE", "RESTORE TAKES")
"""Columns that leave where a terminal is too narrow for all."""


def status_lines(report: StatusReport, width: int | None = None) -> Iterator[str]:
    """The verdict, a line a database, then extern, the node, what runs and what went wrong.

    ``width`` is that of a terminal; None: as wide as it takes.
    """
    yield report.verdict
    if report.judgements:
        yield ""
        yield from _table(report, width)
    yield ""
    yield f"Extern: {words.extern_words(report)}."
    if report.extern is not None:
        yield f"        {report.extern}"
    if report.leftovers:
        yield f"        {words.leftover_words(report)}: see kwtui cleanup"
    if report.node is not None:
        yield f"Node:   {words.node_words(report.node)}."
        for alarm in report.node.alarms:
            yield f"        ! {alarm}"
    for run in report.running:
        share = "" if run.share is None else f", {run.share:.0%}"
        yield f"Now:    {run.title}{share}: {run.words or 'begins'} ({run.id})"
    if report.went_wrong is not None:
        failed = report.went_wrong
        ago = human_duration(max((report.taken_at - failed.began).total_seconds(), 0.0))
        yield f"Failed: {failed.title}, {ago} ago: {failed.summary or failed.status.value}"
        yield f"        See why: kwtui runs show {failed.id}"


def _table(report: StatusReport, width: int | None) -> list[str]:
    rows = [_HEADING, *_rows(report)]
    # A column that says nothing of any database is left out.
    shown = [i for i in range(len(_HEADING)) if any(row[i] for row in rows[1:])]
    right = frozenset(at for at, i in enumerate(shown) if _HEADING[i] == "SIZE")
    told = [tuple(row[i] for i in shown) for row in rows]
    return fitted_table(told, width, right=right, leave_first=_LEAVE_FIRST)


def _rows(report: StatusReport) -> Iterator[tuple[str, ...]]:
    now = report.taken_at
    for judgement, facts in zip(report.judgements, report.facts, strict=True):
        last = words.last_backup(judgement, now)
        age = words.proof_age(judgement, now)
        yield (
            judgement.name,
            facts.engine.value if facts.engine else "",
            judgement.state.value,
            last if last in ("never", "now") else f"{last} ago",
            " ".join(filter(None, (words.proof(judgement), f"({age})" if age else ""))),
            ", ".join(
                filter(None, (words.would_lose(judgement), words.rows_since(judgement, facts)))
            ),
            words.restore_takes(judgement),
            words.next_run(facts, now),
            words.size(judgement, facts),
        )
