"""The check list of the doctor, as rows and lines. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from kwtui.doctor import Check, CheckState
from kwtui.keys.interface_words import in_interface
from kwtui.text import plural
from kwtui.widgets.paint import BLANK, Line, Part, heading, line, paragraph
from kwtui.widgets.virtual_list import Column

COLUMNS = (Column("", 9), Column("Check", 22), Column("What was found", 30, grow=True))

_MARKS = {
    CheckState.OK: ("✓ ok", "good"),
    CheckState.WARNING: ("! warning", "warning"),
    CheckState.FAILED: ("✗ FAILED", "error"),
    CheckState.UNKNOWN: ("? unknown", "muted"),
}


def check_cells(check: Check) -> list[str | Part]:
    return [_MARKS[check.state], (check.title, "strong"), check.detail]


def told(check: Check) -> dict[str, str]:
    """What a filter looks into."""
    found = " ".join((check.detail, *check.more))
    return {"check": check.title, "state": check.state.value, "found": found, "do": check.hint}


def check_lines(check: Check | None) -> list[Line]:
    """The lines under the list: what was found in full, and what to do."""
    if check is None:
        return []
    lines = [line(_MARKS[check.state], "  ", (check.title, "strong"))]
    lines += paragraph(check.detail) if check.detail else []
    return lines + ([line(f"→ {in_interface(check.hint)}", indent=2)] if check.hint else [])


def check_page(check: Check) -> list[Line]:
    """Everything that the check found."""
    lines = check_lines(check)
    if check.more:
        lines += [BLANK, heading("In detail")]
        lines += [line(("· ", "muted"), each, indent=2) for each in check.more]
    return lines


def summary_words(checks: Sequence[Check]) -> str:
    """How many of which kind."""
    if not checks:
        return "Looking at server, files and this machine…"
    count = Counter(check.state for check in checks)
    bad = [s for s in (CheckState.FAILED, CheckState.WARNING, CheckState.UNKNOWN) if count[s]]
    said = ", ".join(f"{count[state]} {state.value}" for state in bad)
    return f"{plural(len(checks), 'check')}: {said or 'all is well'}"


def merged(checks: Sequence[Check], anew: Sequence[Check]) -> list[Check]:
    """The list with what was looked at again; what is new comes last."""
    by_id = {check.id: check for check in anew}
    kept = [by_id.pop(check.id, check) for check in checks]
    return [*kept, *by_id.values()]
