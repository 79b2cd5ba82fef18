"""A virtual list whose rows can be chosen or left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from textual.message import Message

from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column, VirtualList

Row = TypeVar("Row")


class CheckList(VirtualList[Row]):
    """``[x]`` in front of what is chosen; the mark stays with the row's key."""

    class Changed(Message):
        """Something was chosen or left out."""

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[Row], Sequence[str | Part]],
        *,
        key: Callable[[Row], str],
        empty: str = "Nothing here.",
    ) -> None:
        self._checked: set[str] = set()

        def with_mark(row: Row) -> list[str | Part]:
            checked = key(row) in self._checked
            return ["[x]" if checked else "[ ]", *cells(row)]

        super().__init__((Column("", 3), *columns), with_mark, key=key, empty=empty)
        self._row_key = key

    def checked_rows(self) -> list[Row]:
        return [row for row in self.rows if self._row_key(row) in self._checked]

    def toggle(self) -> None:
        """Choose the row under the cursor or leave it out, and go to the next one."""
        if self.current is None:
            return
        self._checked ^= {self._row_key(self.current)}
        self.redraw_row(self.cursor)
        self.move_to(self.cursor + 1)
        self.post_message(self.Changed())

    def check_all(self) -> None:
        self._set({self._row_key(row) for row in self.rows})

    def check_these(self, keys: Iterable[str]) -> None:
        """Choose exactly the rows with these keys."""
        self._set(set(keys))

    def check_none(self) -> None:
        self._set(set())

    def _set(self, keys: set[str]) -> None:
        self._checked = keys
        self.refresh()
        self.post_message(self.Changed())
