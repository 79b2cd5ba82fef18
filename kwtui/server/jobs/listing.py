"""The jobs of the server as SHOW JOBS lists them.

It lists what is not finished and what ended in the last seven days; a user without the admin role
sees its own only (facts.md, section 7.4; recording 04). What a row means is told by
`kwtui.server.jobs.meaning`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kwtui.server.connection.results import ResultSet, to_int, to_time
from kwtui.server.connection.server import Server
from kwtui.server.state.activity import Query, read_queries
from kwtui.sql import statements

EXPORT, IMPORT = "EXPORT", "IMPORT"
RESTART = "RESTART HISTORY"
"""A row that each start of a node leaves (recording 01)."""

ENDED = frozenset({"succeeded", "failed", "canceled"})


@dataclass(frozen=True)
class Job:
    """One row. Times are UTC."""

    id: int
    type: str
    description: str
    statement: str
    """The SQL text; only an EXPORT has one."""
    user: str
    status: str
    running_status: str = ""
    created: datetime | None = None
    started: datetime | None = None
    finished: datetime | None = None
    modified: datetime | None = None
    fraction: float | None = None
    error: str = ""
    coordinator: int | None = None

    @property
    def is_over(self) -> bool:
        """The row says that it ended; for an EXPORT that is all that is known."""
        return self.status in ENDED

    @property
    def text(self) -> str:
        """What it is about: the statement where there is one."""
        return self.statement or self.description


@dataclass(frozen=True)
class JobListing:
    """The jobs at one moment, with what is needed to judge them."""

    jobs: tuple[Job, ...]
    """Newest first."""
    queries: tuple[Query, ...]
    at: datetime
    """The server's own clock when they were read."""

    @property
    def last_start(self) -> datetime | None:
        """When a node was started last, as far as the list tells."""
        starts = (job.created for job in self.jobs if job.type == RESTART)
        return max((start for start in starts if start is not None), default=None)

    def query_of(self, job: Job) -> Query | None:
        """The query that runs this EXPORT, if one does."""
        if job.type != EXPORT or job.is_over:
            return None
        wanted = _normal(job.statement)
        same = (q for q in self.queries if q.user == job.user and _normal(q.sql) == wanted)
        return next(same, None)

    def is_abandoned(self, job: Job) -> bool:
        """An EXPORT whose row says that it runs, and no query runs it (live-findings, row 26)."""
        if job.type != EXPORT or job.is_over or self.query_of(job) is not None:
            return False
        return job.created is None or job.created < self.at


async def read_jobs(server: Server) -> JobListing:
    """Jobs and running queries. Raises KwtuiError as `Server.query`.

    The row of an EXPORT is updated a moment after its query ended, so a row without a query is
    read a second time before it counts as abandoned.
    """
    at = to_time((await server.query(statements.server_time())).scalar())
    queries = await read_queries(server)
    listing = _listing(await server.query("SHOW JOBS"), queries, at)
    if any(listing.is_abandoned(job) for job in listing.jobs):
        listing = _listing(await server.query("SHOW JOBS"), queries, at)
    return listing


def _listing(answer: ResultSet, queries: tuple[Query, ...], at: datetime | None) -> JobListing:
    jobs = parse_jobs(answer)
    newest = max((job.created for job in jobs if job.created is not None), default=None)
    moment = at or newest
    if moment is None:
        raise ValueError("the server did not tell the time")
    return JobListing(jobs, queries, moment)


def parse_jobs(answer: ResultSet) -> tuple[Job, ...]:
    """The answer of SHOW JOBS (recordings 01, 03, 06 and 10), newest first."""
    jobs = (
        Job(
            id=int(row["job_id"] or 0),
            type=row["job_type"] or "",
            description=row["description"] or "",
            statement=row["statement"] or "",
            user=row["user_name"] or "",
            status=row["status"] or "",
            running_status=row["running_status"] or "",
            created=to_time(row["created"]),
            started=to_time(row["started"]),
            finished=to_time(row["finished"]),
            modified=to_time(row["modified"]),
            fraction=_fraction(row["fraction_completed"]),
            error=row["error"] or "",
            coordinator=to_int(row["coordinator_id"]),
        )
        for row in answer.dicts()
    )
    # A job's id begins with the time at which it was made.
    return tuple(sorted(jobs, key=lambda job: job.id, reverse=True))


def _fraction(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def _normal(sql: str) -> str:
    return " ".join(sql.split()).rstrip("; ")
