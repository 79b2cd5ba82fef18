"""What planning needs to know of the runs of this account: what they work on, whether they live."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kwtui.operations.plan import PlanKind


@dataclass(frozen=True)
class KnownRun:
    """One run, as its folder tells."""

    id: str
    kind: PlanKind
    path: str
    database: str
    cluster_id: str
    scratch: str = ""
    """The database that a restore works in until it is published, or a drill for good."""
    staging: str = ""
    """The folder that it imports through, relative to extern."""
    sandbox: str = ""
    """The folder of the sandbox that it drills on, in the state directory."""
    alive: bool = False
    succeeded: bool = False
    lost: bool = False
    """Its process is gone and it never said how it ended: the server may go on with its work."""


def run_at_work_on(path: str, runs: Iterable[KnownRun]) -> KnownRun | None:
    """The living run that reads or writes the set."""
    return next((run for run in runs if run.alive and run.path == path), None)
