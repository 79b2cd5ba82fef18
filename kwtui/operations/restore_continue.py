"""The plan that continues a stopped restore. Pure: from its journal and what stands on the server.

Nothing counts as done because a journal says so: tables are kept if they still hold the rows that
were put into them, everything is compared with the backup before the database gets its name, and
what is doubtful is undone and done again. Steps that change nothing when they are repeated
(defaults, validation, sequences, comments, grants) are repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model import Engine, Finding, RestoreStrategy, Severity, TableName
from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.operations.restore_steps import comparison_sql
from kwtui.operations.restore_stopped import (
    COUNT_ROWS,
    FINISH,
    IMPORTS,
    PUBLISH,
    Standing,
    StoppedRestore,
    has_its_name,
    table_of,
)
from kwtui.server import statements
from kwtui.text import plural

RESUME = "resume"

_MAKING = frozenset(
    {"create-database", "create-schemas", "create-sequences", "create-tables", "create-indexes"}
)
"""Steps that are quick, and begun anew as a whole if one of them was stopped."""

_ALWAYS = frozenset({"check-files", "stage", "unstage"})
"""The files may have changed since, and the links of before are gone or go."""

_SERVER_IMPORTS = frozenset({StepKind.IMPORT_TABLE, StepKind.IMPORT_DATABASE})
"""Steps that the server does as a job, and that read a staging folder."""

_DROPS_REPLACED = "drop-replaced"


@dataclass(frozen=True)
class _Rest:
    """What is left to be done."""

    steps: tuple[Step, ...]
    database: str
    """Where it goes on; empty: nothing stands yet."""
    kept: tuple[Step, ...] = ()
    """Imports whose rows are there."""
    emptied: tuple[TableName, ...] = ()
    """Half-filled tables."""
    drop: str = ""
    """A database of which nothing can be kept."""
    done: frozenset[str] = frozenset()
    """What the continuation takes as done; for the case that it is stopped too."""


def plan_continuation(
    stopped: StoppedRestore, standing: Standing, now: datetime, plan_id: str
) -> Plan:
    """The plan; it is a restore like the first one, with fewer steps.

    Raises KwtuiError: WRONG_CLUSTER, RUN_IN_PROGRESS while the server still imports into a table
    that was there before, REFUSED_BY_PLAN where going on could double or lose rows, NAME_TAKEN.
    """
    _check_cluster(stopped, standing)
    rest = _rest(stopped, standing)
    root = stopped.plan
    return replace(
        root,
        id=plan_id,
        title=f"{root.title}, continued",
        created_at=now,
        steps=(_resume_step(stopped, rest), *rest.steps),
        findings=(_told(stopped, rest), *(f for f in root.findings if f.severity is _WARNING)),
        estimated_rows=_sum_of(rest.steps, "rows"),
        estimated_bytes=_sum_of(rest.steps, "bytes"),
        request=root.request
        | {
            "continues": stopped.run,
            "origin": stopped.origin,
            "standing": rest.database,
            "done": sorted(rest.done),
            "begun": [] if rest.drop else sorted(stopped.begun),
            "rows": {key: n for key, n in stopped.rows.items() if key in rest.done},
            "rows_before": dict(stopped.rows_before),
        },
    )


_WARNING = Severity.WARNING


def _check_cluster(stopped: StoppedRestore, standing: Standing) -> None:
    if stopped.plan.cluster_id != standing.cluster_id:
        raise KwtuiError(
            f"Run {stopped.run} worked on another cluster.",
            cause=f"It names {stopped.plan.cluster_id}; {standing.cluster_id} answers here.",
            hint="Connect to the server that it worked on, or restore the backup here anew.",
            exit_code=ExitCode.WRONG_CLUSTER,
        )


def _rest(stopped: StoppedRestore, standing: Standing) -> _Rest:
    if stopped.strategy is RestoreStrategy.DATA_ONLY:
        return _rest_in_place(stopped, standing)
    if not stopped.makes_database:
        return _rest_of_native_in_place(stopped)
    if has_its_name(stopped, standing.databases):
        return _rest_after_its_name(stopped, standing)
    _check_name_is_free(stopped, standing)
    if stopped.scratch not in standing.databases:
        steps = tuple(_unless_dropped(stopped, standing))
        return _Rest(steps, "")
    return _rest_under_scratch_name(stopped, standing)


def _check_name_is_free(stopped: StoppedRestore, standing: Standing) -> None:
    """A database that may be replaced is dropped by a step that is still to come, or it is gone."""
    replaces = stopped.has(_DROPS_REPLACED) and _DROPS_REPLACED not in stopped.done
    if stopped.target in standing.databases and not replaces:
        raise KwtuiError(
            f"A database named {stopped.target} exists now; the restore did not make it.",
            hint="Rename or drop it, or restore the backup anew under another name (--as NAME). "
            f"What the stopped run left: kwtui cleanup --run {stopped.run}",
            exit_code=ExitCode.NAME_TAKEN,
        )


def _unless_dropped(stopped: StoppedRestore, standing: Standing) -> Iterator[Step]:
    """What was to be replaced is dropped once; whoever has its name now is somebody else."""
    gone = _DROPS_REPLACED in stopped.done or stopped.target not in standing.databases
    for step in stopped.plan.steps:
        if step.id != _DROPS_REPLACED or not gone:
            yield step


# -- under the scratch name -------------------------------------------------------------------


def _rest_under_scratch_name(stopped: StoppedRestore, standing: Standing) -> _Rest:
    kept = tuple(s for s in stopped.imports if _holds_its_rows(stopped, standing, s))
    if _must_begin_anew(stopped, standing, kept):
        steps = tuple(_unless_dropped(stopped, standing))
        return _Rest(steps, "", drop=stopped.scratch)
    kept_ids = {step.id for step in kept}
    again = [s for s in stopped.imports if s.id not in kept_ids]
    relational = [s for s in again if s.kind is StepKind.IMPORT_TABLE and not _is_series(stopped)]
    steps = _left_steps(stopped, standing, kept_ids)
    left = {step.id for step in steps}
    return _Rest(
        steps=tuple(_skipping(stopped, standing, steps)),
        database=stopped.scratch,
        kept=kept,
        emptied=tuple(table_of(s) for s in relational if s.id in stopped.begun),
        done=frozenset(s.id for s in stopped.plan.steps if s.id not in left),
    )


def _is_series(stopped: StoppedRestore) -> bool:
    return stopped.plan.request.get("engine") == Engine.TIME_SERIES.value


def _holds_its_rows(stopped: StoppedRestore, standing: Standing, step: Step) -> bool:
    """Whether a step that finished left rows that are still there, every one."""
    rows = standing.rows.get(table_of(step))
    return step.id in stopped.done and rows is not None and rows == stopped.rows.get(step.id)


def _must_begin_anew(stopped: StoppedRestore, standing: Standing, kept: tuple[Step, ...]) -> bool:
    """Whether what stands cannot be gone on with."""
    steps = stopped.plan.steps
    whole = [s for s in steps if s.id in _MAKING or s.kind is StepKind.IMPORT_DATABASE]
    if "engine" not in stopped.plan.request or any(s.id not in stopped.done for s in whole):
        # A plan without it is an older kwtui's, whose steps do not tell what they make.
        return True
    again = [s for s in stopped.imports if s not in kept and s.id in stopped.begun]
    counted = [s for s in again if s.id in stopped.done or s.kind is StepKind.INSERT_ROWS]
    if any(standing.rows.get(table_of(step)) is None for step in counted):
        # A table that was filled is gone: so may be what nobody counts.
        return True
    if again and _is_series(stopped) and not standing.replaces_rows:
        return True
    if any(table_of(step) in standing.referenced for step in again):
        return True
    # An import into a table whose keys are validated would leave them unvalidated.
    keys = [n for n, s in enumerate(steps) if _adds_keys(s.id) and s.id in stopped.begun]
    return any(steps.index(step) < max(keys, default=-1) for step in again)


def _adds_keys(step_id: str) -> bool:
    return step_id in ("add-foreign-keys", "add-unvalidated-keys")


def _left_steps(stopped: StoppedRestore, standing: Standing, kept: set[str]) -> tuple[Step, ...]:
    """From the first step on that is not done; the comparison comes in any case."""
    found: list[Step] = []
    passed = False
    for step in _unless_dropped(stopped, standing):
        if step.id in _ALWAYS:
            found.append(step)
        elif step.kind in IMPORTS:
            if step.id not in kept:
                found.append(step)
                passed = True
        elif passed or step.id not in stopped.done or step.kind is StepKind.COMPARE:
            passed = True
            left = _without_what_stands(step, standing)
            if left is not None:
                found.append(left)
    return tuple(_without_needless_links(found))


def _without_needless_links(steps: Sequence[Step]) -> Iterator[Step]:
    """Only an IMPORT reads a staging folder."""
    reads = any(s.kind in _SERVER_IMPORTS for s in steps)
    return (step for step in steps if reads or step.kind is not StepKind.STAGE)


def _without_what_stands(step: Step, standing: Standing) -> Step | None:
    """Foreign keys and views cannot be made twice; everything else can be said again."""
    names = step.params.get("makes")
    if names is None:
        return step
    there = {(t.schema, t.name, key) for t, key in standing.foreign_keys}
    there |= {(v.schema, v.name, "") for v in standing.views}
    left = [
        (sql, name) for sql, name in zip(step.sql, names, strict=True) if tuple(name) not in there
    ]
    if not left:
        return None
    return replace(
        step,
        sql=tuple(sql for sql, _ in left),
        params=step.params | {"makes": [name for _, name in left]},
    )


def _skipping(stopped: StoppedRestore, standing: Standing, steps: Iterable[Step]) -> Iterator[Step]:
    """Batches that were inserted before are left out, if the table has at least as many rows."""
    for step in steps:
        told = stopped.rows.get(step.id, 0)
        if step.kind is not StepKind.INSERT_ROWS or not told:
            yield step
            continue
        before = stopped.rows_before.get(str(table_of(step)), 0)
        rows = standing.rows.get(table_of(step)) or 0
        if rows - before < told:
            yield step
            continue
        yield replace(
            step,
            explanation=f"{step.explanation} The first {told} rows are there: it goes on behind "
            "them.",
            params=step.params | {"skip": told},
        )


# -- under the name that was asked for --------------------------------------------------------


def _rest_after_its_name(stopped: StoppedRestore, standing: Standing) -> _Rest:
    """Its rows were compared before it got its name, and are compared again."""
    ids = [step.id for step in stopped.plan.steps]
    at = ids.index(PUBLISH)
    behind = stopped.plan.steps[at + 1 :]
    if FINISH in stopped.done:
        behind = tuple(s for s in behind if s.kind in (StepKind.COMPARE, StepKind.UNSTAGE))
    late = [s for each in behind if (s := _without_what_stands(each, standing)) is not None]
    before = [s for s in stopped.plan.steps[:at] if s.id in ("check-files", "compare")]
    steps = (*(_renamed(s, stopped) for s in before), *late)
    left = {step.id for step in steps}
    return _Rest(
        steps=steps,
        database=stopped.target,
        done=frozenset(i for i in ids if i not in left),
    )


def _renamed(step: Step, stopped: StoppedRestore) -> Step:
    """The comparison, under the name that the database has now."""
    if step.kind is not StepKind.COMPARE:
        return step
    return replace(
        step,
        sql=comparison_sql(stopped.target, step.params.get("tables", ())),
        params=step.params | {"database": stopped.target},
    )


# -- in tables that were there ----------------------------------------------------------------


def _rest_of_native_in_place(stopped: StoppedRestore) -> _Rest:
    begun = [s for s in stopped.plan.steps if s.kind is StepKind.IMPORT_DATABASE]
    if any(step.id in stopped.begun for step in begun):
        raise KwtuiError(
            f"An IMPORT DATABASE into {stopped.target} was stopped and cannot go on.",
            cause="KWDB's own statement makes the whole database, or parts of it, at once.",
            hint=f"Drop the database {stopped.target} if this run made it, and restore again.",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    return _Rest(stopped.plan.steps, "")


def _rest_in_place(stopped: StoppedRestore, standing: Standing) -> _Rest:
    """Rows that were added to existing tables: each import took effect as a whole, or not at all.

    Time-series rows that are added again take the place of the first ones.
    """
    if COUNT_ROWS not in stopped.done:
        _check_nothing_was_added(stopped)
        return _Rest(stopped.plan.steps, stopped.target)
    if standing.importing:
        raise KwtuiError(
            f"The server still imports into {stopped.target} for run {stopped.run}.",
            cause=standing.importing,
            hint="Wait until it has finished (kwtui jobs), then continue.",
            exit_code=ExitCode.RUN_IN_PROGRESS,
        )
    kept = tuple(s for s in stopped.imports if not _goes_in_again(stopped, standing, s))
    kept_ids = {step.id for step in kept}
    goes_in = [s for s in stopped.plan.steps if s.id not in kept_ids and s.id != COUNT_ROWS]
    if not any(s.kind in IMPORTS for s in goes_in):
        goes_in = [s for s in goes_in if s.id != "drop-defaults"]
    steps = tuple(_without_needless_links(goes_in))
    return _Rest(
        steps=tuple(_skipping(stopped, standing, steps)),
        database=stopped.target,
        kept=kept,
        done=frozenset({COUNT_ROWS, *kept_ids}),
    )


def _check_nothing_was_added(stopped: StoppedRestore) -> None:
    """An older kwtui counted a table only right before it filled it, and wrote it nowhere."""
    if any(step.id in stopped.begun for step in stopped.imports):
        raise KwtuiError(
            f"How many rows the tables of {stopped.target} held before is not written down.",
            cause="Going on could double rows.",
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
    if now == before or (_is_series(stopped) and standing.replaces_rows):
        return True
    raise KwtuiError(
        f"{name} holds {'no countable' if now is None else now} rows; it held {before} before "
        f"rows were added, and {'an unknown number of' if expected is None else expected} were.",
        cause="Going on could double rows or leave some out.",
        hint="Look at the table, remove what the stopped run put into it, and restore its rows "
        "again: --strategy data-only --tables.",
        exit_code=ExitCode.REFUSED_BY_PLAN,
    )


# -- words ------------------------------------------------------------------------------------


def _resume_step(stopped: StoppedRestore, rest: _Rest) -> Step:
    sql: tuple[str, ...] = ()
    if rest.drop:
        sql = (statements.use_database("defaultdb"), statements.drop_database(rest.drop))
    sql += tuple(statements.truncate_table(rest.database, name) for name in rest.emptied)
    return Step(
        id=RESUME,
        kind=StepKind.RESUME,
        title=f"Look at what run {stopped.run} left",
        explanation=_left_words(rest),
        sql=sql,
        subject=rest.drop or rest.database,
        params={
            "database": rest.database,
            "kept": [_kept(stopped, step) for step in rest.kept],
            "imports": [step.sql[0] for step in stopped.plan.steps if step.kind in _SERVER_IMPORTS]
            if stopped.makes_database
            else [],
        },
    )


def _kept(stopped: StoppedRestore, step: Step) -> dict[str, Any]:
    name = table_of(step)
    moved = stopped.rows.get(step.id)
    rows = step.params["rows"] if moved is None else moved
    before = stopped.rows_before.get(str(name), 0)
    return {"schema": name.schema, "table": name.name, "rows": before + rows}


def _left_words(rest: _Rest) -> str:
    words = []
    if rest.drop:
        words.append(f"Nothing in {rest.drop} can be gone on with: it is dropped and made anew.")
    elif not rest.database:
        words.append("Nothing of it stands: it begins anew.")
    if rest.kept:
        words.append(f"{plural(len(rest.kept), 'table')} hold their rows and are left as they are.")
    if rest.emptied:
        names = ", ".join(map(str, rest.emptied))
        words.append(f"An import into {names} was stopped: what it brought is removed first.")
    return " ".join(words) or f"{rest.database} is gone on with where it was left."


def _told(stopped: StoppedRestore, rest: _Rest) -> Finding:
    return Finding(
        Severity.INFO,
        "continues",
        rest.database or stopped.target,
        f"Run {stopped.run} was stopped. {_left_words(rest)}",
        "Everything is compared with the backup at the end, as in any restore.",
    )


def _sum_of(steps: Iterable[Step], key: str) -> int | None:
    values = [step.params.get(key) for step in steps if step.kind in IMPORTS]
    return None if any(value is None for value in values) else sum(map(int, values))  # type: ignore[arg-type]
