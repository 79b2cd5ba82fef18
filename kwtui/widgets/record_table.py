"""Records of a CSV file as a table: as many as were read, more on the way down, any column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from kwtui.text import cell_width, clean
from kwtui.widgets.paint import Part
from kwtui.widgets.virtual_list import Column, VirtualList

WIDEST = 32
"""Cells of a column at most; Enter shows a record in full."""

Record = tuple[int, tuple[str | None, ...]]
"""A record's number in its file (from 0) and its values; None is NULL."""


class RecordTable(VirtualList[Record]):
    """``h`` and ``l`` move by columns where they do not all fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "columns(1)", show=False),
        Binding("h,left", "columns(-1)", show=False),
    ]

    class Wanted(Message):
        """The cursor reached the end of what was read."""

        def __init__(self, start: int) -> None:
            super().__init__()
            self.start = start

    def __init__(self) -> None:
        super().__init__(
            (Column("", 1),), self._record_cells, key=lambda record: str(record[0]),
            empty="No record in this file.",
        )  # fmt: skip
        self._names: tuple[str, ...] = ()
        self._widths: list[int] = []
        self._first = 0
        self._at_end = True

    def show_records(
        self, names: Sequence[str], records: Sequence[tuple[str | None, ...]], *, at_end: bool
    ) -> None:
        """Show a file's first records."""
        count = max([len(names), *(len(record) for record in records)], default=0)
        self._names = tuple(names) + tuple(f"#{n + 1}" for n in range(len(names), count))
        self._widths = [self._width(i, records) for i in range(count)]
        self._first = 0
        self._at_end = at_end
        self._arrange_columns()
        self.set_rows([])
        self.set_rows(list(enumerate(records)))

    def add_records(self, records: Sequence[tuple[str | None, ...]], *, at_end: bool) -> None:
        """Show more of the same file."""
        self._at_end = at_end
        start = len(self.rows)
        self.set_rows([*self.rows, *((start + i, record) for i, record in enumerate(records))])

    def _width(self, index: int, records: Sequence[tuple[str | None, ...]]) -> int:
        values = (record[index] for record in records if index < len(record))
        widest = max((cell_width(clean(v)) if v is not None else 4 for v in values), default=1)
        return max(3, min(WIDEST, max(widest, cell_width(clean(self._names[index])))))

    def _arrange_columns(self) -> None:
        shown = range(self._first, len(self._names))
        self.columns = (
            Column("#", max(3, len(str(len(self.rows) or 100)))),
            *(Column(self._names[i], self._widths[i], drop=i - self._first) for i in shown),
        )
        self._resized()
        self.refresh()

    def _record_cells(self, record: Record) -> list[str | Part]:
        number, values = record
        cells: list[str | Part] = [(str(number + 1), "muted")]
        for index in range(self._first, len(self._names)):
            value = values[index] if index < len(values) else None
            cells.append(("NULL", "muted") if value is None else _one_line(value))
        return cells

    def action_columns(self, step: int) -> None:
        first = max(0, min(self._first + step, max(0, len(self._names) - 1)))
        if first != self._first:
            self._first = first
            self._arrange_columns()

    def move_to(self, index: int) -> None:
        super().move_to(index)
        if not self._at_end and self.cursor >= len(self.rows) - 1:
            self.post_message(self.Wanted(len(self.rows)))


def _one_line(value: str) -> str:
    return value.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵")
