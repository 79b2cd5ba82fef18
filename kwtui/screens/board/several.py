"""Backing several databases up: their plans on one page, then one run after another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.model.requests import BackupRequest
from kwtui.operations.plan import Plan
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.plan.page import plan_lines, refusal_of
from kwtui.screens.plan.typed_name import PRODUCTION, ask_name
from kwtui.text import plural
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.paint import BLANK, Line, heading, line
from kwtui.widgets.styles import style_path

Starting = Callable[[list[str]], None]
"""Starts the backups of these databases."""


class BackupQueue:
    """Databases that wait for their backup. One run at a time: a node that exports everything at
    once is slow for all who work on it."""

    def __init__(self, controller: Controller) -> None:
        self._controller = controller
        self.waiting: list[str] = []

    async def start_first(self, names: Sequence[str]) -> str:
        """Start the first backup; the others wait. The id of its run. Raises KwtuiError."""
        first, *rest = names
        run_id = await self._start(first)
        self.waiting += [name for name in rest if name not in self.waiting]
        return run_id

    async def go_on(self, run_id: str) -> None:
        """Wait for the run, then back up what waits. What cannot be started does not stop the
        others: raises the first KwtuiError at the end."""
        problem: KwtuiError | None = None
        await self._wait_for(run_id)
        while self.waiting:
            name = self.waiting.pop(0)
            try:
                await self._wait_for(await self._start(name))
            except KwtuiError as error:
                problem = problem or error
        if problem is not None:
            raise problem

    async def _start(self, name: str) -> str:
        """Planned now: what was shown may be an hour old when its turn comes."""
        plan = await self._controller.plans.backup(BackupRequest(name))
        return await self._controller.runs.start(plan)

    async def _wait_for(self, run_id: str) -> None:
        async for _ in self._controller.runs.follow(run_id):
            pass

    @property
    def words(self) -> str:
        """What is not begun yet; empty when nothing waits."""
        if not self.waiting:
            return ""
        waits = "waits for its backup" if len(self.waiting) == 1 else "wait for their backups"
        return f"{', '.join(self.waiting)} {waits}. Leaving kwtui forgets that."


class BackupsScreen(KwtuiScreen):
    """The plans of several backups, one below the other."""

    scope: ClassVar[str] = "plan"
    title_text: ClassVar[str] = "0 Board: plans"
    about: ClassVar[str] = (
        "What each backup will do, before anything is done. {plan.start} starts the first; the"
        " others follow, one at a time, while kwtui is open. A database whose plan says that it"
        " cannot be started is left out."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("plan")

    def __init__(self, names: Sequence[str], start: Starting) -> None:
        """``start`` is called with the databases whose backups were allowed."""
        super().__init__()
        self._names = tuple(names)
        self._start_all = start
        self._plans: list[Plan] = []
        self._made = False
        self._title = Words("This will be done. Nothing has been done yet.", classes="set--title")
        self._document = Document([line(("Making the plans…", "muted"))])

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield self._document

    def on_mount(self) -> None:
        self._document.focus()
        self.run_task(self._make, "plan")

    async def _make(self) -> None:
        lines: list[Line] = []
        for name in self._names:
            lines += [heading(name)]
            try:
                plan = await self.controller.plans.backup(BackupRequest(name))
            except KwtuiError as error:
                lines += [*(line((text, "error")) for text in error.lines()), BLANK]
            else:
                self._plans.append(plan)
                lines += [*plan_lines(plan, self.controller.commands.of_plan(plan)), BLANK]
            self._document.set_lines(lines)
        self._made = True
        allowed = len(self._allowed)
        words = f"{plural(allowed, 'backup')}, one after another. Nothing has been done yet."
        left = len(self._names) - allowed
        self._title.say(f"{words} {left} cannot be started." if left else words)
        self.show_keys()

    @property
    def _allowed(self) -> list[str]:
        return [plan.database for plan in self._plans if not refusal_of(plan)]

    def reason_against(self, action: Action) -> str:
        if not self._made:
            return "The plans are not ready yet."
        if action.verb == "start" and not self._allowed:
            return "None of them can be started."
        return ""

    def do_copy(self) -> None:
        commands = (self.controller.commands.of_plan(plan) for plan in self._plans)
        self.app.copy_to_clipboard(" && ".join(commands))

    def do_start(self) -> None:
        if not self.kwtui.is_production:
            self._start_all(self._allowed)
            return
        word = self.controller.connection.confirmation_name
        text = f"{plural(len(self._allowed), 'backup')}. Type {word} to start them."
        ask_name(self, PRODUCTION, text, word, lambda: self._start_all(self._allowed))
