"""What is left of a stopped restore into a database that was there before. Pure."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.continuation.remaining_steps import (
    Rest,
    is_series,
    skipping,
    without_needless_links,
)
from kwtui.operations.restore.continuation.stopped_restore import (
    COUNT_ROWS,
    IMPORTS,
    Standing,
    StoppedRestore,
    table_of,
)


def rest_of_native_in_place(stopped: StoppedRestore) -> Rest:
    begun = [s for s in stopped.plan.steps if s.kind is StepKind.IMPORT_DATABASE]
    if any(step.id in stopped.begun for step in begun):
        raise KwtuiError(
            f"An IMPORT DATABASE into {stopped.target} was stopped and cannot go on.",
            cause="KWDB's own statement makes the whole database, or parts of it, at once.",
            hint=f"Drop the database {stopped.target} if this run made it, and restore again.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    return Rest(stopped.plan.steps, "")


def rest_in_place(stopped: StoppedRestore, standing: Standing) -> Rest:
    """Rows that were added to existing tables: each import took effect as a whole, or not at all.

    Time-series rows that are added again take the place of the first ones.
    """
    if COUNT_ROWS not in stopped.done:
        _check_nothing_was_added(stopped)
        return Rest(stopped.plan.steps, stopped.target)
    if standing.importing:
        raise KwtuiError(
            f"The server is still importing into {stopped.target} for run {stopped.run}.",
            cause=standing.importing,
            hint="Wait until it has finished (kwtui jobs), then continue.",
            exit_code=ExitCode.RUN_IN_PROGRESS,
        )
    kept = tuple(s for s in stopped.imports if not _goes_in_again(stopped, standing, s))
    kept_ids = {step.id for step in kept}
    goes_in = [s for s in stopped.plan.steps if s.id not in kept_ids and s.id != COUNT_ROWS]
    if not any(s.kind in IMPORTS for s in goes_in):
        goes_in = [s for s in goes_in if s.id != "drop-defaults"]
    steps = tuple(without_needless_links(goes_in))
    return Rest(
        steps=tuple(skipping(stopped, standing, steps)),
        database=stopped.target,
        kept=kept,
        done=frozenset({COUNT_ROWS, *kept_ids}),
    )


def _check_nothing_was_added(stopped: StoppedRestore) -> None:
    """An older kwtui counted a table only right before it filled it, and wrote it nowhere."""
    if any(step.id in stopped.begun for step in stopped.imports):
        raise KwtuiError(
            f"How many rows the tables of {stopped.target} held before was not recorded.",
            cause="Continuing could duplicate rows.",
            hint="Look at its tables, and restore the rows of those that lack them: --strategy "
            "data-only --tables.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )


def _goes_in_again(stopped: StoppedRestore, standing: Standing, step: Step) -> bool:
    """Raises REFUSED_BY_PLAN where neither all of its rows are there nor none of them."""
    if step.id not in stopped.begun:
        return True
    name = table_of(step)
    before, now = stopped.rows_before.get(str(name), 0), standing.rows.get(name)
    expected = stopped.rows.get(step.id) if step.id in stopped.done else step.params["rows"]
    if expected is not None and now == before + expected:
        return False
    if now == before or (is_series(stopped) and standing.replaces_rows):
        return True
    if now is None:
        raise KwtuiError(
            f"{name} cannot be read now; it held {before} rows before rows were added.",
            cause="It was dropped, or the server still undoes an import into it.",
            hint="Look at the table and at kwtui jobs, then continue.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    raise KwtuiError(
        f"{name} holds {now} rows; it held {before} before "
        f"rows were added, and {'an unknown number of' if expected is None else expected} were.",
        cause="Continuing could duplicate rows or leave some out.",
        hint="Look at the table, remove what the stopped run put into it, and restore its rows "
        "again: --strategy data-only --tables.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )
