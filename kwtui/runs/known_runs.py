"""The runs of this account as planning needs them: from their folders, without what they said."""

from __future__ import annotations

from kwtui.errors import KwtuiError
from kwtui.model.schema import TableName
from kwtui.operations.plan import Plan, PlanKind, StepKind
from kwtui.operations.restore.continuation.own_database import (
    CANNOT_GO_ON,
    Refusal,
    gave_name,
    made_database,
)
from kwtui.operations.shared.known_runs import KnownRun, TakenDefault
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunFinished, RunStatus, StepFailed, StepFinished, StepStarted
from kwtui.runs.journal import last_event, read_events


def known_runs(directory: RunsDirectory) -> list[KnownRun]:
    """Newest first; folders without a readable plan are left out."""
    found = (_known_run(files) for files in directory.all())
    return [run for run in found if run is not None]


def _known_run(files: RunFiles) -> KnownRun | None:
    try:
        plan = files.read_plan()
    except KwtuiError:
        return None
    # Asked before reading: what it wrote before it died is then read for certain.
    alive = files.is_alive()
    last = last_event(files.journal)
    ended = last if isinstance(last, RunFinished) else None
    succeeded = ended is not None and ended.status is RunStatus.SUCCEEDED
    made, named = (True, True) if alive or succeeded else _made(plan, files)
    return KnownRun(
        id=files.id,
        kind=plan.kind,
        path=plan.path,
        database=plan.database,
        cluster_id=plan.cluster_id,
        scratch=str(plan.request.get("scratch") or ""),
        made_scratch=made,
        may_go_on=ended is None or ended.exit_code not in CANNOT_GO_ON,
        named=named,
        staging=str(plan.request.get("staging") or ""),
        sandbox=str(plan.request.get("sandbox") or ""),
        alive=alive and ended is None,
        succeeded=succeeded,
        lost=not alive and ended is None,
        created=plan.created_at,
        defaults_off=() if alive else _defaults_off(plan, files),
        defaults_settled=_defaults_settled(plan, files, succeeded=succeeded),
    )


def _made(plan: Plan, files: RunFiles) -> tuple[bool, bool]:
    """Whether a restore that did not succeed made its database, and gave it its name."""
    if plan.kind is not PlanKind.RESTORE:
        return True, True
    begun = {*plan.request.get("done", ()), *plan.request.get("begun", ())}
    refused = {}
    for event in read_events(files.journal):
        if isinstance(event, StepStarted):
            begun.add(event.step)
        elif isinstance(event, StepFailed):
            refused[event.step] = Refusal(event.sqlstate, event.cause)
    return made_database(plan, begun, refused), gave_name(begun, refused)


def _defaults_off(plan: Plan, files: RunFiles) -> tuple[TakenDefault, ...]:
    """The journal is only read where a plan takes defaults off."""
    if not _takes_defaults_off(plan):
        return ()
    begun, done = _steps_of(files)
    if "drop-defaults" not in begun or "set-defaults" in done:
        return ()
    step = next((s for s in plan.steps if s.id == "set-defaults"), None)
    taken = step.params.get("defaults", ()) if step is not None else ()
    return tuple(TakenDefault(TableName(s, t), column, text) for s, t, column, text in taken)


def _defaults_settled(plan: Plan, files: RunFiles, *, succeeded: bool) -> tuple[str, ...]:
    """By cleaning up, or by a restore that came as far as putting them back."""
    if plan.kind is PlanKind.CLEANUP and succeeded:
        return tuple(s.params["database"] for s in plan.steps if s.kind is StepKind.PUT_BACK)
    # A restore that goes on with all rows there only puts them back.
    puts_back = plan.kind is PlanKind.RESTORE and any(s.params.get("defaults") for s in plan.steps)
    return (plan.database,) if puts_back and "set-defaults" in _steps_of(files)[1] else ()


def _takes_defaults_off(plan: Plan) -> bool:
    return plan.kind is PlanKind.RESTORE and any(s.id == "drop-defaults" for s in plan.steps)


def _steps_of(files: RunFiles) -> tuple[set[str], set[str]]:
    """Ids of the steps that began, and of those that finished."""
    begun, done = set(), set()
    for event in read_events(files.journal):
        if isinstance(event, StepStarted):
            begun.add(event.step)
        elif isinstance(event, StepFinished):
            done.add(event.step)
    return begun, done
