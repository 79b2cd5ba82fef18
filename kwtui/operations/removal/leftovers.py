"""What interrupted runs left behind, who may be using it still, and the plan that removes it. Pure.

A leftover of a run of this account that has ended may go when a person says so. Of any other one it
is not known whether it is needed: the manifest of an unfinished-looking set may lie in the state
directory of another account. Such a leftover goes only when it is named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Finding
from kwtui.operations.plan import REMOVALS, Plan, PlanKind, Step, StepKind
from kwtui.operations.removal.plan import Removable, access_findings, in_use, remove_step
from kwtui.operations.shared.known_runs import KnownRun, TakenDefault, run_at_work_on
from kwtui.operations.shared.scratch_names import _SCRATCH, DRILL_PREFIX, is_scratch
from kwtui.server.state.activity import Session
from kwtui.sql import statements
from kwtui.text import human_duration, plural

QUIET_SECONDS = 600.0
"""A folder that nobody's run explains counts as in use until it was left alone for so long."""


class LeftoverKind(StrEnum):
    UNFINISHED = "unfinished"
    """The folder of a backup that did not finish."""
    DELETED = "deleted"
    """What a deletion moved aside and did not come to remove."""
    SCRATCH = "scratch"
    """The database that a restore or a drill worked in."""
    STAGING = "staging"
    """The folder of links that a restore or a drill imported through."""
    SANDBOX = "sandbox"
    """The sandbox that a drill started for itself."""
    NAMED = "not complete"
    """A database that has the name that was asked for, and not yet everything that belongs to it.
    Its rows are all there, and a person may want them: it goes only when it is named."""
    DEFAULTS = "defaults"
    """Defaults of columns that an import needed off. They are put back, not removed."""


@dataclass(frozen=True)
class Leftover:
    """Something that no living run needs, unless ``busy`` says otherwise."""

    kind: LeftoverKind
    name: str
    """The path relative to extern, or the name of the database."""
    run: str = ""
    """The run of this account that left it; empty if none is known."""
    target: str = ""
    """For databases: what the restore was to make."""
    busy: str = ""
    """Who may be using it, in words: then it is never removed."""
    files: int | None = None
    bytes: int | None = None
    started: datetime | None = None
    """Since when it is there: when the run began, or the folder was made."""
    defaults: tuple[TakenDefault, ...] = ()
    may_go_on: bool = True
    """Whether its restore may go on: it did not fail for good, and a plan for that is not refused.
    """

    @property
    def explained(self) -> bool:
        """Whether it may go without being named."""
        if self.kind is LeftoverKind.NAMED:
            return False
        return self.kind is LeftoverKind.DELETED or bool(self.run)

    @property
    def continues(self) -> bool:
        """Whether its run is a restore that can go on with it."""
        restores = (LeftoverKind.SCRATCH, LeftoverKind.NAMED, LeftoverKind.DEFAULTS)
        is_drill = self.name.startswith(DRILL_PREFIX)
        return self.may_go_on and self.kind in restores and bool(self.run) and not is_drill


def folder_leftovers(
    found: Iterable[Removable], runs: Sequence[KnownRun], now: datetime
) -> list[Leftover]:
    """The unfinished and half-deleted sets among what lies in extern."""
    return [_folder(r, runs, now) for r in found if is_leftover(r.entry)]


def is_leftover(entry: BackupEntry) -> bool:
    return entry.kind in (EntryKind.INCOMPLETE, EntryKind.DELETED)


def scratch_leftovers(
    databases: Iterable[str],
    cluster_id: str,
    runs: Sequence[KnownRun],
    sessions: Iterable[Session],
    jobs: Iterable[str],
) -> list[Leftover]:
    """Databases with a scratch name; ``jobs`` are the statements of jobs that are not finished."""
    told = told_of(sessions, jobs)
    here = [run for run in runs if run.cluster_id == cluster_id]
    return [_database(name, here, told) for name in databases if is_scratch(name)]


def names_of(run: KnownRun) -> frozenset[str]:
    """What a run may have left, by name: only what it made, or may have made, is its own."""
    names = {run.path, run.staging, run.sandbox}
    if run.made_scratch:
        names.add(run.scratch)
    if run.named or run.defaults_off:
        names.add(run.database)
    return frozenset(names - {""})


def told_of(sessions: Iterable[Session], jobs: Iterable[str]) -> list[tuple[str, str]]:
    """Who runs or ran what, for `busy_words`."""
    told = [(f"{s.user} at {s.client}", text) for s in sessions for text in (s.active, s.last)]
    return told + [("a job of the server", text) for text in jobs]


def busy_words(name: str, told: Iterable[tuple[str, str]]) -> str:
    """Who works in the database, from what sessions and jobs run and ran last."""
    whole = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    for who, text in told:
        if whole.search(text):
            return f"{who} works in it: {' '.join(text.split())[:120]}"
    return ""


def plan_cleanup(
    leftovers: Sequence[Leftover],
    removables: Mapping[str, Removable],
    names: Sequence[str],
    cluster_id: str,
    now: datetime,
    plan_id: str,
) -> Plan:
    """The plan for the named leftovers, or for all that are explained and not in use.

    Raises KwtuiError (NOT_FOUND) for a name that no leftover has.
    """
    chosen = _chosen(leftovers, names)
    steps = tuple(_step(leftover, removables) for leftover in chosen)
    has_database = any(lo.kind in {*_DATABASES, LeftoverKind.DEFAULTS} for lo in chosen)
    return Plan(
        id=plan_id,
        kind=PlanKind.CLEANUP,
        title="Remove the leftovers of interrupted runs",
        created_at=now,
        cluster_id=cluster_id if has_database else "",
        node_id=0,
        database="",
        path="",
        steps=steps,
        findings=tuple(_findings(chosen, removables)),
        estimated_bytes=sum(lo.bytes or 0 for lo in chosen),
        estimate_source="the sizes of the files",
        request={"names": [lo.name for lo in chosen]},
    )


# -- inside -----------------------------------------------------------------------------------


def _folder(found: Removable, runs: Sequence[KnownRun], now: datetime) -> Leftover:
    entry, contents = found.entry, found.contents
    deleted = entry.kind is EntryKind.DELETED
    maker = next((r for r in runs if _left_folder(r, entry.path)), None)
    return Leftover(
        kind=LeftoverKind.DELETED if deleted else LeftoverKind.UNFINISHED,
        name=entry.path,
        run=maker.id if maker else "",
        busy=_removal_at_work(runs) if deleted else _writer(found, maker, runs, now),
        files=contents.files,
        bytes=contents.bytes,
        started=entry.started,
    )


def _left_folder(run: KnownRun, path: str) -> bool:
    return run.kind is PlanKind.BACKUP and run.path == path and not run.alive and not run.succeeded


def _removal_at_work(runs: Iterable[KnownRun]) -> str:
    run = next((r for r in runs if r.alive and r.kind in REMOVALS), None)
    return f"run {run.id} is removing" if run else ""


def _writer(
    found: Removable, maker: KnownRun | None, runs: Sequence[KnownRun], now: datetime
) -> str:
    running = run_at_work_on(found.entry.path, runs)
    if running is not None:
        return f"run {running.id} is working on it"
    if maker is not None and not maker.lost:
        return ""
    # A node goes on writing for a client that died, and another account's runs are not known here.
    age = now.timestamp() - found.contents.newest
    if age < QUIET_SECONDS:
        left = human_duration(QUIET_SECONDS - max(age, 0))
        return (
            f"a file in it was written {human_duration(max(age, 0))} ago, and a node keeps "
            f"writing after its client is gone; it can be removed after {left} more without a "
            "write"
        )
    return ""


def _database(name: str, runs: Sequence[KnownRun], told: Sequence[tuple[str, str]]) -> Leftover:
    of_it = [r for r in runs if r.scratch == name and r.made_scratch]
    living = next((r for r in of_it if r.alive), None)
    dead = next((r for r in of_it if not r.alive and not r.succeeded), None)
    match = _SCRATCH.match(name)
    busy = f"run {living.id} is working in it" if living else busy_words(name, told)
    return Leftover(
        kind=LeftoverKind.SCRATCH,
        name=name,
        run=dead.id if dead else "",
        target=dead.database if dead else (match[1] if match else ""),
        busy=busy,
        started=dead.created if dead else None,
        may_go_on=dead is not None and dead.may_go_on,
    )


def _chosen(leftovers: Sequence[Leftover], names: Sequence[str]) -> list[Leftover]:
    if not names:
        return [lo for lo in leftovers if lo.explained and not lo.busy]
    known = {lo.name for lo in leftovers}
    for name in names:
        if name not in known:
            raise KwtuiError(
                f"{name} is not a leftover of an interrupted run.",
                hint="List them: kwtui cleanup. Databases are only seen with a server.",
                exit_code=ExitCode.NOT_FOUND,
            )
    return [lo for name in dict.fromkeys(names) for lo in leftovers if lo.name == name]


def _step(leftover: Leftover, removables: Mapping[str, Removable]) -> Step:
    if leftover.kind in (LeftoverKind.STAGING, LeftoverKind.SANDBOX):
        return _sweep(leftover)
    if leftover.kind is LeftoverKind.DEFAULTS:
        return _put_back(leftover)
    if leftover.kind not in _DATABASES:
        return remove_step(removables[leftover.name])
    marked = leftover.kind is LeftoverKind.NAMED
    return Step(
        id=f"drop:{leftover.name}",
        kind=StepKind.DROP_DATABASE,
        title=f"Drop the database {leftover.name}",
        explanation="It holds the rows of a backup, and its comment says that a restore did not "
        "complete it. It is dropped only while that comment is there."
        if marked
        else "A restore worked in it and did not finish. Nothing else is dropped.",
        sql=(statements.drop_database(leftover.name),),
        subject=leftover.name,
        params={
            "database": leftover.name,
            "target": leftover.name if marked else leftover.target,
            "marked": marked,
        },
    )


_DATABASES = frozenset({LeftoverKind.SCRATCH, LeftoverKind.NAMED})


def _put_back(leftover: Leftover) -> Step:
    database = leftover.name
    return Step(
        id=f"put-back:{database}",
        kind=StepKind.PUT_BACK,
        title=f"Put {plural(len(leftover.defaults), 'default')} back in {database}",
        explanation="An import took them off, and its run was killed. Columns that have a "
        "default by now keep it.",
        sql=(
            statements.use_database(database),
            *(
                statements.set_default(database, each.table, each.column, each.default)
                for each in leftover.defaults
            ),
        ),
        subject=database,
        params={
            "database": database,
            "defaults": [
                [each.table.schema, each.table.name, each.column, each.default]
                for each in leftover.defaults
            ],
        },
    )


def _sweep(leftover: Leftover) -> Step:
    is_sandbox = leftover.kind is LeftoverKind.SANDBOX
    return Step(
        id=f"sweep:{leftover.name}",
        kind=StepKind.SWEEP,
        title=f"Remove the {leftover.kind.value} {leftover.name}",
        explanation="It is stopped first if it is running."
        if is_sandbox
        else "Its links are removed; the files they point to stay.",
        subject=leftover.name,
        params={
            "stagings": [] if is_sandbox else [leftover.name],
            "sandboxes": [leftover.name] if is_sandbox else [],
        },
    )


def _findings(chosen: Iterable[Leftover], removables: Mapping[str, Removable]) -> Iterator[Finding]:
    for leftover in chosen:
        if leftover.busy:
            yield in_use(leftover.name, f"It may be in use: {leftover.busy}.")
        found = removables.get(leftover.name)
        if found is not None:
            yield from access_findings(found)
