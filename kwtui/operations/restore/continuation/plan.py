"""The plan that continues a stopped restore. Pure: from its journal and what stands on the server.

Nothing counts as done because a journal says so: tables are kept if they still hold the rows that
were put into them, everything is compared with the backup before the database gets its name, and
what is doubtful is undone and done again. Steps that change nothing when they are repeated
(defaults, validation, sequences, comments, grants) are repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Plan, Step, StepKind
from kwtui.operations.restore.continuation.in_place import rest_in_place, rest_of_native_in_place
from kwtui.operations.restore.continuation.own_database import PUBLISH
from kwtui.operations.restore.continuation.remaining_steps import (
    SERVER_IMPORTS,
    Rest,
    is_series,
    skipping,
    without_needless_links,
    without_what_stands,
)
from kwtui.operations.restore.continuation.stopped_restore import (
    FINISH,
    IMPORTS,
    Standing,
    StoppedRestore,
    has_its_name,
    table_of,
)
from kwtui.operations.restore.steps import comparison_sql, import_of
from kwtui.operations.shared.preflight import check_cluster_of
from kwtui.operations.shared.sent_statements import checked
from kwtui.sql import statements
from kwtui.text import plural

RESUME = "resume"

_MAKING = frozenset(
    {"create-database", "create-schemas", "create-sequences", "create-tables", "create-indexes"}
)
"""Steps that are quick, and begun anew as a whole if one of them was stopped."""

_ALWAYS = frozenset({"check-files", "stage", "unstage"})
"""The files may have changed since, and the links of before are gone or go."""

_DROPS_REPLACED = "drop-replaced"


def plan_continuation(
    stopped: StoppedRestore, standing: Standing, now: datetime, plan_id: str
) -> Plan:
    """The plan; it is a restore like the first one, with fewer steps.

    Raises KwtuiError: WRONG_CLUSTER, RUN_IN_PROGRESS while the server still imports into a table
    that was there before, REFUSED_BY_PLAN where going on could double or lose rows, NAME_TAKEN.
    """
    check_cluster_of(stopped.run, stopped.plan.cluster_id, standing.cluster_id)
    rest = _rest(stopped, standing)
    root = stopped.plan
    plan = replace(
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
            "accept": list(stopped.accepted),
        },
    )
    return checked(plan)


def accepting(plan: Plan, names: Iterable[str]) -> Plan:
    """The same plan, with differences of definitions accepted by these names too."""
    known = plan.request.get("accept", ())
    return replace(plan, request=plan.request | {"accept": list(dict.fromkeys([*known, *names]))})


_WARNING = Severity.WARNING


def _rest(stopped: StoppedRestore, standing: Standing) -> Rest:
    if stopped.strategy is RestoreStrategy.DATA_ONLY:
        return rest_in_place(stopped, standing)
    if not stopped.makes_database:
        return rest_of_native_in_place(stopped)
    if has_its_name(stopped, standing.databases):
        return _rest_after_its_name(stopped, standing)
    _check_name_is_free(stopped, standing)
    if stopped.scratch not in standing.databases:
        steps = tuple(_unless_dropped(stopped, standing))
        return Rest(steps, "")
    _check_is_ours(stopped)
    return _rest_under_scratch_name(stopped, standing)


def check_names_allow(stopped: StoppedRestore, standing: Standing) -> None:
    """What can be said without counting a row. Raises KwtuiError as `plan_continuation`."""
    check_cluster_of(stopped.run, stopped.plan.cluster_id, standing.cluster_id)
    if stopped.strategy is RestoreStrategy.DATA_ONLY or not stopped.makes_database:
        return
    if not has_its_name(stopped, standing.databases):
        _check_name_is_free(stopped, standing)
        if stopped.scratch in standing.databases:
            _check_is_ours(stopped)


def _check_name_is_free(stopped: StoppedRestore, standing: Standing) -> None:
    """A database that may be replaced is dropped by a step that is still to come, or it is gone."""
    replaces = stopped.has(_DROPS_REPLACED) and _DROPS_REPLACED not in stopped.done
    if stopped.target in standing.databases and not replaces:
        raise KwtuiError(
            f"A database named {stopped.target} exists now; the restore did not make it.",
            hint="Rename or drop it, or restore the backup again under another name (--as "
            f"NAME). What the stopped run left: kwtui cleanup --run {stopped.run}",
            exit_code=ExitCode.NAME_TAKEN,
        )


def _check_is_ours(stopped: StoppedRestore) -> None:
    """A work database that the run did not begin to make is another restore's."""
    made = any(s.id in _MAKING or s.kind in SERVER_IMPORTS for s in _begun(stopped))
    if not made:
        raise KwtuiError(
            f"A database named {stopped.scratch} exists, and run {stopped.run} did not make it.",
            cause="It was stopped before it made anything.",
            hint="Restore the backup again. To see whose the database is: kwtui cleanup",
            exit_code=ExitCode.NAME_TAKEN,
        )


def _begun(stopped: StoppedRestore) -> Iterator[Step]:
    return (step for step in stopped.plan.steps if step.id in stopped.begun)


def _unless_dropped(stopped: StoppedRestore, standing: Standing) -> Iterator[Step]:
    """What was to be replaced is dropped once; whoever has its name now is somebody else."""
    gone = _DROPS_REPLACED in stopped.done or stopped.target not in standing.databases
    for step in stopped.plan.steps:
        if step.id != _DROPS_REPLACED or not gone:
            yield step


# -- under the scratch name -------------------------------------------------------------------


def _rest_under_scratch_name(stopped: StoppedRestore, standing: Standing) -> Rest:
    kept = tuple(s for s in stopped.imports if _holds_its_rows(stopped, standing, s))
    if _must_begin_anew(stopped, standing, kept):
        steps = tuple(_unless_dropped(stopped, standing))
        return Rest(steps, "", drop=stopped.scratch)
    kept_ids = {step.id for step in kept}
    again = [s for s in stopped.imports if s.id not in kept_ids]
    relational = [s for s in again if s.kind is StepKind.IMPORT_TABLE and not is_series(stopped)]
    steps = _left_steps(stopped, standing, kept_ids)
    left = {step.id for step in steps}
    return Rest(
        steps=tuple(skipping(stopped, standing, steps)),
        database=stopped.scratch,
        kept=kept,
        emptied=tuple(table_of(s) for s in relational if s.id in stopped.begun),
        done=frozenset(s.id for s in stopped.plan.steps if s.id not in left),
    )


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
    if again and is_series(stopped) and not standing.replaces_rows:
        return True
    if any(step.params.get("interleaved") for step in again):
        # A table that others are interleaved in cannot be emptied.
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
            left = without_what_stands(step, standing)
            if left is not None:
                found.append(left)
    return tuple(without_needless_links(found))


# -- under the name that was asked for --------------------------------------------------------


def _rest_after_its_name(stopped: StoppedRestore, standing: Standing) -> Rest:
    """Its rows were compared before it got its name, and are compared again."""
    ids = [step.id for step in stopped.plan.steps]
    at = ids.index(PUBLISH)
    behind = stopped.plan.steps[at + 1 :]
    if FINISH in stopped.done:
        behind = tuple(s for s in behind if s.kind in (StepKind.COMPARE, StepKind.UNSTAGE))
    late = [s for each in behind if (s := without_what_stands(each, standing)) is not None]
    before = [s for s in stopped.plan.steps[:at] if s.id in ("check-files", "compare")]
    steps = (*(_renamed(s, stopped) for s in before), *late)
    left = {step.id for step in steps}
    return Rest(
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
        sql=comparison_sql(
            stopped.target, step.params.get("tables", ()), step.params.get("text_settings", {})
        ),
        params=step.params | {"database": stopped.target},
    )


# -- words ------------------------------------------------------------------------------------


def _resume_step(stopped: StoppedRestore, rest: Rest) -> Step:
    sql: tuple[str, ...] = ()
    if rest.drop:
        sql = (statements.use_database("defaultdb"), statements.drop_database(rest.drop))
    sql += tuple(statements.truncate_table(rest.database, name) for name in rest.emptied)
    return Step(
        id=RESUME,
        kind=StepKind.RESUME,
        title=f"Inspect what run {stopped.run} left",
        explanation=_left_words(rest),
        sql=sql,
        subject=rest.drop or rest.database,
        params={
            "database": rest.database,
            "kept": [_kept(stopped, step) for step in rest.kept],
            "imports": [import_of(s) for s in stopped.plan.steps if s.kind in SERVER_IMPORTS]
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


def _left_words(rest: Rest) -> str:
    words = []
    if rest.drop:
        words.append(f"Nothing in {rest.drop} can be kept: it is dropped and recreated.")
    elif not rest.database:
        words.append("Nothing of it exists: it starts from the beginning.")
    if rest.kept:
        words.append(f"{plural(len(rest.kept), 'table')} hold their rows and are left as they are.")
    if rest.emptied:
        names = ", ".join(map(str, rest.emptied))
        words.append(f"An import into {names} was stopped: its rows are removed first.")
    return " ".join(words) or f"{rest.database} is continued from where it stopped."


def _told(stopped: StoppedRestore, rest: Rest) -> Finding:
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
