"""The application: brings controller, screens, themes and keys together, and little else."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import inspect
import signal
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import BindingType
from textual.filter import LineFilter
from textual.screen import Screen
from textual.widget import Widget

from kwtui.app.navigation import LeadingApp
from kwtui.app.parsed_once import ParsedOnce
from kwtui.app.plain_terminal import PlainSigns
from kwtui.app.run_at_work import RunAtWork
from kwtui.app.screen_factories import FACTORIES, MAIN_SCREENS
from kwtui.app.status_words import banner_words, header_facts
from kwtui.controller import RecoveryPlanRenewed, RunsChanged
from kwtui.errors import KwtuiError
from kwtui.keys.actions import BY_ID
from kwtui.keys.keymap import OWN_KEYS, Keymap
from kwtui.keys.spelling import use_keymap
from kwtui.screens.frame.base import KwtuiScreen
from kwtui.screens.frame.bindings import bindings
from kwtui.server.connection.status import ConnectionStatus
from kwtui.widgets.header_bar import HeaderFacts
from kwtui.widgets.styles import style_path
from kwtui.widgets.themes import DEFAULT_THEME, MONOCHROME, THEME_WORDS, THEMES, NoColour

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.server.connection.target import Target


FIRST_SCREEN = "connection"


class KwtuiApp(LeadingApp):
    """The interface on a controller.

    ``problem`` is told once the first screen stands. ``clock`` tells the time (UTC) and is frozen
    in tests.
    """

    CSS_PATH: ClassVar[list[Path]] = [style_path("base"), style_path("connection")]  # type: ignore[assignment]
    TITLE = "kwtui"
    ENABLE_COMMAND_PALETTE = False
    SCREENS: ClassVar[dict[str, Callable[[], Screen[Any]]]] = dict(FACTORIES)
    BINDINGS: ClassVar[list[BindingType]] = bindings("app")

    def __init__(
        self,
        controller: Controller,
        *,
        target: Target | None = None,
        sandbox: bool = False,
        start: str = "connection",
        theme: str | None = None,
        ascii_only: bool = False,
        remember_theme: Callable[[str], None] | None = None,
        keys: Keymap = OWN_KEYS,
        problem: KwtuiError | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__()
        self.controller = controller
        self.clock = clock
        self.keys = keys
        """Which keys the actions have for this person."""
        self._first_problem = problem
        self.target: Target | None = None
        """What one is connected to, or tries to be."""
        self.initial_target = target
        self.initial_sandbox = sandbox
        self._server: tuple[str, int, str, str] | None = None
        """Which server one is connected to, or was."""
        self._start = start
        self._came_from = ""
        """The main screen before one that no digit opens: where Esc leads."""
        self._remember_theme = remember_theme
        self._unsubscribe: Callable[[], None] | None = None
        self._no_colour = NoColour()
        self._plain_signs = PlainSigns()
        self._ascii_only = ascii_only
        self._run_at_work = RunAtWork(controller, self._show_run_at_work)
        for each in THEMES:
            self.register_theme(each)
        self.theme = MONOCHROME if self.no_color else _known_theme(theme)
        self.stylesheet = ParsedOnce(self.get_css_variables())

    # -- life --------------------------------------------------------------------------------

    def on_mount(self) -> None:
        self.animation_level = "none"
        self.set_keymap(self.keys.for_textual())
        use_keymap(self.keys)
        self._server = self.controller.connection.status.server
        self._unsubscribe = self.controller.subscribe(self._hear)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, partial(self._leave_on_signal, number))
        if self._start == FIRST_SCREEN:
            self.call_after_refresh(self._tell_opened)
        else:
            self.call_later(self.open_screen, self._start)
        self.call_after_refresh(self._look_at_runs)
        if self._first_problem is not None:
            self.call_after_refresh(self.show_problem, self._first_problem)

    def get_default_screen(self) -> Screen[Any]:
        # Textual's own would paint an empty screen first. The entry is what `push_screen` makes and
        # `switch_screen` takes away again; without it the first switch fails (Textual 8.2.8).
        screen = self.get_screen(FIRST_SCREEN)
        screen._push_result_callback(screen, None)
        return screen

    def on_unmount(self) -> None:
        if self._unsubscribe is not None:
            self._unsubscribe()

    def _leave_on_signal(self, number: int) -> None:
        """Give the terminal back and go; runs are processes of their own and go on."""
        self.exit(return_code=128 + number)

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        # Textual 8.2.8 paints the top screen as a whole whenever anything moves on the one below,
        # which cannot be seen through a full screen.
        return [] if isinstance(self.screen, KwtuiScreen) else super()._background_screens

    def get_line_filters(self) -> Sequence[LineFilter]:
        # Textual's filter for NO_COLOR leaves greys, and black on black with an ANSI theme.
        if self.no_color or self.theme == MONOCHROME:
            filters: list[LineFilter] = [self._no_colour]
        else:
            filters = list(super().get_line_filters())
        return [*filters, self._plain_signs] if self._ascii_only else filters

    # -- controller and status -----------------------------------------------------------------

    def _hear(self, event: object) -> None:
        self.call_later(self._controller_event, event)

    def _controller_event(self, event: object) -> None:
        if isinstance(event, ConnectionStatus) and event.server is not None:
            before, self._server = self._server, event.server
            if before is not None and before != event.server:
                for screen in self.known_screens():
                    screen.forget_server()
        if isinstance(event, RunsChanged):
            self._look_at_runs()
        if isinstance(event, RecoveryPlanRenewed):
            self._tell_renewed(event)
        for screen in self.known_screens():
            screen.controller_event(event)
        # The others bring themselves up to date when they are seen again.
        seen = next((s for s in reversed(self.screen_stack) if isinstance(s, KwtuiScreen)), None)
        if seen is not None:
            seen.show_status()
            seen.show_keys()

    def _tell_renewed(self, event: RecoveryPlanRenewed) -> None:
        self.notify(
            event.words, severity="information" if event.is_good else "warning", markup=False
        )

    def _look_at_runs(self) -> None:
        self.run_worker(self._run_at_work.look(), group="at-work", exclusive=True)

    def _show_run_at_work(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, KwtuiScreen):
                screen.show_status()

    def known_screens(self) -> list[KwtuiScreen]:
        """The screens that were opened so far, and those that lie over another one."""
        opened = (s for s in self._installed_screens.values() if not callable(s) and s.is_running)
        found = dict.fromkeys([*opened, *self.screen_stack])
        return [screen for screen in found if isinstance(screen, KwtuiScreen)]

    def set_target(self, target: Target) -> None:
        """Remember what one connects to: its label stands in the header."""
        self.target = target

    async def ask_password(self, target: Target, error: KwtuiError) -> str | None:
        """Ask for the password; None when the person gives up."""
        from kwtui.screens.frame.dialogs import AskDialog

        dialog = AskDialog(
            "Password needed",
            f"{error.title} It is used for this connection and kept nowhere.",
            label=f"Password of {target.user}",
            password=True,
        )
        answer = await self.push_screen_wait(dialog)
        return answer if isinstance(answer, str) else None

    def warm_up(self) -> None:
        """Load the database driver behind the first picture, so that connecting does not wait."""
        self.run_worker(
            partial(importlib.import_module, "psycopg"), thread=True, exit_on_error=False
        )

    def header_facts(self, title: str) -> HeaderFacts:
        label = self.target.environment if self.target else None
        facts = header_facts(self.controller.connection.status, title, label.value if label else "")
        run, share = self._run_at_work.words
        return replace(facts, run=run, share=share)

    def banner_text(self) -> str:
        return banner_words(self.controller.connection.status)

    @property
    def is_production(self) -> bool:
        """Whether the profile says so."""
        label = self.target.environment if self.target else None
        return label is not None and label.value == "prod"

    @property
    def is_read_only(self) -> bool:
        return self.target is not None and self.target.read_only

    # -- moving between screens ------------------------------------------------------------------

    async def open_screen(self, name: str) -> None:
        """Show the screen; one paint for the whole of it."""
        self._close_pushed()
        here = self._name_of(self.screen)
        if here == name:
            return
        if here in MAIN_SCREENS:
            self._came_from = here
        with self.batch_update():
            await self.switch_screen(name)
        self._tell_opened()

    def _close_pushed(self) -> None:
        """Leave what was opened on top of a screen, such as the inside of a backup."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def _tell_opened(self) -> None:
        if isinstance(self.screen, KwtuiScreen):
            self.screen.call_later(self.screen.opened)

    def _name_of(self, screen: Screen[Any]) -> str:
        for name, installed in self._installed_screens.items():
            if installed is screen:
                return name
        return ""

    # -- actions -----------------------------------------------------------------------------

    async def action_perform(self, action_id: str) -> None:
        action = BY_ID[action_id]
        screen = self.screen
        hidden = isinstance(screen, KwtuiScreen) and screen.is_too_small
        if hidden and action.verb not in ("quit", "suspend"):
            return
        if action.scope != "app":
            if isinstance(screen, KwtuiScreen):
                screen.perform(action)
        elif action.verb.startswith("open_"):
            await self.open_screen(action.verb.removeprefix("open_"))
        elif action.verb == "back":
            await self._go_back()
        else:
            done = getattr(self, f"_do_{action.verb}")()
            if inspect.isawaitable(done):
                await done

    async def _go_back(self) -> None:
        screen = self.screen
        if isinstance(screen, KwtuiScreen) and screen.go_back():
            return
        if len(self.screen_stack) > 1:
            with self.batch_update():
                await self.pop_screen()
        elif self._came_from and self._name_of(screen) not in MAIN_SCREENS:
            await self.open_screen(self._came_from)

    def _do_help(self) -> None:
        from kwtui.screens.frame.help import help_dialog

        if isinstance(self.screen, KwtuiScreen):
            self.screen.open_over(help_dialog(self.screen))

    async def _do_palette(self) -> None:
        from kwtui.screens.frame.palette import PaletteDialog, all_commands

        def chosen(call: object) -> None:
            if isinstance(call, str):
                self.call_later(self._call, call)

        screen = self.screen if isinstance(self.screen, KwtuiScreen) else None
        with self.batch_update():
            await self.push_screen(PaletteDialog(all_commands(screen, self.keys)), chosen)

    async def _call(self, call: str) -> None:
        kind, _, name = call.partition(":")
        if kind == "theme":
            self._set_theme(name)
        elif kind == "at":
            await self._lead_to(*name.split(":", 1))
        else:
            await self.action_perform(call)

    async def _lead_to(self, screen: str, action_id: str) -> None:
        """Show the screen that an action is on, and say how to do it there."""
        from kwtui.keys.directions import directions

        await self.open_screen(screen)
        if isinstance(self.screen, KwtuiScreen):
            self.screen.say(directions(BY_ID[action_id], self.keys))

    def _set_theme(self, name: str) -> None:
        if self.no_color and name != MONOCHROME:
            self.notify("NO_COLOR is set, so there is no colour to choose.", markup=False)
            return
        self.theme = name
        self.call_next(self._paint_anew)
        if self._remember_theme is not None:
            try:
                self._remember_theme(name)
            except KwtuiError as error:
                self.show_problem(error)

    def _paint_anew(self) -> None:
        """Lines hold the colours of roles, of which their widgets' own styles know nothing."""
        for screen in self.screen_stack:
            for widget in screen.walk_children(Widget):
                widget.refresh()

    def _do_quit(self) -> None:
        losses = [loss for screen in self.known_screens() if (loss := screen.unsaved())]
        if not losses:
            self.exit()
            return
        from kwtui.screens.frame.dialogs import ConfirmDialog

        def answered(yes: object) -> None:
            if yes:
                self.exit()

        text = "\n".join([*losses, "", "Runs that were started go on in any case."])
        self.push_screen(ConfirmDialog("Leave kwtui?", text, yes="Leave"), answered)

    def _do_theme(self) -> None:
        """The theme after the present one; kept as that which is chosen by its name."""
        names = list(THEME_WORDS)
        name = names[(names.index(self.theme) + 1) % len(names)]
        self._set_theme(name)
        if self.theme == name:
            self.notify(f"Theme: {THEME_WORDS[name]}", markup=False)


def _known_theme(name: str | None) -> str:
    return name if name in THEME_WORDS else DEFAULT_THEME
