"""CANCEL, PAUSE and RESUME of jobs, and of the query of an EXPORT, which is no managed job."""

from __future__ import annotations

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.server import Server
from kwtui.server.jobs.listing import EXPORT, Job, JobListing
from kwtui.server.jobs.meaning import JobVerb, not_allowed, reason_against
from kwtui.sql import statements

_WITHIN = 60.0
"""Seconds that the server gets to take the wish."""

_DONE = {
    JobVerb.CANCEL: "was asked to stop",
    JobVerb.PAUSE: "was asked to pause",
    JobVerb.RESUME: "goes on",
}


def find_job(listing: JobListing, job_id: int) -> Job:
    """Raises KwtuiError (NOT_FOUND)."""
    for job in listing.jobs:
        if job.id == job_id:
            return job
    raise KwtuiError(
        f"There is no job {job_id}.",
        cause="SHOW JOBS lists what is not finished and what ended in the last seven days; without"
        " the admin role only one's own.",
        hint="List them: kwtui jobs",
        exit_code=ExitCode.NOT_FOUND,
    )


async def control_job(server: Server, listing: JobListing, job_id: int, verb: JobVerb) -> str:
    """Do it; what was done, in words. Raises KwtuiError where KWDB does not allow it."""
    job = find_job(listing, job_id)
    reason = reason_against(job, verb, listing)
    if reason:
        raise not_allowed(job, reason)
    query = listing.query_of(job)
    if job.type == EXPORT and query is not None:
        await server.execute(statements.cancel_query(query.id), within=_WITHIN)
        return f"The query of job {job_id} was cancelled. Its row will keep the status running."
    await server.execute(f"{verb.value.upper()} JOB {job_id:d}", within=_WITHIN)
    return f"Job {job_id} {_DONE[verb]}."
