"""A run as a page, while it goes on and after its end. Pure: from plan and state to lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from kwtui.keys.interface_words import in_interface
from kwtui.operations.plan import Plan
from kwtui.runs.events import RunStatus
from kwtui.runs.progress import Earlier
from kwtui.runs.state import Notice, RunState, StepStatus
from kwtui.screens.plan.page import command_lines
from kwtui.screens.runs.progress_lines import finished_steps, progress_lines
from kwtui.screens.runs.result_page import left_out_lines, result_lines
from kwtui.text import human_duration
from kwtui.widgets.paint import BLANK, Line, fact, heading, line, paragraph

SHOWN_NOTICES = 8
_STATUS_WORDS = {
    RunStatus.RUNNING: ("running", "accent"),
    RunStatus.SUCCEEDED: ("succeeded", "good"),
    RunStatus.FAILED: ("FAILED", "error"),
    RunStatus.CANCELLED: ("cancelled", "warning"),
    RunStatus.LOST: ("LOST", "error"),
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
    height: int = 18,
    earlier: Earlier | None = None,
) -> list[Line]:
    """The page of a run; ``gone``: the set that it was about is not there any more.

    ``width`` and ``height`` are the cells and lines that there is room for; ``earlier`` tells how
    long the phases of a run of the same kind took.
    """
    word, role = status_words(state.status)
    if state.status is RunStatus.RUNNING and state.cancel_requested:
        word, role = "being cancelled", "warning"
    took = human_duration(state.elapsed_seconds(now))
    lines = [line((plan.title, "strong"), (f"  {word} {took}", role))]
    if state.status is RunStatus.RUNNING:
        said = _notices(state.notices)
        room = height - len(lines) - len(said)
        return [*lines, *progress_lines(state, now, width, room, earlier), *said]
    lines += [*_ending(plan, state, gone, width), *_notices(state.notices)]
    return [*lines, BLANK, *command_lines(command)]


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


def _ending(plan: Plan, state: RunState, gone: bool, width: int) -> list[Line]:
    role = "good" if state.status is RunStatus.SUCCEEDED else "error"
    lines: list[Line] = []
    if state.summary:
        lines += paragraph(in_interface(state.summary), role)
    if state.cause:
        lines += [fact("Why", in_interface(state.cause))]
    if state.hint:
        lines += [fact("What to do", in_interface(state.hint))]
    lines += _failures(state)
    if state.result:
        lines += result_lines(plan, state.result, gone=gone)
    else:
        lines += left_out_lines(plan)
    return [*lines, BLANK, heading("Steps"), *finished_steps(state, width)]


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
