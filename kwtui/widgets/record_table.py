"""Records of a CSV file as a table: a part of the file, more on the way up and down, any column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from rich.style import Style
from textual.binding import Binding, BindingType
from textual.message import Message

from kwtui.text import cell_width, clean
from kwtui.widgets.paint import Part, fit
from kwtui.widgets.virtual_list import Column, VirtualList

WIDEST = 32
"""Cells of a column at most; Enter shows a record in full."""
MOST_ROWS = 2_000
"""Records that are kept; what is farther away is read again."""

Record = tuple[int, tuple[str | None, ...]]
"""A record's number in its file (from 0) and its values; None is NULL."""


class RecordTable(VirtualList[Record]):
    """``h`` and ``l`` move by columns where they do not all fit."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("l,right", "columns(1)", show=False),
        Binding("h,left", "columns(-1)", show=False),
    ]

    class Wanted(Message):
        """The cursor reached an end of what was read: ``start`` is the first record that is wanted,
        or, ``before``, the one in front of which records are wanted."""

        def __init__(self, start: int, *, before: bool = False) -> None:
            super().__init__()
            self.start = start
            self.before = before

    def __init__(self) -> None:
        super().__init__(
            (Column("", 1),), self._record_cells, key=lambda record: str(record[0]),
            empty="No record in this file.",
        )  # fmt: skip
        self._names: tuple[str, ...] = ()
        self._widths: list[int] = []
        self._aligns: list[str] = []
        self._first = 0
        self._at_end = True

    def show_records(
        self,
        names: Sequence[str],
        records: Sequence[tuple[str | None, ...]],
        *,
        start: int = 0,
        at_end: bool,
    ) -> None:
        """Show records of a file, the first of them number ``start``."""
        self.set_rows(())
        self._first = 0
        self.renew_records(names, records, start=start, at_end=at_end)

    def renew_records(
        self,
        names: Sequence[str],
        records: Sequence[tuple[str | None, ...]],
        *,
        start: int = 0,
        at_end: bool,
    ) -> None:
        """The same records, read again: cursor and columns stay where they are."""
        count = max([len(names), *(len(record) for record in records)], default=0)
        self._names = tuple(names) + tuple(f"#{n + 1}" for n in range(len(names), count))
        self._widths = [self._width_of(i, records) for i in range(count)]
        self._aligns = [_align_of(i, records) for i in range(count)]
        self._first = min(self._first, max(0, count - 1))
        self._at_end = at_end
        self.set_rows(_numbered(records, start))
        self._arrange_columns()

    def add_records(self, records: Sequence[tuple[str | None, ...]], *, at_end: bool) -> None:
        """Show more of the same file, behind what is shown."""
        self._at_end = at_end
        self.set_rows([*self.rows, *_numbered(records, self.end)][-MOST_ROWS:])
        self._arrange_columns()

    def add_before(self, records: Sequence[tuple[str | None, ...]], start: int) -> None:
        """Show more of the same file, in front of what is shown."""
        rows = [*_numbered(records, start), *self.rows]
        self._at_end = self._at_end and len(rows) <= MOST_ROWS
        self.set_rows(rows[:MOST_ROWS])

    @property
    def start(self) -> int:
        """The number of the first record that is shown."""
        return self.rows[0][0] if self.rows else 0

    @property
    def end(self) -> int:
        """The number behind the last record that is shown."""
        return self.rows[-1][0] + 1 if self.rows else 0

    def go_to(self, number: int) -> None:
        """Put the cursor on a record that is shown."""
        self.move_to(max(0, min(number - self.start, len(self.rows) - 1)))

    def reveal_column(self, index: int) -> None:
        """Move by columns until this one is seen."""
        self._first = 0
        self._arrange_columns()
        while self._first < index and index + 1 not in {shown for shown, _ in self._seen()}:
            self._first += 1
            self._arrange_columns()

    def _seen(self) -> list[tuple[int, int]]:
        """(column of the file counted from 1, width) of those that fit."""
        return [(index + self._first if index else 0, width) for index, width in self._layout]

    def _width_of(self, index: int, records: Sequence[tuple[str | None, ...]]) -> int:
        values = (record[index] for record in records if index < len(record))
        widest = max((cell_width(clean(v)) if v is not None else 4 for v in values), default=1)
        return max(3, min(WIDEST, max(widest, cell_width(clean(self._names[index])))))

    def _arrange_columns(self) -> None:
        shown = range(self._first, len(self._names))
        self.columns = (
            Column("#", max(3, len(str(self.end))), "right"),
            *(
                Column(self._names[i], self._widths[i], self._aligns[i], drop=i - self._first)
                for i in shown
            ),
        )
        self._resized()
        self.refresh()

    def _line(self, y: int) -> tuple[tuple[Part, ...], Style | None]:
        """The titles say how many columns are not seen, and on which side."""
        parts, cursor = super()._line(y)
        if y or not self._names:
            return parts, cursor
        right = len(self._names) - self._first - (len(self._layout) - 1)
        sides = (f"← {self._first} more" if self._first else "", f"{right} more →" * (right > 0))
        words = "  ".join(filter(None, sides))
        if not words:
            return parts, cursor
        room = max(0, self._width - cell_width(words) - 2)
        text = fit("".join(text for text, _ in parts), room)
        return ((text, "column"), (f" {words}", "warning")), cursor

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
            self.post_message(self.Wanted(self.end))
        elif self.cursor == 0 and self.start > 0:
            self.post_message(self.Wanted(self.start, before=True))


def _numbered(records: Sequence[tuple[str | None, ...]], start: int) -> list[Record]:
    return [(start + i, record) for i, record in enumerate(records)]


_NUMBER = re.compile(r"[-+]?\d[\d.]*(e[-+]?\d+)?|[-+]?(inf|nan)|", re.IGNORECASE)


def _align_of(index: int, records: Sequence[tuple[str | None, ...]]) -> str:
    """Numbers stand right, so that their digits stand under each other."""
    values = [record[index] for record in records if index < len(record)]
    known = [value for value in values if value is not None]
    return "right" if any(known) and all(map(_NUMBER.fullmatch, known)) else "left"


def _one_line(value: str) -> str:
    return value.replace("\r\n", "↵").replace("\n", "↵").replace("\r", "↵")
