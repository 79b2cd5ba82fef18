"""The storage browser: what lies in extern, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.events import ScreenResume
from textual.widget import Widget

from kwtui.backups.library import BackupEntry, EntryKind, StorageListing
from kwtui.controller_events import StorageChanged
from kwtui.model import ProofLevel
from kwtui.screens.actions import Action, bindings
from kwtui.screens.base import KwtuiScreen
from kwtui.screens.storage_rows import COLUMNS, ORDERS, arranged, cells, entry_lines, summary_words
from kwtui.server.status import ConnectionStatus
from kwtui.widgets.document import Document
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

READ_ONLY = "This server's profile says: read only."


class StorageScreen(KwtuiScreen):
    scope: ClassVar[str] = "storage"
    title_text: ClassVar[str] = "4 Storage"
    about: ClassVar[str] = (
        "What lies in the node's extern folder: backups that kwtui made, with the proof that each"
        " has; exports that others made (adopted), which can be looked into, checked and restored"
        " too; backups that did not finish; and whatever else is there. The list follows the"
        " folder by itself."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("storage")

    def __init__(self) -> None:
        super().__init__()
        self._listing: StorageListing | None = None
        self._order = 0
        self._text = ""
        self._stale = True
        self._summary = Words(classes="summary")
        self._list: VirtualList[BackupEntry] = VirtualList(
            COLUMNS,
            lambda entry: cells(entry, self.kwtui.clock()),
            key=lambda entry: entry.path,
            empty="Reading the folder…",
        )
        self._details = Document(classes="note")
        self._details.can_focus = False

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._list
        yield self._details

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        if self._stale:
            self.do_refresh()

    def on_screen_resume(self, event: ScreenResume) -> None:
        if self._listing is not None:
            self.opened()

    # -- reading ---------------------------------------------------------------------------------

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus | StorageChanged):
            self._stale = True
            if self.is_current:
                self.do_refresh()

    def do_refresh(self) -> None:
        self._stale = False
        self.run_task(self._read, "storage")

    async def _read(self) -> None:
        if self.controller.place is None:
            self._listing = None
            self._list.empty = "No node is known yet. Connect first (1)."
            self._list.set_rows(())
            self._summary.say("")
            return
        self._listing = await self.controller.storage()
        self._list.empty = self._listing.problem or "Nothing in extern yet. Make a backup (2)."
        self._arrange()

    def _arrange(self) -> None:
        entries = self._listing.entries if self._listing else ()
        order = ORDERS[self._order]
        rows = arranged(entries, order, self._text)
        if entries and not rows:
            self._list.empty = f"Nothing contains “{self._text}”. Esc takes the filter back."
        self._list.set_rows(rows)
        words = summary_words(entries, len(rows), order, self._text)
        if self._listing is not None and self._listing.problem:
            words = f"{self._listing.problem} {words}"
        self._summary.say(words)

    def on_virtual_list_highlighted(self) -> None:
        lines = entry_lines(self._list.current, self.kwtui.clock())
        self._details.set_lines(lines, keep_scroll=False)
        self.show_keys()

    # -- actions -----------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        entry = self._list.current
        if action.verb in ("open", "verify", "restore") and entry is None:
            return "There is nothing in the list."
        if action.verb == "restore" and self.kwtui.is_read_only:
            return READ_ONLY
        if action.verb in ("verify", "restore") and entry is not None:
            return why_not(entry, action.verb)
        return ""

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.do_open()

    def do_open(self) -> None:
        from kwtui.screens.set_view import SetScreen

        if self._list.current is not None:
            self.app.push_screen(SetScreen(self._list.current))

    def do_sort(self) -> None:
        self._order = (self._order + 1) % len(ORDERS)
        self._arrange()
        self._list.move_to(0)

    def do_filter(self) -> None:
        self.prompt.ask("filter", "Filter:", self._text)

    def on_prompt_line_changed(self, event: PromptLine.Changed) -> None:
        self._text = event.text
        self._arrange()

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        if event.text is None:
            self._text = ""
            self._arrange()
        self._list.focus()

    def go_back(self) -> bool:
        if not self._text:
            return False
        self._text = ""
        self._arrange()
        return True

    def do_verify(self) -> None:
        if self._list.current is not None:
            self.kwtui.start_verify(self._list.current.path, ProofLevel.P2)

    def do_restore(self) -> None:
        if self._list.current is not None:
            self.kwtui.open_restore(self._list.current.path)


def why_not(entry: BackupEntry, verb: str) -> str:
    """Why an entry cannot be verified or restored; empty when it can."""
    if entry.kind is EntryKind.FOREIGN:
        return "This is no export."
    if entry.kind is EntryKind.INCOMPLETE:
        return f"This backup did not finish; there is nothing to {verb}."
    return ""
