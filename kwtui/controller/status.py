"""Whether each database can come back, from what the files, the runs and the server tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.runs import Runs
from kwtui.controller.server import ServerPages
from kwtui.controller.storage import Storage
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.model.policy import Policy
    from kwtui.model.server import DatabaseSummary
    from kwtui.protection.facts import Promise
    from kwtui.protection.report import StatusReport


class Status:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        storage: Storage,
        server: ServerPages,
        runs: Runs,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._storage = storage
        self._server = server
        self._runs = runs

    async def report(
        self, default: Promise, policies: Sequence[Policy] = (), database: str | None = None
    ) -> StatusReport:
        """Judge every database, or one. It works with no server, and says what it then misses.

        ``default`` is what counts for a database that none of the ``policies`` covers.
        """
        from kwtui.protection.gathering import gather
        from kwtui.protection.judging import judge, verdict
        from kwtui.protection.report import StatusReport
        from kwtui.runs.events import RunStatus
        from kwtui.unattended.promises import promises_of

        now = datetime.now(UTC)
        unknown: list[str] = []
        databases = await self._databases(unknown)
        entries = await self._entries(unknown)
        runs = await self._runs.all()
        # A pattern means what can be backed up: neither KWDB's own databases nor empty ones.
        names = {d.name for d in databases or () if not d.system and d.tables != 0}
        names |= {e.database for e in entries or () if e.database} if databases is None else set()
        promises = promises_of(policies, sorted(names))
        found = gather(entries or (), runs, databases, promises, default)
        facts = tuple(f for f in found if database is None or f.name == database)
        judgements = tuple(judge(each, now) for each in facts) if entries is not None else ()
        return StatusReport(
            taken_at=now,
            verdict=verdict(judgements),
            judgements=judgements,
            facts=facts,
            extern=self._folders.extern() if entries is not None else None,
            extern_bytes=_total(entries),
            free_bytes=await self._folders.free_bytes() if entries is not None else None,
            running=tuple(run for run in runs if run.status is RunStatus.RUNNING),
            unknown=tuple(unknown),
        )

    async def _databases(self, unknown: list[str]) -> Sequence[DatabaseSummary] | None:
        if not self._connection.status.is_connected:
            unknown.append(
                "No server was asked: a database that was never backed up is not seen here."
            )
            return None
        return await self._server.databases_with_tables()

    async def _entries(self, unknown: list[str]) -> Sequence[BackupEntry] | None:
        """None where the folder of the backups cannot be read: nothing is judged then."""
        try:
            listing = await self._storage.listing()
        except KwtuiError as error:
            unknown.append(f"The backups cannot be seen: {error.title}")
            return None
        if listing.problem and not listing.entries:
            unknown.append(f"The backups cannot be seen: {listing.problem}")
            return None
        if listing.problem:
            unknown.append(listing.problem)
        return listing.entries


def _total(entries: Sequence[BackupEntry] | None) -> int | None:
    if entries is None:
        return None
    return sum(entry.space for entry in entries)
