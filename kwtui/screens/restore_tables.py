"""The page of the restore wizard that chooses tables."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from kwtui.backups.library import TableDetails
from kwtui.model import TableName
from kwtui.screens.restore_steps import SourceStep
from kwtui.screens.wizard import Step
from kwtui.text import human_bytes, human_count
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.document import Document
from kwtui.widgets.paint import line
from kwtui.widgets.virtual_list import Column


class RestoreTablesStep(Step):
    """All tables of the backup, or some."""

    title: ClassVar[str] = "Tables"
    question: ClassVar[str] = "All tables, or only some?"
    verbs: ClassVar[tuple[str, ...]] = ("toggle", "all", "none")

    def __init__(self, source: SourceStep) -> None:
        super().__init__()
        self._source = source
        self._read_path = ""
        self._list: CheckList[TableDetails] = CheckList(
            (
                Column("Table", 20, grow=True),
                Column("Columns", 7, "right"),
                Column("Rows", 12, "right"),
                Column("Files", 6, "right"),
                Column("Bytes", 10, "right"),
            ),
            lambda table: [
                (str(table.name), "error" if table.problem else ""),
                str(len(table.columns)),
                human_count(table.rows),
                str(len(table.files)),
                human_bytes(table.bytes),
            ],
            key=lambda table: str(table.name),
        )
        self._notes = Document(classes="note")

    def compose(self) -> Iterable[Widget]:
        yield self._list
        yield self._notes

    async def enter(self) -> None:
        entry = self._source.chosen
        if entry is None or entry.path == self._read_path:
            return
        self._read_path = ""
        self._list.empty = "Looking inside…"
        self._list.set_rows(())
        details = await self.controller.open_set(entry.path)
        self._read_path = entry.path
        self._list.empty = "There is no table in it."
        self._list.set_rows(details.tables)
        self._list.check_all()
        problems = [*details.problems, *(t.problem for t in details.tables if t.problem)]
        lines = [line(("✗ ", "error"), words, indent=2) for words in problems]
        lines += [line(("? ", "warning"), words, indent=2) for words in details.unknown]
        self._notes.set_lines(lines or [line(("Nothing is known to be wrong with it.", "good"))])

    def focus_first(self) -> None:
        self._list.focus()

    def chosen_names(self) -> tuple[TableName, ...]:
        """Empty when all are chosen."""
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
        if not self._read_path:
            return "The backup is being looked into."
        if self._list.rows and not self._list.checked_rows():
            return "Choose at least one table (Space, or a for all)."
        return ""
