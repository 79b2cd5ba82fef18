"""Policies: what a person wrote down once, done again and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from kwtui.controller.background import Background
from kwtui.controller.commands import CommandLines
from kwtui.controller.policy_changes import PolicyChanges
from kwtui.controller.policy_work import PolicyWork
from kwtui.controller.status import Status
from kwtui.errors import KwtuiError

if TYPE_CHECKING:
    from kwtui.config.policy_file import PolicyDraft
    from kwtui.model.policy import Policy
    from kwtui.runs.lock import RunLocks
    from kwtui.unattended.history import PolicyEvent
    from kwtui.unattended.installing import Installed
    from kwtui.unattended.matching import Chosen
    from kwtui.unattended.run_services import AfterBackup, Tell
    from kwtui.unattended.running import PolicyRun
    from kwtui.unattended.sending import Sent
    from kwtui.unattended.summary import PolicySummary
    from kwtui.unattended.telling import Telling

_BETWEEN_TRIES = 1.0
"""Seconds from one look at the lock of a run that is waited for to the next."""


class Policies:
    """All methods raise `kwtui.errors.KwtuiError` with a message for people."""

    def __init__(
        self,
        work: PolicyWork,
        changes: PolicyChanges,
        status: Status,
        commands: CommandLines,
        background: Background,
        state: Path,
    ) -> None:
        self._work = work
        self._changes = changes
        self._status = status
        self._commands = commands
        self._background = background
        self._state = state
        self._current: PolicyRun | None = None
        self._stop_wish = ""

    # -- what is written down -------------------------------------------------------------------

    def names(self) -> list[str]:
        from kwtui.config.policies import policy_names

        return policy_names()

    def load(self, name: str) -> Policy:
        """Raises NOT_FOUND, or USAGE with file, line and reason."""
        from kwtui.config.policies import load_policy

        return load_policy(name)

    def be_gentle(self, policy: Policy) -> None:
        """Let this process, and all that it starts, keep the policy's limits for the machine."""
        from kwtui.unattended.history import pace_path
        from kwtui.unattended.low_priority import be_gentle

        be_gentle(policy.limits, pace_path(self._state, policy.name))

    def warnings(self, policy: Policy) -> list[str]:
        """What is allowed and unwise. Raises USAGE for times that the engine would refuse."""
        from kwtui.unattended.schedule import PackagesMissing, check_times

        try:
            found = check_times(policy.schedule)
        except PackagesMissing as error:
            found = [f"Its times were not checked. {error.title} {error.hint}"]
        if not policy.profile:
            found.append("It has no profile: a timer would not know the server.")
        if policy.retention is None:
            found.append("It has no [retention]: backups stay until the disk is full.")
        if policy.proof.drill_every is None:
            found.append("It has no drill_every: nothing proves that a backup comes back.")
        if not policy.notice.tells_somebody:
            found.append("It has no [notify]: nobody is notified when it fails.")
        return found

    def warnings_of(self, text: str) -> list[str]:
        """As `warnings`, of a file that is not written yet. Raises USAGE with line and reason."""
        from kwtui.config.policies import parse_policy, policy_path

        return self.warnings(parse_policy(text, policy_path("new")))

    def next_times(self, policy: Policy, count: int = 1) -> list[datetime]:
        """In UTC; none without a schedule."""
        from kwtui.unattended.schedule import next_times

        return next_times(policy.schedule, datetime.now(UTC), count)

    async def summary(self, name: str, *, timer: bool = False) -> PolicySummary:
        """A policy in a line, also if its file cannot be used. ``timer``: ask the host for it."""
        from kwtui.text import sentences
        from kwtui.unattended.history import ENDS, last_end
        from kwtui.unattended.summary import PolicySummary

        history = await self.history(name)
        begun = [e.event for e in history if e.event in ("began", *ENDS)][-1:] == ["began"]
        works = begun and await self._background.call(self._is_held, name)
        found = PolicySummary(
            name,
            # One that works now has not ended as failed yet.
            last=last_end(history[:-1] if works else history),
            works=works,
            timer=await self.timer(name) if timer else None,
        )
        try:
            policy = self.load(name)
        except KwtuiError as error:
            return replace(found, problem=sentences(*error.lines()))
        found = replace(found, databases=policy.databases)
        try:
            times = self.next_times(policy)
        except KwtuiError as error:
            return replace(found, next_problem=error.title)
        return replace(found, next=times[0] if times else None)

    async def summaries(self) -> list[PolicySummary]:
        """All of them, by name, with their timers."""
        return [await self.summary(name, timer=True) for name in self.names()]

    def _is_held(self, name: str) -> bool:
        from kwtui.unattended.history import hold

        try:
            hold(self._state, name).close()
        except KwtuiError:
            return True
        return False

    def text(self, name: str) -> str:
        """The file as it is. Raises NOT_FOUND."""
        from kwtui.config.policy_file import policy_text

        return policy_text(name)

    def draft(self, name: str, draft: PolicyDraft) -> str:
        """The file of a new policy. Raises USAGE for a name that is none, NAME_TAKEN."""
        from kwtui.config.policy_file import free_path, text_of

        free_path(name)
        return text_of(draft)

    def add(self, name: str, text: str) -> Path:
        """Write a new policy; where. Raises NAME_TAKEN, or USAGE with line and reason."""
        return self._changes.add(name, text, self.warnings)

    def edit(self, name: str) -> bool:
        """In the person's editor, which has the terminal meanwhile; whether it was changed."""
        return self._changes.edit(name)

    def remove(self, name: str) -> None:
        """The policy and its timers; its backups and its history stay."""
        self._changes.remove(name)

    async def timer(self, name: str) -> Installed:
        """What runs it on this host by itself."""
        from kwtui.unattended.installing import status

        return await self._background.call(status, name)

    async def with_timers(self) -> list[PolicySummary]:
        """Every policy that there is or that this host runs, by name, with its timers."""
        from kwtui.unattended.installing import installed_policies

        found = await self._background.call(installed_policies)
        return [await self.summary(e, timer=True) for e in sorted({*found, *self.names()})]

    async def install_timer(self, policy: Policy, kind: str = "", user: str = "") -> Installed:
        """Let this host run it, as `kwtui.unattended.installing.install`."""
        return await self._changes.install_timer(policy, kind, user)

    async def remove_timer(self, name: str) -> Installed:
        """What there was."""
        return await self._changes.remove_timer(name)

    async def start(self, policy: Policy) -> None:
        """Run it now, in a process of its own. Raises if it does not begin."""
        from kwtui.unattended.starting import start_policy

        options = ["--profile", policy.profile] if policy.profile else self._commands.options()
        await self._background.call(start_policy, self._state, policy.name, options)

    async def history(self, name: str) -> list[PolicyEvent]:
        from kwtui.unattended.history import read_history

        return await self._background.call(read_history, self._state, name)

    # -- running --------------------------------------------------------------------------------

    async def choose(self, policy: Policy) -> Chosen:
        """The databases that it is about now."""
        return (await self._work.standing(policy)).chosen

    def after_backup(self, step: AfterBackup) -> None:
        """Do this, too, with each set that a policy made and proved."""
        self._work.after_backup.append(step)

    async def run(self, policy: Policy, tell: Tell) -> PolicyEvent:
        """Back up, drill, verify and thin out what is due; the event that it ended with.

        What fails for one database does not stop the others; `stop` ends it early. Raises
        RUN_IN_PROGRESS while another run of the same policy works, unless the policy waits for it.
        """
        from kwtui.unattended.history import PolicyEvent
        from kwtui.unattended.running import PolicyRun

        locks = await self._hold(policy, tell)
        try:
            now = datetime.now(UTC)
            before = await self.history(policy.name)
            self._note_missed(policy, before)
            if not self._is_in_window(policy, now):
                event = PolicyEvent(now, "skipped", False, f"outside {policy.limits.window}")
                self._remember(policy, event)
                return event
            self._remember(policy, PolicyEvent(now, "began"))
            pinging = await self._ping(policy, "start", "", tell)
            self._current = PolicyRun(policy, self._work, tell)
            if self._stop_wish:
                await self._current.stop(self._stop_wish)
            event = await self._current.carry_out()
            self._remember(policy, event)
            if pinging:
                await self._ping(policy, "ok" if event.ok else "fail", event.words, tell)
            await self._tell_end(policy, event, before, tell)
            return event
        finally:
            self._current = None
            locks.close()

    async def did_not_begin(self, policy: Policy, error: KwtuiError, tell: Tell) -> None:
        """Write down, and tell, that a run could not even reach its server."""
        from kwtui.text import sentences
        from kwtui.unattended.history import PolicyEvent

        now = datetime.now(UTC)
        if not self._is_in_window(policy, now):
            return
        before = await self.history(policy.name)
        self._note_missed(policy, before)
        event = PolicyEvent(now, "ended", False, sentences(*error.lines()))
        self._remember(policy, PolicyEvent(now, "began"))
        self._remember(policy, event)
        await self._ping(policy, "fail", event.words, tell)
        await self._tell_end(policy, event, before, tell)

    def _is_in_window(self, policy: Policy, now: datetime) -> bool:
        from kwtui.unattended.schedule import is_open

        return is_open(policy, now)

    async def stop(self, words: str) -> None:
        """End the run early: what is at work is cancelled, and it is written down. `run` returns
        soon then."""
        self._stop_wish = words
        if self._current is not None:
            await self._current.stop(words)

    async def owes_a_run(self, policy: Policy) -> bool:
        """Whether a run was missed that the policy wants made up for."""
        from kwtui.unattended.missing import owes_a_run

        return owes_a_run(policy, await self.history(policy.name), datetime.now(UTC))

    async def _hold(self, policy: Policy, tell: Tell) -> RunLocks:
        """The policy's lock. Raises RUN_IN_PROGRESS where another run has it, and writes that
        down."""
        import asyncio

        from kwtui.errors import ExitCode
        from kwtui.model.policy import Overlap
        from kwtui.unattended.history import PolicyEvent, hold

        waiting: RunLocks | None = None
        try:
            while True:
                try:
                    return hold(self._state, policy.name)
                except KwtuiError as error:
                    if error.exit_code is not ExitCode.RUN_IN_PROGRESS:
                        raise
                    try:
                        if policy.schedule.overlap is not Overlap.WAIT or self._stop_wish:
                            raise
                        if waiting is None:
                            waiting = hold(self._state, policy.name, "waiting for the policy")
                            tell("Waiting: another run of this policy is at work")
                    except KwtuiError:
                        now = datetime.now(UTC)
                        words = "another run of this policy was at work"
                        self._remember(policy, PolicyEvent(now, "skipped", False, words))
                        raise
                await asyncio.sleep(_BETWEEN_TRIES)
        finally:
            if waiting is not None:
                waiting.close()

    def _note_missed(self, policy: Policy, history: list[PolicyEvent]) -> None:
        """Write down the times of the schedule at which nothing ran, once."""
        from kwtui.unattended.missing import missed_event, missed_times
        from kwtui.unattended.schedule import PackagesMissing

        now = datetime.now(UTC)
        try:
            times = missed_times(policy, history, now)
        except PackagesMissing:
            # What `policy check` says of it is enough.
            return
        if times:
            self._remember(policy, missed_event(times, now))

    def _remember(self, policy: Policy, event: PolicyEvent) -> None:
        from kwtui.unattended.history import append_event

        append_event(self._state, policy.name, event)

    # -- telling --------------------------------------------------------------------------------

    async def watch(self, policy: Policy) -> tuple[str, tuple[Sent, ...]]:
        """Judge the policy's databases, and tell of what is overdue, not proven, or soon full; the
        verdict, and who was told. The same trouble is told once a day."""
        from kwtui.protection.judging import verdict
        from kwtui.unattended.matching import covers
        from kwtui.unattended.promises import promise_of
        from kwtui.unattended.telling import of_watch

        history = await self.history(policy.name)
        self._note_missed(policy, history)
        report = await self._status.report(promise_of(policy), [policy])
        ours = tuple(j for j in report.judgements if covers(policy, j.name))
        now = datetime.now(UTC)
        sent: list[Sent] = []
        for telling in of_watch(policy, ours, report.growth.full_at, history, now):
            sent += await self._tell(policy, telling)
        return verdict(ours), tuple(sent)

    async def test_notice(self, policy: Policy) -> tuple[Sent, ...]:
        from kwtui.model.policy import NoticeOn
        from kwtui.unattended.telling import Telling

        words = "This is a test of the notices of kwtui."
        sent = await self._send(policy, Telling(NoticeOn.SUCCESS, words))
        if policy.notice.ping:
            from kwtui.unattended.sending import PingKind, ping

            sent += (await self._background.call(ping, policy.notice.ping, PingKind.OK, words),)
        return sent

    async def _tell_end(
        self, policy: Policy, event: PolicyEvent, before: list[PolicyEvent], tell: Tell
    ) -> None:
        from kwtui.unattended.telling import of_end

        telling = of_end(policy, event, before, datetime.now(UTC))
        for sent in await self._tell(policy, telling) if telling else ():
            if sent.problem:
                tell(f"The notice by {sent.way} was not sent: {sent.problem}")

    async def _tell(self, policy: Policy, telling: Telling) -> tuple[Sent, ...]:
        """Tell everybody, and write down what was told and what could not be."""
        from kwtui.unattended.history import PolicyEvent
        from kwtui.unattended.telling import noticed

        if not policy.notice.tells_somebody:
            return ()
        sent = await self._send(policy, telling)
        if any(not each.problem for each in sent):
            self._remember(policy, noticed(telling, datetime.now(UTC)))
        for each in sent:
            if each.problem:
                words = f"by {each.way}: {each.problem}"
                event = PolicyEvent(datetime.now(UTC), "notice-failed", False, words)
                self._remember(policy, event)
        return sent

    async def _send(self, policy: Policy, telling: Telling) -> tuple[Sent, ...]:
        import socket

        from kwtui.unattended.notices import Notice
        from kwtui.unattended.sending import send

        at = datetime.now(UTC).isoformat(timespec="seconds")
        host = socket.gethostname()
        notice = Notice(telling.event, policy.name, telling.title, host, at, telling.lines)
        return tuple(await self._background.call(send, notice, policy.notice))

    async def _ping(self, policy: Policy, kind: str, words: str, tell: Tell) -> bool:
        """Whether somebody waits for it. A ping that fails fails nothing, and is written down."""
        from kwtui.unattended.history import PolicyEvent
        from kwtui.unattended.sending import PingKind, ping

        address = policy.notice.ping
        if not address:
            return False
        sent = await self._background.call(ping, address, PingKind(kind), words)
        if sent.problem:
            tell(f"The ping was not taken: {sent.problem}")
            event = PolicyEvent(
                datetime.now(UTC), "notice-failed", False, f"by ping: {sent.problem}"
            )
            self._remember(policy, event)
        return True
