"""What every screen has: header, banner, footer, actions with reasons, work that may fail."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume
from textual.reactive import Reactive
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from kwtui.errors import KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.actions import BY_ID, SCREENS, actions_of
from kwtui.keys.spelling import key_of
from kwtui.screens.frame.styled_once import StyledOnce
from kwtui.text import clean
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.header_bar import Banner, HeaderBar
from kwtui.widgets.key_bar import KeyBar, KeyHint
from kwtui.widgets.paint import ROLE_CLASSES
from kwtui.widgets.panes import WIDE
from kwtui.widgets.screen_tabs import ScreenTabs

if TYPE_CHECKING:
    from kwtui.controller import Controller
    from kwtui.screens.frame.app_protocol import Host

SMALLEST = (60, 18)
"""Columns and rows below which a screen only asks for more room."""


READ_ONLY = "The profile of this server is read-only."


def nothing_found(text: str) -> str:
    """Instead of a list from which a filter took everything."""
    return f"Nothing contains “{text}”. {key_of('app.back')} takes the filter back."


ALWAYS_SHOWN = ("app.help", "app.palette", "app.quit")
"""What every footer ends with."""


class KwtuiScreen(StyledOnce[None]):
    """A full screen. Subclasses compose their body and define ``do_<verb>`` for their actions."""

    scope: ClassVar[str] = ""
    title_text: ClassVar[str] = ""
    about: ClassVar[str] = ""
    """What the help page says first."""
    BINDINGS: ClassVar[list[BindingType]] = []
    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)
    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """Textual's own paints the whole screen anew for each Tab; the two widgets do that already."""

    def __init__(self) -> None:
        super().__init__()
        self.header_bar = HeaderBar()
        self.banner = Banner()
        self.key_bar = KeyBar()
        self.prompt = PromptLine()
        self._focused_before: Widget | None = None
        """What gets the focus when a terminal that was too small has room again."""

    @property
    def kwtui(self) -> Host:
        return cast("Host", self.app)

    @property
    def controller(self) -> Controller:
        return self.kwtui.controller

    # -- composition -------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        yield self.header_bar
        yield ScreenTabs(SCREENS, self.title_now().partition(" ")[0])
        yield self.banner
        yield Words(
            f"kwtui needs at least {SMALLEST[0]} columns and {SMALLEST[1]} rows.\n\n"
            "Make the window larger.",
            classes="too-small",
        )
        body = Widget(*self.body(), classes="body")
        yield body
        yield self.prompt
        yield self.key_bar

    def title_now(self) -> str:
        """Its title in the header; pages over several screens name the one below them."""
        return self.title_text

    def body(self) -> Iterable[Widget]:
        """The widgets between header and footer."""
        return ()

    def on_resize(self, event: Resize) -> None:
        columns, rows = event.size
        self._make_room(columns < SMALLEST[0] or rows < SMALLEST[1])
        self.set_class(columns >= 100, "-wide")
        beside = columns >= WIDE
        if beside != self.has_class("-panels"):
            self.set_class(beside, "-panels")
            self.panels_changed()

    def panels_changed(self) -> None:
        """What a row is about stands beside the list now, or below it again."""

    @property
    def has_panels(self) -> bool:
        """Whether what a row is about stands beside the list."""
        return self.has_class("-panels")

    def on_screen_tabs_chosen(self, event: ScreenTabs.Chosen) -> None:
        self.app.call_later(self.kwtui.open_screen, event.screen_name)

    def _make_room(self, too_small: bool) -> None:
        """Hide the page where it does not fit. What had the focus has it again afterwards."""
        was_too_small = self.has_class("-too-small")
        self.set_class(too_small, "-too-small")
        if too_small and not was_too_small:
            self._focused_before = self.focused
        elif was_too_small and not too_small:
            self.call_after_refresh(self._focus_again)

    @property
    def is_too_small(self) -> bool:
        """Whether there is only room for the words that ask for more."""
        return self.has_class("-too-small")

    def _focus_again(self) -> None:
        widget, self._focused_before = self._focused_before, None
        if widget is not None and widget.is_attached:
            self.set_focus(widget)

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """Give the focus to the widget; while the page is hidden, remember that it wants it."""
        if widget is not None and self.has_class("-too-small"):
            self._focused_before = widget
        else:
            super().set_focus(widget, scroll_visible, from_app_focus)

    def on_screen_resume(self, event: ScreenResume) -> None:
        self.show_status()
        self.show_keys()

    def opened(self) -> None:
        """Called each time a person goes to the screen, not when a dialog over it is closed."""

    # -- what the controller tells -------------------------------------------------------------

    def show_status(self) -> None:
        """Bring header and banner up to date."""
        self.header_bar.show_facts(self.kwtui.header_facts(self.title_now()))
        self.banner.say(self.kwtui.banner_text())

    def controller_event(self, event: object) -> None:
        """An event of the controller; screens that show what it is about override this."""

    def forget_server(self) -> None:
        """One is connected to another server: let go of what was of the one before."""

    # -- actions -----------------------------------------------------------------------------

    def actions(self) -> list[Action]:
        """The actions of this screen that mean something in its present state."""
        return actions_of(self.scope)

    def as_told(self, action: Action) -> Action:
        """The action with the title and the help that hold in the screen's present state."""
        return action

    def reason_against(self, action: Action) -> str:
        """Why the action cannot be done now, in words; empty when it can."""
        return ""

    def perform(self, action: Action) -> None:
        """Do it, or say why not. What nobody sees is not done."""
        if self.is_too_small:
            return
        reason = self.reason_against(action)
        if reason:
            self.say(reason, warning=True)
            return
        getattr(self, f"do_{action.verb}")()

    def action_perform(self, action_id: str) -> None:
        action = BY_ID[action_id]
        if action in self.actions():
            self.perform(action)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where text is typed, the keys that open the prompt are text like all others."""
        if action == "perform" and BY_ID[str(parameters[0])].asks:
            return self.focused is None or not self.focused.check_consume_key("slash", "/")
        return True

    def show_keys(self) -> None:
        """Bring the footer up to date."""
        self.key_bar.show_keys(
            [
                self._hint(action, off=bool(self.reason_against(action)))
                for action in self.footer_actions()
            ],
            [self._hint(BY_ID[each]) for each in ALWAYS_SHOWN],
            [self._hint(action) for action in self._more_actions()],
        )

    def _hint(self, action: Action, *, off: bool = False) -> KeyHint:
        return KeyHint(self.kwtui.keys.text_of(action), self.as_told(action).title, off)

    def _more_actions(self) -> list[Action]:
        """What the footer has room for on a wide terminal only."""
        shown = {action.id for action in self.footer_actions()}
        return [
            action
            for action in self.actions()
            if action.keys and action.id not in shown and not self.reason_against(action)
        ]

    def footer_actions(self) -> list[Action]:
        return [action for action in self.actions() if action.footer and action.keys]

    def go_back(self) -> bool:
        """One step back inside the screen; False when there is none."""
        return False

    def unsaved(self) -> str:
        """What would be lost by leaving kwtui now, in words; empty when nothing."""
        return ""

    def open_over(self, screen: Screen[Any]) -> None:
        """Show a screen over this one, in one paint; Esc comes back."""

        async def push() -> None:
            with self.app.batch_update():
                await self.app.push_screen(screen)

        self.app.call_later(push)

    # -- work and words -----------------------------------------------------------------------

    def run_task(self, work: Callable[[], Awaitable[None]], group: str) -> Worker[None]:
        """Run ``work``; the newest of a group stops the older. Problems become a dialog."""
        return self.run_worker(
            partial(self._guarded, work), group=group, exclusive=True, exit_on_error=False
        )

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except KwtuiError as error:
            self.kwtui.show_problem(error)
        except Exception as error:
            self.kwtui.show_unexpected(error)

    def say(self, text: str, *, warning: bool = False) -> None:
        """A passing message; what names in it hold is no control sequence."""
        words = "\n".join(clean(each) for each in text.split("\n"))
        self.app.notify(words, severity="warning" if warning else "information", markup=False)
