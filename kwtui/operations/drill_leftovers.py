"""What drills and restores left when their process was killed, for the next drill to remove."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kwtui.backups.staging import find_stagings
from kwtui.operations.cleanup_plan import DRILL_PREFIX
from kwtui.operations.drill_plan import DrillLeftovers
from kwtui.operations.housekeeping import find_scratch_databases
from kwtui.operations.known_runs import KnownRun
from kwtui.operations.workplaces import dead_sandboxes, dead_stagings, sandboxes
from kwtui.server.connection import Server


def find_leftover_folders(extern: Path, state: Path, runs: Sequence[KnownRun]) -> DrillLeftovers:
    """Staging folders and sandboxes of runs that are gone. Blocking, and reads no data."""
    return DrillLeftovers(
        stagings=dead_stagings(find_stagings(extern), runs),
        sandboxes=dead_sandboxes(sandboxes(state), runs),
    )


async def find_leftover_databases(
    server: Server, cluster_id: str, runs: Sequence[KnownRun]
) -> tuple[str, ...]:
    """Scratch databases of drills that are gone. Raises KwtuiError as `Server.query`."""
    found = await find_scratch_databases(server, cluster_id, runs)
    return tuple(
        lo.name for lo in found if lo.name.startswith(DRILL_PREFIX) and lo.explained and not lo.busy
    )
