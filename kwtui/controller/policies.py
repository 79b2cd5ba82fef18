"""Policies: what a person wrote down once, done again and again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.plans import Plans
from kwtui.controller.retention import Retention
from kwtui.controller.runs import Runs
from kwtui.controller.server import ServerPages
from kwtui.controller.status import Status
from kwtui.errors import KwtuiError
from kwtui.text import plural, sentences

if TYPE_CHECKING:
    from kwtui.model.policy import NoticeOn, Policy
    from kwtui.model.requests import BackupRequest
    from kwtui.operations.plan import Plan
    from kwtui.protection.facts import DatabaseFacts, Promise
    from kwtui.runs.events import RunFinished
    from kwtui.unattended.history import DatabaseOutcome, PolicyEvent
    from kwtui.unattended.matching import Chosen
    from kwtui.unattended.notices import Notice
    from kwtui.unattended.sending import Sent

Tell = Callable[[str], None]


class Policies:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        plans: Plans,
        runs: Runs,
        retention: Retention,
        server: ServerPages,
        status: Status,
        background: Background,
        state: Path,
    ) -> None:
        self._plans = plans
        self._runs = runs
        self._retention = retention
        self._server = server
        self._status = status
        self._background = background
        self._state = state

    # -- what is written down -------------------------------------------------------------------

    def names(self) -> list[str]:
        from kwtui.config.policies import policy_names

        return policy_names()

    def load(self, name: str) -> Policy:
        """Raises NOT_FOUND, or USAGE with file, line and reason."""
        from kwtui.config.policies import load_policy

        return load_policy(name)

    def warnings(self, policy: Policy) -> list[str]:
        """What is allowed and unwise. Raises USAGE for times that the engine would refuse."""
        from kwtui.unattended.schedule import PackagesMissing, check_times

        try:
            found = check_times(policy.schedule)
        except PackagesMissing as error:
            found = [f"Its times were not checked. {error.cause} {error.hint}"]
        if not policy.profile:
            found.append("It has no profile: a timer would not know the server.")
        if policy.retention is None:
            found.append("It has no [retention]: backups stay until the disk is full.")
        if policy.proof.drill_every is None:
            found.append("It has no drill_every: nothing proves that a backup comes back.")
        if not (policy.notice.command or policy.notice.webhook or policy.notice.mail_to):
            found.append("It has no [notify]: nobody is told when it fails.")
        return found

    def next_times(self, policy: Policy, count: int = 1) -> list[datetime]:
        """In UTC; none without a schedule."""
        from kwtui.unattended.schedule import next_times

        return next_times(policy.schedule, datetime.now(UTC), count)

    async def history(self, name: str) -> list[PolicyEvent]:
        from kwtui.unattended.history import read_history

        return await self._background.call(read_history, self._state, name)

    # -- running --------------------------------------------------------------------------------

    async def choose(self, policy: Policy) -> Chosen:
        """The databases that it is about now."""
        return await self._choose(policy, await self._facts(policy))

    async def _choose(self, policy: Policy, facts: Mapping[str, DatabaseFacts]) -> Chosen:
        from kwtui.unattended.matching import choose

        databases = await self._server.databases_with_tables()
        return choose(policy, databases, {n for n, found in facts.items() if found.backups})

    async def run(self, policy: Policy, tell: Tell) -> PolicyEvent:
        """Back up, drill, verify and thin out what is due; the event that it ended with.

        What fails for one database does not stop the others. Raises RUN_IN_PROGRESS while another
        run of the same policy works.
        """
        from kwtui.unattended.cadence import in_window
        from kwtui.unattended.history import (
            PolicyEvent,
            append_event,
            hold,
            last_end,
            read_history,
        )
        from kwtui.unattended.schedule import zone_of

        locks = hold(self._state, policy.name)
        try:
            before = last_end(read_history(self._state, policy.name))
            now = datetime.now(UTC)
            if not in_window(policy.limits, now.astimezone(zone_of(policy.schedule))):
                event = PolicyEvent(now, "skipped", False, f"outside {policy.limits.window}")
                append_event(self._state, policy.name, event)
                return event
            append_event(self._state, policy.name, PolicyEvent(now, "began"))
            event = await self._carry_out(policy, tell)
            append_event(self._state, policy.name, event)
            await self._notify_end(policy, event, None if before is None else before.ok, tell)
            return event
        finally:
            locks.close()

    async def _carry_out(self, policy: Policy, tell: Tell) -> PolicyEvent:
        import asyncio

        from kwtui.unattended.history import PolicyEvent

        try:
            await self._check_load(policy)
            # Once for all databases: to look through the store takes long where much lies there.
            facts = await self._facts(policy)
            chosen = await self._choose(policy, facts)
            gate = asyncio.Semaphore(policy.at_once)

            async def one(name: str) -> DatabaseOutcome:
                async with gate:
                    return await self._database(policy, name, facts.get(name), tell)

            outcomes = tuple(await asyncio.gather(*(one(name) for name in chosen.databases)))
        except KwtuiError as error:
            return PolicyEvent(datetime.now(UTC), "ended", False, sentences(*error.lines()))
        failed = [outcome.database for outcome in outcomes if not outcome.ok]
        problems = [*chosen.problems, *(f"{name} failed" for name in failed)]
        words = "; ".join(problems) or f"{len(outcomes)} backed up"
        return PolicyEvent(datetime.now(UTC), "ended", not problems, words, outcomes)

    async def _check_load(self, policy: Policy) -> None:
        """Raises KwtuiError while more statements run than the policy allows."""
        limit = policy.limits.max_queries
        if limit is None:
            return
        overview = await self._server.overview()
        running = len(overview.queries.items)
        if running > limit:
            raise KwtuiError(
                f"The server is busy: {plural(running, 'statement')} at work, "
                f"the policy allows {limit}.",
                hint="It is tried again at its next time.",
            )

    async def _database(
        self, policy: Policy, name: str, facts: DatabaseFacts | None, tell: Tell
    ) -> DatabaseOutcome:
        """Back it up, then prove and thin out: what fails of the rest does not stop what follows,
        since a damaged old backup must not let the disk fill."""
        from kwtui.unattended.history import DatabaseOutcome

        runs: list[str] = []
        path, said, failed = "", [], []
        try:
            plan = await self._plans.backup(_request(policy, name))
            path = plan.path
            said.append(await self._work(plan, runs, tell))
        except KwtuiError as error:
            words = sentences(*error.lines())
            tell(f"{name}: failed: {words}")
            return DatabaseOutcome(name, False, words, path, tuple(runs))
        for what, make in self._due(policy, name, facts, path):
            try:
                plan = await make()
                if plan.steps:
                    said.append(await self._work(plan, runs, tell))
            except KwtuiError as error:
                failed.append(f"{what} failed: {sentences(*error.lines())}")
                tell(f"{name}: {failed[-1]}")
        return DatabaseOutcome(name, not failed, "; ".join([*failed, *said]), path, tuple(runs))

    def _due(
        self, policy: Policy, name: str, facts: DatabaseFacts | None, path: str
    ) -> list[tuple[str, Callable[[], Awaitable[Plan]]]]:
        """What follows a backup, in words, and how its plan is made. ``facts`` are from before."""
        from kwtui.model.proof import ProofLevel
        from kwtui.model.requests import DrillRequest
        from kwtui.model.retention import RetentionPolicies
        from kwtui.unattended.cadence import drill_due, verify_due

        now = datetime.now(UTC)
        due: list[tuple[str, Callable[[], Awaitable[Plan]]]] = []
        if facts is not None and drill_due(policy, facts, now):
            request = DrillRequest(path, on_sandbox=policy.proof.drill_on == "sandbox")
            due.append(("the drill", partial(self._plans.drill, request)))
        for backup in verify_due(policy, facts, now) if facts is not None else ():
            check = partial(self._plans.verify, backup.path, ProofLevel.P2)
            due.append((f"the check of {backup.path}", check))
        if policy.retention is not None:
            rules = RetentionPolicies(databases={name: policy.retention})

            async def prune() -> Plan:
                return (await self._retention.preview(name, rules)).plan

            due.append(("the removal of what retention lets go", prune))
        return due

    async def _work(self, plan: Plan, runs: list[str], tell: Tell) -> str:
        """Run a plan to its end; its summary. Raises KwtuiError if it did not succeed."""
        from kwtui.runs.events import RunStatus

        run_id = await self._runs.start(plan)
        runs.append(run_id)
        tell(f"{plan.database}: {plan.title}: run {run_id}")
        end = await self._end(run_id)
        if end.status is not RunStatus.SUCCEEDED:
            raise KwtuiError(end.summary, cause=end.cause, hint=end.hint)
        tell(f"{plan.database}: {end.summary}")
        return end.summary

    async def _end(self, run_id: str) -> RunFinished:
        from kwtui.runs.events import RunFinished

        async for event in self._runs.follow(run_id):
            if isinstance(event, RunFinished):
                return event
        raise KwtuiError(f"Run {run_id} has no end.", hint=f"See kwtui runs show {run_id}")

    async def _facts(self, policy: Policy) -> dict[str, DatabaseFacts]:
        report = await self._status.report(_promise(policy), [policy])
        return {facts.name: facts for facts in report.facts}

    # -- telling --------------------------------------------------------------------------------

    async def watch(self, policy: Policy) -> tuple[str, tuple[Sent, ...]]:
        """Judge the policy's databases, and tell if one is overdue; the verdict, and who was told.

        The same trouble is told once a day.
        """
        from datetime import timedelta

        from kwtui.model.policy import NoticeOn
        from kwtui.protection.judging import Severity, verdict, worst
        from kwtui.unattended.history import PolicyEvent, append_event
        from kwtui.unattended.matching import covers

        report = await self._status.report(_promise(policy), [policy])
        ours = tuple(j for j in report.judgements if covers(policy, j.name))
        words = verdict(ours)
        if worst(ours) is Severity.OK or NoticeOn.OVERDUE not in policy.notice.on:
            return words, ()
        now = datetime.now(UTC)
        told = [e for e in await self.history(policy.name) if e.event == "noticed"]
        if told and told[-1].words == words and now - told[-1].at < timedelta(days=1):
            return words, ()
        lines = tuple(f"{j.name} {j.reason}" for j in ours if j.severity is not Severity.OK)
        notice = self._notice(policy, NoticeOn.OVERDUE, words, lines)
        sent = await self.send(policy, notice)
        append_event(self._state, policy.name, PolicyEvent(now, "noticed", False, words))
        return words, sent

    async def test_notice(self, policy: Policy) -> tuple[Sent, ...]:
        from kwtui.model.policy import NoticeOn

        words = "This is a test of the notices of kwtui."
        return await self.send(policy, self._notice(policy, NoticeOn.SUCCESS, words, ()))

    async def send(self, policy: Policy, notice: Notice) -> tuple[Sent, ...]:
        """Tell everybody; what cannot be told is in the answer and stops nothing."""
        from kwtui.unattended.sending import send

        return tuple(await self._background.call(send, notice, policy.notice))

    async def _notify_end(
        self, policy: Policy, event: PolicyEvent, before: bool | None, tell: Tell
    ) -> None:
        from kwtui.unattended.history import append_event
        from kwtui.unattended.notices import wanted

        kind = wanted(policy.notice, event.ok, before)
        if kind is None:
            return
        title = f"{policy.name} {'succeeded' if event.ok else 'failed'}: {event.words}"
        lines = tuple(f"{outcome.database}: {outcome.words}" for outcome in event.databases)
        for sent in await self.send(policy, self._notice(policy, kind, title, lines)):
            if sent.problem:
                words = f"The notice by {sent.way} was not sent: {sent.problem}"
                tell(words)
                late = replace(event, event="notice-failed", ok=False, words=words, databases=())
                append_event(self._state, policy.name, late)

    def _notice(self, policy: Policy, kind: NoticeOn, title: str, lines: tuple[str, ...]) -> Notice:
        import socket

        from kwtui.unattended.notices import Notice

        at = datetime.now(UTC).isoformat(timespec="seconds")
        return Notice(kind, policy.name, title, socket.gethostname(), at, lines)


def _request(policy: Policy, name: str) -> BackupRequest:
    from kwtui.model.requests import BackupRequest

    return BackupRequest(
        database=name,
        method=policy.method,
        prefix=policy.prefix,
        node_id=policy.node,
        parallel=policy.parallel,
        label=policy.label,
        with_users=policy.with_users,
        with_settings=policy.with_settings,
    )


def _promise(policy: Policy) -> Promise:
    from kwtui.unattended.promises import promise_of

    return promise_of(policy)
