"""A backup strategy for this cluster: measured, recommended, written as a policy."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from kwtui.controller.connection import Connection
from kwtui.controller.server import MEASURE_SECONDS, ServerPages
from kwtui.controller.status import Status, refuse_unknown
from kwtui.controller.storage import Storage
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.advice.facts import Answers, Load, Measured
    from kwtui.advice.gathering import Asked, TableRows
    from kwtui.advice.recommendation import Recommendation, Strategy
    from kwtui.protection.facts import DatabaseFacts, Measure
    from kwtui.protection.report import Board


class Advice:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self, connection: Connection, storage: Storage, status: Status, server: ServerPages
    ) -> None:
        self._connection = connection
        self._storage = storage
        self._status = status
        self._server = server

    async def names(self, databases: Sequence[str] = ()) -> list[str]:
        """Which databases are advised on: these, or all that are known. Raises NOT_FOUND."""
        return [facts.name for facts in _chosen(await self._status.board(), databases)]

    async def measured(
        self,
        databases: Sequence[str] = (),
        *,
        probe: bool = False,
        told: Callable[[str], None] = lambda _: None,
    ) -> Measured:
        """Of these databases, or of all that are known. Past runs tell the speeds; with ``probe`` a
        scratch that is removed again tells those that no run does, and ``told`` hears of it.
        Databases without a backup are counted. Raises NOT_FOUND for one that is not known, and what
        `ServerPages.probe` raises."""
        from kwtui.advice.gathering import engines_to_probe, measured

        board = await self._status.board()
        chosen = _chosen(board, databases)
        asked = await self._asked(chosen, board)
        names = [facts.name for facts in chosen]
        found = measured(board, names, asked)
        if not probe:
            return found
        engines = engines_to_probe(found)
        probes = {engine: await self._server.probe(engine, told) for engine in engines}
        return measured(board, names, replace(asked, probes=probes))

    def recommend(self, answers: Mapping[str, Answers], measured: Measured) -> Recommendation:
        from kwtui.advice.advising import advise

        return advise(answers, measured)

    def policy_text(self, name: str, strategy: Strategy, profile: str) -> str:
        """The strategy as the file of a new policy, to be added to the policies. Raises NAME_TAKEN,
        USAGE where it has no retention, or for a name that is none."""
        from kwtui.advice.drafting import draft_of
        from kwtui.config.policy_file import free_path, text_of

        free_path(name)
        if strategy.retention is None:
            raise KwtuiError(
                f"The policy {name} was not written: no retention can be recommended.",
                cause="A policy without one fills the disk. The advice says what is missing.",
                hint="Keep backups for a shorter time, or write one by hand: kwtui policy add",
                exit_code=ExitCode.USAGE,
            )
        return text_of(draft_of(strategy, profile))

    def policies(self, first: str, advice: Recommendation, profile: str) -> dict[str, str]:
        """A policy for each strategy, by its name: NAME, NAME-2, NAME-3. Raises as `policy_text`,
        before any of them is written."""
        return {
            name: self.policy_text(name, strategy, profile)
            for name, strategy in zip(_numbered(first), advice.strategies, strict=False)
        }

    async def _asked(self, chosen: Sequence[DatabaseFacts], board: Board) -> Asked:
        from kwtui.advice.facts import Figure
        from kwtui.advice.gathering import Asked

        unknown: list[str] = []
        measures: dict[str, Measure] = {}
        tables: dict[str, tuple[TableRows, TableRows]] = {}
        loads: dict[str, Load] = {}
        for facts in chosen:
            if not facts.backups and self._connection.is_connected:
                counted = await self._count(facts.name, board, unknown)
                measures.update({facts.name: counted} if counted else {})
            rows = await self._rows(facts, unknown)
            tables.update({facts.name: rows} if rows else {})
            loads[facts.name] = await self._load(facts.name, board)
        report = await self._server.wal()
        level, interval = report.level, report.settings.interval_seconds
        why = report.settings.refused or "the server did not tell"
        server = self._connection.status.facts if self._connection.is_connected else None
        return Asked(
            measures=measures,
            tables=tables,
            loads=loads,
            jobs=await self._jobs(),
            wal_level=Figure(level, "the setting ts.wal.wal_level")
            if level is not None
            else Figure(None, why),
            checkpoint_seconds=Figure(interval, "the setting ts.wal.checkpoint_interval")
            if interval is not None
            else Figure(None, why),
            nodes=Figure(len(server.nodes), "the server's list of nodes")
            if server is not None and server.nodes
            else Figure(None, "no server was asked"),
            unknown=tuple(unknown),
        )

    async def _count(self, name: str, board: Board, unknown: list[str]) -> Measure | None:
        """Of a database that was never backed up."""
        try:
            return await self._server.measure(name, board.report.taken_at)
        except TimeoutError:
            unknown.append(f"{name}: counting took longer than {MEASURE_SECONDS:.0f} s.")
        except KwtuiError as error:
            unknown.append(f"{name} was not counted: {error.title}")
        return None

    async def _load(self, name: str, board: Board) -> Load:
        """By the time columns of its series, where a server is asked."""
        from kwtui.advice.facts import Load

        if not self._connection.is_connected:
            return Load(source="no server was asked")
        try:
            rows = await self._server.rows_by_hour(name, board.report.taken_at)
        except TimeoutError:
            return Load(source=f"grouping its rows took longer than {MEASURE_SECONDS:.0f} s")
        except KwtuiError as error:
            return Load(source=error.title.rstrip("."))
        if rows is None:
            return Load(source="relational rows do not tell when they were written")
        if not sum(rows):
            return Load(source="no row lies in the last 7 days")
        return Load(tuple(map(float, rows)), "time columns, the last 7 days")

    async def _jobs(self) -> Load:
        """What SHOW JOBS still lists, but for the rows that starts of a node leave."""
        from kwtui.advice.facts import HOURS, Load
        from kwtui.server.jobs.listing import RESTART

        if not self._connection.is_connected:
            return Load(source="no server was asked")
        hours = [0.0] * HOURS
        try:
            listed = await self._server.jobs()
        except KwtuiError as error:
            return Load(source=error.title.rstrip("."))
        for job in listed.jobs:
            if job.created is not None and job.type != RESTART:
                hours[job.created.hour] += 1
        return Load(tuple(hours), "SHOW JOBS, the last 7 days")

    async def _rows(
        self, facts: DatabaseFacts, unknown: list[str]
    ) -> tuple[TableRows, TableRows] | None:
        """By table, in two of its backups; None where two do not tell."""
        from kwtui.advice.gathering import TableRows, two_moments

        moments = two_moments(facts)
        if moments is None:
            return None
        found = []
        for backup in moments:
            try:
                manifest = (await self._storage.look_inside(backup.path)).manifest
            except KwtuiError as error:
                unknown.append(f"{backup.path} cannot be read: {error.title}")
                return None
            if manifest is None:
                return None
            rows = {
                str(table.name): table.rows_counted
                for table in manifest.tables
                if table.rows_counted is not None
            }
            found.append(TableRows(backup.at, rows))
        return found[0], found[1]


def _chosen(board: Board, databases: Sequence[str]) -> list[DatabaseFacts]:
    known = [facts.name for facts in board.report.facts]
    refuse_unknown(databases, known)
    chosen = [f for f in board.report.facts if f.name in (databases or known)]
    if not databases:
        chosen = [facts for facts in chosen if facts.exists is not False]
    if not chosen:
        raise KwtuiError(
            "No database and no backup is known here: there is nothing to advise on.",
            hint="Name the server: kwtui advise --profile NAME",
            exit_code=ExitCode.NOT_FOUND,
        )
    return chosen


def _numbered(first: str) -> Iterator[str]:
    yield first
    yield from (f"{first}-{number}" for number in count(2))
