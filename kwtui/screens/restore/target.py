"""The page of the restore wizard that names the database, and says what may be missing in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.widget import Widget

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import EntryKind
from kwtui.model.requests import Dialect, RestoreStrategy
from kwtui.operations.restore.target import SYSTEM_DATABASES
from kwtui.screens.frame.dialect_options import dialect_options
from kwtui.screens.frame.source_fields import SourceFields
from kwtui.screens.restore.options import (
    ALL_USERS_OPTION,
    FIRST_RECORD_OPTIONS,
    INTO_ABOUT,
    NAME_ABOUT,
    REPLACE_ABOUT,
    SETTINGS_OPTIONS,
    SOME_ROWS,
    USERS_OPTIONS,
)
from kwtui.screens.restore.rows import RowFields
from kwtui.screens.restore.steps import SourceStep, StrategyStep
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.completion import name_completer
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option

USERS_FILE, SETTINGS_FILE = "users/users.sql", "settings/clustersetting.sql"
"""Where a set keeps what belongs to the cluster."""


class TargetStep(Step):
    """Under which name; a clash is told while one types."""

    title: ClassVar[str] = "Name"
    question: ClassVar[str] = "What is the restored database to be called?"

    def __init__(self, source: SourceStep, strategy: StrategyStep) -> None:
        super().__init__()
        self._source = source
        self._strategy = strategy
        self._taken: set[str] = set()
        self._suggested_for = ("", "")
        self._name_field = ExplainedField(
            "Name",
            "",
            name="target",
            about=NAME_ABOUT,
            complete=name_completer(lambda: self._taken),
        )
        self._replace = ExplainedField("Replace", "", name="replace", about=REPLACE_ABOUT)
        self._users = Cycle("Missing users", USERS_OPTIONS, "no", name="users")
        self._written = Cycle("Written with", [Option("", "")], "", name="dialect")
        self._written.display = False
        self._candidates: tuple[Dialect, ...] = ()
        self._settings = Cycle("Cluster settings", SETTINGS_OPTIONS, "no", name="settings")
        self._settings.display = False
        self._first_record = Cycle(
            "First record", FIRST_RECORD_OPTIONS, "names", name="first-record"
        )
        self._first_record.display = False
        self._said = SourceFields()
        self.rows_wanted = RowFields()
        """Which rows of a table, where only some are asked for."""
        self._form = Form(
            [
                self._name_field,
                *self.rows_wanted.rows,
                self._replace,
                self._users,
                self._settings,
                self._written,
                self._first_record,
                *self._said.rows,
            ]
        )

    def compose(self) -> Iterable[Widget]:
        yield self._form

    async def enter(self) -> None:
        self._taken = {database.name for database in await self.controller.server.databases()}
        entry = self._source.chosen
        asked = (entry.path if entry is not None else "", self._strategy.chosen)
        if entry is not None and asked != self._suggested_for:
            self._suggested_for = asked
            self._name_field.about = INTO_ABOUT if self._into_existing else NAME_ABOUT
            self._name_field.value = self._suggestion(entry.database or "restored")
            # Whoever types another name means to replace the suggestion, not to go on with it.
            self._name_field.input.select_all()
            details = await self.controller.storage.open_set(entry.path)
            self._ask_how_it_was_written(details)
            self._offer_what_it_holds(details)
            self._offer_to_do_without(details)
            self._ask_which_rows()
            self._form.explain_again()
        self._check()

    def _ask_which_rows(self) -> None:
        """Of some rows nothing else is asked: accounts, settings and definitions are not theirs."""
        self.rows_wanted.show(self._some_rows)
        self._users.display = not self._some_rows
        if self._some_rows:
            for row in (self._settings, self._written, self._first_record, *self._said.rows):
                row.display = False

    def _suggestion(self, backed_up: str) -> str:
        """Rows go into the database of the same name; everything else gets one of its own."""
        return backed_up if self._into_existing else free_name(backed_up, self._taken)

    def question_now(self) -> str:
        if self._some_rows:
            return "Which rows, and which database gets the table that is made for them?"
        return "Which database do the rows go into?" if self._into_existing else self.question

    def _ask_how_it_was_written(self, details: SetDetails) -> None:
        """A tree has no manifest that says it: show what its files look like, to be corrected."""
        guess = details.dialect if details.entry.kind is EntryKind.TREE else None
        self._candidates = guess.candidates if guess is not None else ()
        if guess is not None and guess.candidates:
            self._written.set_options(dialect_options(guess))
        self._written.display = bool(self._candidates)

    def _offer_what_it_holds(self, details: SetDetails) -> None:
        """Users and settings of the cluster are in few backups."""
        files = {file.path for file in details.manifest.files} if details.manifest else set()
        more = (ALL_USERS_OPTION,) if USERS_FILE in files else ()
        self._users.set_options((*USERS_OPTIONS, *more), keep=True)
        self._settings.display = SETTINGS_FILE in files
        if not self._settings.display:
            self._settings.value = "no"

    def _offer_to_do_without(self, details: SetDetails) -> None:
        """Only a foreign export has files that are not understood, or first lines in doubt."""
        guessed = details.dialect.dialect if details.dialect is not None else None
        named = guessed is not None and guessed.header
        named = named or any(form.header for form in details.forms.values())
        self._first_record.display = details.entry.kind is EntryKind.TREE and named
        self._first_record.value = "names"
        self._said.show(details)

    @property
    def first_is_row(self) -> bool:
        """Whether no file begins with column names, as the person says."""
        return self._first_record.value == "row"

    @property
    def said(self) -> SourceFields:
        """What the person does without, calls empty and accepts."""
        return self._said

    @property
    def dialect(self) -> Dialect | None:
        """How the files of a tree were written; None for a set, whose manifest says it."""
        return self._candidates[int(self._written.value)] if self._candidates else None

    def focus_first(self) -> None:
        self._form.focus_first()

    @property
    def _some_rows(self) -> bool:
        return self._strategy.chosen == SOME_ROWS

    @property
    def _into_existing(self) -> bool:
        """Whether the rows go into a database that is there."""
        return self._some_rows or self._strategy.chosen == RestoreStrategy.DATA_ONLY

    @property
    def name_typed(self) -> str:
        return self._name_field.value.strip()

    @property
    def create_users(self) -> bool:
        return self._users.value == "yes"

    @property
    def with_users(self) -> bool:
        return self._users.value == "all"

    @property
    def with_settings(self) -> bool:
        return self._settings.value == "yes"

    @property
    def replacement(self) -> str | None:
        own = self.name_typed in SYSTEM_DATABASES
        clash = self.name_typed in self._taken and not own and not self._into_existing
        return self._replace.value if clash and self._replace.value else None

    def on_input_changed(self) -> None:
        self._check()

    def _check(self) -> None:
        name = self.name_typed
        clash = name in self._taken
        own = name in SYSTEM_DATABASES
        self._name_field.complain("")
        self._replace.display = clash and not own and not self._into_existing
        if self._into_existing:
            if name and not clash:
                what = "get the table" if self._some_rows else "have its tables filled"
                self._name_field.complain(f"There is no database {name} that could {what}.")
        elif own:
            self._name_field.complain(
                f"{name} is KWDB's own and not replaced. Choose another name."
            )
        elif clash:
            self._name_field.complain(
                f"A database named {name} exists. Choose another name, or type it below to replace"
                " it."
            )
        self.wizard.answers_changed()

    def reason_against_next(self) -> str:
        name = self.name_typed
        if not name:
            return "The database needs a name."
        if self._said.problem:
            return self._said.problem
        wrong = self.rows_wanted.check() if self._some_rows else ""
        if wrong:
            return wrong
        if self._into_existing:
            return "" if name in self._taken else f"There is no database {name}."
        if name in SYSTEM_DATABASES:
            return f"{name} is KWDB's own database."
        if name in self._taken and self._replace.value != name:
            return f"A database {name} exists already."
        return ""

    def has_answers(self) -> bool:
        chosen = self.with_users or self.with_settings or self.first_is_row
        typed = self._replace.value or self._said.has_answers or self.rows_wanted.has_answers
        return bool(typed) or chosen


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or a name like it that no database has yet."""
    if wanted not in taken:
        return wanted
    for number in range(1, len(taken) + 2):
        name = f"{wanted}_restored" if number == 1 else f"{wanted}_restored{number}"
        if name not in taken:
            return name
    return wanted
