"""A step that chooses one of a few ways, each with its explanation below the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.document import Document
from kwtui.widgets.form import Option
from kwtui.widgets.paint import Line
from kwtui.widgets.virtual_list import Column, VirtualList


class ChoiceStep(Step):
    """The first option is the usual one."""

    options: ClassVar[Sequence[Option]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._list: VirtualList[Option] = VirtualList(
            (Column("", 3), Column("", 30, grow=True)),
            lambda option: ["(•)" if option is self._list.current else "( )", option.label],
            key=lambda option: option.value,
            header=False,
            classes="short",
        )
        self._explanation = Document()

    def explained(self, option: Option) -> Sequence[Line]:
        """What to know of the option before it is chosen."""
        raise NotImplementedError

    def compose(self) -> Iterable[Widget]:
        yield self._list
        yield self._explanation

    def on_mount(self) -> None:
        self._list.set_rows(self.options)

    @property
    def chosen(self) -> str:
        current = self._list.current
        return current.value if current else self.options[0].value

    async def enter(self) -> None:
        self._explain()

    def on_virtual_list_highlighted(self) -> None:
        self._explain()

    def _explain(self) -> None:
        if self._list.current is not None:
            self._explanation.set_lines(self.explained(self._list.current))

    def focus_first(self) -> None:
        self._list.focus()

    def has_answers(self) -> bool:
        return self._list.cursor > 0
