"""The page of the restore wizard that chooses tables."""

from __future__ import annotations

from typing import ClassVar

from kwtui.backups.listing.contents import TableDetails
from kwtui.keys.interface_words import in_interface
from kwtui.model.schema import TableName
from kwtui.screens.restore.options import SOME_ROWS
from kwtui.screens.restore.steps import SourceStep, StrategyStep
from kwtui.screens.wizard.table_choice import TableChoice
from kwtui.text import human_bytes, human_count
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.paint import line
from kwtui.widgets.virtual_list import Column


class RestoreTablesStep(TableChoice[TableDetails]):
    """All tables of the backup, or some."""

    being_read: ClassVar[str] = "The backup is being looked into."

    def __init__(self, source: SourceStep, strategy: StrategyStep) -> None:
        super().__init__(
            CheckList(
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
        )
        self._source = source
        self._strategy = strategy
        self._for_rows = False
        """Whether the list was last shown to choose the one table that rows are taken of."""

    async def enter(self) -> None:
        await self._look_inside()
        if self._one_table != self._for_rows:
            self._for_rows = self._one_table
            one = self._one_table and len(self._list.rows) > 1
            self._list.check_none() if one else self._list.check_all()

    @property
    def _one_table(self) -> bool:
        return self._strategy.chosen == SOME_ROWS

    def question_now(self) -> str:
        return "Of which time series are the rows?" if self._one_table else self.question

    def reason_against_next(self) -> str:
        reason = super().reason_against_next()
        if not reason and self._one_table and len(self._list.checked_rows()) != 1:
            return "Choose one table: Space."
        return reason

    def checked_names(self) -> tuple[TableName, ...]:
        """Every one by name, also when all are chosen."""
        return tuple(table.name for table in self._list.checked_rows())

    async def _look_inside(self) -> None:
        entry = self._source.chosen
        if entry is None or entry.path == self._read:
            return
        self._for_rows = False
        self._read = ""
        self._list.empty = "Looking inside…"
        self._list.set_rows(())
        details = await self.controller.storage.open_set(entry.path)
        self._read = entry.path
        self._list.empty = "There is no table in it."
        self._list.set_rows(details.tables)
        self._list.check_all()
        problems = [*details.problems, *(t.problem for t in details.tables if t.problem)]
        lines = [line(("✗ ", "error"), in_interface(words), indent=2) for words in problems]
        lines += [line(("? ", "warning"), words, indent=2) for words in details.unknown]
        self._notes.set_lines(lines or [line(("Nothing is known to be wrong with it.", "good"))])
