"""What the server is: version, nodes, rights, files."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from kwtui.model import DatabaseSummary
from kwtui.screens.actions import bindings
from kwtui.screens.base import KwtuiScreen
from kwtui.screens.connection_page import connection_lines
from kwtui.server.status import ConnectionStatus
from kwtui.widgets.document import Document
from kwtui.widgets.paint import BLANK, Line, fit, heading, line


class ServerScreen(KwtuiScreen):
    scope: ClassVar[str] = "server"
    title_text: ClassVar[str] = "7 Server"
    about: ClassVar[str] = (
        "Version, nodes, rights and files of the server that one is connected to, and its"
        " databases."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("server")

    def __init__(self) -> None:
        super().__init__()
        self._document = Document()
        self._databases: list[DatabaseSummary] = []

    def body(self) -> Iterable[Widget]:
        yield self._document

    def on_mount(self) -> None:
        self._document.focus()

    def opened(self) -> None:
        self.do_refresh()

    def controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and self.is_current:
            self.do_refresh()

    def do_refresh(self) -> None:
        self._show()
        if self.controller.status.is_connected:
            self.run_task(self._read, "server")

    async def _read(self) -> None:
        self._databases = await self.controller.databases()
        self._show()

    def _show(self) -> None:
        status = self.controller.status
        if status.facts is None and str(status.state) == "disconnected":
            self._document.set_lines([line(("Not connected. 1 opens the connections.", "muted"))])
            return
        lines: list[Line] = connection_lines(status, self.controller.place)
        if self._databases:
            lines += [BLANK, heading("Databases")]
            lines += [_database_line(database) for database in self._databases]
        self._document.set_lines(lines)


def _database_line(database: DatabaseSummary) -> Line:
    tables = "" if database.tables is None else f"{database.tables} tables"
    own = "KWDB's own" if database.system else database.comment or ""
    return line(
        f"{fit(database.name, 24)} {fit(database.engine.value, 12)} {fit(tables, 12)}",
        (own, "muted"),
        indent=4,
    )
