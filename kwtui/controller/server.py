"""The Controller's part for what concerns the server itself: pages, jobs, WAL, SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.controller.connection import Core
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import new_plan_id

if TYPE_CHECKING:
    from pathlib import Path

    from kwtui.model.server import DatabaseSummary, Survey
    from kwtui.operations.plan import Plan
    from kwtui.operations.wal.plan import WalChange
    from kwtui.operations.wal.report import WalReport
    from kwtui.server.console.history import SqlHistory
    from kwtui.server.console.session import Answer, Console
    from kwtui.server.jobs.listing import JobListing
    from kwtui.server.jobs.meaning import JobVerb
    from kwtui.server.state.overview import Overview


class ServerPages(Core):
    """A base of the Controller.

    All methods raise `kwtui.errors.KwtuiError` with a message for people.
    """

    # -- databases ----------------------------------------------------------------------------

    async def databases(self) -> list[DatabaseSummary]:
        from kwtui.server.catalogue import survey as catalogue

        return await catalogue.databases(self._server())

    async def survey(self, database: str) -> Survey:
        """Everything about a database. Counts every row: on big tables this takes its time."""
        from kwtui.server.catalogue import survey as catalogue

        async with self._own_connection() as server:
            return await catalogue.survey(server, self._facts(), database)

    # -- server page and jobs -----------------------------------------------------------------

    async def overview(self) -> Overview:
        """Nodes, settings, accounts, sessions and queries; refused parts say why."""
        from kwtui.operations.backup.destination_nodes import visible_nodes
        from kwtui.server.state.overview import read_overview

        server, facts = self._server(), self._facts()
        found = await read_overview(server, facts)
        return replace(found, visible_stores=await visible_nodes(server, facts))

    async def activity(self, before: Overview) -> Overview:
        """The same overview with the sessions and queries of now."""
        from kwtui.server.state.overview import read_activity

        return await read_activity(self._server(), before)

    async def cancel_query(self, query_id: str) -> None:
        """Cancel a running statement of any session. Raises KwtuiError with the server's words."""
        from kwtui.sql import statements

        self._refuse_read_only()
        await self._server().execute(statements.cancel_query(query_id), within=30)

    async def jobs(self) -> JobListing:
        """The jobs of the last seven days and what runs now."""
        from kwtui.server.jobs.listing import read_jobs

        return await read_jobs(self._server())

    async def control_job(self, job_id: int, verb: JobVerb) -> str:
        """Cancel, pause or resume a job; what was done, in words.

        Raises KwtuiError: NOT_FOUND, STATEMENT_REFUSED where KWDB does not allow it.
        """
        from kwtui.server.jobs.control import control_job

        self._refuse_read_only()
        return await control_job(self._server(), await self.jobs(), job_id, verb)

    # -- WAL ----------------------------------------------------------------------------------

    async def wal(self) -> WalReport:
        """Settings, files and log of the WAL, each as far as it can be reached."""
        from kwtui.operations.wal.report import make_report

        if not self.is_connected:
            return await make_report(None, self._place)
        return await make_report(self._server(), self._place, node_id=self._facts().node_id)

    async def plan_wal(self, change: WalChange) -> Plan:
        """The plan of a change of level or interval; refusals are findings of the plan."""
        from kwtui.operations.wal.plan import plan_wal_change

        server, facts = self._server(), self._facts()
        return plan_wal_change(
            change,
            await self.wal(),
            facts,
            datetime.now(UTC),
            new_plan_id(),
            read_only=server.target.read_only,
        )

    # -- SQL ----------------------------------------------------------------------------------

    def console(self, *, database: str | None = None) -> Console:
        """A connection of its own for statements that a person types; it opens with the first."""
        from kwtui.server.console.session import Console

        target = self._server().target
        return Console(replace(target, database=database or target.database))

    def sql_history(self) -> SqlHistory:
        """What was typed before, without secrets."""
        from kwtui.server.console.history import SqlHistory

        return SqlHistory(self._state / "sql-history.jsonl")

    def remember_sql(
        self, text: str, *, answer: Answer | None = None, error: KwtuiError | None = None
    ) -> None:
        """Keep a statement for the next time; its passwords and keys are left out."""
        from kwtui.server.console.history import HistoryEntry
        from kwtui.server.console.verdict import without_secrets

        outcome = error.title if error is not None else answer.tag if answer is not None else ""
        self.sql_history().add(
            HistoryEntry(
                at=datetime.now(UTC),
                sql=without_secrets(text),
                cluster=self.status.facts.cluster_id if self.status.facts else "",
                database=answer.database if answer is not None else "",
                outcome=outcome,
                ok=error is None,
                seconds=answer.seconds if answer is not None else 0.0,
            )
        )

    async def save_answer(self, console: Console, answer: Answer, path: Path) -> int:
        """Write every row of a result to a new CSV file; how many.

        A result that was cut off is read again in full, if the statement only read. Raises
        KwtuiError, also when the file is there already.
        """
        from kwtui.files.csv_file import CsvFile

        with CsvFile(path) as file:
            if answer.limited and answer.may_be_repeated:
                return await console.stream(answer.sql, file)
            file.columns(answer.result.names)
            file.rows(answer.result.rows)
            return len(answer.result.rows)

    @property
    def confirmation_name(self) -> str:
        """What a person types to allow a change: the profile's name, or the cluster's short id."""
        target = self._server().target
        return target.profile or self._facts().cluster_id[:8]

    def _refuse_read_only(self) -> None:
        if self._server().target.read_only:
            raise KwtuiError(
                "This server's profile says: read only.",
                hint="Change the profile if this server may be changed.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
