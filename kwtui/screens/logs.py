"""The log screen: the node's log files, and one of them followed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.timer import Timer
from textual.widget import Widget

from kwtui.node.logformat import LogSeverity
from kwtui.node.logs import LogFile
from kwtui.screens.actions import Action, bindings
from kwtui.screens.base import KwtuiScreen
from kwtui.screens.log_reader import LogReader
from kwtui.server.status import ConnectionStatus
from kwtui.text import human_bytes
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.log_view import LogView
from kwtui.widgets.paint import Part
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column, VirtualList

PAINT_SECONDS = 0.3
"""Between two paints while the log grows: faster cannot be read and floods a slow line."""


class LogsScreen(KwtuiScreen):
    scope: ClassVar[str] = "logs"
    title_text: ClassVar[str] = "5 Logs"
    about: ClassVar[str] = (
        "The node's log files. One that is open is followed: new lines appear by themselves until"
        " you scroll; then the line above tells how much is new, and f goes back to the end. Files"
        " of any size open at once."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("logs")

    def __init__(self) -> None:
        super().__init__()
        self._summary = Words(classes="summary")
        self._list: VirtualList[LogFile] = VirtualList(
            (
                Column("Log", 9, grow=True),
                Column("Begun", 19),
                Column("Changed (UTC)", 19),
                Column("Bytes", 10, "right"),
                Column("", 7),
                Column("File", 40, grow=True, drop=1),
            ),
            _cells,
            key=lambda file: str(file.path),
            empty="Looking for log files…",
        )
        self._view = LogView()
        self._view.display = False
        self._file: LogFile | None = None
        self._reader: LogReader | None = None
        self._paused = False
        self._text = ""
        self._timer: Timer | None = None
        self._jump_wanted = False
        self._holding = False

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._list
        yield self._view

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        if not self._opened:
            self.do_refresh()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and self.is_current and not self._opened:
            self.do_refresh()

    # -- the list of files -----------------------------------------------------------------------

    def do_refresh(self) -> None:
        self.run_task(self._read_files, "logs")

    async def _read_files(self) -> None:
        if self.controller.place is None:
            self._list.empty = "No node is known yet. Connect first (1)."
            self._list.set_rows(())
            self._summary.say("")
            return
        files = await self.controller.log_files()
        self._list.empty = "There is no log file in the node's log folder."
        self._list.set_rows(files)

    def on_virtual_list_highlighted(self) -> None:
        if self._list.current is not None and not self._opened:
            self._summary.say(self._list.current.path.name)
        self.show_keys()

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    @property
    def _opened(self) -> bool:
        return self._view.display

    # -- one file --------------------------------------------------------------------------------

    def do_open(self) -> None:
        file = self._list.current
        if file is not None:
            self.run_task(lambda: self._open(file), "open-log")

    async def _open(self, file: LogFile) -> None:
        """Open at the end, then keep up until another file is opened."""
        await self._close_reader()
        follower = self.controller.follow_log(file.link or file.path)
        await follower.open()
        self._file = file
        self._paused = False
        self._reader = reader = LogReader(follower, self._changed)
        with self.app.batch_update():
            self._list.display = False
            self._view.display = True
        self._view.mark(None)
        self._view.show(reader.source)
        self._view.focus()
        self._say()
        self.show_keys()
        try:
            await reader.watch()
        finally:
            await reader.close()

    async def _close_reader(self) -> None:
        if self._reader is not None:
            await self._reader.close()
            self._reader = None

    async def on_unmount(self) -> None:
        await self._close_reader()

    def _changed(self) -> None:
        if self._timer is None:
            self._timer = self.set_timer(PAINT_SECONDS, self._paint)

    def _paint(self) -> None:
        self._timer = None
        reader = self._reader
        if reader is None or not self._opened:
            return
        if reader.restarted:
            reader.restarted = False
            self._view.show(reader.source)
        elif self._view.following and not self._paused:
            self._view.reload()
        self._say()

    def on_log_view_moved(self) -> None:
        if self._reader is not None and not self._view.following:
            if not self._holding:
                self._reader.remember_place()
            self._holding = True
        else:
            self._holding = False
        self._say()
        self.show_keys()

    def _say(self) -> None:
        """The line above the log: which file, where in it, what is new, what is searched."""
        reader, file = self._reader, self._file
        if reader is None or file is None:
            return
        state = reader.state
        words = [_short_name(file), human_bytes(state.bytes)]
        if self._paused:
            words.append("PAUSED")
        if self._view.following and not self._paused:
            words.append("following")
        else:
            share = self._view.top / state.bytes if state.bytes else 1.0
            words += [f"{share:.0%}", reader.new_words() or "nothing new"]
        if reader.severity > LogSeverity.DEBUG:
            still = ", reading" if reader.filtering else ""
            words.append(f"from {reader.severity.name.lower()} up{still}")
        if self._text:
            words.append(f"“{self._text}”: {reader.hit_words(self._view.hit)}")
        if state.note:
            words.append(state.note)
        if not state.present:
            words.append("the file is gone; waiting for it")
        self._summary.say(" · ".join(words))

    def go_back(self) -> bool:
        if not self._opened:
            return False
        self.do_files()
        return True

    # -- actions -----------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        if self._opened:
            return [action for action in super().actions() if action.verb != "open"]
        return [action for action in super().actions() if action.verb == "open"]

    def reason_against(self, action: Action) -> str:
        if action.verb == "open" and self._list.current is None:
            return "There is no log file."
        if action.verb in ("find_next", "find_previous") and not self._text:
            return "Nothing is searched; / begins a search."
        return ""

    def do_files(self) -> None:
        with self.app.batch_update():
            self._view.display = False
            self._list.display = True
        self._list.focus()
        self.do_refresh()
        self.show_keys()

    def do_follow(self) -> None:
        self._paused = False
        self._view.follow()

    def do_pause(self) -> None:
        self._paused = not self._paused
        if self._paused:
            self._view.hold()
        else:
            self._view.follow()
        self._say()

    def do_wrap(self) -> None:
        self._view.toggle_wrap()

    def do_severity(self) -> None:
        reader = self._reader
        if reader is None:
            return
        order = (LogSeverity.DEBUG, LogSeverity.WARNING, LogSeverity.ERROR, LogSeverity.FATAL)
        following = order[(order.index(reader.severity) + 1) % len(order)]
        self.run_task(lambda: self._filter(reader, following), "filter-log")

    async def _filter(self, reader: LogReader, severity: LogSeverity) -> None:
        work = reader.show_only(severity)
        # The source changes before the first batch comes, so that nothing old stays in sight.
        self.call_later(lambda: self._view.show(reader.source))
        await work
        self._view.show(reader.source)
        self._say()

    def do_find(self) -> None:
        self.prompt.ask("find", "Search:", self._text)

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self._view.focus()
        if event.text is None:
            return
        self._text = event.text
        if not event.text:
            self._view.mark(None)
            if self._reader is not None:
                self._reader.stop_searching()
            self._say()
            return
        pattern = re.compile(re.escape(event.text), re.IGNORECASE)
        self._view.mark(pattern)
        self._jump_wanted = True
        reader = self._reader
        if reader is not None:
            self.run_task(lambda: reader.search(pattern, self._found), "search-log")

    def _found(self) -> None:
        """A batch of hits came: go to the first one from here, as soon as there is one."""
        reader = self._reader
        if reader is None:
            return
        if self._jump_wanted and reader.hits:
            hit = reader.next_hit(self._view.top - 1)
            if hit is not None and (hit >= self._view.top or not reader.searching):
                self._jump_wanted = False
                self._view.go_to_hit(hit)
        self._changed()

    def do_find_next(self) -> None:
        self._go(forward=True)

    def do_find_previous(self) -> None:
        self._go(forward=False)

    def _go(self, *, forward: bool) -> None:
        reader = self._reader
        if reader is None:
            return
        here = self._view.hit if self._view.hit >= 0 else self._view.top
        hit = reader.next_hit(here) if forward else reader.previous_hit(here)
        if hit is None:
            self.say(f"“{self._text}” was not found.", warning=True)
        else:
            self._view.go_to_hit(hit)


def _short_name(file: LogFile) -> str:
    """The name of the link; without one the kind and the time that tells it from its like."""
    if file.link is not None:
        return file.link.name
    if file.created is not None:
        return f"{file.family.value} of {file.created:%Y-%m-%d %H:%M:%S}"
    return file.path.name


def _cells(file: LogFile) -> list[str | Part]:
    begun = file.created.strftime("%Y-%m-%d %H:%M:%S") if file.created else ""
    name = file.path.name
    state: str | Part = ("current", "good") if file.current else ""
    if file.problem:
        begun, name, state = file.problem, file.problem, ("no", "error")
    return [
        (file.family.value, "strong" if file.current else ""),
        begun,
        file.modified.strftime("%Y-%m-%d %H:%M:%S"),
        human_bytes(file.bytes),
        state,
        (name, "muted"),
    ]
