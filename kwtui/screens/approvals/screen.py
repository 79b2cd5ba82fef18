"""The plans of agents that wait for a person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.spelling import spelled
from kwtui.model.filter_words import rows_with
from kwtui.screens.approvals.rows import COLUMNS, Waiting, proposal_cells, proposal_note, told
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import AskDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.frame.live_screen import LiveScreen
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

_LOOK_SECONDS = 2.0
"""Another process writes proposals, and nobody tells of it."""

NOTHING_WAITS = (
    "Nothing waits. An agent that works through “kwtui mcp” plans, and a person decides here."
)
_NO_KEY = " There is no approver's key yet: {approvals.key} makes one."
_SHORT_KEY = "The passphrase is stored nowhere. It needs 12 characters or more."


class ApprovalsScreen(FilteredScreen, LiveScreen):
    scope: ClassVar[str] = "approvals"
    title_text: ClassVar[str] = "Approvals"
    about: ClassVar[str] = (
        "What AI agents planned through “kwtui mcp”: none of it runs before a person approves it."
        " {approvals.open} shows a plan whole: every statement, what it costs, what is lost. To"
        " approve it, the name of its database is typed, and the passphrase of the approver's key,"
        " which is stored nowhere. A plan expires after an hour, and runs once."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("approvals")
    follows: ClassVar[tuple[type, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._found: list[Waiting] = []
        self._summary = Words(classes="summary")
        self._list: VirtualList[Waiting] = VirtualList(
            COLUMNS, proposal_cells, key=lambda row: row.proposal.id, empty="Looking…"
        )
        self._note = Note()

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield Panes(self._list, self._note, ("Waiting", "This one"))

    def on_mount(self) -> None:
        self._list.focus()
        self.set_interval(_LOOK_SECONDS, self._look_again)

    def opened(self) -> None:
        self.do_refresh()

    def _look_again(self) -> None:
        self._stale = True
        if self.is_current:
            self._start_looking()

    async def look(self) -> None:
        approvals = self.controller.approvals
        self._found = [Waiting(e, approvals.is_approved(e)) for e in await approvals.waiting()]
        self._arrange()

    def _arrange(self) -> None:
        text = self.filter_text
        self._list.empty = nothing_found(text) if text and self._found else NOTHING_WAITS
        self._list.set_rows(rows_with(self._found, text, told))
        undecided = sum(not each.approved for each in self._found)
        words = f"{undecided:,} waiting. Times are UTC." if self._found else ""
        if text:
            words = f"{len(self._list.rows)} of {len(self._found)} with “{text}”. {words}"
        if not self.controller.approvals.has_key():
            words += spelled(_NO_KEY)
        self._summary.say(words.strip())
        self._tell()

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def go_back(self) -> bool:
        return self.take_filter_back()

    def on_virtual_list_highlighted(self) -> None:
        self._tell()

    def _tell(self) -> None:
        self._note.tell(proposal_note(self._list.current))
        self.show_keys()

    # -- actions ---------------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb == "open" and self._list.current is None:
            return "Nothing waits."
        if action.verb == "key" and self.controller.approvals.has_key():
            return "There is an approver's key already."
        return ""

    def on_virtual_list_selected(self) -> None:
        self.do_open()

    def do_open(self) -> None:
        from kwtui.screens.approvals.page import ApprovalScreen

        if self._list.current is not None:
            self.open_over(ApprovalScreen(self._list.current.proposal))

    def do_copy(self) -> None:
        self.app.copy_to_clipboard("kwtui approve")

    def do_key(self) -> None:
        self.run_task(self._make_key, "key")

    async def _make_key(self) -> None:
        first = await self._ask("New passphrase", _SHORT_KEY)
        second = await self._ask("Once more", _SHORT_KEY) if first else None
        if not first or second is None:
            return
        if first != second:
            raise KwtuiError("The two passphrases are not the same.")
        private, public = self.controller.approvals.make_keys(first)
        self.say(
            f"Written: {private}, {public}. Have root copy the second to /etc/kwtui/approver.pub,"
            " and start “kwtui mcp” again."
        )
        self.do_refresh()

    async def _ask(self, label: str, text: str) -> str | None:
        dialog = AskDialog("The approver's key", text, label=label, password=True)
        answer = await self.app.push_screen_wait(dialog)
        return answer if isinstance(answer, str) else None
