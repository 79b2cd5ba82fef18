"""What screens share whose list is narrowed with a key."""

from __future__ import annotations

from textual.widget import Widget

from kwtui.screens.frame.base import KwtuiScreen
from kwtui.widgets.field import PromptLine

_PURPOSE = "filter"


class FilteredScreen(KwtuiScreen):
    """Asks for the words of a filter (`kwtui.model.filter_words`) and keeps them."""

    def __init__(self) -> None:
        super().__init__()
        self.filter_text = ""

    def filtered_list(self) -> Widget:
        """What has the focus once the words are typed."""
        raise NotImplementedError

    def filter_changed(self) -> None:
        """Show the rows that the words leave."""
        raise NotImplementedError

    def do_filter(self) -> None:
        self.prompt.ask(_PURPOSE, "Filter:", self.filter_text)

    def on_prompt_line_changed(self, event: PromptLine.Changed) -> None:
        if event.purpose == _PURPOSE:
            self._narrow(event.text)

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        self.filtered_list().focus()
        if event.purpose == _PURPOSE and event.text is None:
            self._narrow("")

    def take_filter_back(self) -> bool:
        """False where there is none."""
        if not self.filter_text:
            return False
        self._narrow("")
        return True

    def _narrow(self, text: str) -> None:
        self.filter_text = text
        self.filter_changed()
