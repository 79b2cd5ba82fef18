"""A run as a page, while it goes on and after its end. Pure: from plan and state to lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.cells import cell_len

from kwtui.keys.interface_words import in_interface
from kwtui.operations.plan import REMOVALS, Plan, PlanKind, StepKind
from kwtui.runs.events import RunStatus
from kwtui.runs.state import Notice, RunState, StepState, StepStatus
from kwtui.screens.plan.page import command_lines
from kwtui.screens.runs.result_page import result_lines
from kwtui.text import human_bytes, human_count, human_duration, plural
from kwtui.widgets.paint import BLANK, Line, fact, fit, heading, line, paragraph

BAR_CELLS = 30
SHOWN_NOTICES = 8
SILENT_SECONDS = 5.0
"""A run that works writes about every second."""

_STATUS_WORDS = {
    RunStatus.RUNNING: ("running", "accent"),
    RunStatus.SUCCEEDED: ("succeeded", "good"),
    RunStatus.FAILED: ("FAILED", "error"),
    RunStatus.CANCELLED: ("cancelled", "warning"),
    RunStatus.LOST: ("LOST", "error"),
}

_TOLD_CELLS = 42
"""Beside the name of a step: its mark, and its rows, bytes and time."""

_STEP_MARKS = {
    StepStatus.WAITING: ("·", "muted"),
    StepStatus.RUNNING: ("▸", "accent"),
    StepStatus.DONE: ("✓", "good"),
    StepStatus.FAILED: ("✗", "error"),
    StepStatus.STOPPED: ("■", "warning"),
}


def status_words(status: RunStatus) -> tuple[str, str]:
    """A status and its role."""
    return _STATUS_WORDS[status]


def run_lines(
    plan: Plan,
    state: RunState,
    command: str,
    now: datetime,
    *,
    gone: bool = False,
    width: int = 80,
) -> list[Line]:
    """The page of a run; ``gone``: the set that it was about is not there any more. ``width``: the
    cells of a line, which tell how much of a step's name there is room for."""
    word, role = status_words(state.status)
    if state.status is RunStatus.RUNNING and state.cancel_requested:
        word, role = "being cancelled", "warning"
    took = human_duration(state.elapsed_seconds(now))
    lines = [line((plan.title, "strong"), "  ", (word, role), (f"  {took}", "muted"))]
    if state.status is RunStatus.RUNNING:
        return [
            *lines,
            *_phase(state, now),
            *_progress(state),
            BLANK,
            *_steps(state, False, width),
            *_notices(state.notices),
        ]
    lines += [*_ending(plan, state, gone, width), *_notices(state.notices)]
    return [*lines, BLANK, *command_lines(command)]


def _phase(state: RunState, now: datetime) -> list[Line]:
    """What goes on now, and whether the run has been heard of lately."""
    words = state.now_in_words
    lines = [line(("Now ", "muted"), words, indent=10)] if words else []
    silent = (now - state.updated_at).total_seconds() if state.updated_at else 0.0
    if silent >= SILENT_SECONDS:
        lines.append(line((f"Nothing was heard of it for {human_duration(silent)}.", "warning")))
    return lines


def _progress(state: RunState) -> list[Line]:
    done, total = _fraction_of(state)
    tables = (
        f"{state.tables_done} of {plural(state.tables_total, 'table')}"
        if state.tables_total
        else f"step {min(state.steps_done + 1, len(state.steps))} of {len(state.steps)}"
    )
    lines = []
    if total:
        # Totals are estimates: what still works is never all done.
        share = min(1.0 if state.status is not RunStatus.RUNNING else 0.99, done / total)
        filled = int(share * BAR_CELLS)
        lines.append(
            line(
                ("█" * filled, "good"),
                ("░" * (BAR_CELLS - filled), "muted"),
                f" {share:4.0%}  {tables}",
            )
        )
    else:
        lines.append(line(tables))
    if state.kind in REMOVALS:
        gone = (step for step in state.steps if step.kind is not StepKind.CHECK_FILES)
        removed = sum(step.bytes or 0 for step in gone)
        return [*lines, line(f"{human_bytes(removed)} removed")]
    about = "about " if state.estimated else ""
    amounts = about + plural(state.rows, "row")
    if state.rows_total:
        amounts += f" of about {human_count(state.rows_total)}"
    amounts += f", {human_bytes(state.bytes)}"
    if state.bytes_total:
        amounts += f" of about {human_bytes(state.bytes_total)}"
    rate = state.bytes_per_second
    if rate is not None:
        amounts += f", {human_bytes(round(rate))}/s"
    lines.append(line(amounts))
    left = state.time_left
    words = "not known" if left.seconds is None else f"about {human_duration(left.seconds)}"
    if left.seconds is not None and left.seconds < 1:
        words = "the data is there, the last steps follow"
    lines.append(line(("Time left ", "muted"), words, (f" ({left.basis})", "muted"), indent=10))
    return lines


def _fraction_of(state: RunState) -> tuple[int, int | None]:
    if state.bytes_total:
        return state.bytes, state.bytes_total
    if state.rows_total:
        return state.rows, state.rows_total
    return state.steps_done, len(state.steps) or None


def _steps(state: RunState, everything: bool, width: int) -> list[Line]:
    """The steps; while running only those around the present ones, so that they are in sight."""
    steps = state.steps
    longest = max((cell_len(step.title) for step in steps), default=0)
    room = max(38, min(longest, width - _TOLD_CELLS))
    if everything or len(steps) <= 12:
        return [_step(step, room) for step in steps]
    active = [i for i, step in enumerate(steps) if step.status is StepStatus.RUNNING]
    first = max(0, (min(active) if active else state.steps_done) - 2)
    last = min(len(steps), max((max(active) + 1 if active else first), first) + 7)
    lines = []
    if first:
        lines.append(line((f"✓ {plural(first, 'step')} before", "muted")))
    lines += [_step(step, room) for step in steps[first:last]]
    if last < len(steps):
        lines.append(line((f"· {plural(len(steps) - last, 'more step')}", "muted")))
    return lines


def _step(step: StepState, room: int) -> Line:
    mark, role = _STEP_MARKS[step.status]
    told = []
    if step.rows is not None:
        about = "about " if step.estimated else ""
        unknown = step.rows_total is None or step.status is StepStatus.DONE
        of = "" if unknown else f" of {plural(step.rows_total or 0, 'row')}"
        told.append(about + (human_count(step.rows) + of if of else plural(step.rows, "row")))
    if step.bytes is not None:
        told.append(human_bytes(step.bytes))
    if step.status is StepStatus.DONE:
        told.append(human_duration(step.seconds))
    if not told and step.summary:
        told.append(step.summary)
    title = fit(step.title, room) if told else step.title
    strong = "strong" if step.status is StepStatus.RUNNING else ""
    return line((f"{mark} ", role), (title, strong), ("  " + ", ".join(told), "muted"), indent=4)


def _notices(notices: Sequence[Notice]) -> list[Line]:
    if not notices:
        return []
    lines = [BLANK, heading(f"What the server said ({len(notices)})")]
    if len(notices) > SHOWN_NOTICES:
        lines.append(line((f"the last {SHOWN_NOTICES}:", "muted")))
    for notice in notices[-SHOWN_NOTICES:]:
        role = "warning" if notice.severity.upper() not in ("NOTICE", "INFO", "LOG") else "muted"
        lines.append(line((f"{notice.severity} ", role), notice.message, indent=4))
    return lines


# -- the end --------------------------------------------------------------------------------------


_WITH_LEFT_OUT = frozenset({PlanKind.BACKUP, PlanKind.RESTORE})


def _ending(plan: Plan, state: RunState, gone: bool, width: int) -> list[Line]:
    role = "good" if state.status is RunStatus.SUCCEEDED else "error"
    lines: list[Line] = []
    if state.summary:
        lines += paragraph(in_interface(state.summary), role)
    if state.cause:
        lines += [fact("Why", in_interface(state.cause))]
    if state.hint:
        lines += [fact("What to do", in_interface(state.hint))]
    if state.result:
        lines += result_lines(plan, state.result, gone=gone)
    lines += _failures(state)
    if plan.not_included and plan.kind in _WITH_LEFT_OUT:
        lines += [BLANK, heading("Not in it")]
        lines += [
            line(("− ", "warning"), in_interface(words), indent=2) for words in plan.not_included
        ]
    return [*lines, BLANK, heading("Steps"), *_steps(state, True, width)]


def failure_text(state: RunState) -> str:
    """What went wrong, in the words of the run and of its steps; empty when nothing did."""
    if state.status not in (RunStatus.FAILED, RunStatus.LOST):
        return ""
    failed = [step for step in state.steps if step.status is StepStatus.FAILED]
    told = [words for step in failed for words in (step.summary, step.cause)]
    return "\n".join(dict.fromkeys(filter(None, (state.summary, state.cause, *told))))


def _failures(state: RunState) -> list[Line]:
    lines: list[Line] = []
    for step in state.steps:
        if step.status is StepStatus.FAILED:
            lines += [BLANK, line(("✗ ", "error"), (step.title, "strong"), indent=2)]
            lines += paragraph(in_interface(step.summary), indent=2) if step.summary else []
            lines += paragraph(in_interface(step.cause), indent=2) if step.cause else []
            lines += paragraph(f"→ {in_interface(step.hint)}", indent=2) if step.hint else []
    return lines
