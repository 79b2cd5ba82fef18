"""Watching a run from a terminal or a script."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kwtui.commands.shared.output import Output
from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import PlanKind
from kwtui.runs.events import (
    AnyEvent,
    NoticeReceived,
    RunFinished,
    RunStatus,
    StepFailed,
    StepFinished,
)
from kwtui.runs.journal import encode_event
from kwtui.runs.progress import left_of
from kwtui.runs.reducing import initial_state, reduce
from kwtui.runs.state import RunState

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.operations.plan import Plan

QUESTION = "It runs in a process of its own. [d]etach, [c]ancel, or Enter to continue watching: "
BACKUP_QUESTION = (
    "It runs in a process of its own. [d]etach, [c]ancel and keep what was written, marked "
    "as\ncancelled, cancel and [s]weep it away, or Enter to continue watching: "
)


async def start_and_follow(
    controller: Controller, plan: Plan, output: Output, passphrase: str | None = None
) -> int:
    """Start the plan, show the run until it has ended; its exit code, as `follow`.

    A signal that comes while the run's process starts is answered once the run is there: it would
    end this command with "cancelled", and the run would go on.
    """
    with held_signals() as held:
        run_id = await controller.runs.start(plan, passphrase)
        return await follow(controller, run_id, output, held=held)


async def follow(
    controller: Controller,
    run_id: str,
    output: Output,
    *,
    owner: bool = True,
    held: Sequence[int] = (),
) -> int:
    """Show the run until it has ended; its exit code.

    SIGHUP ends the watching, with exit code 129: the run goes on, and is not done.

    On a terminal Ctrl+C asks whether to detach or to cancel, and of a backup what becomes of what
    was written. Elsewhere SIGINT and SIGTERM cancel the run when ``owner`` (the command that
    started it), else they only stop the watching. ``held`` came before, and is answered first.
    """
    watcher = _Watcher(controller, run_id, output, owner, held)
    return await watcher.watch()


class _Watcher:
    def __init__(
        self,
        controller: Controller,
        run_id: str,
        output: Output,
        owner: bool,
        held_signals: Sequence[int],
    ) -> None:
        self._held_signals = held_signals
        self._controller = controller
        self._run_id = run_id
        self._output = output
        self._owner = owner
        self._question: asyncio.Task[None] | None = None
        self._asking = False
        self._held: list[tuple[AnyEvent, RunState]] = []
        """What happened while the question stood: lines of it would bury the question."""
        self._detached = asyncio.Event()
        self._detached_code = 0
        self._is_backup = False

    async def watch(self) -> int:
        plan = await self._controller.runs.plan(self._run_id)
        state = initial_state(plan)
        self._is_backup = plan.kind is PlanKind.BACKUP
        with handled_signals(self._interrupted):
            # Of a key that was pressed twice while the run started, one is meant.
            for number in sorted(set(self._held_signals)):
                self._interrupted(number)
            following = asyncio.ensure_future(self._follow(state))
            detached = asyncio.ensure_future(self._detached.wait())
            await asyncio.wait({following, detached}, return_when=asyncio.FIRST_COMPLETED)
            detached.cancel()
            if following.done():
                return following.result()
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
        self._output.note(f"The run goes on. Follow it: kwtui runs follow {self._run_id}")
        return self._detached_code

    async def _follow(self, state: RunState) -> int:
        async for event in self._controller.runs.follow(self._run_id):
            state = reduce(state, event)
            try:
                self._print(event, state)
            except BrokenPipeError:
                if not self._owner:
                    raise
                # The exit code is still the run's: `kwtui backup shop | head` must not be 0
                # while the backup is under way, or fails.
                self._output.go_unread()
            if isinstance(event, RunFinished):
                return event.exit_code
        return 1

    def _print(self, event: AnyEvent, state: RunState) -> None:
        if self._output.json:
            self._output.event(encode_event(event))
        else:
            self._show(event, state)

    def _show(self, event: AnyEvent, state: RunState) -> None:
        if self._asking:
            self._held.append((event, state))
            if not isinstance(event, RunFinished):
                return
            self._asking = False
            sys.stderr.write("\nIt has ended in the meantime.\n")
            self._show_held()
            return
        for line in lines_of(event, state):
            self._output.line(line)
        if isinstance(event, RunFinished):
            show_end(self._output, event)
        elif self._output.is_terminal and self._question is None:
            self._output.status(status_line(state))

    def _show_held(self) -> None:
        held, self._held = self._held, []
        for event, state in held:
            self._show(event, state)

    # -- signals ----------------------------------------------------------------------------

    def _interrupted(self, number: int) -> None:
        if number == signal.SIGHUP:
            # Nobody chose to leave: whatever waits for this command must not take it for done.
            self._detached_code = int(ExitCode.TERMINAL_CLOSED)
        if number == signal.SIGHUP or (not self._owner and not self._output.is_terminal):
            self._detached.set()
        elif number == signal.SIGINT and self._output.is_terminal:
            if self._question is None:
                self._question = asyncio.ensure_future(self._ask())
            else:
                self._detached.set()
        else:
            self._question = asyncio.ensure_future(self._cancel())

    async def _ask(self) -> None:
        self._output.clear_status()
        sys.stderr.write("\n" + (BACKUP_QUESTION if self._is_backup else QUESTION))
        sys.stderr.flush()
        self._asking = True
        answer = (await _typed_line()).strip().lower()
        self._asking = False
        self._show_held()
        if answer.startswith("c"):
            await self._cancel(sweep=False if self._is_backup else None)
        elif answer.startswith("s") and self._is_backup:
            await self._cancel(sweep=True)
        elif answer.startswith("d"):
            self._detached.set()
        self._question = None

    async def _cancel(self, *, sweep: bool | None = None) -> None:
        self._output.note("Cancelling the run; what the server does for it is cancelled too.")
        try:
            await self._controller.runs.cancel(self._run_id, sweep=sweep)
        except KwtuiError as error:
            self._output.note(error.title)


async def _typed_line() -> str:
    """A line from the terminal. A thread would keep the process until somebody types one."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(sys.stdin, readable.set)
    try:
        await readable.wait()
    finally:
        loop.remove_reader(sys.stdin)
    return sys.stdin.readline()


@contextmanager
def held_signals() -> Iterator[Sequence[int]]:
    """Signals that would end this command are noted, until something else handles them."""
    held: list[int] = []
    with handled_signals(held.append):
        yield held


@contextmanager
def handled_signals(handler: Callable[[int], None]) -> Iterator[None]:
    """SIGINT, SIGTERM and SIGHUP are for ``handler``, and end nothing meanwhile."""
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGINT, signal.SIGTERM]
    # What nohup made us ignore stays ignored.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        loop.add_signal_handler(number, handler, number)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)


# -- words ------------------------------------------------------------------------------------


def lines_of(event: AnyEvent, state: RunState) -> Iterator[str]:
    """The lines that stay: what was done, what the server said, what failed."""
    match event:
        case StepFinished():
            step = state.step(event.step)
            title = step.title if step else event.step
            yield f"done    {title}" + (f": {event.summary}" if event.summary else "")
        case NoticeReceived():
            yield f"{event.severity.lower():7} {event.message}"
        case StepFailed():
            step = state.step(event.step)
            yield f"failed  {step.title if step else event.step}: {event.title}"
        case _:
            return


def status_line(state: RunState) -> str:
    """One line: what runs, how far it is, how fast, how long it will take and why one thinks so."""
    from kwtui.text import human_bytes, human_duration

    parts = []
    running = state.running_steps
    if running:
        more = f" (+{len(running) - 1})" if len(running) > 1 else ""
        parts.append(running[0].title + more)
    if state.share is not None:
        parts.append(f"{int(state.share * 100)}%")
    if state.tables_total:
        parts.append(f"{state.tables_done}/{state.tables_total} tables")
    size = next((s for s in running if s.bytes), None)
    done = state.bytes or (size.bytes if size and size.bytes else 0)
    if done:
        parts.append(human_bytes(done))
    if state.bytes_per_second:
        parts.append(f"{human_bytes(int(state.bytes_per_second))}/s")
    left = left_of(state, state.updated_at or datetime.now(UTC))
    if left.seconds is not None:
        of = "" if left.whole else f" of {state.phase}"
        parts.append(f"about {human_duration(left.seconds)} left{of} ({left.basis})")
    return "  ".join(parts)


def show_end(output: Output, event: RunFinished) -> None:
    if event.status is RunStatus.SUCCEEDED:
        output.line(event.summary)
        path = event.result.get("path")
        if path and str(path) not in event.summary:
            output.line(f"  Path: {path}")
        for key, words in (("doubts", "Doubt"), ("not_included", "Not included")):
            for text in event.result.get(key, []):
                output.line(f"  {words}: {text}")
        return
    output.note(f"kwtui: {event.summary}")
    for part in filter(None, (event.cause, event.hint)):
        for line in part.split("\n"):
            output.note(f"  {line}")
