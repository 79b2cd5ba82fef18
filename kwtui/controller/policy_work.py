"""What a policy's run has done: plans made and run to their end, and looks at server and disk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from kwtui.controller.plans import Plans
from kwtui.controller.retention import Retention
from kwtui.controller.runs import Runs
from kwtui.controller.server import ServerPages
from kwtui.controller.status import Status
from kwtui.errors import ExitCode, KwtuiError, lines_of

if TYPE_CHECKING:
    from kwtui.model.policy import Policy
    from kwtui.model.requests import BackupRequest
    from kwtui.operations.plan import Plan
    from kwtui.runs.events import RunFinished
    from kwtui.unattended.load import Load
    from kwtui.unattended.run_services import AfterBackup, Standing, Work


class PolicyWork:
    """`kwtui.unattended.run_services.Hands`, done with the services."""

    def __init__(
        self,
        plans: Plans,
        runs: Runs,
        retention: Retention,
        server: ServerPages,
        status: Status,
    ) -> None:
        self._plans = plans
        self._runs = runs
        self._retention = retention
        self._server = server
        self._status = status
        self._at_work: set[str] = set()
        self._cancelled = False
        self.after_backup: list[AfterBackup] = []

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def pause(self, time: timedelta) -> None:
        import asyncio

        await asyncio.sleep(time.total_seconds())

    async def standing(self, policy: Policy) -> Standing:
        """Once for all databases: to look through the store takes long where much lies there."""
        from kwtui.unattended.matching import choose
        from kwtui.unattended.promises import promise_of
        from kwtui.unattended.run_services import Standing

        report = await self._status.report(promise_of(policy), [policy])
        facts = {found.name: found for found in report.facts}
        databases = await self._server.databases_with_tables()
        backed_up = {name for name, found in facts.items() if found.backups}
        return Standing(choose(policy, databases, backed_up), facts)

    async def load(self) -> Load:
        return await self._server.load()

    async def used(self) -> int:
        used = await self._status.used_bytes()
        if used is None:
            raise KwtuiError(
                "What the backups take is not known: their folder cannot be seen.",
                hint="Without max_space in the policy it need not be known.",
            )
        return used

    async def back_up(self, policy: Policy, work: Work) -> tuple[str, str]:
        plan = await self._plans.backup(request_of(policy, work.database))
        return plan.path, await self.run(plan, work)

    async def drill(self, policy: Policy, path: str, work: Work) -> str:
        from kwtui.model.requests import DrillRequest

        request = DrillRequest(path, on_sandbox=policy.proof.drill_on == "sandbox")
        return await self.run(await self._plans.drill(request), work)

    async def verify(self, path: str, work: Work) -> str:
        from kwtui.model.proof import ProofLevel

        return await self.run(await self._plans.verify(path, ProofLevel.P2), work)

    async def thin_out(self, policy: Policy, work: Work) -> str:
        from kwtui.model.retention import RetentionPolicies

        if policy.retention is None:
            return ""
        rules = RetentionPolicies(databases={work.database: policy.retention})
        plan = (await self._retention.preview(work.database, rules)).plan
        return await self.run(plan, work) if plan.steps else ""

    async def run(self, plan: Plan, work: Work) -> str:
        """Run a plan to its end; its summary. Raises KwtuiError if it did not succeed."""
        from kwtui.runs.events import RunStatus

        run_id = await self._runs.start(plan)
        work.runs.append(run_id)
        self._at_work.add(run_id)
        try:
            if self._cancelled:
                # The wish came while its process started.
                await self._cancel(run_id)
            work.tell(f"{plan.database}: {plan.title}: run {run_id}")
            end = await self._end(run_id)
        finally:
            self._at_work.discard(run_id)
        if end.status is not RunStatus.SUCCEEDED:
            raise KwtuiError(end.summary, cause=lines_of(*end.cause.split("\n")), hint=end.hint)
        work.tell(f"{plan.database}: {end.summary}")
        return end.summary

    async def cancel(self) -> None:
        import asyncio

        self._cancelled = True
        await asyncio.gather(*(self._cancel(run_id) for run_id in list(self._at_work)))

    async def _cancel(self, run_id: str) -> None:
        try:
            await self._runs.cancel(run_id)
        except KwtuiError as error:
            if error.exit_code is not ExitCode.NOT_FOUND:
                raise
            # It ended a moment ago.

    async def _end(self, run_id: str) -> RunFinished:
        from kwtui.runs.events import RunFinished

        async for event in self._runs.follow(run_id):
            if isinstance(event, RunFinished):
                return event
        raise KwtuiError(f"Run {run_id} has no end.", hint=f"See kwtui runs show {run_id}")


def request_of(policy: Policy, database: str) -> BackupRequest:
    from kwtui.model.requests import BackupRequest

    return BackupRequest(
        database=database,
        method=policy.method,
        prefix=policy.prefix,
        node_id=policy.node,
        parallel=policy.parallel,
        check=policy.check,
        incremental=policy.incremental,
        anew_after=policy.anew_after,
        label=policy.label,
        with_users=policy.with_users,
        with_settings=policy.with_settings,
        unseen=policy.unseen,
    )
