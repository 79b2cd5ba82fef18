"""The log screen: the node's logs, and one of them or all of them open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from kwtui.errors import KwtuiError
from kwtui.node.logfilter import FILTER_FORMS, LogFilter, compile_pattern, parse_filter
from kwtui.node.logformat import LogSeverity
from kwtui.node.loghttp import LoginNeeded
from kwtui.node.logs import LogFile
from kwtui.node.logtime import parse_when
from kwtui.runs.runlog import RunLog
from kwtui.screens.actions import Action, bindings
from kwtui.screens.base import KwtuiScreen
from kwtui.screens.log_choices import COLUMNS, LogChoice, cells, choices_of
from kwtui.screens.log_desk import LogDesk
from kwtui.server.status import ConnectionStatus
from kwtui.text import human_bytes
from kwtui.widgets.clipboard import LARGEST_COPY
from kwtui.widgets.density_line import DensityLine
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.log_view import LogView
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

PAINT_SECONDS = 0.3
"""Between two paints while the log grows: faster cannot be read and floods a slow line."""

_LIST_VERBS = frozenset({"open", "all", "refresh"})
_SEVERITIES = (None, LogSeverity.WARNING, LogSeverity.ERROR, LogSeverity.FATAL)


class LogsScreen(KwtuiScreen):
    scope: ClassVar[str] = "logs"
    title_text: ClassVar[str] = "5 Logs"
    about: ClassVar[str] = (
        "The node's logs. A log that is open is followed: new lines appear by themselves until you"
        " scroll; then the line above tells how much is new, and f goes back to the end. Logs of"
        " any size open at once. Rotated files belong to their log; a shows every log by time. All"
        " times are UTC. The line of bars shows how many entries there are over time.\n\n"
        f"A filter holds what you like of: {FILTER_FORMS}. Quotes keep blanks together."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("logs")

    def __init__(self) -> None:
        super().__init__()
        self._summary = Words(classes="summary")
        self._list: VirtualList[LogChoice] = VirtualList(
            COLUMNS, cells, key=lambda choice: choice.key, empty="Looking for log files…"
        )
        self._density = DensityLine()
        self._density.display = False
        self._view = LogView()
        self._view.display = False
        self._desk: LogDesk | None = None
        self._timer: Timer | None = None
        self._run: RunLog | None = None
        """The run that one came from, to go back to."""

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._list
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

    @property
    def _opened(self) -> bool:
        return self._view.display

    # -- the list of logs ------------------------------------------------------------------------

    def do_refresh(self) -> None:
        self.run_task(self._read_files, "logs")

    async def _read_files(self) -> None:
        if self.controller.place is None:
            self._list.empty = "No node is known yet. Connect first (1)."
            self._list.set_rows(())
            self._summary.say("")
            return
        choices = choices_of(await self._log_files())
        self._list.empty = "There is no log file in the node's log folder."
        self._list.set_rows(choices)

    async def _log_files(self) -> list[LogFile]:
        """The node's files; over HTTP a password may be asked for, once."""
        try:
            return await self.controller.log_files()
        except LoginNeeded as error:
            target = self.kwtui.target
            password = await self.kwtui.ask_password(target, error) if target else None
            if password is None:
                raise
            await self.controller.log_in_for_logs(password)
            return await self.controller.log_files()

    def on_virtual_list_highlighted(self) -> None:
        if self._list.current is not None and not self._opened:
            choice = self._list.current
            self._summary.say(f"{choice.name} {choice.origin}".strip())
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
            raise KwtuiError("The node has no log files.", hint="Look on the screen Logs (5).")
        key = f"run {run.title}"
        desk = await self._open(LogChoice("run", "all", key, key, tuple(files)))
        self._run = run
        await desk.filter(LogFilter(since=run.since, until=run.until))
        if run.pattern is not None:
            words = " ".join((*run.jobs, *run.tables)) or run.path
            await desk.find(words, run.pattern, first=True)
        self._say()

    # -- one log ---------------------------------------------------------------------------------

    async def _open(self, choice: LogChoice) -> LogDesk:
        await self._close_desk()
        stream = await self.controller.open_log(choice.files)
        self._desk = desk = LogDesk(stream, self._view, self._density, choice.short)
        with self.app.batch_update():
            self._list.display = False
            self._density.display = self._view.display = True
        stream.changed = self._changed
        desk.show()
        self._view.focus()
        self._say()
        self.show_keys()
        self.call_after_refresh(stream.count)
        return desk

    async def _close_desk(self) -> None:
        desk, self._desk, self._run = self._desk, None, None
        if desk is not None:
            await desk.stream.close()

    async def on_unmount(self) -> None:
        await self._close_desk()

    def _changed(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(PAINT_SECONDS, self._paint)

    def _paint(self) -> None:
        self._timer = None
        if self._desk is None or not self._opened:
            return
        self._desk.paint()
        self._desk.take_hits()
        self._say()

    def on_log_view_moved(self) -> None:
        if self._desk is not None:
            self._desk.moved()
            self._desk.paint()
            self._say()
            self.show_keys()

    def _say(self) -> None:
        if self._desk is not None and self._opened:
            self._summary.say(self._desk.words())

    def go_back(self) -> bool:
        """Stop what takes long, then give up the selection, then leave the log."""
        desk = self._desk
        if desk is None or not self._opened:
            return False
        if desk.stream.searching.running or desk.stream.filtering.running:
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

    async def _stop_working(self) -> None:
        if self._desk is not None:
            await self._desk.stream.stop_filtering()
            await self._desk.stream.stop_searching(forget=False)
            self.say("Stopped; what was found so far stays.")

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
        if action.verb in ("find_next", "find_previous") and not (self._desk and self._desk.text):
            return "Nothing is searched; / begins a search."
        if action.verb in ("mark_next", "mark_previous") and not self._view.marks:
            return "No line is marked; m marks one."
        return ""

    def do_files(self) -> None:
        with self.app.batch_update():
            self._density.display = self._view.display = False
            self._list.display = True
        self._list.focus()
        self.run_task(self._leave, "open-log")
        self.do_refresh()
        self.show_keys()

    async def _leave(self) -> None:
        await self._close_desk()

    def do_follow(self) -> None:
        if self._desk is not None:
            self._desk.paused = False
        self._view.follow()

    def do_pause(self) -> None:
        if self._desk is None:
            return
        self._desk.paused = not self._desk.paused
        if self._desk.paused:
            self._view.hold()
        else:
            self._view.follow()
        self._say()

    def do_wrap(self) -> None:
        self._view.toggle_wrap()

    def do_unfold(self) -> None:
        if self._desk is not None and not self._desk.toggle_fold():
            self.say("No lines continue this entry.")

    def do_unfold_all(self) -> None:
        if self._desk is not None:
            folded = self._desk.toggle_folding()
            self.say("Entries are folded." if folded else "All lines are shown.")

    def do_mark(self) -> None:
        if self._desk is not None:
            self._desk.toggle_mark()

    def do_mark_next(self) -> None:
        if self._desk is not None:
            self._desk.next_mark(forward=True)

    def do_mark_previous(self) -> None:
        if self._desk is not None:
            self._desk.next_mark(forward=False)

    def do_select(self) -> None:
        self._view.select()

    def do_find_next(self) -> None:
        self._go(forward=True)

    def do_find_previous(self) -> None:
        self._go(forward=False)

    def _go(self, *, forward: bool) -> None:
        desk = self._desk
        if desk is not None and not desk.next_hit(forward=forward):
            self.say(f"“{desk.text}” was not found.", warning=True)
        self._say()

    # -- filter ----------------------------------------------------------------------------------

    def do_severity(self) -> None:
        if self._desk is not None:
            wanted = self._desk.stream.wanted
            known = wanted.severity in _SEVERITIES
            following = _SEVERITIES.index(wanted.severity) + 1 if known else 0
            self._filter(replace(wanted, severity=_SEVERITIES[following % len(_SEVERITIES)]))

    def do_same(self) -> None:
        desk, place = self._desk, self._view.place
        if desk is None or place is None:
            return
        entry = desk.stream.set.entry_at(place)
        if entry is None or not entry.thread:
            self.say("This entry names no goroutine.")
        else:
            self._filter(replace(desk.stream.wanted, thread=entry.thread))

    def _filter(self, wanted: LogFilter) -> None:
        desk = self._desk
        if desk is not None:
            self.run_task(partial(desk.filter, wanted), "filter-log")

    # -- prompts ---------------------------------------------------------------------------------

    def do_find(self) -> None:
        self.prompt.ask("find", "Search:", self._desk.text if self._desk else "")

    def do_filter(self) -> None:
        words = self._desk.stream.wanted.words() if self._desk else ""
        self.prompt.ask("filter", "Only (level: file: goroutine: tag: …):", words)

    def do_time(self) -> None:
        self.prompt.ask("time", "Go to (12:30, -10m, 2026-11-22 08:30):")

    def do_highlight(self) -> None:
        self.prompt.ask("highlight", "Let stand out:")

    def do_save(self) -> None:
        now = self.kwtui.clock()
        self.prompt.ask("save", "Save to:", f"kwtui-log-{now:%Y%m%dT%H%M%SZ}.log")

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self._view.focus()
        if event.text is None or self._desk is None:
            return
        try:
            self._answer(self._desk, event.purpose, event.text.strip())
        except KwtuiError as error:
            self.say(f"{error.title} {error.hint}".strip(), warning=True)
        self._say()

    def _answer(self, desk: LogDesk, purpose: str, text: str) -> None:
        if purpose == "find" and text:
            pattern = compile_pattern(text)
            self.run_task(partial(desk.find, text, pattern), "search-log")
        elif purpose == "find":
            self.run_task(desk.stop_finding, "search-log")
        elif purpose == "filter":
            self._filter(parse_filter(text, self._latest(desk)))
        elif purpose == "time" and text:
            here = self._view.time_in_sight
            when = parse_when(text, self._latest(desk), here=here)
            if not desk.go_to_time(when):
                self.say(f"All entries are before {when:%Y-%m-%d %H:%M:%S}.", warning=True)
        elif purpose == "highlight":
            desk.highlight(compile_pattern(text) if text else None)
        elif purpose == "save" and text:
            path = Path(text).expanduser().absolute()
            self.run_task(partial(self._save, desk, path), "save-log")

    def _latest(self, desk: LogDesk) -> datetime:
        """What a relative time counts from: the end of the log, which may be an old one."""
        return desk.stream.set.last_time or datetime.now(UTC)

    # -- taking along ----------------------------------------------------------------------------

    def do_copy(self) -> None:
        desk = self._desk
        chosen = desk.chosen() if desk is not None else None
        if desk is None or chosen is None:
            return
        text = desk.stream.set.text(*chosen, most_bytes=LARGEST_COPY)
        if text is None:
            self.say("Too long for a terminal's clipboard; S saves it to a file.", warning=True)
        else:
            self.app.copy_to_clipboard(text)

    def do_explain(self) -> None:
        desk = self._desk
        chosen = desk.chosen() if desk is not None else None
        if desk is None or chosen is None:
            return
        text = desk.stream.set.text(*chosen, most_bytes=LARGEST_COPY)
        if text is None:
            self.say("That is too much to explain; select less (v).", warning=True)
        else:
            self.kwtui.explain(text)

    async def _save(self, desk: LogDesk, path: Path) -> None:
        chosen = desk.chosen() if self._view.selection is not None else None
        first, last = chosen or (None, None)
        self.say(f"Saving to {path} …")
        written = await self.controller.save_log(desk.stream, path, first, last)
        what = "the selection" if chosen else "all that is shown"
        self.say(f"Saved {what}, {human_bytes(written)}, to {path}.")

    # -- runs ------------------------------------------------------------------------------------

    def do_run(self) -> None:
        self.run_task(self._show_its_run, "run-of-log")

    async def _show_its_run(self) -> None:
        when = self._view.time_in_sight
        runs = await self.controller.runs_at(when) if when is not None else []
        if not runs:
            self.say("No run of kwtui on this machine went on at this time.")
        else:
            self.app.call_later(self.kwtui.show_run, runs[0].id)
