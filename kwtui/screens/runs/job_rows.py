"""Jobs as rows and lines. Pure."""

from __future__ import annotations

import re
from datetime import datetime

from kwtui.keys.actions import BY_ID
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.keys.writing import written_key
from kwtui.server.jobs.listing import Job, JobListing
from kwtui.server.jobs.meaning import JobVerb, Outlook, age_words, read_as, reason_against
from kwtui.text import plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line, paragraph
from kwtui.widgets.sql_lines import sql_lines
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Made (UTC)", 16),
    Column("Type", 8),
    Column("State", 9),
    Column("Took", 10, "right", drop=1),
    Column("User", 6, drop=2),
    Column("What", 20, grow=True),
)

_ROLES = {
    Outlook.RUNNING: "accent",
    Outlook.WAITING: "muted",
    Outlook.ABANDONED: "warning",
    Outlook.CLAIMED: "",
    Outlook.DONE: "muted",
    Outlook.FAILED: "error",
    Outlook.STOPPED: "warning",
}


def cells(job: Job, listing: JobListing) -> list[str | Part]:
    outlook = read_as(job, listing).outlook
    return [
        f"{job.created:%Y-%m-%d %H:%M}" if job.created else "",
        (job.type, "strong"),
        (outlook.value, _ROLES[outlook]),
        age_words(job, listing),
        job.user,
        short_text(job),
    ]


_EXPORT = re.compile(
    r"EXPORT INTO \w+ ['\"]nodelocal://\w+/(?P<path>[^'\"]*)['\"] (?P<rest>.*)", re.I
)


def short_text(job: Job) -> str:
    """What it is about in few cells: an export by the end of its folder's path, which differs."""
    text = " ".join(job.text.split())
    match = _EXPORT.match(text)
    if match is not None:
        return f"{'/'.join(match['path'].split('/')[-2:])} {match['rest']}"
    return text.removeprefix("IMPORT ")


def note_lines(job: Job | None, listing: JobListing | None) -> list[Line]:
    """What the chosen job means, below the list."""
    if job is None or listing is None:
        return []
    reading = read_as(job, listing)
    lines = paragraph(reading.meaning)
    if reading.advice:
        lines.append(line(("→ ", "muted"), in_interface(reading.advice), indent=2))
    if job.error:
        lines.append(line(("Error: ", "error"), job.error, indent=7))
    return lines


def job_lines(job: Job, listing: JobListing) -> list[Line]:
    """Everything about one job."""
    reading = read_as(job, listing)
    lines = [line((f"{job.type} ", "strong"), (reading.outlook.value, _ROLES[reading.outlook]))]
    lines += paragraph(reading.meaning)
    if reading.advice:
        lines.append(line(("→ ", "muted"), in_interface(reading.advice), indent=2))
    if job.error:
        lines += [BLANK, heading("What the server said"), *paragraph(job.error, "error")]
    lines += [BLANK, heading("The row")]
    lines += [fact("Job", str(job.id)), fact("Status", f"{job.status} {job.running_status}")]
    lines += [fact("User", job.user), fact("Coordinator", _coordinator(job))]
    for label, moment in (
        ("Made", job.created),
        ("Started", job.started),
        ("Finished", job.finished),
    ):
        lines.append(fact(label, _time(moment)))
    lines.append(fact("Took" if job.is_over else "Age", age_words(job, listing)))
    if job.fraction:
        lines.append(fact("Done", f"{job.fraction:.0%}, as the server says"))
    lines += [BLANK, heading("What it does"), *sql_lines(job.text)]
    lines += [BLANK, heading("What can be done")]
    for verb in JobVerb:
        reason = reason_against(job, verb, listing)
        key = written_key(BY_ID[f"jobs.{verb.value}"].keys)
        words = in_interface(reason) or f"{key} does it, after a question"
        lines.append(fact(verb.value, words, "muted" if reason else "accent"))
    return lines


def summary_words(listing: JobListing, shown: int, text: str, everything: bool) -> str:
    """The line above the list."""
    kept = "all types" if everything else spelled("no housekeeping ({jobs.all})")
    found = f" with “{text}”" if text else ""
    return (
        f"{shown} of {plural(len(listing.jobs), 'job')}{found}, {kept}, as of "
        f"{listing.at:%H:%M:%S} UTC ·"
        f" kwtui jobs{' --all' if everything else ''}"
    )


def _coordinator(job: Job) -> str:
    return f"node {job.coordinator}" if job.coordinator is not None else "none: no managed job"


def _time(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment is not None else "not told"
