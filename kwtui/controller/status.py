"""Whether each database can come back, from what the files, the runs and the server tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders
from kwtui.controller.runs import Runs
from kwtui.controller.server import ServerPages
from kwtui.controller.storage import Storage
from kwtui.errors import ExitCode, KwtuiError
from kwtui.text import sentences

if TYPE_CHECKING:
    from kwtui.backups.listing.entries import BackupEntry
    from kwtui.model.policy import Policy
    from kwtui.model.server import DatabaseSummary
    from kwtui.protection.facts import Measure, Promise
    from kwtui.protection.overview import Promised, Seen
    from kwtui.protection.report import Board, NodeState, RunAtWork, StatusReport
    from kwtui.runs.history import RunSummary


_MEASURE_HOLDS = timedelta(minutes=15)


class Status:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        connection: Connection,
        folders: NodeFolders,
        storage: Storage,
        server: ServerPages,
        runs: Runs,
        background: Background,
        state: Path,
    ) -> None:
        self._connection = connection
        self._folders = folders
        self._storage = storage
        self._server = server
        self._runs = runs
        self._background = background
        self._state = state
        self._last: tuple[Seen, Promised] | None = None
        self._told: tuple[object, Sequence[DatabaseSummary], datetime] | None = None
        """The server, its databases, and when it told them."""
        self._measures: dict[tuple[str, str], Measure] = {}
        """By cluster and database."""

    async def report(
        self,
        default: Promise | None = None,
        policies: Sequence[Policy] | None = None,
        database: str | None = None,
    ) -> StatusReport:
        """Judge every database, or one; as `board`."""
        return (await self.board(default, policies, database)).report

    async def board(
        self,
        default: Promise | None = None,
        policies: Sequence[Policy] | None = None,
        database: str | None = None,
        now: datetime | None = None,
    ) -> Board:
        """Judge every database, or one. It works with no server, and says what it then misses.

        ``default`` is what counts for a database that none of the ``policies`` covers; without
        policies, those that a person wrote down count.
        """
        from kwtui.operations.shared.scratch_names import is_scratch
        from kwtui.protection.facts import Promise
        from kwtui.protection.gathering import compared
        from kwtui.protection.overview import Seen, make_board

        now = now or datetime.now(UTC)
        unknown: list[str] = []
        written = self._written_policies(unknown) if policies is None else policies
        databases = await self._databases(unknown, now)
        entries = await self._entries(unknown)
        # A pattern means what can be backed up: neither KWDB's own databases nor empty ones.
        kept = [d for d in databases or () if not d.system and not is_scratch(d.name)]
        names = {d.name for d in kept if d.tables != 0}
        names |= {e.database for e in entries or () if e.database} if databases is None else set()
        promised = _promised(default or Promise(), written, sorted(names), now, unknown)
        runs = await self._runs.all()
        facts = self._connection.status.facts if databases is not None else None
        seen = Seen(
            at=now,
            entries=entries,
            runs=runs,
            databases=databases,
            cluster_id=facts.cluster_id if facts is not None else "",
            extern=self._folders.extern() if entries is not None else None,
            free_bytes=await self._folders.free_bytes() if entries is not None else None,
            running=await self.running(runs),
            table_rows=await self._storage.table_rows(compared(entries)) if entries else {},
            unknown=tuple(unknown),
        )
        self._last = (seen, promised)
        return await self._background.call(make_board, seen, promised, database)

    async def used_bytes(self) -> int | None:
        """What all backups take together; None where they cannot be seen."""
        entries = await self._entries([])
        return None if entries is None else sum(entry.space for entry in entries)

    async def board_as_of(self, now: datetime) -> Board | None:
        """What was read last, judged anew: a backup grows late while nothing happens. None before
        the first `board`."""
        from dataclasses import replace

        from kwtui.protection.overview import make_board

        if self._last is None:
            return None
        seen, promised = self._last
        return await self._background.call(make_board, replace(seen, at=now), promised)

    async def measured(self, board: Board, now: datetime | None = None) -> Board:
        """With what the server has now of each database that is small enough to be counted by the
        way. What it does not tell in time stays unknown."""
        from dataclasses import replace

        from kwtui.protection.overview import with_measures, worth_counting

        at = now or datetime.now(UTC)
        facts = self._connection.status.facts
        cluster = facts.cluster_id if facts is not None else ""
        for name, since in worth_counting(board.report):
            kept = self._measures.get((cluster, name))
            if not self._connection.is_connected:
                break
            if kept is not None and kept.at > max(since, at - _MEASURE_HOLDS):
                continue
            try:
                self._measures[cluster, name] = await self._server.measure(name, at)
            except (KwtuiError, TimeoutError):
                self._measures.pop((cluster, name), None)
        known = {name: each for (of, name), each in self._measures.items() if of == cluster}
        return replace(board, report=with_measures(board.report, known))

    async def policies_of_sets(self) -> dict[str, str]:
        """The path of each set that a policy of this account made, with the policy's name."""
        from kwtui.config.policies import policy_names
        from kwtui.unattended.history import read_history

        found = {}
        for name in policy_names():
            for event in await self._background.call(read_history, self._state, name):
                found.update({each.path: name for each in event.databases if each.path})
        return found

    async def node(self) -> NodeState:
        """The write-ahead log, and what the node's log says of it; each as far as it is told."""
        from kwtui.operations.wal.report import alarms
        from kwtui.protection.report import NodeState

        try:
            report = await self._server.wal()
        except KwtuiError as error:
            return NodeState(unknown=(error.title,))
        no_level = report.settings.refused if report.level is None else ""
        return NodeState(
            wal_level=report.level,
            checkpoint_seconds=report.since_checkpoint,
            alarms=tuple(alarms(report)),
            unknown=tuple(filter(None, (no_level, report.no_log))),
        )

    async def running(self, runs: Sequence[RunSummary] | None = None) -> tuple[RunAtWork, ...]:
        """What works now, of ``runs`` or of all."""
        from kwtui.protection.running import at_work
        from kwtui.runs.events import RunStatus

        return tuple(
            [
                at_work(run, await self._runs.state(run.id))
                for run in (await self._runs.all() if runs is None else runs)
                if run.status is RunStatus.RUNNING
            ]
        )

    def _written_policies(self, unknown: list[str]) -> list[Policy]:
        """Those that can be read; what is wrong with the others is said and hides nothing."""
        from kwtui.config.policies import load_policy, policy_names

        found = []
        for name in policy_names():
            try:
                found.append(load_policy(name))
            except KwtuiError as error:
                words = sentences(*error.lines())
                unknown.append(f"What the policy {name} promises is not known. {words}")
        return found

    async def _databases(
        self, unknown: list[str], now: datetime
    ) -> Sequence[DatabaseSummary] | None:
        """None where no server was asked; of a server that was lost, what it told last."""
        status = self._connection.status
        server = None if status.facts is None else (status.facts.cluster_id, status.target)
        told = self._told if self._told is not None and self._told[0] == server else None
        if status.is_connected:
            try:
                databases = await self._server.databases_with_tables()
            except KwtuiError as error:
                unknown.append(f"The server did not tell its databases: {error.title}")
            else:
                self._told = (server, databases, now)
                return databases
        elif told is None:
            unknown.append(
                "No server was asked: a database that was never backed up is not seen here."
            )
        if told is None:
            return None
        unknown.append(
            f"The server does not answer. Its databases are those of {told[2]:%H:%M} UTC."
        )
        return told[1]

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


def refuse_unknown(asked: Sequence[str], known: Sequence[str]) -> None:
    """Raises KwtuiError (NOT_FOUND) for a database that neither server nor backups have."""
    for name in asked:
        if name not in known:
            raise KwtuiError(
                f"No database and no backup is named {name!r}.",
                hint="List all: kwtui status",
                exit_code=ExitCode.NOT_FOUND,
            )


def _promised(
    default: Promise,
    policies: Sequence[Policy],
    names: Sequence[str],
    now: datetime,
    unknown: list[str],
) -> Promised:
    from kwtui.protection.overview import Promised
    from kwtui.unattended.promises import next_runs_of, promises_of
    from kwtui.unattended.schedule import next_times

    times = []
    for policy in policies:
        try:
            times += [(policy, at) for at in next_times(policy.schedule, now)]
        except KwtuiError as error:
            words = sentences(*error.lines())
            unknown.append(f"When the policy {policy.name} runs next. {words}")
    return Promised(default, promises_of(policies, names), next_runs_of(times, names))
