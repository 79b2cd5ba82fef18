"""What the server is: nodes, settings that touch backups, rights, sessions, WAL."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.keys.action import Action
from kwtui.keys.spelling import key_of, spelled
from kwtui.model.server import DatabaseSummary
from kwtui.operations.wal.report import WalReport, alarms
from kwtui.screens.connection.page import connection_lines
from kwtui.screens.frame.base import READ_ONLY, nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.dialogs import ConfirmDialog
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.screens.server.pages import (
    SESSION_COLUMNS,
    SETTING_COLUMNS,
    database_lines,
    node_lines,
    rights_lines,
    session_cells,
    session_lines,
    sessions_with,
    setting_cells,
    setting_lines,
)
from kwtui.screens.server.wal_page import wal_lines
from kwtui.server.connection.status import ConnectionStatus
from kwtui.server.state.activity import Query, Session
from kwtui.server.state.overview import Overview
from kwtui.server.state.settings import Setting, filtered, warned
from kwtui.text import plural, shell_joined
from kwtui.widgets.document import Document
from kwtui.widgets.field import Words
from kwtui.widgets.note import Note
from kwtui.widgets.paint import BLANK, Line, line
from kwtui.widgets.panes import Panes
from kwtui.widgets.styles import style_path
from kwtui.widgets.tab_line import TabLine
from kwtui.widgets.virtual_list import VirtualList

OVERVIEW, SETTINGS, RIGHTS, SESSIONS, WAL = range(5)
_TITLES = ("Overview", "Settings", "Rights", "Sessions", "WAL")
_PANELS = {
    OVERVIEW: ("Server", "Databases"),
    RIGHTS: ("This user", "Users and roles"),
    WAL: ("Write-ahead log", "What it means"),
}
_ONLY_ON = {
    "filter": (SETTINGS, SESSIONS),
    "cancel": (SESSIONS,),
    "change": (WAL,),
}


class ServerScreen(FilteredScreen):
    scope: ClassVar[str] = "server"
    title_text: ClassVar[str] = "7 Server"
    about: ClassVar[str] = (
        "The connected server: its nodes and databases; the cluster settings that"
        " affect backups, with their meaning; the rights of this user and those that each action"
        " needs; sessions and queries; and the write-ahead log, which protects data between"
        " backups. ] and [ turn the pages. Without the admin role KWDB shows less; each page"
        " then says what is missing."
    )
    CSS_PATH = style_path("server")
    BINDINGS: ClassVar[list[BindingType]] = bindings("server")

    def __init__(self) -> None:
        super().__init__()
        self._tabs = TabLine(_TITLES)
        self._summary = Words(classes="summary")
        self._document = Document()
        self._settings: VirtualList[Setting] = VirtualList(
            SETTING_COLUMNS, setting_cells, key=lambda s: s.name, empty="Asking the server…"
        )
        self._sessions: VirtualList[Session] = VirtualList(
            SESSION_COLUMNS, session_cells, key=lambda s: s.id, empty="Asking the server…"
        )
        self._setting_note, self._session_note = Note(), Note()
        self._pages: dict[int, Widget] = {
            SETTINGS: Panes(self._settings, self._setting_note, ("Settings", "This setting")),
            SESSIONS: Panes(self._sessions, self._session_note, ("Sessions", "This session")),
        }
        self._beside = Document()
        self._text = Panes(self._document, self._beside, ("", ""))
        self._text.add_class("halves")
        self._overview: Overview | None = None
        self._databases: list[DatabaseSummary] = []
        self._wal: WalReport | None = None

    def body(self) -> Iterable[Widget]:
        yield self._tabs
        yield self._summary
        yield self._text
        yield from self._pages.values()

    def on_mount(self) -> None:
        self._turn_to(OVERVIEW)

    # -- pages -----------------------------------------------------------------------------------

    @property
    def _page(self) -> int:
        return self._tabs.current

    def _turn_to(self, page: int) -> None:
        if page != self._page:
            self.filter_text = ""
        with self.app.batch_update():
            self._tabs.show_tab(page)
            shown = self._pages.get(page, self._text)
            for widget in (self._text, *self._pages.values()):
                widget.display = widget is shown
            self._show()
            if shown is self._text:
                self._document.scroll_to(0, 0, animate=False)
        lists: dict[int, Widget] = {SETTINGS: self._settings, SESSIONS: self._sessions}
        lists.get(page, self._document).focus()
        self.show_keys()

    def do_next_part(self) -> None:
        self._turn_to((self._page + 1) % len(_TITLES))
        self._read_page()

    def do_previous_part(self) -> None:
        self._turn_to((self._page - 1) % len(_TITLES))
        self._read_page()

    # -- reading ---------------------------------------------------------------------------------

    def opened(self) -> None:
        self.do_refresh()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and self.is_current:
            self.do_refresh()

    def forget_server(self) -> None:
        self._overview, self._databases, self._wal = None, [], None
        self._settings.empty = self._sessions.empty = "Asking the server…"
        self._settings.set_rows(())
        self._sessions.set_rows(())
        self._show()

    def do_refresh(self) -> None:
        self._show()
        if self.controller.connection.status.is_connected:
            self.run_task(self._read, "server")

    def _read_page(self) -> None:
        """What changes by itself is asked again when one turns to its page."""
        if not self.controller.connection.status.is_connected:
            return
        if self._page == SESSIONS and self._overview is not None:
            self.run_task(partial(self._read_activity, self._overview), "server")
        elif self._page == WAL:
            self.run_task(self._read_wal, "server-wal")

    async def _read(self) -> None:
        self._overview = await self.controller.server.overview()
        self._databases = await self.controller.server.databases()
        self._show()
        await self._read_wal()

    async def _read_activity(self, before: Overview) -> None:
        self._overview = await self.controller.server.activity(before)
        self._show()

    async def _read_wal(self) -> None:
        self._wal = await self.controller.server.wal()
        self._show()

    # -- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        overview, wal = self._overview, self._wal
        marks = [SETTINGS] if overview and warned(overview.settings.items) else []
        self._tabs.mark(marks + ([WAL] if wal and alarms(wal) else []))
        self._summary.say(self._summary_words())
        if self._page == SETTINGS:
            self._show_settings()
        elif self._page == SESSIONS:
            self._show_sessions()
        else:
            self._show_text()
        self.show_keys()

    def _show_text(self) -> None:
        """In two panels where there is room, otherwise one below the other."""
        lines, more = self._lines()
        apart = self.has_panels and bool(more)
        self._beside.display = apart
        self._document.border_title, self._beside.border_title = _PANELS[self._page]
        self._beside.set_lines(more)
        self._document.set_lines(lines if apart or not more else [*lines, BLANK, *more])

    def panels_changed(self) -> None:
        self._show()

    def _lines(self) -> tuple[list[Line], list[Line]]:
        """What is, and what belongs to it."""
        status = self.controller.connection.status
        if status.facts is None and str(status.state) == "disconnected":
            words = spelled("Not connected. {app.open-connection} opens the connections.")
            return [line((words, "muted"))], []
        if self._page == OVERVIEW:
            lines: list[Line] = connection_lines(status, self.controller.folders.place)
            if self._overview is not None:
                lines += [BLANK, *node_lines(self._overview)]
            return lines, database_lines(self._databases)
        if self._page == RIGHTS and self._overview is not None:
            return rights_lines(self._overview, read_only=self.kwtui.is_read_only)
        if self._page == WAL and self._wal is not None:
            return wal_lines(self._wal)
        return [line(("Asking the server…", "muted"))], []

    def _show_settings(self) -> None:
        part = self._overview.settings if self._overview is not None else None
        if part is None:
            return
        found = filtered(part.items, self.filter_text)
        self._settings.empty = part.refused or nothing_found(self.filter_text)
        self._settings.set_rows(found)

    def _show_sessions(self) -> None:
        part = self._overview.sessions if self._overview is not None else None
        if part is None:
            return
        nobody = nothing_found(self.filter_text) if self.filter_text else "Nobody is connected."
        self._sessions.empty = part.refused or nobody
        self._sessions.set_rows(sessions_with(part.items, self.filter_text))

    def _summary_words(self) -> str:
        overview = self._overview
        if overview is None:
            return ""
        at = f"as of {overview.at:%H:%M:%S} UTC" if overview.at is not None else ""
        if self._page == SETTINGS:
            count = len(filtered(overview.settings.items, self.filter_text))
            of = f"{count} of {plural(len(overview.settings.items), 'setting')}"
            which = (
                f"that contain “{self.filter_text}”"
                if self.filter_text
                else spelled("that touch backups; {server.filter} finds")
            )
            return f"{of} {which} · {self._shown_command()}"
        if self._page == SESSIONS:
            own = "" if overview.facts.is_admin else " of this user (admins see all)"
            sessions = plural(len(overview.sessions.items), "session")
            found = ""
            if self.filter_text:
                count = len(sessions_with(overview.sessions.items, self.filter_text))
                found = f"{count} with “{self.filter_text}” of "
            return f"{found}{sessions}{own}, {at} · {self._shown_command()}"
        return f"{at} · {self._shown_command()}"

    def _shown_command(self) -> str:
        """The command that does the same, as far as there is room; y copies it in full."""
        return shell_joined(["kwtui", *self._words()])

    def _words(self) -> list[str]:
        if self._page == SETTINGS:
            return ["server", "--settings", self.filter_text]
        return {SESSIONS: ["server", "--sessions"], WAL: ["wal"]}.get(self._page, ["server"])

    def on_virtual_list_highlighted(self, event: VirtualList.Highlighted) -> None:
        if event.list_view is self._settings and self._page == SETTINGS:
            self._setting_note.tell(setting_lines(self._settings.current))
        elif event.list_view is self._sessions and self._page == SESSIONS:
            lines = session_lines(self._sessions.current, self._overview)
            self._session_note.tell(lines)
        self.show_keys()

    # -- filter ----------------------------------------------------------------------------------

    def filtered_list(self) -> Widget:
        return self._sessions if self._page == SESSIONS else self._settings

    def filter_changed(self) -> None:
        self._show()

    def go_back(self) -> bool:
        if self._page in _ONLY_ON["filter"] and self.take_filter_back():
            return True
        if self._page != OVERVIEW:
            self._turn_to(OVERVIEW)
            return True
        return False

    # -- actions ---------------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        return [a for a in super().actions() if self._page in _ONLY_ON.get(a.verb, (self._page,))]

    def reason_against(self, action: Action) -> str:
        if action.verb in ("cancel", "change"):
            if not self.controller.connection.status.is_connected:
                return "There is no connection."
            if self.kwtui.is_read_only:
                return READ_ONLY
        if action.verb == "cancel" and self._query() is None:
            return "This session runs nothing."
        if action.verb == "change" and not (self._overview and self._overview.facts.is_admin):
            return "Only the admin role may change cluster settings."
        return ""

    def _query(self) -> Query | None:
        session = self._sessions.current
        if session is None or self._overview is None:
            return None
        mine = (q for q in self._overview.queries.items if q.session_id == session.id)
        return next(mine, None)

    def do_cancel(self) -> None:
        query = self._query()
        if query is None:
            return

        async def cancel() -> None:
            await self.controller.server.cancel_query(query.id)
            self.say("The query was cancelled.")
            self.do_refresh()

        def answered(yes: object) -> None:
            if yes:
                self.run_task(cancel, "cancel-query")

        text = (
            f"{query.user} at {query.client} runs:\n{' '.join(query.sql.split())[:300]}\n\nThe"
            " server stops it. The connection of an EXPORT is closed too, and what it wrote stays"
            f" in its folder and blocks it; a relational IMPORT goes on as a job"
            f" ({key_of('app.open-runs')}, then {key_of('runs.jobs')})."
        )
        dialog = ConfirmDialog("Cancel this query?", text, yes="Cancel the query", no="Let it run")
        self.app.push_screen(dialog, answered)

    def do_change(self) -> None:
        from kwtui.screens.server.wal_change import change_wal

        if self._wal is not None:
            change_wal(self, self._wal)

    def do_doctor(self) -> None:
        self.app.call_later(self.kwtui.open_screen, "doctor")

    def do_copy(self) -> None:
        self.app.copy_to_clipboard(self.controller.commands.line(*self._words()))
