"""How far a run is that works: bars as wide as the terminal, figures, its tables. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from rich.cells import cell_len

from kwtui.operations.plan import REMOVALS, StepKind
from kwtui.runs.pace import Course
from kwtui.runs.progress import SILENT_SECONDS, Earlier, Left, left_of
from kwtui.runs.state import TABLE_KINDS, RunState, StepState, StepStatus, sum_known
from kwtui.text import human_bytes, human_count, human_duration, plural
from kwtui.widgets.paint import BLANK, Line, Part, fit, line

_LABEL_CELLS = 9
_SPARKS = "▁▂▃▄▅▆▇█"
FEWEST_STEPS = 6
"""Lines of steps that are shown however low the terminal is."""
_MOST_NAME_CELLS = 40
_AMOUNT_CELLS = 44
"""Of the bytes and their rate, so that the drawing behind them stays where it is."""
_LEAST_BAR_CELLS = 10
_TOLD_CELLS = 30
_FIGURES_CELLS = _TOLD_CELLS + 10
"""Beside the bar of a table and its name: its mark, share, rows, bytes and time."""

_STEP_MARKS = {
    StepStatus.WAITING: ("·", "muted"),
    StepStatus.RUNNING: ("▸", "accent"),
    StepStatus.DONE: ("✓", "good"),
    StepStatus.FAILED: ("✗", "error"),
    StepStatus.STOPPED: ("■", "warning"),
}


def progress_lines(
    state: RunState, now: datetime, width: int, height: int, earlier: Earlier | None = None
) -> list[Line]:
    """The whole, what is at work, and as many steps as there is room for in ``height`` lines."""
    lines = [_whole(state, width), *_now(state, now), *_amounts(state, now, width)]
    if state.kind not in REMOVALS:
        lines.append(_left(left_of(state, now, earlier), state))
    lines.append(BLANK)
    room = max(FEWEST_STEPS, height - len(lines))
    return [*lines, *_around_the_present(state, now, width, room)]


def bar(share: float, cells: int, role: str = "good") -> list[Part]:
    """A share from 0 to 1 as so many cells; only a whole one is filled to the end."""
    filled = cells if share >= 1.0 else min(cells - 1, int(share * cells))
    return [("█" * filled, role), ("░" * (cells - filled), "muted")]


def sparkline(course: Course, cells: int) -> str:
    """The throughput since the run began, the present at the right; empty where nothing moved."""
    spans = course.moved[-cells:]
    most = max(spans, default=0)
    if len(spans) < 2 or not most:
        return ""
    return "".join(_SPARKS[min(7, span * 8 // (most + 1))] for span in spans)


def _whole(state: RunState, width: int) -> Line:
    tables = (
        f"{state.tables_done} of {plural(state.tables_total, 'table')}"
        if state.tables_total
        else f"step {min(state.steps_done + 1, len(state.steps))} of {len(state.steps)}"
    )
    if state.share is None:
        return line(tables)
    words = f" {int(state.share * 100):3}%  {tables}"
    cells = max(_LEAST_BAR_CELLS, width - cell_len(words) - 1)
    return line(*bar(state.share, cells), words)


def _told(label: str, *parts: str | Part) -> Line:
    return line((fit(label, _LABEL_CELLS) + " ", "muted"), *parts, indent=_LABEL_CELLS + 1)


def _now(state: RunState, now: datetime) -> list[Line]:
    """What goes on now, and whether the run has been heard of lately."""
    words = state.now_in_words
    lines = [_told("Now", (words, "strong"))] if words else []
    silent = (now - state.updated_at).total_seconds() if state.updated_at else 0.0
    if silent >= SILENT_SECONDS:
        lines.append(
            _told("", (f"Nothing was heard of it for {human_duration(silent)}.", "warning"))
        )
    return lines


def _amounts(state: RunState, now: datetime, width: int) -> list[Line]:
    """Rows, bytes and pace of the phase at work; of a removal what it removed."""
    if state.kind in REMOVALS:
        gone = (step for step in state.steps if step.kind is not StepKind.CHECK_FILES)
        return [_told("Removed", human_bytes(sum(step.bytes or 0 for step in gone)))]
    work = state.work_steps
    heard = state.updated_at is None or (now - state.updated_at).total_seconds() < SILENT_SECONDS
    rows = _amount(
        human_count,
        [step.rows if step.rows is None else step.rows_so_far for step in work],
        sum_known(step.rows_total for step in work),
        state.rows_per_second if heard else None,
        "about " if any(step.estimated for step in work) else "",
    )
    size = _amount(
        human_bytes,
        [step.bytes for step in work],
        sum_known(step.bytes_total for step in work),
        state.bytes_per_second if heard else None,
    )
    drawn = sparkline(state.course, max(8, width - _AMOUNT_CELLS - _LABEL_CELLS - 4))
    spark: list[Part] = [(f"  {drawn}", "accent")] if drawn else []
    return [
        _told("Rows", rows),
        _told("Bytes", fit(size, _AMOUNT_CELLS) if drawn else size, *spark),
    ]


def _amount(
    words: Callable[[int | None], str],
    parts: Sequence[int | None],
    total: int | None,
    rate: float | None,
    about: str = "",
) -> str:
    """What there is of it so far, of how much, and how much a second."""
    known = [each for each in parts if each is not None]
    if not known and not total:
        return "not known"
    told = about + words(sum(known))
    if total:
        told += f" of about {words(total)}"
    return f"{told}, {words(round(rate))}/s" if rate is not None else told


def _left(left: Left, state: RunState) -> Line:
    """Time left, the time of day at which it ends, and what both come from."""
    basis = (f" ({left.basis})", "muted")
    if left.seconds is None or left.ends_at is None:
        return _told("Time left", "not known", basis)
    words, until = f"about {_whole_seconds(left.seconds)}", f"{left.ends_at:%H:%M:%S} UTC"
    if left.whole:
        return _told("Time left", (words, "strong"), ", ends about ", (until, "strong"), basis)
    phase = state.phase.partition(":")[0]
    return _told(
        "Time left",
        (words, "strong"),
        f" of {phase}, up to ",
        (until, "strong"),
        f"; then {left.then}, not known how long",
        basis,
    )


def _whole_seconds(seconds: float) -> str:
    """Nobody knows tenths of what is left."""
    return f"{round(seconds)} s" if seconds < 10 else human_duration(seconds)


# -- the steps ------------------------------------------------------------------------------------


def _around_the_present(state: RunState, now: datetime, width: int, room: int) -> list[Line]:
    """All steps if there is room, else those around the present ones, so that they are in sight."""
    steps = state.steps
    names = _name_cells(steps, width)
    if len(steps) <= room:
        return [step_line(step, names, width, now) for step in steps]
    active = [i for i, step in enumerate(steps) if step.status is StepStatus.RUNNING]
    present = min(active) if active else state.steps_done
    shown = max(1, room - 2)
    first = max(0, min(present - 2, len(steps) - shown))
    last = min(len(steps), first + shown)
    lines = [line((f"✓ {plural(first, 'step')} before", "muted"))] if first else []
    lines += [step_line(step, names, width, now) for step in steps[first:last]]
    if last < len(steps):
        lines.append(line((f"· {plural(len(steps) - last, 'more step')}", "muted")))
    return lines


def _name_cells(steps: Sequence[StepState], width: int) -> int:
    """As many as the longest name of a table needs, and a bar leaves."""
    longest = max((cell_len(_name(s)) for s in steps if s.kind in TABLE_KINDS), default=0)
    return max(12, min(longest, _MOST_NAME_CELLS, width - _FIGURES_CELLS - _LEAST_BAR_CELLS))


def _name(step: StepState) -> str:
    return step.subject or step.title


def step_line(step: StepState, names: int, width: int, now: datetime) -> Line:
    """A table with its bar, or another step with its title."""
    mark, role = _STEP_MARKS[step.status]
    strong = "strong" if step.status is StepStatus.RUNNING else ""
    told = ", ".join(_figures(step, now))
    cells = width - names - _FIGURES_CELLS - 1
    if step.kind not in TABLE_KINDS or cells < _LEAST_BAR_CELLS:
        room = max(20, width - cell_len(told) - 4)
        title = fit(step.title, min(room, cell_len(step.title)))
        return line((f"{mark} ", role), (title, strong), (f"  {told}" if told else "", "muted"))
    share = _table_share(step)
    percent = f"{int(share * 100):3}%" if step.status is StepStatus.RUNNING and share else " " * 4
    drawn = bar(share, cells, "good" if step.status is StepStatus.DONE else "accent")
    if step.status is StepStatus.WAITING:
        drawn = [("░" * cells, "muted")]
    # What changes most stands left: of a row that changes, what is left of it is written too.
    return line(
        (f"{mark} ", role),
        (fit(_name(step), names), strong),
        (f" {percent} {fit(told, _TOLD_CELLS)}  ", "muted"),
        *drawn,
        indent=4,
    )


def _table_share(step: StepState) -> float:
    if step.status is StepStatus.DONE:
        return 1.0
    if step.bytes is not None and step.bytes_total:
        return min(0.99, step.bytes / step.bytes_total)
    if step.rows is not None and step.rows_total:
        return min(0.99, step.rows / step.rows_total)
    return 0.0


def _figures(step: StepState, now: datetime | None) -> list[str]:
    """Rows, bytes and time of one step, as far as they are known; else what it said of itself."""
    told = []
    running = step.status is StepStatus.RUNNING
    if step.rows is not None:
        about = "about " if step.estimated else ""
        if running and step.rows_total:
            told.append(f"{about}{human_count(step.rows)} of {plural(step.rows_total, 'row')}")
        else:
            told.append(about + plural(step.rows, "row"))
    elif step.status is StepStatus.WAITING and step.rows_total is not None:
        told.append(plural(step.rows_total, "row"))
    if step.bytes is not None:
        told.append(human_bytes(step.bytes))
    if step.status is StepStatus.DONE:
        told.append(human_duration(step.seconds))
    elif running and now is not None and step.started_at is not None and not told:
        told.append(human_duration(max(0.0, (now - step.started_at).total_seconds())))
    return told


def finished_steps(state: RunState, width: int) -> list[Line]:
    """Every step of a run that has ended; a title is whole, and goes on below where it must."""
    figures = [", ".join(_figures(step, None)) for step in state.steps]
    longest = max((cell_len(step.title) for step in state.steps), default=0)
    room = width - max(map(cell_len, figures), default=0) - 5
    names = max(20, min(longest, room))
    lines = []
    for step, told in zip(state.steps, figures, strict=True):
        mark, role = _STEP_MARKS[step.status]
        said = told or step.summary
        title = fit(step.title, max(names, cell_len(step.title))) if said else step.title
        lines.append(line((f"{mark} ", role), title, (f"  {said}", "muted"), indent=4))
    return lines
