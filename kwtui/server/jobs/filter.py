"""Choosing among jobs: by type, by words, by whether they are over. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from kwtui.model.filter_words import rows_with
from kwtui.server.jobs.listing import EXPORT, IMPORT, Job, JobListing
from kwtui.server.jobs.meaning import read_as

OF_PEOPLE = frozenset({EXPORT, IMPORT})
"""Types that a person or a program asked for; the others are KWDB's own housekeeping."""


@dataclass(frozen=True)
class JobFilter:
    type: str = ""
    text: str = ""
    """As of `kwtui.model.filter_words`; columns: id, type, state, user, made, what, error."""
    unfinished: bool = False
    housekeeping: bool = False


def chosen(listing: JobListing, wanted: JobFilter) -> list[Job]:
    """The jobs that the filter lets through, newest first."""
    kind = wanted.type.casefold()
    found = [
        job
        for job in listing.jobs
        if (not kind or job.type.casefold() == kind)
        and (wanted.housekeeping or kind or job.type in OF_PEOPLE)
        and not (wanted.unfinished and job.is_over)
    ]
    return rows_with(found, wanted.text, partial(_told, listing=listing)) if wanted.text else found


def _told(job: Job, listing: JobListing) -> dict[str, str]:
    return {
        "id": str(job.id),
        "type": job.type,
        "state": f"{read_as(job, listing).outlook.value} {job.status}",
        "user": job.user,
        "made": f"{job.created:%Y-%m-%d %H:%M}" if job.created else "",
        "what": job.text,
        "error": job.error,
    }
