"""What the server says of itself: databases, activity, jobs, the write-ahead log."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from kwtui.controller.connection import Connection
from kwtui.controller.folders import NodeFolders

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from kwtui.model.schema import Engine
    from kwtui.model.server import DatabaseSummary, Survey
    from kwtui.operations.probe import Probed
    from kwtui.operations.wal.report import WalReport
    from kwtui.protection.facts import Measure
    from kwtui.server.jobs.listing import JobListing
    from kwtui.server.jobs.meaning import JobVerb
    from kwtui.server.state.overview import Overview
    from kwtui.unattended.load import Load

MEASURE_SECONDS = 20.0
"""For counting one database; what takes longer is let go."""


class ServerPages:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(self, connection: Connection, folders: NodeFolders) -> None:
        self._connection = connection
        self._folders = folders

    async def databases(self) -> list[DatabaseSummary]:
        from kwtui.server.catalogue import survey as catalogue

        return await catalogue.databases(self._connection.server())

    async def databases_with_tables(self) -> list[DatabaseSummary]:
        """With the number of tables of each; None where this user is not told of all."""
        from kwtui.server.catalogue import survey as catalogue

        server, facts = self._connection.server(), self._connection.facts()
        found = await catalogue.databases(server)
        return await catalogue.with_tables(server, found) if facts.is_admin else found

    async def survey(self, database: str) -> Survey:
        """Everything about a database. Counts every row: on big tables this takes its time."""
        from kwtui.server.catalogue import survey as catalogue

        async with self._connection.own() as server:
            return await catalogue.survey(server, self._connection.facts(), database)

    async def measure(self, database: str, at: datetime) -> Measure:
        """The rows of all its tables, counted now, which is ``at``, and about their size.

        Raises TimeoutError where that takes longer than `MEASURE_SECONDS`.
        """
        import asyncio

        from kwtui.protection.facts import Measure

        async with asyncio.timeout(MEASURE_SECONDS):
            tables = (await self.survey(database)).schema.tables
        rows = [table.rows for table in tables]
        sizes = [table.bytes for table in tables]
        return Measure(
            at=at,
            rows=None if None in rows else sum(n for n in rows if n is not None),
            bytes=None if None in sizes else sum(n for n in sizes if n is not None),
        )

    async def rows_by_hour(self, database: str, at: datetime) -> tuple[int, ...] | None:
        """Of the last days by the hour of their time (UTC); None where rows do not tell it.

        Raises TimeoutError where that takes longer than `MEASURE_SECONDS`.
        """
        import asyncio

        from kwtui.server.catalogue.load import rows_by_hour

        async with asyncio.timeout(MEASURE_SECONDS), self._connection.own() as server:
            return await rows_by_hour(server, database, at)

    async def probe(self, engine: Engine, told: Callable[[str], None]) -> Probed:
        """Export and import rows in a scratch database that is removed; see `run_probe`.

        Raises KwtuiError: REFUSED_BY_PLAN for a server that is only read, EXTERN_NOT_READABLE where
        the files cannot be removed from here.
        """
        from kwtui.operations.probe import run_probe
        from kwtui.server.connection.server import Server

        self._connection.refuse_read_only()
        target, facts = self._connection.server().target, self._connection.facts()

        async def connect() -> Server:
            return await Server.open(target)

        extern = self._folders.extern()
        return await run_probe(connect, facts.node_id, extern, engine, told=told)

    async def overview(self) -> Overview:
        """Nodes, settings, accounts, sessions and queries; refused parts say why."""
        from kwtui.operations.shared.node_files import visible_stores
        from kwtui.server.state.overview import read_overview

        # What the header and the first lines say of the nodes is of the same moment as the rest.
        await self._connection.look_at_nodes()
        server, facts = self._connection.server(), self._connection.facts()
        found = await read_overview(server, facts)
        return replace(found, visible_stores=await visible_stores(server, facts))

    async def load(self) -> Load:
        """How busy the server is: the statements of others, and how long it takes to answer."""
        from time import monotonic

        from kwtui.server.state.activity import read_queries
        from kwtui.sql.statements import server_time
        from kwtui.unattended.load import Load

        server = self._connection.server()
        begun = monotonic()
        await server.query(server_time())
        answer = timedelta(seconds=monotonic() - begun)
        others = [q for q in await read_queries(server) if not q.application.startswith("kwtui")]
        return Load(len(others) if self._connection.facts().is_admin else None, answer)

    async def activity(self, before: Overview) -> Overview:
        """The same overview with the sessions and queries of now."""
        from kwtui.server.state.overview import read_activity

        return await read_activity(self._connection.server(), before)

    async def cancel_query(self, query_id: str) -> None:
        """Cancel a running statement of any session. Raises KwtuiError with the server's words."""
        from kwtui.server.state.activity import cancel_query

        self._connection.refuse_read_only()
        await cancel_query(self._connection.server(), query_id)

    async def jobs(self) -> JobListing:
        """The jobs of the last seven days and what runs now."""
        from kwtui.server.jobs.listing import read_jobs

        return await read_jobs(self._connection.server())

    async def control_job(self, job_id: int, verb: JobVerb) -> str:
        """Cancel, pause or resume a job; what was done, in words.

        Raises KwtuiError: NOT_FOUND, STATEMENT_REFUSED where KWDB does not allow it.
        """
        from kwtui.server.jobs.control import control_job

        self._connection.refuse_read_only()
        return await control_job(self._connection.server(), await self.jobs(), job_id, verb)

    async def wal(self) -> WalReport:
        """Settings, files and log of the WAL, each as far as it can be reached."""
        from kwtui.operations.wal.report import make_report

        if not self._connection.is_connected:
            return await make_report(None, self._folders.place)
        return await make_report(
            self._connection.server(), self._folders.place, node_id=self._connection.facts().node_id
        )
