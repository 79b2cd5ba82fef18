"""The pages of the backup wizard up to the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from kwtui.keys.spelling import key_of, spelled
from kwtui.model.checks import CheckLevel
from kwtui.model.filter_words import rows_with
from kwtui.model.schema import Engine, TableSpec
from kwtui.model.server import DatabaseSummary
from kwtui.screens.backup.options import LEVEL_OPTIONS, METHODS, method_lines, methods_of
from kwtui.screens.frame.base import nothing_found
from kwtui.screens.plan.page import finding_lines
from kwtui.screens.wizard.choice_step import ChoiceStep
from kwtui.screens.wizard.table_choice import TableChoice
from kwtui.screens.wizard.wizard import Step
from kwtui.text import human_bytes, human_count, plural
from kwtui.widgets.check_list import CheckList
from kwtui.widgets.form import Cycle, Option
from kwtui.widgets.paint import Line, line
from kwtui.widgets.virtual_list import Column, VirtualList


class DatabaseStep(Step):
    """Which database; KWDB's own ones stand last."""

    title: ClassVar[str] = "Database"
    question: ClassVar[str] = "Which database is to be backed up?"
    verbs: ClassVar[tuple[str, ...]] = ("filter",)

    def __init__(self) -> None:
        super().__init__()
        self._databases: list[DatabaseSummary] = []
        self._list: VirtualList[DatabaseSummary] = VirtualList(
            (
                Column("Database", 20, grow=True),
                Column("Engine", 11),
                Column("Comment", 24, grow=True, drop=1),
            ),
            lambda database: [
                (database.name, "muted" if database.system else "strong"),
                database.engine.value,
                (database.comment or ("KWDB's own" if database.system else ""), "muted"),
            ],
            key=lambda database: database.name,
            empty="Asking for the databases…",
        )

    def compose(self) -> Iterable[Widget]:
        yield self._list

    @property
    def chosen(self) -> DatabaseSummary | None:
        return self._list.current

    def choose_after(self, name: str) -> None:
        """Choose the database that stands below this one; it itself if it is the last."""
        names = [database.name for database in self._list.rows]
        if name in names:
            self._list.move_to(names.index(name) + 1)

    async def enter(self) -> None:
        if not self.controller.connection.status.is_connected:
            self._list.empty = spelled(
                "There is no connection. {app.open-connection} opens the connections."
            )
            self._list.set_rows(self._list.rows)
            return
        self._databases = sorted(await self.controller.server.databases(), key=_interest)
        self.filter_by(self.filter_text)

    def filter_by(self, text: str) -> None:
        self.filter_text = text
        found = rows_with(self._databases, text, _told)
        self._list.empty = nothing_found(text) if text.strip() else "There is no database."
        self._list.set_rows(found)
        self.wizard.answers_changed()

    def question_now(self) -> str:
        """With the words that narrow the list: they stay when their line is closed."""
        filtered = (
            f" Filter: “{self.filter_text}” ({key_of('app.back')} shows all)."
            if self.filter_text
            else ""
        )
        return f"{self.question}{filtered}"

    def focus_first(self) -> None:
        self._list.focus()

    def choose(self, name: str) -> None:
        for index, database in enumerate(self._list.rows):
            if database.name == name:
                self._list.move_to(index)

    def on_virtual_list_highlighted(self) -> None:
        self.wizard.answers_changed()

    def reason_against_next(self) -> str:
        if not self.controller.connection.status.is_connected:
            return "There is no connection."
        return "" if self.chosen else "There is no database to choose."


def _told(database: DatabaseSummary) -> dict[str, str]:
    engine, comment = database.engine.value, database.comment or ""
    return {"database": database.name, "engine": engine, "comment": comment}


def _interest(database: DatabaseSummary) -> int:
    """People's own databases first, then the empty ones of every node, then KWDB's own."""
    if database.system:
        return 2
    return 1 if database.name in ("defaultdb", "postgres") else 0


class TablesStep(TableChoice[TableSpec]):
    """Which tables, with what the survey found out about them."""

    being_read: ClassVar[str] = "The tables are being read."

    def __init__(self, database: DatabaseStep) -> None:
        super().__init__(
            CheckList(
                (
                    Column("Table", 20, grow=True),
                    Column("Columns", 7, "right"),
                    Column("Rows about", 12, "right"),
                    Column("Bytes about", 11, "right"),
                ),
                lambda table: [
                    str(table.name),
                    str(len(table.visible_columns)),
                    human_count(table.rows),
                    human_bytes(table.bytes),
                ],
                key=lambda table: str(table.name),
                empty="Reading the tables…",
            )
        )
        self._database = database

    async def enter(self) -> None:
        database = self._database.chosen
        if database is None or database.name == self._read:
            return
        self._read = ""
        self._list.empty = "Reading the tables…"
        self._list.set_rows(())
        self._notes.set_lines(())
        survey = await self.controller.server.survey(database.name)
        self._read = database.name
        self._list.empty = "There is no table in this database."
        self._list.set_rows(survey.schema.tables)
        self._list.check_all()
        seen: list[Line] = finding_lines(survey.findings)
        others = (
            (len(survey.schema.sequences), "sequence"),
            (len(survey.schema.views), "view"),
        )
        beside = [plural(count, word) for count, word in others if count]
        if beside:
            seen.insert(0, line(("Also backed up: ", "muted"), ", ".join(beside)))
        self._notes.set_lines(
            seen or [line(("The survey found nothing to watch out for.", "good"))]
        )


class MethodStep(ChoiceStep):
    """How the export is made."""

    title: ClassVar[str] = "Method"
    question: ClassVar[str] = "How is it to be exported?"
    options: ClassVar[Sequence[Option]] = METHODS

    def __init__(self, database: DatabaseStep) -> None:
        super().__init__()
        self._database = database

        self._level = Cycle("Content check", LEVEL_OPTIONS, "", name="level")

    def compose(self) -> Iterable[Widget]:
        first, *others = super().compose()
        yield first
        yield self._level
        yield from others

    @property
    def level(self) -> CheckLevel | None:
        """How much of the content is compared; None: what is usual for the engine."""
        return CheckLevel(self._level.value) if self._level.value else None

    def has_answers(self) -> bool:
        return super().has_answers() or self.level is not None

    def on_cycle_changed(self) -> None:
        self._explain()
        self.wizard.answers_changed()

    def on_descendant_focus(self) -> None:
        self._explain()

    def _explain(self) -> None:
        if self._level.has_focus:
            self._explanation.set_lines(self._level.explanation_lines(), keep_scroll=False)
        else:
            super()._explain()

    @property
    def _engine(self) -> Engine | None:
        return self._database.chosen.engine if self._database.chosen else None

    async def enter(self) -> None:
        self._list.set_rows(methods_of(self._engine))
        await super().enter()

    def explained(self, option: Option) -> Sequence[Line]:
        return method_lines(option, self._engine)
