"""The runs of this account as planning needs them: from their folders, without what they said."""

from __future__ import annotations

from kwtui.errors import KwtuiError
from kwtui.model import TableName
from kwtui.operations.known_runs import KnownRun, TakenDefault
from kwtui.operations.plan import Plan, PlanKind
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunFinished, RunStatus, StepFinished, StepStarted
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
    return KnownRun(
        id=files.id,
        kind=plan.kind,
        path=plan.path,
        database=plan.database,
        cluster_id=plan.cluster_id,
        scratch=str(plan.request.get("scratch") or ""),
        staging=str(plan.request.get("staging") or ""),
        sandbox=str(plan.request.get("sandbox") or ""),
        alive=alive and ended is None,
        succeeded=ended is not None and ended.status is RunStatus.SUCCEEDED,
        lost=not alive and ended is None,
        created=plan.created_at,
        defaults_off=() if alive else _defaults_off(plan, files),
    )


def _defaults_off(plan: Plan, files: RunFiles) -> tuple[TakenDefault, ...]:
    """The journal is only read where a plan takes defaults off."""
    ids = {step.id for step in plan.steps}
    if plan.kind is not PlanKind.RESTORE or "drop-defaults" not in ids:
        return ()
    begun, done = set(), set()
    for event in read_events(files.journal):
        if isinstance(event, StepStarted):
            begun.add(event.step)
        elif isinstance(event, StepFinished):
            done.add(event.step)
    if "drop-defaults" not in begun or "set-defaults" in done:
        return ()
    step = next((s for s in plan.steps if s.id == "set-defaults"), None)
    taken = step.params.get("defaults", ()) if step is not None else ()
    return tuple(TakenDefault(TableName(s, t), column, text) for s, t, column, text in taken)
