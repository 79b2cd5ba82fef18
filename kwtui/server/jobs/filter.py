"""Choosing among jobs: by type, by words, by whether they are over. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.server.jobs.listing import EXPORT, IMPORT, Job, JobListing
from kwtui.server.jobs.meaning import read_as

OF_PEOPLE = frozenset({EXPORT, IMPORT})
"""Types that a person or a program asked for; the others are KWDB's own housekeeping."""


@dataclass(frozen=True)
class JobFilter:
    type: str = ""
    text: str = ""
    """Every word must be found in number, type, state, user, statement or error."""
    unfinished: bool = False
    housekeeping: bool = False


def chosen(listing: JobListing, wanted: JobFilter) -> list[Job]:
    """The jobs that the filter lets through, newest first."""
    kind, words = wanted.type.casefold(), wanted.text.casefold().split()
    return [
        job
        for job in listing.jobs
        if (not kind or job.type.casefold() == kind)
        and (wanted.housekeeping or kind or job.type in OF_PEOPLE)
        and not (wanted.unfinished and job.is_over)
        and all(word in _haystack(job, listing) for word in words)
    ]


def _haystack(job: Job, listing: JobListing) -> str:
    state = read_as(job, listing).outlook.value
    parts = (str(job.id), job.type, state, job.status, job.user, job.text, job.error)
    return " ".join(parts).casefold()
