"""The time line of one database: backups, gaps, failures, drills and restores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.events import Resize
from textual.widget import Widget

from kwtui.backups.listing.entries import BackupEntry
from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.screens.backup_set.set_actions import REPORT, SET_VERBS
from kwtui.screens.board.rows import BoardRow, board_rows
from kwtui.screens.board.time_line_rows import (
    Mark,
    MarkKind,
    axis_lines,
    columns,
    largest,
    mark_cells,
    marks_of,
)
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.storage.comparing import ComparingSets
from kwtui.screens.storage.rows import entry_lines
from kwtui.text import human_duration, plural
from kwtui.widgets.document import Document
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.paint import Line, Part, line
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

NOTHING = "Nothing is known of its backups. {board.backup} on the board makes one."
FEWEST_BARS, MOST_BARS = 10, 60
"""Cells of the bars; they take what the other columns leave."""
OTHER_COLUMNS = 96


class TimeLineScreen(ComparingSets):
    scope: ClassVar[str] = "timeline"
    title_text: ClassVar[str] = "0 Board: time line"
    about: ClassVar[str] = (
        "Every backup of one database as a mark in time, with its size, proof and pin; the line"
        " between them tells when a proven backup was as young as promised, and when not. Runs that"
        " failed, drills and restores stand where they were, with how long they took. On a backup"
        " the keys are those of Storage."
    )
    CSS_PATH = style_path("board")
    BINDINGS: ClassVar[list[BindingType]] = bindings("timeline")

    def __init__(self, database: str) -> None:
        super().__init__()
        self._database = database
        self._row: BoardRow | None = None
        self._marks: list[Mark] = []
        self._now: datetime | None = None
        self._of_rows = False
        self._most = 0.0
        self._bar_cells = FEWEST_BARS
        self._summary = Words(f"{database}: reading…", classes="summary")
        self._axis = Document(classes="axis")
        self._axis.can_focus = False
        self._list: VirtualList[Mark] = VirtualList(
            columns(FEWEST_BARS, rows=False),
            self._cells_of,
            key=lambda mark: mark.key,
            empty="Reading…",
        )
        self._note = Document(classes="note")
        self._note.can_focus = False

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._axis
        yield self._list
        yield self._note

    def on_mount(self) -> None:
        self._list.focus()
        self.do_refresh()

    def on_resize(self, event: Resize) -> None:
        self._bar_cells = max(FEWEST_BARS, min(MOST_BARS, event.size.width - OTHER_COLUMNS))
        self.call_after_refresh(self._arrange)

    def _cells_of(self, mark: Mark) -> list[str | Part]:
        return mark_cells(mark, self._most, self._bar_cells, rows=self._of_rows, marked=self.marked)

    def forget_server(self) -> None:
        self._row = None
        self._marks = []
        self._list.set_rows(())
        self._axis.set_lines(())

    # -- reading ---------------------------------------------------------------------------------

    async def look(self) -> None:
        now = self.kwtui.clock()
        board = await self.controller.status.board(database=self._database, now=now)
        policies: Mapping[str, str] = await self.controller.status.policies_of_sets()
        self._row = next(iter(board_rows(board)), None)
        self._now = now
        self._marks = [] if self._row is None else marks_of(self._row, policies, now)
        self._list.empty = spelled(NOTHING)
        self._arrange()

    def _arrange(self) -> None:
        self._most = largest(self._marks, rows=self._of_rows)
        self._list.columns = columns(self._bar_cells, rows=self._of_rows)
        self._list.set_rows(self._marks)
        self._summary.say(self._summary_words())
        self._show_axis()

    def _summary_words(self) -> str:
        if self._row is None:
            return f"{self._database}: nothing is known of its backups."
        count = {kind: sum(mark.kind is kind for mark in self._marks) for kind in MarkKind}
        told = [
            plural(count[MarkKind.BACKUP], "backup"),
            plural(count[MarkKind.GAP], "gap"),
            plural(count[MarkKind.FAILED] + count[MarkKind.BROKEN], "failure"),
            plural(count[MarkKind.DRILL], "drill"),
            plural(count[MarkKind.RESTORE], "restore"),
        ]
        judgement = self._row.judgement
        marked = "; marked one to compare" if self.marked else ""
        return f"{self._database} {judgement.state}: {', '.join(told)}{marked}"

    def _show_axis(self) -> None:
        if self._row is None or self._now is None:
            return
        width = self._axis.size.width - 1
        self._axis.set_lines(
            axis_lines(self._row, self._marks, self._list.current, self._now, width)
        )

    def on_virtual_list_highlighted(self) -> None:
        self._show_axis()
        self._note.set_lines(self._note_lines(), keep_scroll=False)
        self.show_keys()

    def _note_lines(self) -> list[Line]:
        mark = self._list.current
        if mark is None or self._now is None:
            return []
        if mark.entry is not None:
            return entry_lines(mark.entry, self._now)
        until = "now" if mark.until is None else f"{mark.until:%Y-%m-%d %H:%M}"
        when = f"{mark.at:%Y-%m-%d %H:%M}"
        when += f" to {until} UTC" if mark.kind is MarkKind.GAP else " UTC"
        lines = [line((f"{mark.kind} ", "strong"), when, indent=2), line(mark.words, indent=2)]
        if mark.run is not None and mark.run.path:
            took = "" if mark.run.seconds is None else f", {human_duration(mark.run.seconds)}"
            lines.append(
                line((f"{mark.run.path}{took}; {key_of('timeline.open')} opens the run", "muted"))
            )
        return lines

    # -- actions ---------------------------------------------------------------------------------

    def chosen_entry(self) -> BackupEntry | None:
        mark = self._list.current
        return mark.entry if mark is not None else None

    def known_entries(self) -> Iterable[BackupEntry]:
        return [mark.entry for mark in self._marks if mark.entry is not None]

    def marked_changed(self) -> None:
        self._arrange()

    def reason_against(self, action: Action) -> str:
        verb, mark = action.verb, self._list.current
        if verb in ("bars", "refresh"):
            return ""
        if mark is None:
            return "There is nothing in the list."
        if verb == "log":
            return "" if mark.run is not None else "No run of this account is known of it."
        if verb == "open":
            known = mark.entry is not None or mark.run is not None
            return "" if known else "A gap holds nothing."
        if mark.entry is None:
            return "This is no backup; choose one."
        if verb in SET_VERBS:
            return self.reason_against_set_action(verb)
        return self.reason_against_comparing(verb, mark.entry)

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        mark = self._list.current
        if mark is not None and (mark.entry is not None or mark.run is not None):
            self.do_open()

    def do_open(self) -> None:
        mark = self._list.current
        if mark is not None and mark.entry is not None:
            self.look_inside(mark.entry)
        elif mark is not None and mark.run is not None:
            self.app.call_later(self.kwtui.show_run, mark.run.id)

    def do_log(self) -> None:
        mark = self._list.current
        if mark is not None and mark.run is not None:
            self.run_task(partial(self.kwtui.show_run_log, mark.run.id), "log")

    def do_bars(self) -> None:
        self._of_rows = not self._of_rows
        self._arrange()

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self._list.focus()
        if event.purpose == REPORT:
            self.save_report(event.text or "")

    def go_back(self) -> bool:
        if self.marked:
            self.marked = ""
            self._arrange()
            return True
        return False
