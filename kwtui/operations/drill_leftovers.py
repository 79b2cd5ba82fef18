"""What drills and restores left when their process was killed: found by name, removed at last.

Names alone decide nothing: each holds the id of its plan, and only what belongs to a run of this
account whose process is gone is ever taken. What others left is for `kwtui cleanup` to offer.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from kwtui.backups.staging import find_stagings
from kwtui.operations.cleanup_plan import DRILL_PREFIX
from kwtui.operations.drill_plan import DrillLeftovers
from kwtui.operations.housekeeping import find_scratch_databases
from kwtui.operations.known_runs import KnownRun
from kwtui.server.connection import Server

SANDBOXES = "drills"
"""The folder in the state directory that holds the sandboxes of drills, one folder a plan."""


def sandbox_folder(state: Path, name: str) -> Path:
    return state / SANDBOXES / name


def find_leftover_folders(extern: Path, state: Path, runs: Sequence[KnownRun]) -> DrillLeftovers:
    """Staging folders and sandboxes of runs that are gone. Blocking, and reads no data."""
    return DrillLeftovers(
        stagings=dead_stagings(find_stagings(extern), runs),
        sandboxes=dead_sandboxes(_names(state / SANDBOXES), runs),
    )


async def find_leftover_databases(
    server: Server, cluster_id: str, runs: Sequence[KnownRun]
) -> tuple[str, ...]:
    """Scratch databases of drills that are gone. Raises KwtuiError as `Server.query`."""
    found = await find_scratch_databases(server, cluster_id, runs)
    return tuple(
        lo.name for lo in found if lo.name.startswith(DRILL_PREFIX) and lo.explained and not lo.busy
    )


def dead_stagings(paths: Iterable[str], runs: Sequence[KnownRun]) -> tuple[str, ...]:
    """Those of a run of this account that has ended, however it did."""
    ours = {run.staging for run in runs if run.staging and not run.alive}
    return tuple(path for path in paths if path in ours)


def dead_sandboxes(names: Iterable[str], runs: Sequence[KnownRun]) -> tuple[str, ...]:
    """All but those of living runs: nobody else writes in this account's state directory."""
    living = {run.sandbox for run in runs if run.alive}
    return tuple(name for name in names if name not in living)


def _names(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if PurePosixPath(name).name == name)
    except OSError:
        return []
