"""Screens that are not styled twice when they open."""

from __future__ import annotations

from textual.events import ScreenResume
from textual.screen import Screen, ScreenResultType


class StyledOnce(Screen[ScreenResultType]):
    """A base of screens.

    Textual (8.2.8) applies the style sheet to every widget of a screen whenever the screen comes to
    the top, also when it has just been made and its widgets have their styles: a third of the time
    that opening a page takes. One that is come back to is styled again, with its scroll bars, which
    get no styles before.
    """

    _styled_by: object = None
    """What its widgets were styled by, until it is seen for the first time."""

    def on_compose(self) -> None:
        self._styled_by = self._style_state()

    def on_screen_resume(self, event: ScreenResume) -> None:
        before, self._styled_by = self._styled_by, None
        if before == self._style_state():
            event.refresh_styles = False
            # Its own rules were read after it was made known, unlike those of its widgets.
            self.app.stylesheet.apply(self)

    def _style_state(self) -> object:
        """Differs where the theme, the terminal's focus or the style sheets have changed."""
        app = self.app
        sheets = sum(not source.is_defaults for source in app.stylesheet.source.values())
        return app._css_update_count, app.pseudo_classes, app.classes, sheets
