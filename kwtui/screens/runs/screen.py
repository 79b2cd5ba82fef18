"""The list of runs, and the page of one of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.controller import RunsChanged, StorageChanged
from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.model.filter_words import rows_with
from kwtui.runs.events import RunStatus
from kwtui.runs.history import RunSummary
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.runs.run_page import failure_text, status_words
from kwtui.screens.runs.run_panel import LEADS_ON, NOTHING_TO_LEAD_TO, RunPanel
from kwtui.screens.runs.stopping import ask_and_go_on, reason_against_going_on
from kwtui.text import human_duration, plural
from kwtui.widgets.field import Words
from kwtui.widgets.paint import Part
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column, VirtualList

_NOTHING_YET = spelled("Nothing has run yet. Make a backup ({app.open-backup}).")


def _told(run: RunSummary) -> dict[str, str]:
    return {
        "started": run.began.strftime("%Y-%m-%d %H:%M"),
        "what": run.title,
        "kind": run.kind.value,
        "database": run.database,
        "state": status_words(run.status)[0],
        "outcome": run.summary,
        "run": run.id,
    }


class RunsScreen(FilteredScreen, LiveScreen):
    scope: ClassVar[str] = "runs"
    title_text: ClassVar[str] = "6 Runs"
    about: ClassVar[str] = (
        "Every backup, restore and check that was started on this machine, from here, from the"
        " command line or by a timer. A run is a process of its own: leaving this page, kwtui or"
        " the terminal does not stop it."
    )
    CSS_PATH = style_path("runs")
    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")
    follows: ClassVar[tuple[type, ...]] = (RunsChanged,)

    def __init__(self) -> None:
        super().__init__()
        self._shown_anew = False
        self._runs: Sequence[RunSummary] = ()
        self._title = Words("Newest first.", classes="summary")
        self._list: VirtualList[RunSummary] = VirtualList(
            (
                Column("Started", 16),
                Column("What", 14, grow=True),
                Column("State", 10),
                Column("Took", 10, "right", drop=2),
                Column("Outcome", 20, grow=True, drop=3),
            ),
            self._cells,
            key=lambda run: run.id,
            empty=_NOTHING_YET,
        )
        self._panel = RunPanel()
        self._panel.display = False
        self._is_open = False
        """Whether one run has the whole page."""

    def body(self) -> Iterable[Widget]:
        yield self._title
        yield Panes(self._list, self._panel, ("Runs", "This run"))

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        self._shown_anew = True
        self.do_refresh()

    @staticmethod
    def _cells(run: RunSummary) -> list[str | Part]:
        took = "" if run.seconds is None else human_duration(run.seconds)
        return [
            run.began.strftime("%Y-%m-%d %H:%M"),
            (run.title, "strong"),
            status_words(run.status),
            took,
            (run.summary, "muted"),
        ]

    # -- reading ---------------------------------------------------------------------------------

    async def look(self) -> None:
        known = self._runs[0].id if self._runs else ""
        self._runs = await self.controller.runs.all()
        self._arrange()
        newer = bool(self._runs) and self._runs[0].id != known
        if self._shown_anew and not self._select_at_work() and newer:
            # The newest stands first, and is what somebody comes to see.
            self._list.move_to(0)
        self._shown_anew = False
        self._panel.look_again()
        self.show_keys()

    def _arrange(self) -> None:
        self._list.empty = nothing_found(self.filter_text) if self.filter_text else _NOTHING_YET
        self._list.set_rows(rows_with(self._runs, self.filter_text, _told))
        if not self._is_open:
            self._title.say(self._words_above())

    def _words_above(self) -> str:
        if not self.filter_text:
            return "Newest first."
        of = f"{len(self._list.rows)} of {plural(len(self._runs), 'run')}"
        return f"{of} with “{self.filter_text}”, newest first."

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()
        self._show_beside()
        self.show_keys()

    def _select_at_work(self) -> bool:
        """Choose the newest run that works; False where none does."""
        works = [run.status is RunStatus.RUNNING for run in self._list.rows]
        if True not in works:
            return False
        self._list.move_to(works.index(True))
        return True

    def controller_event(self, event: object) -> None:
        super().controller_event(event)
        if isinstance(event, StorageChanged) and self._is_open:
            self._panel.look_again()

    def on_virtual_list_highlighted(self) -> None:
        self._show_beside()
        self.show_keys()

    def panels_changed(self) -> None:
        self._show_beside()

    def _show_beside(self) -> None:
        """On a wide terminal the chosen run is beside the list, live."""
        if self._is_open:
            return
        run = self._list.current
        self._panel.display = self.has_panels and run is not None
        if run is not None and self.has_panels:
            self._panel.follow(self.controller, run.id)

    # -- one run ---------------------------------------------------------------------------------

    def show_run(self, run_id: str) -> None:
        """Show the page of this run."""
        with self.app.batch_update():
            self._is_open = True
            self._list.display = False
            self._panel.display = True
        self._panel.follow(self.controller, run_id)
        self._say_which()
        self._panel.focus_page()
        self.show_keys()

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.show_run(event.row.id)

    def on_run_panel_changed(self, event: RunPanel.Changed) -> None:
        if event.ended:
            self.do_refresh()
        if self._is_open:
            self._say_which()
        self.show_keys()

    def _say_which(self) -> None:
        back = f"{key_of('app.back')}: the list."
        goes_on = self._panel.state is None or self._panel.run_goes_on
        leave = " It continues if you leave this page." if goes_on else ""
        self._title.say(f"Run {self._panel.run_id}.{leave} {back}")

    def on_run_panel_failed(self, event: RunPanel.Failed) -> None:
        self.kwtui.show_error(event.error)

    def go_back(self) -> bool:
        if not self._is_open:
            return self.take_filter_back()
        with self.app.batch_update():
            self._is_open = False
            self._title.say(self._words_above())
            self._list.display = True
            self._show_beside()
        self._list.focus()
        self.do_refresh()
        return True

    # -- actions -----------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        hidden = {"open", "jobs", "approvals", "filter"} if self._is_open else {"copy", *LEADS_ON}
        return [action for action in super().actions() if action.verb not in hidden]

    def footer_actions(self) -> list[Action]:
        """Without what cannot be done with the run in sight."""
        seldom = ("cancel", "continue", "explain", *LEADS_ON)
        return [
            action
            for action in super().footer_actions()
            if action.verb not in seldom or not self.reason_against(action)
        ]

    def reason_against(self, action: Action) -> str:
        if action.verb in ("open", "log") and not self._chosen_id():
            return "There is no run."
        if action.verb == "explain" and not self._has_failed():
            return "It did not fail." if self._chosen_id() else "There is no run."
        if action.verb == "continue":
            return self._reason_against_going_on()
        if action.verb in LEADS_ON and not self._panel.led_to:
            return NOTHING_TO_LEAD_TO
        if action.verb == "cancel" and not self._is_cancellable():
            return "This run is over." if self._chosen_id() else "There is no run."
        return ""

    def _reason_against_going_on(self) -> str:
        if self._is_open:
            state = self._panel.state
            return reason_against_going_on(state.kind, state.status) if state else ""
        run = self._list.current
        return reason_against_going_on(run.kind, run.status) if run else "There is no run."

    def _is_cancellable(self) -> bool:
        if self._is_open:
            return self._panel.run_goes_on
        return self._list.current is not None and self._list.current.status is RunStatus.RUNNING

    def _chosen_id(self) -> str:
        if self._is_open:
            return self._panel.run_id
        return self._list.current.id if self._list.current else ""

    def do_open(self) -> None:
        if self._list.current is not None:
            self.show_run(self._list.current.id)

    def do_inside(self) -> None:
        self.kwtui.open_set(self._panel.led_to, "open")

    def do_drill(self) -> None:
        self.kwtui.open_set(self._panel.led_to, "drill")

    def do_bring_back(self) -> None:
        self.kwtui.open_restore(self._panel.led_to)

    def do_explain(self) -> None:
        self.run_task(self._explain, "explain")

    async def _explain(self) -> None:
        state = await self.controller.runs.state(self._chosen_id())
        self.kwtui.explain(failure_text(state))

    def _has_failed(self) -> bool:
        if self._is_open:
            return bool(self._panel.failure)
        run = self._list.current
        return run is not None and run.status in (RunStatus.FAILED, RunStatus.LOST)

    def do_cancel(self) -> None:
        self.kwtui.confirm_cancel(self._chosen_id())

    def do_continue(self) -> None:
        run_id = self._chosen_id()
        going = partial(ask_and_go_on, self.app, self.controller, run_id, self.open_over)
        self.run_task(going, "continue")

    def do_log(self) -> None:
        self.app.call_later(self._show_log, self._chosen_id())

    async def _show_log(self, run_id: str) -> None:
        try:
            await self.kwtui.show_run_log(run_id)
        except KwtuiError as error:
            self.kwtui.show_problem(error)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self._panel.command)

    def do_jobs(self) -> None:
        from kwtui.screens.runs.jobs import JobsScreen

        self.open_over(JobsScreen())

    def do_approvals(self) -> None:
        self.app.call_later(self.kwtui.open_screen, "approvals")
