"""An answer in words: how many rows in what time, and one row in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.keys.spelling import key_of
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.text import human_count, plural
from kwtui.widgets.paint import fact, heading, paragraph
from kwtui.widgets.record_table import Record

if TYPE_CHECKING:
    from kwtui.server.console.session import Answer

MOST_ROWS = 100_000


def outcome_in_words(answer: Answer) -> str:
    """How much was read or done in what time."""
    names = answer.result.names
    count = answer.tag
    if names:
        rows = plural(len(answer.result.rows), "row")
        shown = f"the first {rows} ({key_of('sql.more')}: more)" if answer.limited else rows
        count = f"{shown}, {plural(len(names), 'column')}"
    return f"{count} in {answer.seconds:.3f} s"


def record_dialog(answer: Answer, record: Record) -> MessageDialog:
    """One row in full: its values one under the other."""
    number, values = record
    lines = []
    for name, value in zip(answer.result.names, values, strict=False):
        if value is None:
            lines.append(fact(name, "NULL", "muted"))
        elif "\n" in value or len(value) > 200:
            lines += [heading(name), *paragraph(value)]
        else:
            lines.append(fact(name, value))
    return MessageDialog(f"Row {number + 1}", lines)


def reason_against_more(answer: Answer | None) -> str:
    """Why no more rows of it can be read; empty when they can."""
    if answer is None or not answer.limited:
        return "Everything is shown."
    if not answer.may_be_repeated:
        return "This statement wrote something; it is not run twice."
    if answer.limit >= MOST_ROWS:
        saves = f"{key_of('sql.save')} saves all of them"
        return f"More than {human_count(MOST_ROWS)} rows are not shown; {saves}."
    return ""
