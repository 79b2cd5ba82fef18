"""The storage browser: what lies in extern, live."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.backups.listing.entries import NO_EXPORT_YET, BackupEntry, EntryKind, StorageListing
from kwtui.controller import StorageWatched
from kwtui.keys.action import Action
from kwtui.keys.actions import BY_ID
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.screens.backup_set.set_actions import REPORT, SEAL, SET_VERBS
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.storage.comparing import ComparingSets
from kwtui.screens.storage.rows import (
    COLUMNS,
    ORDERS,
    DatabaseGroup,
    StorageRow,
    arranged,
    entry_page,
    grouped,
    newest_sets,
    polling_line,
    row_cells,
    row_key,
    row_lines,
    space_line,
    summary_words,
)
from kwtui.server.connection.status import ConnectionState
from kwtui.widgets.document import Document
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import VirtualList

_ON_THE_WAY = (ConnectionState.CONNECTING, ConnectionState.CONNECTED)
NO_NODE = "No node is known yet. Connect first ({app.open-connection})."


class StorageScreen(FilteredScreen, ComparingSets):
    scope: ClassVar[str] = "storage"
    title_text: ClassVar[str] = "4 Storage"
    about: ClassVar[str] = (
        "What lies in the node's extern folder: backups with their"
        " proof; exports not made by kwtui, which can be viewed, verified and restored"
        " too; unfinished backups; and whatever else is there. The list is"
        " updated by itself. Every removal shows a plan first."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("storage")

    def __init__(self) -> None:
        super().__init__()
        self._listing: StorageListing | None = None
        self._free: int | None = None
        self._order = 0
        self._newest: dict[str | None, list[BackupEntry]] = {}
        """Of each database, for the page beside the list."""
        self._by_database = False
        self._folded: frozenset[str] = frozenset()
        self._wanted: tuple[str, str] | None = None
        """The path of a set, and what is to be done with it once the folder is read."""
        self._summary = Words(classes="summary")
        self._space = Document(classes="space")
        self._space.can_focus = False
        self._list: VirtualList[StorageRow] = VirtualList(
            COLUMNS,
            lambda row: row_cells(row, self.kwtui.clock(), self.marked),
            key=row_key,
            empty="Reading the folder…",
        )
        self._details = Document(classes="note")
        self._details.can_focus = False

    def body(self) -> Iterable[Widget]:
        yield self._summary
        yield self._space
        yield Panes(self._list, self._details, ("In extern", "This one"))

    def on_mount(self) -> None:
        self._list.focus()

    def opened(self) -> None:
        if self._listing is None:
            self.do_refresh()

    def do_with(self, path: str, verb: str) -> None:
        """Choose the backup at this path, once it is read, and do with it what ``verb`` says."""
        self._wanted = (path, verb)
        self.do_refresh()

    def _do_what_is_wanted(self) -> None:
        wanted, self._wanted = self._wanted, None
        if wanted is None:
            return
        path, verb = wanted
        self.filter_text, self._by_database = "", False
        self._arrange()
        paths = [None if isinstance(row, DatabaseGroup) else row.path for row in self._list.rows]
        if path not in paths:
            self.say(f"{path} is not there any more.", warning=True)
            return
        self._list.move_to(paths.index(path))
        self.perform(BY_ID[f"storage.{verb}"])

    # -- reading ---------------------------------------------------------------------------------

    def controller_event(self, event: object) -> None:
        super().controller_event(event)
        if isinstance(event, StorageWatched):
            self._show_space()

    def forget_server(self) -> None:
        self.marked = ""
        self._folded = frozenset()
        self._listing = None
        self._list.empty = "Looking for the node's files…"
        self._list.set_rows(())
        self._arrange()

    async def look(self) -> None:
        if self.controller.folders.place is None:
            self._listing = None
            on_the_way = self.controller.connection.status.state in _ON_THE_WAY
            self._list.empty = "Looking for the node's files…" if on_the_way else spelled(NO_NODE)
            self._list.set_rows(())
            self._summary.say("")
            self._space.set_lines(())
            return
        self._listing = await self.controller.storage.listing()
        self._newest = newest_sets(self._listing.entries)
        self._free = await self.controller.folders.free_bytes()
        nothing = spelled("Nothing in extern yet. Make a backup ({app.open-backup}).")
        if self._listing.awaits_export:
            nothing = NO_EXPORT_YET
        self._list.empty = in_interface(self._listing.problem or nothing)
        self._arrange()
        self._do_what_is_wanted()

    @property
    def _entries(self) -> tuple[BackupEntry, ...]:
        return self._listing.entries if self._listing else ()

    def _arrange(self) -> None:
        order = ORDERS[self._order]
        found = arranged(self._entries, order, self.filter_text)
        if self._entries and not found:
            self._list.empty = nothing_found(self.filter_text)
        self._list.set_rows(grouped(found, self._folded) if self._by_database else found)
        self._show_space()
        self._say_summary(len(found))

    def _show_space(self) -> None:
        why = self.controller.folders.polls_because if self._listing is not None else ""
        self.set_class(bool(why), "-polled")
        lines = [space_line(self._entries, self._free)]
        self._space.set_lines([*lines, polling_line(why)] if why else lines)

    def _say_summary(self, shown: int) -> None:
        order = ORDERS[self._order]
        words = summary_words(self._entries, shown, order, self.filter_text, self.marked)
        if self._listing is not None and self._listing.problem:
            words = f"{in_interface(self._listing.problem)} {words}"
        self._summary.say(words)

    def on_virtual_list_highlighted(self) -> None:
        self._show_details()
        self.show_keys()

    def panels_changed(self) -> None:
        self.call_after_refresh(self._show_details)

    def _show_details(self) -> None:
        row, now = self._list.current, self.kwtui.clock()
        if self.has_panels and not isinstance(row, DatabaseGroup):
            sets = self._newest.get(row.database, ()) if row is not None else ()
            lines = entry_page(row, sets, now, self._details.line_width)
        else:
            lines = row_lines(row, now)
        self._details.can_focus = self.has_panels
        self._details.set_lines(lines, keep_scroll=False)

    def chosen_entry(self) -> BackupEntry | None:
        row = self._list.current
        return None if isinstance(row, DatabaseGroup) else row

    # -- actions -----------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        row = self._list.current
        if action.verb == "open":
            return "" if row is not None else "There is nothing in the list."
        if action.verb in SET_VERBS or action.verb in ("mark", "compare"):
            if isinstance(row, DatabaseGroup):
                return "This is a heading; choose a backup below it."
            if action.verb in SET_VERBS:
                return self.reason_against_set_action(action.verb)
            return self.reason_against_comparing(action.verb, row)
        if action.verb in ("retention", "leftovers") and self._listing is None:
            return spelled(NO_NODE)
        return ""

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.do_open()

    def do_open(self) -> None:
        row = self._list.current
        if isinstance(row, DatabaseGroup):
            self._folded ^= {row.database}
            self._arrange()
        elif row is not None:
            self.look_inside(row)

    def do_sort(self) -> None:
        self._order = (self._order + 1) % len(ORDERS)
        self._arrange()
        self._list.move_to(0)

    def do_group(self) -> None:
        self._by_database = not self._by_database
        self._arrange()

    def filtered_list(self) -> Widget:
        return self._list

    def filter_changed(self) -> None:
        self._arrange()

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        if event.purpose == REPORT:
            self.save_report(event.text or "")
        elif event.purpose == SEAL:
            self.seal_with(event.text or "")

    def go_back(self) -> bool:
        if self.take_filter_back():
            return True
        if not self.marked:
            return False
        self.marked = ""
        self._arrange()
        return True

    def known_entries(self) -> Iterable[BackupEntry]:
        return self._entries

    def marked_changed(self) -> None:
        self._arrange()

    def do_retention(self) -> None:
        from kwtui.screens.storage.retention import RetentionScreen

        row = self._list.current
        names = {e.database for e in self._entries if e.kind is EntryKind.SET and e.database}
        database = (row.database or "") if row is not None and self._by_database else ""
        self.open_over(RetentionScreen(sorted(names), database))

    def do_offsite(self) -> None:
        row = self._list.current
        path = row.path if row is not None and not isinstance(row, DatabaseGroup) else ""
        self.kwtui.open_offsite(path)

    def do_leftovers(self) -> None:
        from kwtui.screens.storage.leftovers import LeftoversScreen

        self.open_over(LeftoversScreen())
