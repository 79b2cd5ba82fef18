"""The log screen: the node's logs, and one of them or all of them open."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.spelling import spelled
from kwtui.node.logs.filter import FILTER_FORMS, LogFilter
from kwtui.node.logs.listing import LogFile
from kwtui.node.logs.remote.node_http import LoginNeeded
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.logs.choices import COLUMNS, LogChoice, cells, choice_lines, choices_of
from kwtui.screens.logs.reading import LogReading
from kwtui.screens.logs.viewed_log import ViewedLog
from kwtui.server.connection.status import ConnectionStatus
from kwtui.widgets.density_line import DensityLine
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

if TYPE_CHECKING:
    from kwtui.runs.node_log import RunLog
    from kwtui.server.connection.target import Target

PAINT_SECONDS = 0.3
"""Between two paints while the log grows: faster cannot be read and floods a slow line."""

_LIST_VERBS = frozenset({"open", "all", "refresh"})


class LogsScreen(LogReading):
    scope: ClassVar[str] = "logs"
    title_text: ClassVar[str] = "5 Logs"
    about: ClassVar[str] = (
        "The node's logs. A log that is open is followed: new lines appear by themselves until you"
        " scroll; then the line above tells how much is new, and {logs.follow} goes back to the"
        " end. Logs of any size open at once. Rotated files belong to their log; {logs.all} shows"
        " every log by time. All times are UTC. The line of bars shows how many entries there are"
        " over time.\n\n"
        f"A filter holds what you like of: {FILTER_FORMS}. Quotes keep blanks together."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("logs")

    def __init__(self) -> None:
        super().__init__()
        self._list: VirtualList[LogChoice] = VirtualList(
            COLUMNS, cells, key=lambda choice: choice.key, empty="Looking for log files…"
        )
        self._note = Note()
        self._files = Panes(self._list, self._note, ("Logs", "Its files"))
        self._density = DensityLine()
        self._density.display = False
        self._timer: Timer | None = None
        self._run: RunLog | None = None
        """The run that one came from, to go back to."""

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._files
        yield self._density
        yield self._view

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        if not self._opened:
            self.do_refresh()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and self.is_current and not self._opened:
            self.do_refresh()

    def forget_server(self) -> None:
        """The logs are of another node now."""
        if self._opened:
            self.do_files()
        self._list.set_rows(())

    # -- the list of logs ------------------------------------------------------------------------

    def do_refresh(self) -> None:
        self.run_task(self._read_files, "logs")

    async def _read_files(self) -> None:
        if not self.controller.logs.reached_by_ssh(self._profile) and await self._no_logs_here():
            self._list.empty = spelled(
                "No node is known yet. Connect first ({app.open-connection})."
            )
            self._list.set_rows(())
            self._summary.say("")
            return
        choices = choices_of(await self._log_files())
        self._list.empty = "There is no log file in the node's log folder."
        self._list.set_rows(choices)

    @property
    def _profile(self) -> str | None:
        """Of the server that one is connected to, or means to be."""
        target = self.kwtui.target or self.kwtui.initial_target
        return target.profile if target is not None else None

    async def _no_logs_here(self) -> bool:
        if self.controller.folders.place is None:
            await self._look_without_server()
        place = self.controller.folders.place
        return place is None or (
            place.logs.path is None and not self.controller.connection.is_connected
        )

    async def _look_without_server(self) -> None:
        """A log is most wanted when the server does not answer: its folders may be known."""
        target = self.kwtui.target or self.kwtui.initial_target
        store, extern, logs = _given_folders(target)
        if target is None or target.is_local or store or extern or logs:
            await self.controller.folders.use(
                store=store, extern=extern, logs=logs, unreached=target
            )

    async def _log_files(self) -> list[LogFile]:
        """The node's files; over HTTP a password may be asked for, once."""
        try:
            return await self.controller.logs.files(profile=self._profile)
        except LoginNeeded as error:
            target = self.kwtui.target
            password = await self.kwtui.ask_password(target, error) if target else None
            if password is None:
                raise
            await self.controller.logs.log_in(password)
            return await self.controller.logs.files()

    def on_virtual_list_highlighted(self) -> None:
        if self._list.current is not None and not self._opened:
            choice = self._list.current
            self._summary.say(f"{choice.name} {choice.origin}".strip())
            self._note.tell(choice_lines(choice))
        self.show_keys()

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        choice = self._list.current
        if choice is not None:
            self.run_task(partial(self._read, choice), "open-log")

    def do_all(self) -> None:
        choice = next((each for each in self._list.rows if each.key == "all"), None)
        if choice is not None:
            self.run_task(partial(self._read, choice), "open-log")

    async def _read(self, choice: LogChoice) -> None:
        await self._open(choice)

    def show_run_log(self, run: RunLog) -> None:
        """Show the part of the log that a run is about."""
        self.run_task(partial(self._open_run, run), "open-log")

    async def _open_run(self, run: RunLog) -> None:
        files = [file for file in await self._log_files() if not file.problem]
        if not files:
            raise KwtuiError(
                "The node has no log files.",
                hint=spelled("Look on the screen Logs ({app.open-logs})."),
            )
        key = f"run {run.title}"
        viewed = await self._open(LogChoice("run", "all", key, key, tuple(files)))
        self._run = run
        await viewed.filter(LogFilter(since=run.since, until=run.until))
        if run.pattern is not None:
            words = " ".join((*run.jobs, *run.tables)) or run.path
            await viewed.find(words, run.pattern, first=True)
        self._say()

    # -- one log ---------------------------------------------------------------------------------

    async def _open(self, choice: LogChoice) -> ViewedLog:
        await self._close_desk()
        stream = await self.controller.logs.open(choice.files)
        self._viewed = viewed = ViewedLog(stream, self._view, self._density, choice.short)
        with self.app.batch_update():
            self._files.display = False
            self._density.display = self._view.display = True
        stream.changed = self._changed
        viewed.show()
        self._view.focus()
        self._say()
        self.show_keys()
        self.call_after_refresh(stream.count)
        return viewed

    async def _close_desk(self) -> None:
        viewed, self._viewed, self._run = self._viewed, None, None
        if viewed is not None:
            await viewed.stream.close()

    async def on_unmount(self) -> None:
        await self._close_desk()

    def _changed(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(PAINT_SECONDS, self._paint)

    def _paint(self) -> None:
        self._timer = None
        if self._viewed is None or not self._opened:
            return
        self._viewed.paint()
        self._viewed.take_hits()
        self._say()

    def go_back(self) -> bool:
        """Stop what takes long, then give up the selection, then leave the log."""
        viewed = self._viewed
        if viewed is None or not self._opened:
            return False
        if viewed.stream.searching.running or viewed.stream.filtering.running:
            self.run_task(self._stop_working, "stop-log")
        elif self._view.selection is not None:
            self._view.select()
        elif self._run is not None:
            run, self._run = self._run, None
            self.do_files()
            self.app.call_later(self.kwtui.show_run, run.run)
        else:
            self.do_files()
        return True

    # -- actions -----------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        wanted = not self._opened
        return [action for action in super().actions() if (action.verb in _LIST_VERBS) is wanted]

    def reason_against(self, action: Action) -> str:
        if action.verb == "open":
            if self._list.current is None:
                return "There is no log file."
            return self._list.current.problem
        if action.verb == "all" and not any(each.key == "all" for each in self._list.rows):
            return "There is only one kind of log."
        return super().reason_against(action)

    def do_files(self) -> None:
        with self.app.batch_update():
            self._density.display = self._view.display = False
            self._files.display = True
        self._list.focus()
        self.run_task(self._leave, "open-log")
        self.do_refresh()
        self.show_keys()

    async def _leave(self) -> None:
        await self._close_desk()


def _given_folders(target: Target | None) -> tuple[Path | None, ...]:
    given = (target.store, target.extern, target.logs) if target is not None else (None,) * 3
    return tuple(Path(each).expanduser() if each else None for each in given)
