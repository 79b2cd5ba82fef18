"""A run of a policy: what is done in which order, and what becomes of it if it is stopped.

It decides; what is done is done by `kwtui.unattended.run_services`. What fails for one database
stops neither the others nor, for that database, what does not need it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.policy import Policy
from kwtui.protection.facts import DatabaseFacts
from kwtui.text import human_bytes, sentences
from kwtui.unattended.cadence import drill_due, verify_due
from kwtui.unattended.history import DatabaseOutcome, PolicyEvent
from kwtui.unattended.load import BETWEEN_LOOKS, LOOKS, is_limited, stress
from kwtui.unattended.run_services import Hands, Standing, Tell, Work
from kwtui.unattended.schedule import is_open

_Result = TypeVar("_Result")
_Task = tuple[str, Callable[[], Awaitable[str]]]


class PolicyRun:
    """One run; `stop` ends it early, and what is at work is cancelled first."""

    def __init__(self, policy: Policy, hands: Hands, tell: Tell) -> None:
        self._policy = policy
        self._hands = hands
        self._tell = tell
        self._stopped = ""
        """Why it was stopped, in words."""
        self._by_person = False
        self._stopping = asyncio.Event()
        self._reserved: dict[str, int] = {}
        """Bytes that backups at work may take yet."""
        self._space = asyncio.Lock()

    async def stop(self, words: str, *, by_person: bool = True) -> None:
        """Begin nothing more, and cancel what is at work. `carry_out` then ends soon."""
        if not self._stopped:
            self._stopped, self._by_person = words, by_person
            self._stopping.set()
        await self._hands.cancel()

    async def carry_out(self) -> PolicyEvent:
        """All that is due; the event that it ended with."""
        try:
            await self._wait_for_rest()
            standing = await self._hands.standing(self._policy)
            outcomes = await self._all(standing)
        except KwtuiError as error:
            return self._end(self._stopped or sentences(*error.lines()), False, ())
        failed = [outcome.database for outcome in outcomes if not outcome.ok]
        problems = [*standing.chosen.problems, *(f"{name} failed" for name in failed)]
        if self._stopped:
            problems.insert(0, self._stopped)
        words = "; ".join(problems) or f"{len(outcomes)} backed up"
        return self._end(words, not problems, outcomes)

    def _end(self, words: str, ok: bool, outcomes: tuple[DatabaseOutcome, ...]) -> PolicyEvent:
        kind = "cancelled" if self._by_person else "ended"
        return PolicyEvent(self._hands.now(), kind, ok, words, outcomes)

    async def _all(self, standing: Standing) -> tuple[DatabaseOutcome, ...]:
        gate = asyncio.Semaphore(self._policy.at_once)

        async def one(name: str) -> DatabaseOutcome:
            async with gate:
                return await self._database(name, standing.facts.get(name))

        watching = asyncio.ensure_future(self._watch_load())
        try:
            return tuple(await asyncio.gather(*(one(name) for name in standing.chosen.databases)))
        finally:
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    # -- one database -------------------------------------------------------------------------

    async def _database(self, name: str, facts: DatabaseFacts | None) -> DatabaseOutcome:
        work = Work(name, self._tell)
        said, failed, path = [], [], ""
        try:
            await self._make_room(work, facts)
            path, words = await self._step(partial(self._hands.back_up, self._policy, work))
            said.append(words)
        except KwtuiError as error:
            failed.append(sentences(*error.lines()))
            self._tell(f"{name}: failed: {failed[-1]}")
        finally:
            self._reserved.pop(name, None)
        for what, carry_out in self._due(work, facts, path):
            try:
                words = await self._step(carry_out)
            except KwtuiError as error:
                if self._stopped:
                    break
                failed.append(f"{what} failed: {sentences(*error.lines())}")
                self._tell(f"{name}: {failed[-1]}")
            else:
                said += [words] if words else []
        ok = not failed and not self._stopped
        return DatabaseOutcome(
            name,
            ok,
            "; ".join(words.rstrip(".") for words in [*failed, *said]),
            path,
            tuple(work.runs),
        )

    async def _step(self, carry_out: Callable[[], Awaitable[_Result]]) -> _Result:
        """Carry out, unless the run was stopped or the policy's window has ended.

        Raises KwtuiError then (CANCELLED if it was stopped).
        """
        if self._stopped:
            raise KwtuiError(f"Not started: {self._stopped}.", exit_code=ExitCode.CANCELLED)
        policy = self._policy
        if not is_open(policy, self._hands.now()):
            raise KwtuiError(f"Not started: it is outside {policy.limits.window}.")
        return await carry_out()

    def _due(self, work: Work, facts: DatabaseFacts | None, path: str) -> Iterator[_Task]:
        """What follows the backup. ``facts`` are from before; no path: it failed.

        Then nothing is removed: what is there is all that there is.
        """
        policy, hands, now = self._policy, self._hands, self._hands.now()
        if path and drill_due(policy, facts, now):
            yield "the drill", partial(hands.drill, policy, path, work)
        for after in hands.after_backup if path else ():
            follow_up = after(policy, work.database, path)
            if follow_up is not None:
                yield follow_up.words, partial(follow_up.carry_out, work)
        for backup in verify_due(policy, facts, now):
            yield f"the check of {backup.path}", partial(hands.verify, backup.path, work)
        if path and policy.retention is not None:
            yield (
                "the removal of what retention lets go",
                partial(hands.thin_out, policy, work),
            )

    # -- limits -------------------------------------------------------------------------------

    async def _make_room(self, work: Work, facts: DatabaseFacts | None) -> None:
        """Reserve what the backup may take; remove old ones first where that does not fit.

        Raises KwtuiError (DISK_FULL) if all backups together would pass the policy's limit.
        """
        most = self._policy.limits.max_space
        if most is None:
            return
        expected = max((b.bytes or 0 for b in (facts.backups if facts else ())[:3]), default=0)
        async with self._space:
            if await self._would_take(expected) > most and self._policy.retention is not None:
                await self._step(partial(self._hands.thin_out, self._policy, work))
            total = await self._would_take(expected)
            if total > most:
                raise KwtuiError(
                    f"With this backup all of them would take {human_bytes(total)}, the policy "
                    f"allows {human_bytes(most)}.",
                    hint="Keep fewer backups, or raise max_space.",
                    exit_code=ExitCode.DISK_FULL,
                )
            self._reserved[work.database] = expected

    async def _would_take(self, expected: int) -> int:
        return await self._hands.used() + sum(self._reserved.values()) + expected

    async def _wait_for_rest(self) -> None:
        """Raises KwtuiError if the server is under stress for longer than the policy waits."""
        limits = self._policy.limits
        if not is_limited(limits):
            return
        until: datetime = self._hands.now() + limits.wait
        told = False
        while reason := stress(limits, await self._hands.load()):
            if self._stopped or self._hands.now() >= until:
                raise KwtuiError(
                    f"The server is under stress: {reason}.",
                    hint="It is retried at its next scheduled time.",
                )
            if not told:
                self._tell(f"Waiting: the server is under stress: {reason}")
                told = True
            await self._pause(min(BETWEEN_LOOKS, until - self._hands.now()))

    async def _pause(self, time: timedelta) -> None:
        """Shorter if the run is stopped."""
        waits = [
            asyncio.ensure_future(self._hands.pause(time)),
            asyncio.ensure_future(self._stopping.wait()),
        ]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _watch_load(self) -> None:
        """Stop the run once the server is under stress for several looks in a row."""
        limits = self._policy.limits
        if not limits.stop:
            return
        found = 0
        while found < LOOKS:
            await self._hands.pause(BETWEEN_LOOKS)
            try:
                reason = stress(limits, await self._hands.load())
            except KwtuiError:
                # Who works on the server at this moment says better what is wrong with it.
                continue
            found = found + 1 if reason else 0
        await self.stop(f"stopped, the server is under stress: {reason}", by_person=False)
