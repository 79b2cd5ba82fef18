"""The editor of the SQL page: what the word at the cursor could become stands under the text."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Blur, Key
from textual.widgets import TextArea

from kwtui.sql.completion import Choice, Completion, KnownNames, complete
from kwtui.widgets.sql_editor import SqlEditor
from kwtui.widgets.virtual_list import Column, VirtualList

MOST_SHOWN = 6
"""Choices at once, so that something of the result stays in sight."""


class ChoiceList(VirtualList[Choice], can_focus=False):
    """What is offered. The keys stay with the editor, which moves the cursor in here."""

    def __init__(self) -> None:
        super().__init__(
            (Column("name", 24, grow=True), Column("kind", 24, drop=1)),
            lambda choice: (choice.text, (choice.kind, "muted")),
            key=lambda choice: choice.text,
            header=False,
            id="sql-choices",
        )
        self.keeps_cursor = True
        self.display = False

    def offer(self, choices: tuple[Choice, ...]) -> None:
        """Show these, or nothing where there are none."""
        self.styles.height = max(1, min(MOST_SHOWN, len(choices)))
        self.set_rows(choices)
        self.display = bool(choices)


class CompletingEditor(SqlEditor):
    """Tab, or whoever shows the editor, asks for choices; without any, Tab leaves the editor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # A text area selects a line with it.
        Binding("f6", "screen.perform('sql.more')", show=False),
    ]

    def __init__(
        self,
        choices: ChoiceList,
        known: Callable[[], KnownNames],
        want: Callable[[], bool],
        *,
        id: str | None = None,
    ) -> None:
        """``want`` has the names read that the text at the cursor needs, if they are not known;
        whether that goes on."""
        super().__init__(id=id)
        self._choices = choices
        self._known = known
        self._want = want
        self._offered: Completion | None = None
        self._asked_at: tuple[str, int] | None = None
        """Text and place of the last question: names that are read later may answer it."""

    @property
    def offers(self) -> bool:
        """Whether choices are shown."""
        return self._offered is not None

    def ask(self) -> bool:
        """Show what fits at the cursor, or take it where there is one thing only.

        False where nothing fits, and nothing will once all names are read.
        """
        waits = self._want()
        found = complete(self.text, self.offset_of_cursor, self._known())
        self._asked_at = (self.text, self.offset_of_cursor)
        if found is not None and len(found.choices) == 1 and not waits:
            self._take(found, found.choices[0])
        else:
            self._offer(found)
        return found is not None or waits

    def names_changed(self) -> bool:
        """More names are known, or fewer. False where one waited for them in vain."""
        if self._asked_at != (self.text, self.offset_of_cursor) or not self.has_focus:
            return True
        waits = self._want()
        found = complete(self.text, self.offset_of_cursor, self._known())
        self._offer(found)
        return found is not None or waits

    def take(self, choice: Choice) -> None:
        """Write one of the choices that are shown."""
        if self._offered is not None:
            self._take(self._offered, choice)

    def write_name(self, name: str) -> None:
        """Write SQL at the cursor, apart from a word that stands before it."""
        before = self.text[: self.offset_of_cursor]
        is_apart = not before or before[-1].isspace() or before[-1] in "(.="
        self.insert(name if is_apart else f" {name}")

    def close(self) -> None:
        """Offer nothing any more."""
        self._asked_at = None
        self._offer(None)

    def _take(self, found: Completion, choice: Choice) -> None:
        self.close()
        start, end = self.location_of(found.start), self.location_of(found.end)
        self.replace(choice.text, start, end, maintain_selection_offset=False)
        self.move_to_offset(found.start + len(choice.text))

    def _offer(self, found: Completion | None) -> None:
        if found is not None or self._offered is not None:
            self._offered = found
            self._choices.offer(found.choices if found is not None else ())

    # -- keys and edits --------------------------------------------------------------------------

    async def _on_key(self, event: Key) -> None:
        if self._answers(event.key):
            event.stop()
            event.prevent_default()

    def _answers(self, key: str) -> bool:
        """Whether the key was for the choices, or asked for them."""
        if not self.offers:
            return key == "tab" and self._is_behind_a_word and self.ask()
        if key in ("enter", "tab"):
            if self._choices.current is not None:
                self.take(self._choices.current)
        elif key == "escape":
            self.close()
        elif key in ("down", "up"):
            self._choices.action_cursor_by(1 if key == "down" else -1)
        elif key in ("pagedown", "pageup"):
            self._choices.action_page(1 if key == "pagedown" else -1)
        else:
            return False
        return True

    @property
    def _is_behind_a_word(self) -> bool:
        before = self.text[: self.offset_of_cursor]
        return bool(before) and not before[-1].isspace()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        self._follow()

    def on_text_area_selection_changed(self, event: TextArea.SelectionChanged) -> None:
        self._follow()

    def _follow(self) -> None:
        """What is typed narrows the choices; elsewhere they mean nothing."""
        if self._offered is None:
            return
        found = complete(self.text, self.offset_of_cursor, self._known())
        if found is None or found.start != self._offered.start:
            self.close()
        elif found != self._offered:
            self._asked_at = (self.text, self.offset_of_cursor)
            self._offer(found)

    def on_blur(self, event: Blur) -> None:
        self.close()
