"""The first screen: choose a server or the sandbox, connect, and see on one page what it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Input

from kwtui.controller import RunsChanged, StorageChanged
from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.interface_words import in_interface
from kwtui.model.filter_words import rows_with
from kwtui.screens.connection.page import connection_lines
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.filtered_screen import FilteredScreen
from kwtui.text import sentences
from kwtui.widgets.document import Document
from kwtui.widgets.field import Field
from kwtui.widgets.header_bar import ENVIRONMENT_WORDS
from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column, VirtualList

if TYPE_CHECKING:
    from kwtui.config.profiles import Profile
    from kwtui.node.place import NodePlace
    from kwtui.operations.removal.leftovers import Leftover
    from kwtui.server.connection.target import Target

SANDBOX = "the sandbox"


@dataclass(frozen=True)
class Server:
    """A line of the list: a saved profile, or the sandbox at the end."""

    profile: Profile | None

    @property
    def name(self) -> str:
        return self.profile.name if self.profile else SANDBOX

    def told(self) -> dict[str, str]:
        """What a filter looks into."""
        profile = self.profile
        if profile is None:
            return {"server": SANDBOX}
        kind = profile.environment.value if profile.environment else ""
        address = f"{profile.user}@{profile.host}:{profile.port}"
        return {"server": profile.name, "address": address, "kind": kind, "tls": profile.tls.value}

    def cells(self) -> list[str | Part]:
        if self.profile is None:
            return [
                ("Try it on the sandbox", "accent"),
                ("a node on this machine", "muted"),
                "",
                "",
            ]
        profile = self.profile
        environment = profile.environment.value if profile.environment else ""
        role = "error" if environment == "prod" else ""
        return [
            profile.name,
            (f"{profile.user}@{profile.host}:{profile.port}", "muted"),
            (ENVIRONMENT_WORDS.get(environment, ""), role),
            (profile.tls.value, "warning" if profile.tls.value == "disable" else "muted"),
        ]


def _columns(text: str) -> tuple[Column, ...]:
    """The head of the first says which words narrow the list."""
    return (
        Column(f"Server “{text}”" if text else "Server", 21, grow=True),
        Column("Address", 24, drop=1),
        Column("Kind", 11),
        Column("TLS", 11, drop=2),
    )


class ConnectionScreen(FilteredScreen):
    scope: ClassVar[str] = "connection"
    title_text: ClassVar[str] = "1 Connection"
    about: ClassVar[str] = (
        "Choose a server that you saved, type a DSN or URL, or try kwtui on its sandbox: a stand-in"
        " for a KWDB node with a shop and a plant as demo data. TLS is on and checked unless you"
        " say otherwise, and kwtui never saves a password."
    )
    BINDINGS: ClassVar[list[BindingType]] = bindings("connection")

    def __init__(self) -> None:
        super().__init__()
        self._servers: VirtualList[Server] = VirtualList(
            _columns(""),
            Server.cells,
            key=lambda server: server.name,
            id="servers",
        )
        self._dsn = Field(
            "DSN or URL", name="dsn", placeholder="postgresql://user@host:26257/defaultdb"
        )
        self._page = Document(id="facts")
        self._saved: list[Server] = []
        self._left: tuple[Leftover, ...] = ()
        self._place: NodePlace | None = None
        """The node's folders as they were when last looked at; None: as they were found."""

    def body(self) -> Iterable[Widget]:
        yield Vertical(self._servers, self._dsn, classes="servers")
        yield self._page

    def on_mount(self) -> None:
        self._read_profiles()
        self._servers.focus()
        self._show_page()
        self.call_after_refresh(self._begin)

    def _begin(self) -> None:
        """Connect to what was asked for on the command line, now that there is a picture."""
        if self.kwtui.initial_sandbox:
            self.do_sandbox()
        elif self.kwtui.initial_target is not None:
            self._connect(self.kwtui.initial_target)
        else:
            self.kwtui.warm_up()

    def _read_profiles(self) -> None:
        try:
            profiles = self.controller.profiles.all()
        except KwtuiError as error:
            self.kwtui.show_problem(error)
            profiles = []
        self._saved = [*map(Server, profiles), Server(None)]
        self.filter_changed()

    def filtered_list(self) -> Widget:
        return self._servers

    def filter_changed(self) -> None:
        text = self.filter_text
        self._servers.columns = _columns(text)
        self._servers.empty = nothing_found(text)
        self._servers.set_rows(rows_with(self._saved, text, Server.told))
        self.show_keys()

    def go_back(self) -> bool:
        return self.take_filter_back()

    # -- what is shown ---------------------------------------------------------------------------

    def opened(self) -> None:
        self._look_at_folders()
        if self._left:
            self.run_task(self._look_for_leftovers, "leftovers")

    def _look_at_folders(self) -> None:
        """Folders come and go: extern is made by the first export."""
        self.run_task(self._read_folders, "folders")

    async def _read_folders(self) -> None:
        self._place = await self.controller.folders.as_now()
        self._show_page()

    def controller_event(self, event: object) -> None:
        if self.is_current and isinstance(event, RunsChanged | StorageChanged):
            self._look_at_folders()
        else:
            self._place = None
            self._show_page()
        if self.is_current and self._left_may_be_gone(event):
            self.run_task(self._look_for_leftovers, "leftovers")

    def _left_may_be_gone(self, event: object) -> bool:
        if isinstance(event, StorageChanged):
            return any(event.concerns(leftover.name) for leftover in self._left)
        return isinstance(event, RunsChanged) and bool(self._left)

    def _show_page(self) -> None:
        lines = connection_lines(
            self.controller.connection.status,
            self._place or self.controller.folders.place,
            self._left,
        )
        self._page.set_lines(lines)

    def reason_against(self, action: Action) -> str:
        server = self._servers.current
        if action.verb in ("edit", "delete") and (server is None or server.profile is None):
            return "The sandbox has nothing to change; choose a saved server."
        if action.verb == "retry" and self.controller.connection.status.state != "lost":
            return "No connection was lost."
        return ""

    # -- connecting ------------------------------------------------------------------------------

    def on_virtual_list_highlighted(self) -> None:
        self.show_keys()

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        self.do_connect()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if text:
            self.run_task(lambda: self._connect_dsn(text), "connect")

    def do_connect(self) -> None:
        server = self._servers.current
        if server is None or server.profile is None:
            self.do_sandbox()
            return
        from kwtui.server.connection.target import target_from_profile

        try:
            self._connect(target_from_profile(server.profile))
        except KwtuiError as error:
            self.kwtui.show_problem(error)

    def do_sandbox(self) -> None:
        self.run_task(self._start_sandbox, "connect")

    def do_retry(self) -> None:
        self.controller.connection.retry_now()

    def _connect(self, target: Target) -> None:
        self.run_task(lambda: self._try_connect(target), "connect")

    async def _connect_dsn(self, text: str) -> None:
        from kwtui.server.connection.target import resolve_target

        try:
            target = resolve_target(dsn=text)
        except KwtuiError as error:
            self._dsn.complain(in_interface(sentences(error.title, error.hint)))
            return
        self._dsn.complain("")
        if target.password:
            # A password that was typed here must not stay on the screen.
            self._dsn.value = target.redacted
        await self._try_connect(target)

    async def _start_sandbox(self) -> None:
        self.say("Starting the sandbox…")
        target = await self.controller.connection.start_sandbox()
        given = self.kwtui.initial_target if self.kwtui.initial_sandbox else None
        if given is not None:
            target = replace(
                target,
                extern=given.extern or target.extern,
                store=given.store or target.store,
                logs=given.logs or target.logs,
            )
        await self._try_connect(target)

    async def _try_connect(self, target: Target) -> None:
        """Connect; where a password is missing or wrong, ask for it as often as it takes."""
        password: str | None = None
        self._left = ()
        self.kwtui.set_target(target)
        while True:
            try:
                await self.controller.connection.connect(target, password)
            except KwtuiError as error:
                if not _password_would_help(error):
                    await self._look_for_files(target)
                    raise
                password = await self.kwtui.ask_password(target, error)
                if password is None:
                    self.say("Not connected: no password was given.", warning=True)
                    return
            else:
                self._page.focus()
                self.run_task(self._look_for_leftovers, "leftovers")
                if self.is_current:
                    self.app.call_later(self.kwtui.open_screen, "board")
                return

    async def _look_for_files(self, target: Target) -> None:
        """Backups can be looked at, checked and judged where no server answers."""
        if target.extern or target.store:
            extern, store, logs = map(_path_of, (target.extern, target.store, target.logs))
            await self.controller.folders.use(extern=extern, store=store, logs=logs)

    async def _look_for_leftovers(self) -> None:
        """What a killed run left waits for somebody who does not know of it."""
        try:
            found = (await self.controller.leftovers.find()).found
        except KwtuiError:
            # Why extern or the server cannot be looked at is on this page already.
            return
        self._left = tuple(each for each in found if each.run and not each.busy)
        self._show_page()

    # -- profiles ----------------------------------------------------------------------------

    def do_add(self) -> None:
        self._edit(None)

    def do_edit(self) -> None:
        server = self._servers.current
        self._edit(server.profile if server else None)

    def _edit(self, profile: Profile | None) -> None:
        from kwtui.screens.connection.profile_form import ProfileDialog

        def saved(answer: object) -> None:
            if answer:
                self._read_profiles()
                names = [server.name for server in self._servers.rows]
                self._servers.move_to(names.index(str(answer)))

        self.app.push_screen(ProfileDialog(self.controller, profile), saved)

    def do_delete(self) -> None:
        server = self._servers.current
        if server is None or server.profile is None:
            return
        from kwtui.screens.frame.dialogs import ConfirmDialog

        name = server.profile.name

        def answered(yes: object) -> None:
            if yes:
                try:
                    self.controller.profiles.delete(name)
                except KwtuiError as error:
                    self.kwtui.show_problem(error)
                self._read_profiles()

        text = f"The saved settings of {name} are forgotten. The server itself is not touched."
        self.app.push_screen(ConfirmDialog("Forget this server?", text, yes="Forget"), answered)


def _path_of(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _password_would_help(error: KwtuiError) -> bool:
    from kwtui.server.connection.failures import PasswordNeeded, PasswordRejected

    return isinstance(error, PasswordNeeded | PasswordRejected)
