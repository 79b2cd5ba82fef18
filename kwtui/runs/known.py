"""The runs of this account as planning needs them: from their folders, without what they said."""

from __future__ import annotations

from kwtui.errors import KwtuiError
from kwtui.operations.known_runs import KnownRun
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunFinished, RunStatus
from kwtui.runs.journal import last_event


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
    )
