"""What one does with a log that is open: move, search, filter, mark, take along."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.node.logs.filter import LogFilter, compile_pattern, parse_filter
from kwtui.node.logs.format import LogSeverity
from kwtui.node.logs.time_words import parse_when
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.logs.viewed_log import ViewedLog
from kwtui.text import human_bytes, sentences
from kwtui.widgets.clipboard import LARGEST_COPY
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.log_view import LogView

_SEVERITIES = (None, LogSeverity.WARNING, LogSeverity.ERROR, LogSeverity.FATAL)


class LogReading(KwtuiScreen):
    """The part of the log screen that has a log before it; which one is `LogsScreen`'s matter."""

    def __init__(self) -> None:
        super().__init__()
        self._summary = Words(classes="summary")
        self._view = LogView()
        self._view.display = False
        self._viewed: ViewedLog | None = None

    @property
    def _opened(self) -> bool:
        return self._view.display

    def _say(self) -> None:
        """Bring the words above the log up to date."""
        if self._viewed is not None and self._opened:
            self._summary.say(self._viewed.words())

    def on_log_view_moved(self) -> None:
        if self._viewed is not None:
            self._viewed.moved()
            self._viewed.paint()
            self._say()
            self.show_keys()

    async def _stop_working(self) -> None:
        if self._viewed is not None:
            await self._viewed.stream.stop_filtering()
            await self._viewed.stream.stop_searching(forget=False)
            self.say("Stopped; what was found so far stays.")

    def reason_against(self, action: Action) -> str:
        if action.verb in ("find_next", "find_previous") and not (
            self._viewed and self._viewed.text
        ):
            return spelled("Nothing is searched; {logs.find} begins a search.")
        if action.verb in ("mark_next", "mark_previous") and not self._view.marks:
            return "No line is marked; m marks one."
        return ""

    # -- moving ----------------------------------------------------------------------------------

    def do_follow(self) -> None:
        if self._viewed is not None:
            self._viewed.paused = False
        self._view.follow()

    def do_pause(self) -> None:
        if self._viewed is None:
            return
        self._viewed.paused = not self._viewed.paused
        if self._viewed.paused:
            self._view.hold()
        else:
            self._view.follow()
        self._say()

    def do_wrap(self) -> None:
        self._view.toggle_wrap()

    def do_unfold(self) -> None:
        if self._viewed is not None and not self._viewed.toggle_fold():
            self.say("No lines continue this entry.")

    def do_unfold_all(self) -> None:
        if self._viewed is not None:
            folded = self._viewed.toggle_folding()
            self.say("Entries are folded." if folded else "All lines are shown.")

    def do_mark(self) -> None:
        if self._viewed is not None:
            self._viewed.toggle_mark()

    def do_mark_next(self) -> None:
        if self._viewed is not None:
            self._viewed.next_mark(forward=True)

    def do_mark_previous(self) -> None:
        if self._viewed is not None:
            self._viewed.next_mark(forward=False)

    def do_select(self) -> None:
        self._view.select()

    def do_find_next(self) -> None:
        self._go(forward=True)

    def do_find_previous(self) -> None:
        self._go(forward=False)

    def _go(self, *, forward: bool) -> None:
        viewed = self._viewed
        if viewed is not None and not viewed.next_hit(forward=forward):
            self.say(f"“{viewed.text}” was not found.", warning=True)
        self._say()

    # -- filter ----------------------------------------------------------------------------------

    def do_severity(self) -> None:
        if self._viewed is not None:
            wanted = self._viewed.stream.wanted
            known = wanted.severity in _SEVERITIES
            following = _SEVERITIES.index(wanted.severity) + 1 if known else 0
            self._filter(replace(wanted, severity=_SEVERITIES[following % len(_SEVERITIES)]))

    def do_same(self) -> None:
        viewed, place = self._viewed, self._view.place
        if viewed is None or place is None:
            return
        entry = viewed.stream.set.entry_at(place)
        if entry is None or not entry.thread:
            self.say("This entry names no goroutine.")
        else:
            self._filter(replace(viewed.stream.wanted, thread=entry.thread))

    def _filter(self, wanted: LogFilter) -> None:
        viewed = self._viewed
        if viewed is not None:
            self.run_task(partial(viewed.filter, wanted), "filter-log")

    # -- prompts ---------------------------------------------------------------------------------

    def do_find(self) -> None:
        self.prompt.ask("find", "Search:", self._viewed.text if self._viewed else "")

    def do_filter(self) -> None:
        words = self._viewed.stream.wanted.words() if self._viewed else ""
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
        if event.text is None or self._viewed is None:
            return
        try:
            self._answer(self._viewed, event.purpose, event.text.strip())
        except KwtuiError as error:
            self.say(in_interface(sentences(error.title, error.hint)), warning=True)
        self._say()

    def _answer(self, viewed: ViewedLog, purpose: str, text: str) -> None:
        if purpose == "find" and text:
            pattern = compile_pattern(text)
            self.run_task(partial(viewed.find, text, pattern), "search-log")
        elif purpose == "find":
            self.run_task(viewed.stop_finding, "search-log")
        elif purpose == "filter":
            self._filter(parse_filter(text, self._latest(viewed)))
        elif purpose == "time" and text:
            here = self._view.time_in_sight
            when = parse_when(text, self._latest(viewed), here=here)
            if not viewed.go_to_time(when):
                self.say(f"All entries are before {when:%Y-%m-%d %H:%M:%S}.", warning=True)
        elif purpose == "highlight":
            viewed.highlight(compile_pattern(text) if text else None)
        elif purpose == "save" and text:
            path = Path(text).expanduser().absolute()
            self.run_task(partial(self._save, viewed, path), "save-log")

    def _latest(self, viewed: ViewedLog) -> datetime:
        """What a relative time counts from: the end of the log, which may be an old one."""
        return viewed.stream.set.last_time or datetime.now(UTC)

    # -- taking along ----------------------------------------------------------------------------

    def do_copy(self) -> None:
        text = self._chosen_text(
            spelled("Too long for a terminal's clipboard; {logs.save} saves it to a file.")
        )
        if text is not None:
            self.app.copy_to_clipboard(text)

    def do_explain(self) -> None:
        text = self._chosen_text(
            spelled("That is too much to explain; select less ({logs.select}).")
        )
        if text is not None:
            self.kwtui.explain(text)

    def _chosen_text(self, too_long: str) -> str | None:
        """The selection, or this entry; None where there is none, or too much, which is said."""
        viewed = self._viewed
        chosen = viewed.chosen() if viewed is not None else None
        if viewed is None or chosen is None:
            return None
        text = viewed.stream.set.text(*chosen, most_bytes=LARGEST_COPY)
        if text is None:
            self.say(too_long, warning=True)
        return text

    async def _save(self, viewed: ViewedLog, path: Path) -> None:
        chosen = viewed.chosen() if self._view.selection is not None else None
        first, last = chosen or (None, None)
        self.say(f"Saving to {path} …")
        written = await self.controller.logs.save(viewed.stream, path, first, last)
        what = "the selection" if chosen else "all that is shown"
        self.say(f"Saved {what}, {human_bytes(written)}, to {path}.")

    # -- runs ------------------------------------------------------------------------------------

    def do_run(self) -> None:
        self.run_task(self._show_its_run, "run-of-log")

    async def _show_its_run(self) -> None:
        when = self._view.time_in_sight
        runs = await self.controller.runs.at(when) if when is not None else []
        if not runs:
            self.say("No run of kwtui on this machine went on at this time.")
        else:
            self.app.call_later(self.kwtui.show_run, runs[0].id)
