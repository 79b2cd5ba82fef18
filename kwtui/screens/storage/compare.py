"""Two sets side by side: what came, went or changed between them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.backups.difference import SetDifference
from kwtui.controller import StorageChanged
from kwtui.keys.action import Action
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.screens.storage.compare_rows import (
    COLUMNS,
    CompareRow,
    compare_cells,
    compare_key,
    compare_rows,
    detail_lines,
    note_lines,
    summary_words,
)
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList


class CompareScreen(LiveScreen):
    scope: ClassVar[str] = "compare"
    title_text: ClassVar[str] = "4 Storage: compare"
    about: ClassVar[str] = (
        "Two backups, from what their manifests and schemas say; no data file is read. Rows are"
        " the same where the content checksums are, or the very same files. {compare.open} shows"
        " a table's"
        " columns and definition in full."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("compare")

    def __init__(self, before: str, after: str) -> None:
        super().__init__()
        self._paths = (before, after)
        self._found: SetDifference | None = None
        self._everything = False
        self._summary = Words("Comparing…", classes="summary")
        self._list: VirtualList[CompareRow] = VirtualList(
            COLUMNS, compare_cells, key=compare_key, empty="Comparing…"
        )
        self._note = Note(tall=True)

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Tables", "This table"))

    def on_mount(self) -> None:
        self._list.focus()
        self.do_refresh()

    def concerns(self, event: object) -> bool:
        return not isinstance(event, StorageChanged) or any(map(event.concerns, self._paths))

    async def look(self) -> None:
        self._found = await self.controller.storage.compare(*self._paths)
        self._list.empty = "Nothing differs."
        self._everything = self._everything or not self._found.differs
        self._arrange()

    def _arrange(self) -> None:
        if self._found is not None:
            self._list.set_rows(compare_rows(self._found, everything=self._everything))
            self._summary.say(summary_words(self._found, everything=self._everything))

    def on_virtual_list_highlighted(self) -> None:
        if self._found is not None:
            lines = note_lines(self._list.current, self._found)
            self._note.tell(lines)
        self.show_keys()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb == "open" and self._list.current is None:
            return "There is nothing in the list."
        return ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        row = self._list.current
        if row is not None:
            self.app.push_screen(MessageDialog(compare_key(row), detail_lines(row)))

    def do_all(self) -> None:
        self._everything = not self._everything
        self._arrange()

    def do_turn(self) -> None:
        self._paths = (self._paths[1], self._paths[0])
        self.do_refresh()

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.controller.commands.line("compare", *self._paths))
