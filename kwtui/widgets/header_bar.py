"""The header: where one is connected and as whom, in words; and a banner when that is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.paint import Painter, Part, fit, part

ENVIRONMENT_WORDS = {"dev": "DEVELOPMENT", "test": "TEST", "prod": "PRODUCTION"}


@dataclass(frozen=True)
class HeaderFacts:
    """What the header says; ``environment`` is dev, test, prod or empty."""

    title: str = ""
    environment: str = ""
    words: tuple[str, ...] = ("not connected",)
    warnings: frozenset[str] = frozenset()
    """Those of the words that deserve attention."""
    run: str = ""
    """The run that works, in words; empty when none does."""
    share: str = ""
    """How far it is, such as ``63%``; empty where that is not known."""


class HeaderBar(Widget):
    """One line; the name of the screen stands at its right end."""

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
        used = sum(cell_len(text) for text, _ in parts)
        end = self._end(width - used)
        if facts.run and sum(cell_len(text) for text, _ in end) < self._wanted:
            # The run is told in full before the word that stands before the cluster's id.
            parts = [(text.removeprefix("cluster "), role) for text, role in parts]
            used = sum(cell_len(text) for text, _ in parts)
            end = self._end(width - used)
        room = width - sum(cell_len(text) for text, _ in end)
        shown = self._cut(parts, room) if used > room else [*parts, (" " * (room - used), "")]
        return self._painter.strip([*shown, *end], width)

    def _end(self, room: int) -> list[Part]:
        """The run that works and the title; of the run only its share where there is little room,
        which is more than what some of the facts tell."""
        facts = self._facts
        title: Part = (f" {facts.title} ", "heading")
        if not facts.run:
            return [title]
        share = f" {facts.share}" if facts.share else ""
        left = room - cell_len(f"{title[0]} ▸ {share}")
        run = part(facts.run)[0]
        name = f" {fit(run, min(left, cell_len(run)))}" if left >= 8 else ""
        return [(f" ▸{name}{share}", "accent"), title]

    @property
    def _wanted(self) -> int:
        """Cells of the end of the line with the whole name of the run."""
        facts = self._facts
        share = f" {facts.share}" if facts.share else ""
        return cell_len(f" ▸ {part(facts.run)[0]}{share} {facts.title} ")

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
