"""kwtui jobs: list, show, cancel, pause, resume."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from kwtui.commands.shared.arguments import connect
from kwtui.commands.shared.output import Output, fitted_table
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.server.jobs.listing import Job, JobListing

TEXT_CELLS = 60


async def jobs(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    await connect(controller, args)
    if args.action == "list":
        return await _list(controller, args, output)
    if args.action == "show":
        return await _show(controller, args, output)
    return await _control(controller, args, output)


async def _list(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.server.jobs.filter import JobFilter, chosen
    from kwtui.server.jobs.meaning import age_words, read_as

    listing = await controller.server.jobs()
    wanted = JobFilter(args.type or "", args.search or "", args.unfinished, args.all)
    found = chosen(listing, wanted)
    if output.json:
        output.object(
            "jobs", {"at": listing.at, "jobs": [_as_object(job, listing) for job in found]}
        )
        return 0
    if not found:
        output.line("There is no such job in the last seven days (--all shows KWDB's own too).")
        return 0
    rows = [("JOB", "TYPE", "STATE", "TOOK", "USER", "WHAT")]
    for job in found:
        reading = read_as(job, listing)
        rows.append(
            (
                str(job.id),
                job.type,
                reading.outlook.value,
                age_words(job, listing),
                job.user,
                _short(job.text),
            )
        )
    right, leave_first = frozenset({3}), ("USER",)
    for line in fitted_table(rows, output.out_width, right=right, leave_first=leave_first):
        output.line(line)
    output.note("kwtui: `says done` is what the server reports; kwtui jobs show ID explains it.")
    return 0


async def _show(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.server.jobs.control import find_job
    from kwtui.server.jobs.meaning import JobVerb, age_words, read_as, reason_against

    listing = await controller.server.jobs()
    job = find_job(listing, args.job)
    if output.json:
        output.object("job", {"at": listing.at, "job": _as_object(job, listing)})
        return 0
    reading = read_as(job, listing)
    output.line(f"Job {job.id}: {job.type}, {reading.outlook.value}")
    output.line(f"  {reading.meaning}")
    if reading.advice:
        output.line(f"  {reading.advice}")
    output.line()
    facts = [
        ("status", f"{job.status} {job.running_status}".strip()),
        ("user", job.user),
        ("node", str(job.coordinator) if job.coordinator is not None else "not told"),
        ("age", age_words(job, listing)),
        ("done", f"{job.fraction:.0%}" if job.fraction else ""),
        ("what", job.text),
        ("error", job.error),
    ]
    for name in ("created", "started", "finished"):
        moment = getattr(job, name)
        facts.append((name, f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""))
    for label, value in facts:
        if value:
            output.line(f"  {label:9} {value}")
    output.line()
    for verb in JobVerb:
        reason = reason_against(job, verb, listing)
        output.line(f"  {verb.value:9} {reason or f'kwtui jobs {verb.value} {job.id} --yes'}")
    return 0


async def _control(controller: Controller, args: argparse.Namespace, output: Output) -> int:
    from kwtui.server.jobs.control import find_job
    from kwtui.server.jobs.meaning import JobVerb, consequences, not_allowed, reason_against

    verb = JobVerb(args.action)
    if not args.yes:
        listing = await controller.server.jobs()
        job = find_job(listing, args.job)
        reason = reason_against(job, verb, listing)
        if reason:
            raise not_allowed(job, reason)
        raise KwtuiError(
            f"Job {job.id} was not changed.",
            cause=consequences(job, verb),
            hint="Give --yes to do it.",
            exit_code=ExitCode.USAGE,
        )
    told = await controller.server.control_job(args.job, verb)
    if output.json:
        output.object("job_control", {"job": args.job, "verb": verb.value, "told": told})
    else:
        output.line(told)
    return 0


def _as_object(job: Job, listing: JobListing) -> dict[str, object]:
    """The row with what it means; ``state`` is kwtui's reading, ``status`` the server's word."""
    import msgspec

    from kwtui.server.jobs.meaning import JobVerb, read_as, reason_against

    reading = read_as(job, listing)
    return {
        **msgspec.to_builtins(job),
        "id": str(job.id),
        "state": reading.outlook.value,
        "meaning": reading.meaning,
        "advice": reading.advice,
        "allowed": [v.value for v in JobVerb if not reason_against(job, v, listing)],
    }


def _short(text: str) -> str:
    from kwtui.text import cut

    return cut(" ".join(text.split()), TEXT_CELLS)
