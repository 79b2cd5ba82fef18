"""What one agent's program may ask of the Controller while it is connected.

It reads; it has things planned; it starts what a person approved. Nothing here deletes, replaces or
changes anything by itself.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kwtui.agents.answers import cleaned
from kwtui.errors import ExitCode, KwtuiError

if TYPE_CHECKING:
    from kwtui.approval.proposals import Proposal
    from kwtui.controller import Controller
    from kwtui.model.schema import TableName
    from kwtui.operations.plan import Plan

ROWS = 200
"""Of an answer to a query."""
QUERY_SECONDS = 30


class Desk:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self, controller: Controller, connect: Callable[[], Awaitable[None]], asked_by: str
    ) -> None:
        """``connect`` is called before whatever needs the server and finds no connection."""
        self._controller = controller
        self._connect = connect
        self._asked_by = asked_by
        self._proposals: dict[str, Proposal] = {}
        self._runs: set[str] = set()
        self._key: bytes | None = None

    def hold_key(self) -> None:
        """Read the approver's key now, so that one that is put in its place later does not count.

        Without one nothing can be approved as long as this program runs.
        """
        try:
            self._key = self._controller.approvals.approver_key()
        except KwtuiError:
            self._key = None

    async def _server(self) -> None:
        if not self._controller.connection.is_connected:
            await self._connect()

    # -- reading ------------------------------------------------------------------------------

    async def status(self, database: str = "") -> Any:
        await self._try_server()
        return cleaned(await self._controller.status.report(database=database or None))

    async def _try_server(self) -> None:
        """What follows works with files alone, and says what it misses."""
        try:
            await self._server()
        except KwtuiError:
            if self._controller.folders.place is None:
                raise

    async def backups(self, database: str = "") -> Any:
        await self._try_server()
        listing = await self._controller.storage.listing()
        entries = [e for e in listing.entries if database in ("", e.database)]
        return cleaned({"problem": listing.problem, "entries": entries})

    async def backup(self, path: str) -> Any:
        await self._try_server()
        details = await self._controller.storage.look_inside(path)
        return cleaned(
            {
                "entry": details.entry,
                "tables": [
                    {
                        "name": t.name.as_option,
                        "rows": t.rows,
                        "bytes": t.bytes,
                        "columns": t.columns,
                    }
                    for t in details.tables
                ],
                "not_included": details.manifest.not_included if details.manifest else (),
                "problems": details.problems,
                "unknown": details.unknown,
            }
        )

    async def manifest(self, path: str) -> Any:
        await self._try_server()
        details = await self._controller.storage.look_inside(path)
        if details.manifest is None:
            raise KwtuiError(f"{path} has no manifest.", exit_code=ExitCode.NOT_FOUND)
        return cleaned(details.manifest)

    async def runbook(self, database: str) -> str:
        await self._try_server()
        return await self._controller.recovery.plan([database] if database else [], "en")

    def explain(self, text: str) -> Any:
        return cleaned(self._controller.doctor.explain(text))

    async def doctor(self) -> Any:
        failure = None
        try:
            await self._server()
        except KwtuiError as error:
            failure = error
        return cleaned(await self._controller.doctor.checks(failure))

    async def query(self, sql: str, database: str = "") -> Any:
        """One statement that only reads, by the SQL page's guard; rows and time are bounded."""
        await self._server()
        console = self._controller.sql.open(database=database or None)
        console.timeout_seconds = QUERY_SECONDS
        try:
            answer = await console.run(sql, limit=ROWS)
        except KwtuiError as error:
            if error.exit_code is ExitCode.REFUSED_BY_PLAN:
                error.hint = "Statements that write are planned with write_query."
            raise
        finally:
            await console.close()
        return cleaned(
            {
                "columns": [column.name for column in answer.result.columns],
                "rows": answer.result.rows,
                "cut": answer.limited,
                "seconds": round(answer.seconds, 3),
            }
        )

    async def verify(self, path: str) -> Any:
        """Read every file; only the set's own record of proofs gets a line."""
        from kwtui.model.proof import ProofLevel

        await self._try_server()
        report = await self._controller.storage.verify(path, ProofLevel.P2)
        return cleaned({"ok": report.ok, "report": report})

    # -- planning -----------------------------------------------------------------------------

    async def plan_backup(
        self, database: str, tables: tuple[str, ...] = (), label: str = ""
    ) -> Any:
        from kwtui.model.requests import BackupRequest

        await self._server()
        request = BackupRequest(database=database, tables=_names(tables), label=label)
        return await self._propose(await self._controller.plans.backup(request))

    async def plan_restore(self, path: str, target: str, tables: tuple[str, ...] = ()) -> Any:
        """Into a database that is not there yet: nothing is ever replaced."""
        from kwtui.model.requests import RestoreRequest

        if not target.isprintable():
            # Who approves it would read another name than the one that is made.
            raise KwtuiError(
                f"{target!r} holds characters that cannot be seen.",
                hint="Choose a name of printable characters.",
                exit_code=ExitCode.USAGE,
            )
        await self._server()
        request = RestoreRequest(path, target=target, tables=_names(tables))
        return await self._propose(await self._controller.plans.restore(request))

    async def plan_drill(self, path: str) -> Any:
        from kwtui.model.requests import DrillRequest

        await self._server()
        return await self._propose(await self._controller.plans.drill(DrillRequest(path)))

    async def plan_offsite(self, path: str, target: str) -> Any:
        from kwtui.offsite.archive import CopyLevel

        await self._try_server()
        offsite = self._controller.offsite
        saved = {each.name: each for each in offsite.targets()}
        if target not in saved:
            raise KwtuiError(
                f"There is no off-site target named {target!r}.",
                hint=f"A person adds targets: kwtui offsite add. Known: {', '.join(saved)}",
                exit_code=ExitCode.NOT_FOUND,
            )
        plan = await offsite.push_plan(path, target, saved[target].recipients, CopyLevel.O2)
        return await self._propose(plan)

    async def plan_statement(self, sql: str, database: str) -> Any:
        """A statement that changes something and removes nothing, for a person to approve."""
        from kwtui.server.console.verdict import removing_word, split

        await self._server()
        if len(split(sql)) != 1:
            raise KwtuiError("One statement is planned at a time.", exit_code=ExitCode.USAGE)
        if not database:
            raise KwtuiError("Name the database in which to run it.", exit_code=ExitCode.USAGE)
        if word := removing_word(sql):
            raise KwtuiError(
                f"{word} removes data: no agent may plan that.",
                hint="A person can run it on the SQL page.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
        proposal = await self._controller.approvals.propose(
            self._asked_by, statement=sql, database=database
        )
        return self._keep(proposal)

    async def _propose(self, plan: Plan) -> Any:
        from kwtui.operations.shared.refusals import check_allowed

        check_allowed(plan)
        return self._keep(await self._controller.approvals.propose(self._asked_by, plan))

    def _keep(self, proposal: Proposal) -> Any:
        self._proposals[proposal.id] = proposal
        return cleaned(
            {
                "plan_id": proposal.id,
                "title": proposal.title,
                "expires_at": proposal.expires_at,
                "plan": proposal.plan,
                "statement": proposal.statement,
                "next": f"A person approves it on a terminal: kwtui approve {proposal.id}. "
                "Then call run_plan.",
            }
        )

    # -- running ------------------------------------------------------------------------------

    async def run_plan(self, plan_id: str) -> Any:
        """Start what a person approved. Raises KwtuiError for anything else."""
        proposal = self._proposals.get(plan_id)
        if proposal is None:
            raise KwtuiError(
                f"No plan {plan_id!r} was made in this session.",
                hint="Plan it again: a plan lives only as long as the program that asked for it.",
                exit_code=ExitCode.NOT_FOUND,
            )
        if self._key is None:
            raise KwtuiError(
                "Nobody can approve anything: there was no approver's key when this program began.",
                hint="A person creates one on a terminal (kwtui approve --new-key), and starts "
                "this program again.",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
        await self._server()
        started = await self._controller.approvals.start(proposal, self._key)
        del self._proposals[plan_id]
        if proposal.plan is None:
            return cleaned({"answer": started})
        self._runs.add(started)
        return cleaned({"run_id": started, "next": "Call follow_run until it has ended."})

    async def follow_run(self, run_id: str) -> Any:
        state = await self._controller.runs.state(run_id)
        return cleaned(replace(state, samples=()))

    async def cancel_run(self, run_id: str) -> Any:
        """Only one that was started here."""
        if run_id not in self._runs:
            raise KwtuiError(
                f"The run {run_id!r} was not started by this program.",
                hint="A person cancels it: kwtui runs cancel ID",
                exit_code=ExitCode.REFUSED_BY_PLAN,
            )
        await self._controller.runs.cancel(run_id)
        return {"cancelled": run_id}


def _names(tables: tuple[str, ...]) -> tuple[TableName, ...]:
    """As `show_backup` tells them. Raises KwtuiError (USAGE)."""
    from kwtui.model.table_names import parse_table_names

    try:
        return parse_table_names(",".join(tables))
    except ValueError as error:
        raise KwtuiError(str(error), exit_code=ExitCode.USAGE) from None
