"""The jobs of a node: what SHOW JOBS lists, and what CANCEL, PAUSE and RESUME act on.

Every change is appended to a journal before the statement goes on, so a job whose node was
killed still says ``running`` afterwards (recording 10, ``killed``). Shapes of the rows: recordings
01, 03, 06, 07 and 10.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.answers.rowset import RowSet, rowset

if TYPE_CHECKING:
    from kwtui.sandbox.engine.clock import Clock as NodeClock

Clock = Callable[[], datetime]

EXPORT, IMPORT = "EXPORT", "IMPORT"
SCHEMA_CHANGE, SCHEMA_CHANGE_GC = "SCHEMA CHANGE", "SCHEMA CHANGE GC"
SYNC_META_CACHE = "SYNC META CACHE"
RESTART_HISTORY, TS_TXN = "RESTART HISTORY", "TS TXN"

RUNNING, SUCCEEDED, FAILED = "running", "succeeded", "failed"
CANCEL_REQUESTED, REVERTING, CANCELED = "cancel-requested", "reverting", "canceled"
PAUSED = "paused"
CANCELED_BY_USER = "job canceled by user"

_ROWID_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_SHOWN_AFTER_FINISH = timedelta(days=7)
# A job row that the statement writes itself, outside the registry's reach (facts.md 1.13).
_UNCONTROLLED = {EXPORT, RESTART_HISTORY}

_SHOWN = (
    "job_id:20 job_type description statement user_name status running_status created:1114 "
    "started:1114 finished:1114 modified:1114 errord:1114 fraction_completed:701 error "
    "coordinator_id:20 total_num_of_ex:20 total_num_of_success:20 total_num_of_fail:20 "
    "time_of_last_success:1114"
)
_VIRTUAL = (
    "job_id:20 job_type description statement user_name descriptor_ids:1016 status "
    "running_status created:1114 started:1114 finished:1114 modified:1114 errord:1114 "
    "fraction_completed:701 high_water_timestamp:1700 error coordinator_id:20 total_num_of_ex:20 "
    "total_num_of_success:20 total_num_of_fail:20 time_of_last_success:1114 created_by_type "
    "created_by_id:20"
)


@dataclass
class Job:
    """One row of ``system.jobs``. Times are UTC without an offset, as the node prints them."""

    id: int
    kind: str
    description: str
    statement: str
    user: str
    status: str
    created: str
    started: str | None = None
    finished: str | None = None
    modified: str | None = None
    errored: str | None = None
    running_status: str | None = None
    fraction: float = 0.0
    error: str = ""
    descriptor_ids: tuple[int, ...] = ()

    @property
    def cancel_requested(self) -> bool:
        """True once CANCEL JOB has asked this job to stop."""
        return self.status in (CANCEL_REQUESTED, REVERTING, CANCELED)


class JobRegistry:
    """All jobs of one node, kept in a journal file (``None`` keeps them in memory only).

    Safe to use from several threads: an import runs in one and is cancelled from another.
    """

    def __init__(self, journal: Path | None, clock: Clock, node_id: int = 1) -> None:
        self._journal = journal
        self._clock = clock
        self._node_id = node_id
        self._lock = threading.RLock()
        self._last_tick = 0
        self._jobs: dict[int, Job] = {}
        self._statement = ""
        self._siblings: list[int] = []
        if journal is not None and journal.exists():
            self._jobs = _read_journal(journal)
            self._settle_after_restart()

    def node_started(self) -> None:
        """Record the start of the node; the transaction recorder is made at the first start."""
        with self._lock:
            if not any(job.kind == TS_TXN for job in self._jobs.values()):
                recorder = self._create(TS_TXN, "handle ts txn record", "", "root")
                self._save(replace(recorder, modified=recorder.created))
            job = self._create(RESTART_HISTORY, "Start KWBASE SERVICE", "", "root")
            now = job.created
            self._save(replace(job, status=SUCCEEDED, started=now, finished=now, modified=now))

    def start(self, kind: str, description: str, statement: str, user: str) -> Job:
        """A new running job, on disk before this returns.

        An EXPORT keeps its statement text; every other kind shows it as the description only.
        """
        with self._lock:
            job = self._create(kind, description, statement if kind == EXPORT else "", user)
            job = replace(job, started=job.created, modified=job.created)
            return self._save(job)

    def schema_change(
        self, description: str, user: str, *, statement: str = "", garbage: bool = False
    ) -> None:
        """Record a schema change that has just been done.

        Several changes of one ``statement`` (any text that tells statements apart) end in the
        reverse of the order in which they were made, and each may leave a job behind that waits
        for the time to live of what was dropped (recording 05). A change wakes the registry, which
        then also finishes what waited in its queue; a new time-series table waits there, too
        (recording 07).
        """
        with self._lock:
            if description.startswith("CREATE TABLE") and " TAGS (" in description:
                self._queue(SYNC_META_CACHE, description, user)
                return
            self._adopt()
            job = self.start(SCHEMA_CHANGE, description, "", user)
            if statement != self._statement:
                self._statement, self._siblings = statement, []
            if garbage:
                self.collect_garbage(description, user)
            self.finish(job, SUCCEEDED)
            for sibling in reversed(self._siblings):
                self._save(replace(self.get(sibling), finished=self._now(), modified=self._now()))
            self._siblings.append(job.id)

    def collect_garbage(self, description: str, user: str) -> None:
        """Record the job that waits for the time to live of what a schema change dropped."""
        with self._lock:
            collector = self.start(SCHEMA_CHANGE_GC, f"GC for {description}", "", user)
            self._save(replace(collector, running_status="waiting for GC TTL"))

    def _queue(self, kind: str, description: str, user: str) -> None:
        job = self._create(kind, description, "", user)
        self._save(replace(job, modified=job.created))

    def _adopt(self) -> None:
        waiting = [job for job in self.listed() if job.started is None and job.status == RUNNING]
        for job in reversed(waiting):
            started = self._save(replace(job, started=self._now()))
            if job.kind != TS_TXN:
                self.finish(started, SUCCEEDED)

    def get(self, job_id: int) -> Job:
        """The job as it is now.

        Raises:
            SqlError: there is no job with this id.
        """
        with self._lock:
            if job_id not in self._jobs:
                raise SqlError(f"job with ID {job_id} does not exist")
            return self._jobs[job_id]

    def progress(self, job: Job, fraction: float) -> Job:
        """Store how much is done, 0 to 1.

        Raises:
            SqlError: somebody has asked to cancel the job (recording 10).
        """
        with self._lock:
            current = self.get(job.id)
            if current.status not in (RUNNING, REVERTING):
                raise SqlError(f"cannot update progress on {current.status} job (id {job.id})")
            return self._save(replace(current, fraction=fraction, modified=self._now()))

    def finish(self, job: Job, status: str, error: str = "") -> Job:
        """Close a job. A cancelled import stays ``cancel-requested`` until it is reverted."""
        with self._lock:
            current = self.get(job.id)
            now = self._now()
            closed = replace(current, status=status, error=error, finished=now)
            if status == SUCCEEDED and job.kind not in (EXPORT, RESTART_HISTORY):
                closed = replace(closed, fraction=1.0, modified=now)
            if status == FAILED and job.kind == EXPORT:
                closed = replace(closed, errored=now)
            return self._save(closed)

    def request_cancel(self, job_id: int) -> None:
        """CANCEL JOB. The job notices at its next progress update.

        Raises:
            SqlError: unknown id, a job that cannot be controlled, or one that is over.
        """
        with self._lock:
            job = self._controllable(job_id)
            if job.status in (CANCEL_REQUESTED, CANCELED):
                return
            if job.status not in ("pending", RUNNING, PAUSED):
                raise SqlError(f"job with status {job.status} cannot be requested to be canceled")
            self._save(replace(job, status=CANCEL_REQUESTED, modified=self._now()))

    def revert(self, job_id: int) -> None:
        """The registry adopts a job that CANCEL JOB stopped: what it did is undone now."""
        with self._lock:
            job = self.get(job_id)
            if job.status == CANCEL_REQUESTED:
                now = self._now()
                self._save(replace(job, status=REVERTING, error=CANCELED_BY_USER, modified=now))

    def request_pause(self, job_id: int) -> None:
        """PAUSE JOB: the sandbox's imports are too short to stop half way, so it is refused.

        Raises:
            SqlError: always; first for the reasons a node has.
        """
        job = self._controllable(job_id)
        if job.status != RUNNING:
            raise SqlError(f"job with status {job.status} cannot be requested to be paused")
        raise SqlError(f"job {job_id} cannot be paused in the sandbox")

    def resume(self, job_id: int) -> None:
        """RESUME JOB.

        Raises:
            SqlError: the job is not paused.
        """
        job = self._controllable(job_id)
        if job.status not in (RUNNING, REVERTING):
            raise SqlError(f"job with status {job.status} cannot be resumed")

    def listed(self, user: str | None = None) -> list[Job]:
        """Jobs in the order of their ids; only those of ``user`` when one is given."""
        with self._lock:
            jobs = sorted(self._jobs.values(), key=lambda job: job.id)
        return [job for job in jobs if user is None or job.user == user]

    def _controllable(self, job_id: int) -> Job:
        job = self.get(job_id)
        if job.kind in _UNCONTROLLED:
            raise SqlError(f"job {job_id} is not controllable")
        if job.kind.startswith("SCHEMA CHANGE"):
            raise SqlError(f"job {job_id}: not cancelable")
        return job

    def _create(self, kind: str, description: str, statement: str, user: str) -> Job:
        job = Job(self._next_id(), kind, description, statement, user, RUNNING, self._now())
        return self._save(job)

    def _next_id(self) -> int:
        # The id of a KWDB job is a unique_rowid: 10 microsecond ticks, then 15 bits of node id.
        tick = (self._clock() - _ROWID_EPOCH) // timedelta(microseconds=10)
        self._last_tick = max(tick, self._last_tick + 1)
        return self._last_tick << 15 | self._node_id

    def _now(self) -> str:
        return self._clock().astimezone(UTC).replace(tzinfo=None).isoformat(sep=" ")

    def _save(self, job: Job) -> Job:
        self._jobs[job.id] = job
        if self._journal is not None:
            _append(self._journal, job)
        return job

    def _settle_after_restart(self) -> None:
        # An EXPORT row is written by its statement alone, so nobody corrects it. Imports belong
        # to the registry, which reverts the cancelled ones (recording 10, after the restart).
        for job in list(self._jobs.values()):
            if job.status == CANCEL_REQUESTED:
                self._save(replace(job, status=REVERTING, error=CANCELED_BY_USER))
            elif job.kind == IMPORT and job.status == RUNNING:
                reason = "the node stopped while this import ran; the sandbox does not resume it"
                self._save(replace(job, status=FAILED, error=reason, finished=self._now()))


def open_registry(journal: Path, clock: NodeClock) -> JobRegistry:
    """The registry of a node that starts now."""
    registry = JobRegistry(journal, lambda: datetime.fromtimestamp(clock.now() / 1e9, UTC))
    registry.node_started()
    return registry


def _read_journal(journal: Path) -> dict[int, Job]:
    jobs: dict[int, Job] = {}
    for line in journal.read_text("utf-8").splitlines():
        try:
            fields: dict[str, Any] = json.loads(line)
        except ValueError:
            break  # the last line of a killed node may be cut: the line before it holds
        fields["descriptor_ids"] = tuple(fields["descriptor_ids"])
        jobs[fields["id"]] = Job(**fields)
    whole = "".join(_line(job) for job in jobs.values())
    draft = journal.with_suffix(".tmp")
    _write(draft, whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    draft.replace(journal)
    return jobs


def _append(journal: Path, job: Job) -> None:
    _write(journal, _line(job), os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def _write(path: Path, content: str, flags: int) -> None:
    with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8") as file:
        file.write(content)


def _line(job: Job) -> str:
    return msgspec.json.encode(job).decode() + "\n"


def show_jobs(jobs: Iterable[Job], now: datetime, *, as_source: bool = False) -> RowSet:
    """SHOW JOBS: unfinished ones and those of the last seven days.

    As a statement, running jobs come first and the newest first; as ``[SHOW JOBS]`` the order is
    that of the ids (recording 06).
    """
    limit = now.astimezone(UTC).replace(tzinfo=None) - _SHOWN_AFTER_FINISH
    listed = [
        job for job in jobs if not job.finished or datetime.fromisoformat(job.finished) > limit
    ]
    if not as_source:
        listed.sort(key=lambda job: (job.finished or "~", job.started or ""), reverse=True)
    return jobs_table(listed).select(*(word.partition(":")[0] for word in _SHOWN.split()))


def jobs_table(jobs: Iterable[Job]) -> RowSet:
    """``kwdb_internal.jobs``."""
    return rowset(_VIRTUAL, [_row(job) for job in jobs])


def _row(job: Job) -> list[object]:
    succeeded, failed = job.status == SUCCEEDED, job.status == FAILED
    own = job.kind in _UNCONTROLLED
    return [
        job.id,
        job.kind,
        job.description,
        job.statement,
        job.user,
        list(job.descriptor_ids),
        job.status,
        job.running_status,
        _short(job.created),
        _short(job.started),
        _short(job.finished),
        _short(job.modified),
        _short(job.errored),
        f"{job.fraction:g}",
        None,
        job.error,
        None if own else 1,
        1,
        int(succeeded),
        int(failed),
        _short(job.finished) if succeeded else None,
        None,
        None,
    ]


def _short(moment: str | None) -> str | None:
    return moment.rstrip("0") if moment and "." in moment else moment
