"""The one async object that screens and commands talk to.

It holds the connection, asks `server`, `node` and `backups`, starts and follows runs, and tells
subscribers what changed. It knows no widgets; screens and commands know no SQL, no paths and no
threads.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from kwtui.backups.library import BackupEntry, SetDetails, StorageListing
    from kwtui.backups.page import CsvPage
    from kwtui.backups.proof import VerifyReport
    from kwtui.config import Profile
    from kwtui.model import (
        BackupRequest,
        DatabaseSummary,
        ProofLevel,
        RestoreRequest,
        Survey,
    )
    from kwtui.node.logs import LogFile, LogFollower
    from kwtui.node.place import NodePlace
    from kwtui.operations.plan import Plan
    from kwtui.runs.events import AnyEvent
    from kwtui.runs.history import RunSummary
    from kwtui.server.connection import ConnectionStatus, Target


class Controller:
    """Connection, storage, plans, runs and logs behind one door.

    All methods raise `kwtui.errors.KwtuiError` with a message for people; nothing else escapes.
    """

    # -- events ------------------------------------------------------------------------------

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every controller event; returns the way to stop it.

        Events: ConnectionStatus, StorageChanged, RunsChanged.
        """
        raise NotImplementedError

    # -- connection ---------------------------------------------------------------------------

    def profiles(self) -> list[Profile]:
        """The saved profiles, in the order of the file."""
        raise NotImplementedError

    def save_profile(self, profile: Profile) -> None:
        raise NotImplementedError

    def delete_profile(self, name: str) -> None:
        raise NotImplementedError

    async def connect(self, target: Target, password: str | None = None) -> ConnectionStatus:
        """Connect, learn what the server is, find the node's files; then keep it alive."""
        raise NotImplementedError

    async def start_sandbox(self) -> Target:
        """Start the sandbox unless one runs; the target to connect to."""
        raise NotImplementedError

    @property
    def status(self) -> ConnectionStatus:
        """Disconnected, connecting, connected (with ServerFacts), lost (with the reason)."""
        raise NotImplementedError

    @property
    def place(self) -> NodePlace | None:
        """Where the node's store, extern and logs are, or why they were not found."""
        raise NotImplementedError

    async def close(self) -> None:
        raise NotImplementedError

    # -- server -------------------------------------------------------------------------------

    async def databases(self) -> list[DatabaseSummary]:
        raise NotImplementedError

    async def survey(self, database: str) -> Survey:
        raise NotImplementedError

    # -- storage ------------------------------------------------------------------------------

    async def storage(self) -> StorageListing:
        """Sets, adopted trees, leftovers and foreign files under extern."""
        raise NotImplementedError

    async def open_set(self, path: str) -> SetDetails:
        """What is inside a set or tree; ``path`` is relative to extern."""
        raise NotImplementedError

    async def read_text(self, path: str) -> str:
        """A text file inside extern (meta.sql, manifest, plan), decoded, size-limited."""
        raise NotImplementedError

    async def csv_page(self, entry: BackupEntry, file: str, start: int, count: int) -> CsvPage:
        """``count`` records of one CSV file from record ``start`` on."""
        raise NotImplementedError

    # -- plans and runs -----------------------------------------------------------------------

    async def plan_backup(self, request: BackupRequest) -> Plan:
        raise NotImplementedError

    async def plan_restore(self, request: RestoreRequest) -> Plan:
        raise NotImplementedError

    async def plan_verify(self, path: str, level: ProofLevel) -> Plan:
        raise NotImplementedError

    async def start_run(self, plan: Plan) -> str:
        """Start the plan in a process of its own; the run's id."""
        raise NotImplementedError

    async def runs(self) -> list[RunSummary]:
        """Newest first."""
        raise NotImplementedError

    def follow_run(self, run_id: str) -> AsyncIterator[AnyEvent]:
        """Every event of the run from its start, then new ones until it has finished."""
        raise NotImplementedError

    async def run_plan(self, run_id: str) -> Plan:
        raise NotImplementedError

    async def cancel_run(self, run_id: str) -> None:
        raise NotImplementedError

    async def verify(self, path: str, level: ProofLevel) -> VerifyReport:
        """Check a set here and now, without a run of its own."""
        raise NotImplementedError

    def command_for(self, plan: Plan) -> str:
        """The shell command that does the same as this plan."""
        raise NotImplementedError

    # -- logs ---------------------------------------------------------------------------------

    async def log_files(self) -> list[LogFile]:
        """The log files of the node by family, current first."""
        raise NotImplementedError

    def follow_log(self, path: Path) -> LogFollower:
        raise NotImplementedError
