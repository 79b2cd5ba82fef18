"""The page of both wizards that chooses tables: all of them, or some."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Generic, Protocol, TypeVar

from textual.widget import Widget

from kwtui.model.schema import TableName
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.document import Document


class NamedTable(Protocol):
    """A row of the list: what is known of a table on the server, or in a backup."""

    @property
    def name(self) -> TableName: ...


Table = TypeVar("Table", bound=NamedTable)


class TableChoice(Step, Generic[Table]):
    """A list of tables to choose from, and notes about them below."""

    title: ClassVar[str] = "Tables"
    question: ClassVar[str] = "All tables, or only some?"
    verbs: ClassVar[tuple[str, ...]] = ("toggle", "all", "none")
    being_read: ClassVar[str] = ""
    """Said to a person who is faster than the reading of the list."""

    def __init__(self, tables: CheckList[Table]) -> None:
        super().__init__()
        self.add_class("-beside")
        self._list = tables
        self._notes = Document(classes="note")
        self._read = ""
        """The name of what the list shows; empty while it is being read."""

    def compose(self) -> Iterable[Widget]:
        yield self._list
        yield self._notes

    def focus_first(self) -> None:
        self._list.focus()

    def chosen_names(self) -> tuple[TableName, ...]:
        """Empty when all are chosen: then also what belongs to no table is meant."""
        checked = self._list.checked_rows()
        if len(checked) == len(self._list.rows):
            return ()
        return tuple(table.name for table in checked)

    def on_check_list_changed(self) -> None:
        self.wizard.answers_changed()

    def do_toggle(self) -> None:
        self._list.toggle()

    def do_all(self) -> None:
        self._list.check_all()

    def do_none(self) -> None:
        self._list.check_none()

    def has_answers(self) -> bool:
        return bool(self.chosen_names())

    def reason_against_next(self) -> str:
        if not self._read:
            return self.being_read
        if self._list.rows and not self._list.checked_rows():
            return "Choose at least one table: Space."
        return ""
