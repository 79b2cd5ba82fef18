"""The page of a run, live: the same in a wizard and in the list of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from kwtui.controller import Controller
from kwtui.operations.plan import Plan, PlanKind
from kwtui.runs.events import RunStatus
from kwtui.runs.progress import Earlier
from kwtui.runs.reducing import initial_state, mark_lost, reduce
from kwtui.runs.state import RunState
from kwtui.screens.runs.result_page import set_path
from kwtui.screens.runs.run_page import failure_text, run_lines
from kwtui.widgets.document import Document
from kwtui.widgets.paint import Line

if TYPE_CHECKING:
    from kwtui.screens.frame.app_protocol import Host

TICK_SECONDS = 1.0
"""The clock of a run that works."""

TICKS_OF_FIGURES = 2
"""Events come faster than anybody reads: figures are new with every so many ticks."""

CATCH_UP_SECONDS = 0.05


LEADS_ON = ("inside", "drill", "bring_back")
"""What can be done next with the backup that a run made or read."""

NOTHING_TO_LEAD_TO = "This run has no backup to continue with."


class RunPanel(Vertical):
    """Follows one run. The run does not need it: leaving the page stops nothing."""

    class Changed(Message):
        """The state that is shown is another one; ``ended`` when the run is over."""

        def __init__(self, panel: RunPanel, ended: bool) -> None:
            super().__init__()
            self.panel = panel
            self.ended = ended

    class Failed(Message):
        """The run cannot be followed."""

        def __init__(self, error: Exception) -> None:
            super().__init__()
            self.error = error

    def __init__(self) -> None:
        super().__init__(classes="run-panel")
        self._document = Document()
        self._run_id = ""
        self._plan: Plan | None = None
        self._state: RunState | None = None
        self._command = ""
        self._controller: Controller | None = None
        self._gone = False
        """The set that the run was about is not there any more."""
        self._earlier: Earlier | None = None
        """A run of the same kind that succeeded: how long its phases took."""
        self._painted: RunState | None = None
        self._ticks = 0

    def on_mount(self) -> None:
        self.set_interval(TICK_SECONDS, self._tick)

    def compose(self) -> ComposeResult:
        yield self._document

    @property
    def run_id(self) -> str:
        return self._run_id

    @property
    def state(self) -> RunState | None:
        return self._state

    @property
    def command(self) -> str:
        return self._command

    @property
    def text(self) -> str:
        return self._document.text

    @property
    def failure(self) -> str:
        """What went wrong, as one text to be explained; empty when nothing did."""
        return failure_text(self._state) if self._state is not None else ""

    @property
    def run_goes_on(self) -> bool:
        return self._state is not None and self._state.status is RunStatus.RUNNING

    @property
    def led_to(self) -> str:
        """The backup that a run which succeeded made or read, if it is there; else empty."""
        plan, state = self._plan, self._state
        if plan is None or state is None or state.status is not RunStatus.SUCCEEDED or self._gone:
            return ""
        return plan.path if plan.kind is PlanKind.RESTORE else set_path(plan, state.result)

    @property
    def kind(self) -> PlanKind | None:
        """What the run is, once that is known."""
        return self._plan.kind if self._plan is not None else None

    def focus_page(self) -> None:
        self._document.focus()

    def follow(self, controller: Controller, run_id: str) -> None:
        """Show the run from its start and keep up with it; a run shown already goes on."""
        if run_id == self._run_id:
            self.look_again()
            return
        self._run_id, self._controller = run_id, controller
        self._plan = self._state = self._painted = None
        self._command = ""
        self._gone = False
        self._earlier = None
        self._document.set_lines((), keep_scroll=False)
        self.run_worker(
            self._follow(controller, run_id), group="follow", exclusive=True, exit_on_error=False
        )

    async def _follow(self, controller: Controller, run_id: str) -> None:
        try:
            plan = await controller.runs.plan(run_id)
            state = initial_state(plan)
            self._plan, self._command = plan, controller.commands.of_run(run_id, plan)
            self._earlier = await controller.runs.earlier(run_id)
            async for event in controller.runs.follow(run_id):
                state = reduce(state, event)
                self._show_soon(state)
            if state.status is RunStatus.RUNNING:
                state = mark_lost(state, plan)
            self._state = state
            self._gone = await self._is_gone(controller)
            self._paint()
        except Exception as error:
            self.post_message(self.Failed(error))

    def look_again(self) -> None:
        """What a run that is over wrote may be gone since."""
        if self._controller is not None and self._state is not None and not self.run_goes_on:
            self.run_worker(
                self._look_again(self._controller),
                group="gone",
                exclusive=True,
                exit_on_error=False,
            )

    async def _look_again(self, controller: Controller) -> None:
        run_id = self._run_id
        try:
            gone = await self._is_gone(controller)
        except Exception as error:
            self.post_message(self.Failed(error))
            return
        if run_id == self._run_id and gone != self._gone:
            self._gone = gone
            self._paint()

    def on_resize(self) -> None:
        """Bars are as wide as the terminal."""
        self.call_after_refresh(self._paint)

    async def _is_gone(self, controller: Controller) -> bool:
        plan, state = self._plan, self._state
        if plan is None or state is None or state.status is not RunStatus.SUCCEEDED:
            return False
        path = set_path(plan, state.result)
        return bool(path) and await controller.runs.is_gone(self._run_id, path)

    def _show_soon(self, state: RunState) -> None:
        """With the clock; what happened before this page was opened comes in one burst."""
        if self._state is None:
            self.set_timer(CATCH_UP_SECONDS, self._paint)
        self._state = state

    def _lines(self, plan: Plan, state: RunState) -> list[Line]:
        return run_lines(
            plan,
            state,
            self._command,
            cast("Host", self.app).clock(),
            gone=self._gone,
            width=self._document.line_width,
            height=self._document.size.height,
            earlier=self._earlier,
        )

    def _tick(self) -> None:
        """The clock of a run that works goes on whatever events come."""
        if not self.run_goes_on or self._painted is None:
            return
        self._ticks += 1
        state = cast(RunState, self._state)
        moved_on = (state.phase, state.steps_done) != (
            self._painted.phase,
            self._painted.steps_done,
        )
        if moved_on or self._ticks % TICKS_OF_FIGURES == 0:
            self._paint()
        elif self._plan is not None:
            self._document.set_lines(self._lines(self._plan, self._painted))

    def _paint(self) -> None:
        if self._plan is None or self._state is None:
            return
        self._painted = self._state
        self._document.set_lines(self._lines(self._plan, self._state))
        self.post_message(self.Changed(self, self._state.status is not RunStatus.RUNNING))
