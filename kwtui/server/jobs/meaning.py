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
            "KWDB says succeeded. It says so too when a table of a database export failed or the"
            " disk was full.",
            "Believe the files: kwtui verify",
        )
    if job.type == IMPORT:
        return JobReading(
            Outlook.CLAIMED,
            "KWDB says succeeded. It says so too when a file was missing or cut, and when rows"
            " were older than the table's retention.",
            "Compare the tables with the backup: a restore by kwtui does it by itself.",
        )
    return JobReading(Outlook.DONE, "It ended well.", _housekeeping(job))


def _failed(job: Job) -> JobReading:
    if job.type == EXPORT:
        return JobReading(
            Outlook.FAILED,
            "The export failed. What it wrote so far lies in its folder and is no backup.",
            "A second try needs another folder: KWDB refuses one that holds anything.",
        )
    if job.type == IMPORT:
        return JobReading(
            Outlook.FAILED,
            "The import failed and KWDB takes back what it wrote.",
            "The table's name may stay blocked for some seconds (already exists and does not"
            " exist at once); then try again.",
        )
    return JobReading(Outlook.FAILED, "It failed.")


def _abandoned(job: Job, listing: JobListing) -> JobReading:
    start = listing.last_start
    if start is not None and job.created is not None and job.created < start:
        why = f"A node was started after it, at {start:%Y-%m-%d %H:%M:%S} UTC"
    else:
        why = "No query on the server runs this statement any more"
    return JobReading(
        Outlook.ABANDONED,
        f"{why}: the export is dead. Only the statement itself would have corrected its row, so"
        " the row says running for ever.",
        "Nothing needs to be stopped, and the row does no harm. What lies in the export's folder"
        " is no backup.",
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
            "It goes on by itself when its connection is gone.",
        )
    return JobReading(Outlook.RUNNING, "It runs.", _housekeeping(job))


def _stopping(job: Job) -> JobReading:
    return JobReading(
        Outlook.STOPPED,
        "It was asked to stop and takes back what it wrote. Until that is done, the table answers"
        " that it does not exist.",
        "Wait; nothing else is to be done.",
    )


def _pausing(job: Job) -> JobReading:
    return JobReading(Outlook.STOPPED, "It was asked to pause and has not yet.", "Wait.")


def _paused(job: Job) -> JobReading:
    return JobReading(
        Outlook.STOPPED,
        "It is paused. Its table may be out of reach until it goes on or is cancelled.",
        "It can be resumed or cancelled.",
    )


def _canceled(job: Job) -> JobReading:
    return JobReading(Outlook.STOPPED, "It was cancelled.")


def _pending(job: Job) -> JobReading:
    return JobReading(Outlook.WAITING, "It waits to be taken up by a node.")


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
    "SCHEMA CHANGE GC": "Dropped data is kept for the time to live (25 h by default); it is"
    " normal that this runs for long.",
    "TS TXN": "KWDB keeps it running for time-series transactions as long as the node lives.",
    "SYNC META CACHE": "KWDB does it by itself after a time-series table was made.",
    RESTART: "It only notes that a node was started.",
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
        return "Nothing runs it any more, so there is nothing to stop."
    if verb is JobVerb.CANCEL:
        return ""
    return "KWDB cannot pause an export: its row answers that the job is not controllable."


def consequences(job: Job, verb: JobVerb) -> str:
    """What will happen, to be read before one says yes."""
    if job.type == EXPORT:
        return (
            "KWDB does not let an export's job be cancelled, so its query is. KWDB then closes the"
            " connection that runs it. meta.sql and some of the data stay in the folder, and they"
            " block it for a second try. If a kwtui run makes this export, cancel the run instead:"
            " it cleans up and says so in its journal."
        )
    return {
        JobVerb.CANCEL: "KWDB takes back every row that this import wrote. Until that is done, the"
        " table that it fills answers that it does not exist.",
        JobVerb.PAUSE: "The import stops where it is. The table that it fills may be out of"
        " reach until the job goes on or is cancelled.",
        JobVerb.RESUME: "The import goes on where it stopped.",
    }[verb]


def not_allowed(job: Job, reason: str) -> KwtuiError:
    return KwtuiError(
        f"Job {job.id} ({job.type}) is left as it is.",
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
