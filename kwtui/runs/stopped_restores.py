"""A stopped restore from the folders of its runs: what it did, and whether it can be continued."""

from __future__ import annotations

from typing import Any

import msgspec

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.json_text import decode
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.restore.continuation.own_database import (
    PUBLISH,
    Refusal,
    gave_name,
    made_database,
    makes_database,
)
from kwtui.operations.restore.continuation.stopped_restore import COUNT_ROWS, StoppedRestore
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import (
    AnyEvent,
    RunFinished,
    RunStatus,
    StepFailed,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.journal import last_event, read_events
from kwtui.runs.process import Handover
from kwtui.server.connection.target import Target


def read_stopped(directory: RunsDirectory, run_id: str = "") -> StoppedRestore:
    """The stopped restore of a run, or of the newest one that was stopped.

    Where it was continued already, that continuation counts. Raises KwtuiError: NOT_FOUND, USAGE
    for a run of another kind, RUN_IN_PROGRESS, REFUSED_BY_PLAN for one that came to its end.
    """
    named = directory.find(run_id) if run_id else _newest_stopped(directory)
    plan = named.read_plan()
    if plan.kind is not PlanKind.RESTORE:
        raise KwtuiError(
            f"Run {named.id} is not a restore: {plan.title}.",
            hint="Only restores can be continued. Start it again instead.",
            exit_code=ExitCode.USAGE,
        )
    files = _last_of(directory, named)
    _check_stopped(files)
    last = files.read_plan()
    root = directory.find(str(last.request["origin"])) if "origin" in last.request else files
    _check_nobody_followed(directory, root)
    stopped = reduce_stopped(files.id, root.id, root.read_plan(), last, read_events(files.journal))
    if stopped.done >= {step.id for step in stopped.plan.steps}:
        raise KwtuiError(
            f"Run {files.id} did everything that its plan says.",
            cause="What it could not restore is listed in its result.",
            hint=f"Show it: kwtui runs show {files.id}",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )
    return stopped


def reduce_stopped(
    run: str, origin: str, root: Plan, last: Plan, events: list[AnyEvent]
) -> StoppedRestore:
    """From the plan of ``origin``, and the plan and the events of ``run``. Pure.

    What a continuation found done when it was planned is in its plan.
    """
    done: set[str] = set(last.request.get("done", ()))
    begun = done | set(last.request.get("begun", ()))
    rows: dict[str, int] = dict(last.request.get("rows", {}))
    before: dict[str, int] = dict(last.request.get("rows_before", {}))
    skipped = {step.id: step.params["skip"] for step in last.steps if "skip" in step.params}
    for event in events:
        match event:
            case StepStarted():
                begun.add(event.step)
                if event.step in skipped:
                    rows[event.step] = skipped[event.step]
            case StepFailed() if is_refused_making(root, event):
                # Somebody else had the name first: nothing of it was made.
                begun.discard(event.step)
            case StepProgress(rows=int(count)):
                rows[event.step] = count
            case StepFinished():
                done.add(event.step)
                if event.rows is not None:
                    rows[event.step] = event.rows
                if event.step == COUNT_ROWS:
                    before |= event.details.get("rows_before", {})
            case _:
                continue
    return StoppedRestore(
        run,
        origin,
        root,
        frozenset(done),
        frozenset(begun),
        rows,
        before,
        accepted=tuple(last.request.get("accept", ())),
    )


def is_refused_making(plan: Plan, event: StepFailed) -> bool:
    """Whether the step was to make the database, or to name it, and the server refused that."""
    refused = {event.step: Refusal(event.sqlstate, event.cause)}
    if event.step == PUBLISH:
        return not gave_name({PUBLISH}, refused)
    maker = next((step.id for step in plan.steps if makes_database(step)), None)
    return maker == event.step and not made_database(plan, {maker}, refused)


def target_of_run(files: RunFiles) -> Target | None:
    """What a run worked on; a password is not among what it kept. Raises NOT_FOUND."""
    try:
        handover = decode(files.target.read_bytes(), Handover)
    except (OSError, msgspec.DecodeError) as error:
        raise KwtuiError(
            f"The server that run {files.id} used was not recorded.",
            cause=f"{files.target}: {error}",
            hint="Give it: --dsn URL or --profile NAME.",
            exit_code=ExitCode.NOT_FOUND,
        ) from error
    return None if handover.target is None else Target.from_dict(handover.target)


def _newest_stopped(directory: RunsDirectory) -> RunFiles:
    for files in directory.all():
        plan = _plan_or_none(files)
        if plan is not None and plan.kind is PlanKind.RESTORE and not _succeeded(files):
            return files
    raise KwtuiError(
        "There is no stopped restore.",
        hint="List the runs: kwtui runs",
        exit_code=ExitCode.NOT_FOUND,
    )


def _last_of(directory: RunsDirectory, files: RunFiles) -> RunFiles:
    """The run that continued it last, if one did."""
    by_run = {
        str(plan.request["continues"]): each
        for each in reversed(directory.all())
        if (plan := _plan_or_none(each)) is not None and "continues" in plan.request
    }
    found = files
    while found.id in by_run:
        found = by_run[found.id]
    return found


def _check_nobody_followed(directory: RunsDirectory, root: RunFiles) -> None:
    """A later restore under the same work name: what stands is that one's."""
    mine = root.read_plan()
    for each in directory.all():
        plan = _plan_or_none(each)
        if plan is None or plan.kind is not PlanKind.RESTORE or plan.created_at <= mine.created_at:
            continue
        same = (plan.cluster_id, plan.request.get("scratch")) == (
            mine.cluster_id,
            mine.request.get("scratch"),
        )
        if same and plan.request.get("origin") != root.id:
            raise KwtuiError(
                f"Run {each.id} restored {plan.database} after run {root.id} was stopped.",
                cause="What exists there now is of that run.",
                hint=f"Show how it ended: kwtui runs show {each.id}",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )


def _check_stopped(files: RunFiles) -> None:
    if files.is_alive():
        raise KwtuiError(
            f"Run {files.id} is still at work.",
            hint=f"Follow it: kwtui runs follow {files.id}",
            exit_code=ExitCode.RUN_IN_PROGRESS,
        )
    if _succeeded(files):
        raise KwtuiError(
            f"Run {files.id} succeeded: there is nothing to continue.",
            hint=f"Show what it did: kwtui runs show {files.id}",
            exit_code=ExitCode.REFUSED_BY_PLAN,
        )


def _succeeded(files: RunFiles) -> bool:
    last: Any = last_event(files.journal)
    return isinstance(last, RunFinished) and last.status is RunStatus.SUCCEEDED


def _plan_or_none(files: RunFiles) -> Plan | None:
    try:
        return files.read_plan()
    except KwtuiError:
        return None
