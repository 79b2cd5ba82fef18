"""What kwtui itself has at work, and what interrupted runs left behind."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.doctor.check import Check, CheckState, unknown
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.text import plural


def runs_check(runs: Sequence[KnownRun] | str) -> Check:
    """Runs of this account on this machine."""
    title = "Runs"
    if isinstance(runs, str):
        return unknown("runs", title, runs)
    living = [run for run in runs if run.alive]
    lost = [run for run in runs if run.lost]
    more = tuple(f"{run.id}: {_what(run)}" for run in (*living, *lost))
    if lost:
        newest = lost[0].id
        return Check(
            "runs",
            title,
            CheckState.WARNING,
            f"{plural(len(lost), 'run')} ended without a result; {len(living)} at work.",
            f"Show what it did: kwtui runs show {newest}",
            more,
        )
    if living:
        detail = (
            f"{plural(len(living), 'run')} at work; the same database is never worked on twice."
        )
        return Check("runs", title, CheckState.OK, detail, "", more)
    return Check("runs", title, CheckState.OK, "None is at work.")


def _what(run: KnownRun) -> str:
    state = "at work" if run.alive else "lost"
    return f"{run.kind.value} of {run.database or run.path}, {state}"


def leftovers_check(
    found: Sequence[Leftover] | str, *, with_databases: bool, with_folders: bool
) -> Check:
    """Unfinished backups, half-deleted ones and scratch databases, of what could be looked at."""
    title = "Leftovers"
    if isinstance(found, str):
        return unknown("leftovers", title, found)
    idle = [leftover for leftover in found if not leftover.busy]
    more = tuple(_line(leftover) for leftover in found)
    if not (with_databases or with_folders):
        return unknown("leftovers", title, "There is no connection and no extern folder.")
    tail = "" if with_databases else " Scratch databases were not searched for: no connection."
    tail += "" if with_folders else " Folders were not searched for: extern was not found."
    if idle:
        databases = (LeftoverKind.SCRATCH, LeftoverKind.NAMED)
        folders = sum(lo.kind not in (*databases, LeftoverKind.DEFAULTS) for lo in idle)
        scratch = sum(lo.kind in databases for lo in idle)
        defaults = sum(len(lo.defaults) for lo in idle)
        parts = [plural(folders, "folder")] if folders else []
        parts += [plural(scratch, "scratch database")] if scratch else []
        parts += [f"{plural(defaults, 'default')} taken off columns"] if defaults else []
        return Check(
            "leftovers",
            title,
            CheckState.WARNING,
            f"{' and '.join(parts)} of runs that did not finish. None of it is a backup.{tail}",
            "List and remove them: kwtui cleanup",
            more,
        )
    if found:
        detail = f"What looks unfinished is being worked on.{tail}"
        return Check("leftovers", title, CheckState.OK, detail, "", more)
    return Check("leftovers", title, CheckState.OK, f"None.{tail}")


def _line(leftover: Leftover) -> str:
    words = f"{leftover.kind.value}: {leftover.name}"
    if leftover.run:
        words += f", of run {leftover.run}"
    return f"{words}, in use: {leftover.busy}" if leftover.busy else words
