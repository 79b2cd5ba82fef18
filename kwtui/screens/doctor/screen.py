"""What stands between this machine and a good backup: a check list with hints."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.doctor import Check, CheckState
from kwtui.keys.action import Action
from kwtui.model.filter_words import rows_with
from kwtui.screens.doctor.rows import (
    COLUMNS,
    check_cells,
    check_lines,
    check_page,
    merged,
    summary_words,
    told,
)
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.server.connection.status import ConnectionStatus
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList


class DoctorScreen(FilteredScreen):
    scope: ClassVar[str] = "doctor"
    title_text: ClassVar[str] = "Doctor"
    about: ClassVar[str] = (
        "Everything that a backup or a restore needs, looked at without changing anything:"
        " connection, role, TLS, version, clocks, nodes, where the node's files are and who says"
        " so, whether they can be read and written, space, logs, watching, other kwtui at work,"
        " leftovers. Each check says what to do. {doctor.again} looks at one again,"
        " {doctor.refresh} at all."
    )
    CSS_PATH = style_path("explain")
    BINDINGS: ClassVar[list[BindingType]] = bindings("doctor")

    def __init__(self) -> None:
        super().__init__()
        self._checks: list[Check] = []
        self._only_bad = False
        self._summary = Words(classes="summary")
        self._list: VirtualList[Check] = VirtualList(
            COLUMNS, check_cells, key=lambda check: check.id, empty="Looking…"
        )
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Checks", "What was found"))

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        self.do_refresh()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and self.is_current:
            self.do_refresh()

    def forget_server(self) -> None:
        self._checks = []
        self._arrange()

    def do_refresh(self) -> None:
        self._summary.say(summary_words(()))
        self.run_task(self._read, "doctor")

    async def _read(self) -> None:
        self._checks = await self.controller.doctor.checks()
        self._arrange()

    def do_again(self) -> None:
        check = self._list.current
        if check is not None:
            self._summary.say(f"Looking at {check.title} again…")
            self.run_task(partial(self._read_again, check), "doctor")

    async def _read_again(self, check: Check) -> None:
        self._checks = merged(self._checks, await self.controller.doctor.again(check.id))
        self._arrange()
        now = next(each for each in self._checks if each.id == check.id)
        changed = "" if now.state is check.state else f", it was {check.state.value}"
        self.say(f"{now.title}: {now.state.value}{changed}")

    def _arrange(self) -> None:
        shown = [c for c in self._checks if not self._only_bad or c.state is not CheckState.OK]
        text = self.filter_text
        nothing = "All is well." if self._only_bad else "Looking…"
        self._list.empty = nothing_found(text) if text and self._checks else nothing
        self._list.set_rows(rows_with(shown, text, told))
        words = summary_words(self._checks)
        only = "; only what is not ok" if self._only_bad else ""
        found = f"{len(self._list.rows)} with “{text}” of " if text else ""
        self._summary.say(f"{found}{words}{only}")

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def go_back(self) -> bool:
        return self.take_filter_back()

    def on_virtual_list_highlighted(self) -> None:
        self._note.tell(check_lines(self._list.current))
        self.show_keys()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb in ("open", "again", "explain") and self._list.current is None:
            return "There is no check."
        return ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        if self._list.current is not None:
            check = self._list.current
            self.app.push_screen(MessageDialog(check.title, check_page(check)))

    def do_bad(self) -> None:
        self._only_bad = not self._only_bad
        self._arrange()

    def do_explain(self) -> None:
        if self._list.current is not None:
            self.kwtui.explain(self._list.current.detail)

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.controller.commands.line("doctor"))
