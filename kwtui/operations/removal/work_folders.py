"""Folders that restores and drills work in: staging folders in extern, sandboxes in our state.

Names alone decide nothing: each holds the id of its plan. What belongs to a living run is never
touched; what belongs to no run of this account goes only when a person names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from kwtui.backups.layout.staging import find_stagings, remove_staging
from kwtui.files.foreign.reading import names_in, status_of
from kwtui.operations.removal.leftovers import QUIET_SECONDS, Leftover, LeftoverKind
from kwtui.operations.shared.known_runs import KnownRun
from kwtui.server.sandbox_process import remove_sandbox
from kwtui.text import human_duration

SANDBOXES = "drills"
"""The folder in the state directory that holds the sandboxes of drills, one folder a plan."""


def sandbox_folder(state: Path, name: str) -> Path:
    return state / SANDBOXES / name


def sandboxes(state: Path) -> list[str]:
    """The names of the sandboxes that are there."""
    try:
        return names_in(state / SANDBOXES)
    except OSError:
        return []


def dead_stagings(paths: Iterable[str], runs: Sequence[KnownRun]) -> tuple[str, ...]:
    """Those of a run of this account that has ended, however it did."""
    ours = {run.staging for run in runs if run.staging and not run.alive}
    # A restore that goes on links its files into the folder of the run that was stopped.
    living = {run.staging for run in runs if run.alive}
    return tuple(path for path in paths if path in ours - living)


def dead_sandboxes(names: Iterable[str], runs: Sequence[KnownRun]) -> tuple[str, ...]:
    """All but those of living runs: nobody else writes in this account's state directory."""
    living = {run.sandbox for run in runs if run.alive}
    return tuple(name for name in names if name not in living)


def workplace_leftovers(
    extern: Path, state: Path, runs: Sequence[KnownRun], now: datetime
) -> Iterator[Leftover]:
    """Staging folders and sandboxes, whoever left them. Blocking, and reads no data."""
    for path in find_stagings(extern):
        yield _staging(extern, path, runs, now)
    for name in sandboxes(state):
        run = next((r for r in runs if r.sandbox == name), None)
        if run is None or not run.alive:
            yield Leftover(
                LeftoverKind.SANDBOX,
                name,
                run=run.id if run else "a run that is gone",
                started=run.created if run else _made(state / SANDBOXES / name),
            )


async def sweep_folders(
    extern: Path, state: Path, stagings: Iterable[str], names: Iterable[str]
) -> list[str]:
    """Remove staging folders and sandboxes; what was there, in words. Raises KwtuiError."""
    done = []
    for path in stagings:
        if await asyncio.to_thread(remove_staging, extern, path):
            done.append(path)
    for name in names:
        await remove_sandbox(sandbox_folder(state, name))
        done.append(f"sandbox {name}")
    return done


def _staging(extern: Path, path: str, runs: Sequence[KnownRun], now: datetime) -> Leftover:
    of_it = [r for r in runs if r.staging == path]
    run = next((r for r in of_it if r.alive), of_it[0] if of_it else None)
    made = _made(extern / path)
    busy = ""
    if run is not None and run.alive:
        busy = f"run {run.id} is working in it"
    elif run is None and made is not None and (now - made).total_seconds() < QUIET_SECONDS:
        age = human_duration(max((now - made).total_seconds(), 0.0))
        busy = f"another account may be working in it, it was made {age} ago"
    return Leftover(LeftoverKind.STAGING, path, run=run.id if run else "", busy=busy, started=made)


def _made(folder: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(status_of(folder).st_mtime, UTC)
    except OSError:
        return None
