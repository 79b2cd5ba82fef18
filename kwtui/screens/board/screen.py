"""The board: whether every database can come back, and what to do if not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Resize
from textual.timer import Timer
from textual.widget import Widget

from kwtui.backups.listing.entries import BackupEntry
from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.model.requests import BackupRequest
from kwtui.protection.report import Board, NodeState
from kwtui.screens.backup_set.set_actions import SetActions
from kwtui.screens.board.rows import COLUMNS, ORDERS, BoardRow, arranged, board_rows, cells
from kwtui.screens.board.several import BackupQueue, BackupsScreen
from kwtui.screens.board.summary import around_lines, brief_lines, detail_lines, verdict_line
from kwtui.screens.frame.base import READ_ONLY, nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.plan.screen import PlanScreen
from kwtui.text import plural
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.paint import BLANK, line
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

NO_NODE = "No node is known yet. Connect first ({app.open-connection})."
NOTHING = "No database and no backup is known here."
TALL_FROM = 34
"""Rows from which the list leaves what it does not need to what stands below."""
PROGRESS_SECONDS = 2.0
JUDGED_AGAIN_SECONDS = 60.0
"""Nothing tells that a backup grew late."""


class BoardList(VirtualList[BoardRow], inherit_bindings=False):
    """Without ``g`` for the first row: here it opens the guide. Home goes there, too."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("home", "cursor_to(0)", show=False),
        *(each for each in VirtualList.BINDINGS if getattr(each, "key", "") != "g,home"),
    ]


class BoardScreen(FilteredScreen, SetActions):
    scope: ClassVar[str] = "board"
    title_text: ClassVar[str] = "0 Board"
    about: ClassVar[str] = (
        "Whether every database of this node can come back. The first line is the verdict; a row a"
        " database says when it was backed up last, how that is proven, what would be lost now, and"
        " how long a restore takes, measured by drills and restores. Nothing is green without a"
        " proof as young as its policy promises (26 hours without a policy). Below: the disk, the"
        " node, what runs, and what went wrong last and was not made good since."
    )
    CSS_PATH = style_path("board")
    BINDINGS: ClassVar[list[BindingType]] = bindings("board")

    def __init__(self) -> None:
        super().__init__()
        self._board: Board | None = None
        self._node: NodeState | None = None
        self._rows: list[BoardRow] = []
        self._order = 0
        self._chosen: frozenset[str] = frozenset()
        self._queue: BackupQueue | None = None
        self._verdict = Document(
            [line(("Reading backups, runs and databases…", "muted"))], classes="verdict"
        )
        self._verdict.can_focus = False
        self._counts = Words(classes="counts")
        self._list = BoardList(
            COLUMNS,
            lambda row: cells(row, self._now, self._chosen),
            key=lambda row: row.name,
            empty="Reading…",
        )
        self._around = Document(classes="around")
        self._detail = Document(classes="detail")
        self._progress: Timer | None = None

    def body(self) -> Iterable[Widget]:
        yield self._verdict
        yield self._counts
        yield self._list
        yield Horizontal(self._around, self._detail, classes="below")

    def on_mount(self) -> None:
        self._list.focus()
        self.set_interval(JUDGED_AGAIN_SECONDS, self._judge_again)
        self._progress = self.set_interval(PROGRESS_SECONDS, self._look_at_runs, pause=True)

    def opened(self) -> None:
        self.do_refresh()

    def on_resize(self, event: Resize) -> None:
        self.set_class(event.size.height >= TALL_FROM, "-tall")
        self._make_list_fit()
        self.call_after_refresh(self._show_below)

    def _make_list_fit(self) -> None:
        """On a tall terminal the list takes what its rows need, up to the half."""
        tall = self.has_class("-tall")
        needed = min(len(self._list.rows) + 2, max(8, self.size.height // 2))
        self._list.styles.height = needed if tall else "1fr"

    @property
    def _now(self) -> datetime:
        return self._board.report.taken_at if self._board is not None else self.kwtui.clock()

    # -- reading ---------------------------------------------------------------------------------

    def forget_server(self) -> None:
        self._board = self._node = None
        self._rows = []
        self._chosen = frozenset()
        self._list.empty = "Reading…"
        self._list.set_rows(())
        self._verdict.set_lines([line(("Reading backups, runs and databases…", "muted"))])
        self._show_below()

    async def look(self) -> None:
        if self.controller.folders.place is None and not self._is_connected:
            self._list.empty = spelled(NO_NODE)
            self._list.set_rows(())
            self._verdict.set_lines([line((spelled(NO_NODE), "warning"))])
            return
        board = await self.controller.status.board(now=self.kwtui.clock())
        self._show(board)
        self._node = await self.controller.status.node()
        self._show_below()
        measured = await self.controller.status.measured(board, self.kwtui.clock())
        if measured != board:
            self._show(measured)

    @property
    def _is_connected(self) -> bool:
        return self.controller.connection.status.is_connected

    def _judge_again(self) -> None:
        if self.is_current and self._board is not None:
            self.run_task(self._show_as_of_now, "judge")

    async def _show_as_of_now(self) -> None:
        now = self.kwtui.clock()
        board = await self.controller.status.board_as_of(now)
        if board is not None:
            self._show(await self.controller.status.measured(board, now))

    def _look_at_runs(self) -> None:
        if self.is_current:
            self.run_task(self._show_progress, "progress")

    async def _show_progress(self) -> None:
        running = await self.controller.status.running()
        if self._board is not None:
            report = replace(self._board.report, running=running)
            self._board = replace(self._board, report=report)
            self._show_below()

    def _show(self, board: Board) -> None:
        self._board = board
        self._rows = board_rows(board)
        self._chosen &= {row.name for row in self._rows}
        self._list.empty = NOTHING
        self._verdict.set_lines([verdict_line(board.report)])
        if self._progress is not None:
            (self._progress.resume if board.report.running else self._progress.pause)()
        self._arrange()

    def _arrange(self) -> None:
        order = ORDERS[self._order]
        found = arranged(self._rows, order, self.filter_text)
        if self._rows and not found:
            self._list.empty = nothing_found(self.filter_text)
        self._list.set_rows(found)
        self._make_list_fit()
        told = [plural(len(self._rows), "database"), order.name]
        if self._chosen:
            told.insert(0, f"{len(self._chosen)} chosen for a backup ({key_of('board.backup')})")
        if self.filter_text:
            told.append(f"{len(found)} with “{self.filter_text}”")
        self._counts.say("; ".join(told))
        self._show_below()

    def on_virtual_list_highlighted(self) -> None:
        self._show_below()
        self.show_keys()

    def _show_below(self) -> None:
        if self._board is None:
            self._around.set_lines(())
            self._detail.set_lines(())
            return
        now = self._board.report.taken_at
        row = self._list.current
        lines = around_lines(self._board.report, self._node)
        if self._queue is not None and self._queue.words:
            lines.insert(0, line((self._queue.words, "warning")))
        if self.has_panels:
            width = self._detail.size.width
            self._detail.set_lines(detail_lines(row, now, width), keep_scroll=False)
        else:
            # The reason of the row under the cursor first: on 24 rows the rest may not fit.
            lines = [*brief_lines(row), *([BLANK] if self.has_class("-tall") else []), *lines]
        self._around.set_lines(lines)

    # -- actions ---------------------------------------------------------------------------------

    def chosen_entry(self) -> BackupEntry | None:
        row = self._list.current
        return row.proven if row is not None else None

    def reason_against(self, action: Action) -> str:
        verb, row = action.verb, self._list.current
        if verb == "log":
            return "" if self._failed_run() else "No run failed."
        if verb not in ("open", "toggle", "backup", "restore", "drill"):
            return ""
        if row is None:
            return "There is nothing in the list."
        if verb in ("restore", "drill"):
            if row.proven is None:
                doing = spelled("{board.open} shows what there is.")
                return f"{row.name} has no proven backup. {doing}"
            return self.reason_against_set_action(verb)
        if verb in ("toggle", "backup"):
            return self._reason_against_backup(row)
        return ""

    def _reason_against_backup(self, row: BoardRow) -> str:
        if not self._is_connected:
            return spelled("There is no server here. Connect first ({app.open-connection}).")
        if self.kwtui.is_read_only:
            return READ_ONLY
        return "" if row.facts.exists else f"The server has no database {row.name}."

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.do_open()

    def do_open(self) -> None:
        from kwtui.screens.board.time_line import TimeLineScreen

        row = self._list.current
        if row is not None:
            self.open_over(TimeLineScreen(row.name))

    def do_toggle(self) -> None:
        row = self._list.current
        if row is not None:
            self._chosen ^= {row.name}
            self._list.action_cursor_by(1)
            self._arrange()

    def do_backup(self) -> None:
        row = self._list.current
        names = [each.name for each in self._list.rows if each.name in self._chosen]
        if not names and row is not None:
            names = [row.name]
        if len(names) == 1:
            request = BackupRequest(names[0])
            self.open_over(PlanScreen(lambda _: self.controller.plans.backup(request)))
        else:
            self.open_over(BackupsScreen(names, self._start_backups))

    def do_guide(self) -> None:
        from kwtui.screens.policies.guide import GuideWizard

        chosen = [row.name for row in self._rows if row.name in self._chosen]
        self.open_over(GuideWizard(chosen, lambda _: self.do_refresh()))

    def _start_backups(self, names: list[str]) -> None:
        if self._queue is None:
            self._queue = BackupQueue(self.controller)
        self._chosen -= set(names)
        self.run_task(partial(self._back_up, self._queue, names), "start")

    async def _back_up(self, queue: BackupQueue, names: list[str]) -> None:
        run_id = await queue.start_first(names)
        self.app.call_later(self.kwtui.show_run, run_id)
        self.run_task(partial(queue.go_on, run_id), f"queue {run_id}")

    def unsaved(self) -> str:
        return self._queue.words if self._queue is not None else ""

    def _failed_run(self) -> str:
        """The last run of the database under the cursor that failed, else the last of all."""
        row = self._list.current
        if row is not None:
            runs = (*row.facts.backup_runs, *row.facts.drills, *row.facts.restores)
            failed = [run for run in runs if run.succeeded is False]
            if failed:
                return max(failed, key=lambda run: run.began).id
        wrong = self._board.report.went_wrong if self._board is not None else None
        return wrong.id if wrong is not None else ""

    def do_log(self) -> None:
        run_id = self._failed_run()
        self.run_task(partial(self.kwtui.show_run_log, run_id), "log")

    def do_sort(self) -> None:
        self._order = (self._order + 1) % len(ORDERS)
        self._arrange()
        self._list.move_to(0)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.controller.commands.line("status"))

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def go_back(self) -> bool:
        if self.take_filter_back():
            return True
        if not self._chosen:
            return False
        self._chosen = frozenset()
        self._arrange()
        return True
