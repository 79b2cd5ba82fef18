"""What a job's row means, what may be done about it, and what not to believe. Pure.

KWDB's own word for an EXPORT is worth little: it is `succeeded` where tables failed and `running`
for ever where the server died (live-findings, rows 1, 2, 23 and 26).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.results import age_seconds
from kwtui.server.jobs.listing import EXPORT, IMPORT, RESTART, Job, JobListing
from kwtui.text import human_duration


class JobVerb(StrEnum):
    """What KWDB can be asked to do with a job."""

    CANCEL = "cancel"
    PAUSE = "pause"
    RESUME = "resume"


class Outlook(StrEnum):
    """How a row is to be read."""

    RUNNING = "running"
    WAITING = "waiting"
    """Runs, and has nothing to do for now."""
    ABANDONED = "abandoned"
    """Says running, and nothing runs."""
    CLAIMED = "says done"
    """Says succeeded, which proves nothing."""
    DONE = "done"
    """KWDB's own housekeeping that ended well."""
    FAILED = "failed"
    STOPPED = "stopped"
    """Paused, cancelled, or on the way there."""


@dataclass(frozen=True)
class JobReading:
    """A row in words."""

    outlook: Outlook
    meaning: str
    advice: str = ""


def read_as(job: Job, listing: JobListing) -> JobReading:
    """What the row means and what to do."""
    if job.status == "succeeded":
        return _claimed(job)
    if job.status == "failed":
        return _failed(job)
    if listing.is_abandoned(job):
        return _abandoned(job, listing)
    if job.running_status:
        return JobReading(Outlook.WAITING, f"It is {job.running_status}.", _housekeeping(job))
    return _UNFINISHED.get(job.status, _running)(job)


def _claimed(job: Job) -> JobReading:
    if job.type == EXPORT:
        return JobReading(
            Outlook.CLAIMED,
            "KWDB reports succeeded. It does so too when a table of a database export failed or "
            "the disk was full.",
            "Check the files: kwtui verify",
        )
    if job.type == IMPORT:
        return JobReading(
            Outlook.CLAIMED,
            "KWDB reports succeeded. It does so too when a file was missing or truncated, and "
            "when rows were older than the table's retention.",
            "Compare the tables with the backup: a restore by kwtui does this automatically.",
        )
    return JobReading(Outlook.DONE, "It succeeded.", _housekeeping(job))


def _failed(job: Job) -> JobReading:
    if job.type == EXPORT:
        return JobReading(
            Outlook.FAILED,
            "The export failed. What it wrote so far is in its folder and is not a backup.",
            "A retry needs another folder: KWDB refuses one that is not empty.",
        )
    if job.type == IMPORT:
        return JobReading(
            Outlook.FAILED,
            "The import failed and KWDB rolls back what it wrote.",
            "The table's name may stay blocked for some seconds (already exists and does not"
            " exist at once); then try again.",
        )
    return JobReading(Outlook.FAILED, "It failed.")


def _abandoned(job: Job, listing: JobListing) -> JobReading:
    start = listing.last_start
    if start is not None and job.created is not None and job.created < start:
        why = f"A node was started after it, at {start:%Y-%m-%d %H:%M:%S} UTC"
    else:
        why = "No query on the server runs this statement"
    return JobReading(
        Outlook.ABANDONED,
        f"{why}: the export is dead. Only the statement itself could have updated its row, so "
        "the row keeps the status running.",
        "Nothing needs to be stopped, and the row is harmless. What is in the export's folder "
        "is not a backup.",
    )


def _running(job: Job) -> JobReading:
    if job.type == EXPORT:
        return JobReading(
            Outlook.RUNNING,
            "A query runs this export. KWDB does not keep its progress.",
            "It cannot be paused; its query can be cancelled.",
        )
    if job.type == IMPORT:
        return JobReading(
            Outlook.RUNNING,
            "It writes rows. While it does, its table may answer that it does not exist.",
            "It continues even if its connection is closed.",
        )
    return JobReading(Outlook.RUNNING, "It runs.", _housekeeping(job))


def _stopping(job: Job) -> JobReading:
    return JobReading(
        Outlook.STOPPED,
        "It was asked to stop and is rolling back what it wrote. Until that is done, the table "
        "answers that it does not exist.",
        "Wait; no other action is needed.",
    )


def _pausing(job: Job) -> JobReading:
    return JobReading(Outlook.STOPPED, "It was asked to pause and has not yet.", "Wait.")


def _paused(job: Job) -> JobReading:
    return JobReading(
        Outlook.STOPPED,
        "It is paused. Its table may be unavailable until it is resumed or cancelled.",
        "It can be resumed or cancelled.",
    )


def _canceled(job: Job) -> JobReading:
    return JobReading(Outlook.STOPPED, "It was cancelled.")


def _pending(job: Job) -> JobReading:
    return JobReading(Outlook.WAITING, "It is waiting for a node to run it.")


_UNFINISHED = {
    "pending": _pending,
    "cancel-requested": _stopping,
    "reverting": _stopping,
    "pause-requested": _pausing,
    "paused": _paused,
    "canceled": _canceled,
}


def _housekeeping(job: Job) -> str:
    return _OWN_WORK.get(job.type, "")


_OWN_WORK = {
    "SCHEMA CHANGE": "It is part of a change of a table; KWDB does it by itself.",
    "SCHEMA CHANGE GC": "Dropped data is kept for the time to live (25 h by default); a long "
    "run time is normal.",
    "TS TXN": "KWDB keeps it running for time-series transactions as long as the node is up.",
    "SYNC META CACHE": "KWDB does it by itself after a time-series table was made.",
    RESTART: "It only records that a node was started.",
}


# -- control --------------------------------------------------------------------------------------


def reason_against(job: Job, verb: JobVerb, listing: JobListing) -> str:
    """Why KWDB cannot do that with this job; empty when it can (facts.md, section 7.4)."""
    if job.type == EXPORT:
        return _against_export(job, verb, listing)
    if job.type != IMPORT:
        return f"KWDB does this by itself; only imports can be stopped. {_housekeeping(job)}"
    allowed = {
        JobVerb.CANCEL: ("pending", "running", "paused"),
        JobVerb.PAUSE: ("pending", "running"),
        JobVerb.RESUME: ("paused",),
    }[verb]
    if job.status in allowed:
        return ""
    if job.is_over:
        return "It is over."
    return f"KWDB cannot {verb} a job that is {job.status}."


def _against_export(job: Job, verb: JobVerb, listing: JobListing) -> str:
    if job.is_over:
        return "It is over."
    if listing.query_of(job) is None:
        return "Nothing runs it, so there is nothing to stop."
    if verb is JobVerb.CANCEL:
        return ""
    return "KWDB cannot pause an export: its row answers that the job is not controllable."


def consequences(job: Job, verb: JobVerb) -> str:
    """What will happen, to be read before one says yes."""
    if job.type == EXPORT:
        return (
            "KWDB cannot cancel an export's job, so its query is cancelled. KWDB then closes "
            "the connection that runs it. meta.sql and some of the data stay in the folder, "
            "and block a retry into it. If a kwtui run makes this export, cancel the run "
            "instead: it cleans up and says so in its journal."
        )
    return {
        JobVerb.CANCEL: "KWDB rolls back every row that this import wrote. Until that is done, "
        "the table that it fills answers that it does not exist.",
        JobVerb.PAUSE: "The import stops where it is. The table that it fills may be "
        "unavailable until the job is resumed or cancelled.",
        JobVerb.RESUME: "The import resumes where it stopped.",
    }[verb]


def not_allowed(job: Job, reason: str) -> KwtuiError:
    return KwtuiError(
        f"Job {job.id} ({job.type}) is left unchanged.",
        cause=reason,
        exit_code=ExitCode.STATEMENT_REFUSED,
    )


def age_words(job: Job, listing: JobListing) -> str:
    """How long it took, or has been there: ``3 min 20 s``; empty where no time is known."""
    if job.is_over and job.finished is not None:
        seconds = age_seconds(job.started or job.created, job.finished)
    else:
        seconds = age_seconds(job.created, listing.at)
    return "" if seconds is None else human_duration(seconds)
