"""The header: where one is connected and as whom, in words; and a banner when that is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import ROLE_CLASSES, Painter, Part, fit, part

ENVIRONMENT_WORDS = {"dev": "DEVELOPMENT", "test": "TEST", "prod": "PRODUCTION"}


@dataclass(frozen=True)
class HeaderFacts:
    """What the header says; ``environment`` is dev, test, prod or empty."""

    title: str = ""
    environment: str = ""
    words: tuple[str, ...] = ("not connected",)
    warnings: frozenset[str] = frozenset()
    """Those of the words that deserve attention."""


class HeaderBar(Widget):
    """One line; the name of the screen stands at its right end."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        *ROLE_CLASSES,
        "role--env-dev",
        "role--env-test",
        "role--env-prod",
    }

    def __init__(self) -> None:
        super().__init__()
        self._facts = HeaderFacts()
        self._painter = Painter(self)

    def show_facts(self, facts: HeaderFacts) -> None:
        if facts != self._facts:
            self._facts = facts
            self.refresh()

    def render_line(self, y: int) -> Strip:
        facts, width = self._facts, self.size.width
        label = ENVIRONMENT_WORDS.get(facts.environment, "")
        parts: list[Part] = [(f" {label} ", f"env-{facts.environment}")] if label else []
        for number, word in enumerate(facts.words):
            parts.append((" │ " if number else " ", "muted"))
            parts.append(part(word, "warning" if word in facts.warnings else ""))
        title = f" {facts.title} "
        room = width - cell_len(title)
        used = sum(cell_len(text) for text, _ in parts)
        if used > room:
            return self._painter.strip([*self._cut(parts, room), (title, "heading")], width)
        return self._painter.strip([*parts, (" " * (room - used), ""), (title, "heading")], width)

    @staticmethod
    def _cut(parts: Sequence[Part], room: int) -> list[Part]:
        kept: list[Part] = []
        for text, role in parts:
            length = cell_len(text)
            if length > room:
                return [*kept, (fit(text, room), role)] if room > 0 else kept
            kept.append((text, role))
            room -= length
        return kept


class Banner(Widget):
    """A line of bad news under the header; takes no room while all is well."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(ROLE_CLASSES)

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._text = ""
        self._painter = Painter(self)

    def say(self, text: str) -> None:
        """Show ``text``, or go away when it is empty."""
        if text != self._text:
            self._text = text
            self.display = bool(text)
            self.refresh()

    @property
    def text(self) -> str:
        return self._text

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        return self._painter.strip([(fit(part(f" {self._text}")[0], width), "strong")], width)
