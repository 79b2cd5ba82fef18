"""Choices in one line and forms that explain what the focused line means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol, runtime_checkable

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.events import Click, DescendantFocus
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from kwtui.widgets.document import Document
from kwtui.widgets.field import Complete, Field
from kwtui.widgets.paint import Line, Painter, fit, paragraph, part

LABEL_WIDTH = 18
"""Cells of the labels; with the two of ``‹ `` values stand where those of fields do."""


@dataclass(frozen=True, slots=True)
class Option:
    """One of several values, with what it means and risks, in words."""

    value: str
    label: str
    explanation: str = ""
    warning: bool = False


@runtime_checkable
class Explained(Protocol):
    """A line of a form that can say what it means."""

    def explanation_lines(self) -> list[Line]: ...


class Cycle(Widget, can_focus=True):
    """A choice in one line: ``‹ value ›``, changed with left and right."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l,space", "turn(1)", show=False),
        Binding("left,h", "turn(-1)", show=False),
        Binding("down,j", "app.focus_next", show=False),
        Binding("up,k", "app.focus_previous", show=False),
    ]

    class Changed(Message):
        def __init__(self, cycle: Cycle, value: str) -> None:
            super().__init__()
            self.cycle = cycle
            self.value = value

        @property
        def control(self) -> Cycle:
            return self.cycle

    def __init__(
        self, label: str, options: Sequence[Option], value: str, *, name: str, about: str = ""
    ) -> None:
        super().__init__(id=f"cycle-{name}", classes="cycle")
        self.label = label
        self.options = tuple(options)
        self.about = about
        """What the choice is about, in words."""
        self._index = max(0, [o.value for o in self.options].index(value))
        self._painter = Painter(self)

    @property
    def option(self) -> Option:
        return self.options[self._index]

    @property
    def value(self) -> str:
        return self.option.value

    @value.setter
    def value(self, value: str) -> None:
        self._index = [o.value for o in self.options].index(value)
        self.refresh()
        self.post_message(self.Changed(self, value))

    def set_options(self, options: Sequence[Option], *, keep: bool = False) -> None:
        """Offer other values. The first is chosen; with ``keep`` the one of before if it stays."""
        before = self.value
        self.options = tuple(options)
        values = [option.value for option in self.options]
        self.value = before if keep and before in values else values[0]

    def explanation_lines(self) -> list[Line]:
        lines = paragraph(self.about, "muted") if self.about else []
        role = "warning" if self.option.warning else ""
        return [*lines, *paragraph(self.option.explanation, role)]

    def action_turn(self, step: int) -> None:
        self.value = self.options[(self._index + step) % len(self.options)].value

    def on_click(self, event: Click) -> None:
        self.action_turn(1)

    def render_line(self, y: int) -> Strip:
        focused = self.has_focus
        value = f"‹ {self.option.label} ›" if focused else f"  {self.option.label}  "
        role = "warning" if self.option.warning else ("strong" if focused else "")
        parts = [part(fit(self.label, LABEL_WIDTH), "muted"), part(value, role)]
        return self._painter.strip(parts, self.size.width)


class ExplainedField(Field):
    """A field of a form, with its explanation."""

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        name: str,
        about: str = "",
        placeholder: str = "",
        complete: Complete | None = None,
    ) -> None:
        super().__init__(label, value, name=name, placeholder=placeholder, complete=complete)
        self._completes = complete is not None
        self.about = about
        """What the value means, in words."""

    def explanation_lines(self) -> list[Line]:
        return paragraph(f"{self.about} Tab completes." if self._completes else self.about)


class Form(Vertical):
    """Lines to fill in above a few rows that explain the one with the focus."""

    def __init__(self, rows: Sequence[Cycle | Field], *, id: str | None = None) -> None:
        super().__init__(id=id, classes="form")
        self._rows = tuple(rows)
        self._explanation = Document(classes="form--explanation")
        self._explanation.can_focus = False

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="form--rows", can_focus=False):
            yield from self._rows
        yield self._explanation

    def focus_first(self) -> None:
        first = self._rows[0]
        (first.input if isinstance(first, Field) else first).focus()

    def on_descendant_focus(self, event: DescendantFocus) -> None:
        self._explain(event.widget)

    def on_cycle_changed(self, event: Cycle.Changed) -> None:
        # A value may also change while another line has the focus.
        if event.cycle.has_focus:
            self._explain(event.cycle)

    def explain_again(self) -> None:
        """What the line with the focus means has changed."""
        focused = self.screen.focused
        if focused is not None and self in focused.ancestors:
            self._explain(focused)

    def _explain(self, widget: Widget) -> None:
        for node in (widget, widget.parent, widget.parent and widget.parent.parent):
            if isinstance(node, Explained):
                self._explanation.set_lines(node.explanation_lines(), keep_scroll=False)
                return
        self._explanation.set_lines((), keep_scroll=False)
