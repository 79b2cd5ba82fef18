"""The pages of the restore wizard up to the tables."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import NO_EXPORT_YET, BackupEntry, EntryKind
from kwtui.keys.interface_words import in_interface
from kwtui.model.requests import Dialect, RestoreStrategy
from kwtui.screens.frame.base import READ_ONLY
from kwtui.screens.frame.dialect_options import dialect_options
from kwtui.screens.restore.options import (
    ALL_USERS_OPTION,
    FIRST_RECORD_OPTIONS,
    LEAVE_OUT_ABOUT,
    NAME_ABOUT,
    REPLACE_ABOUT,
    SETTINGS_OPTIONS,
    STRATEGIES,
    USERS_OPTIONS,
)
from kwtui.screens.storage.rows import COLUMNS, cells, containing, entry_lines
from kwtui.screens.wizard.choice_step import ChoiceStep
from kwtui.screens.wizard.wizard import NOTHING_FOUND, Step
from kwtui.widgets.completion import name_completer
from kwtui.widgets.document import Document
from kwtui.widgets.form import Cycle, ExplainedField, Form, Option
from kwtui.widgets.paint import BLANK, Line, line, paragraph
from kwtui.widgets.virtual_list import VirtualList

USERS_FILE, SETTINGS_FILE = "users/users.sql", "settings/clustersetting.sql"
"""Where a set keeps what belongs to the cluster."""


class SourceStep(Step):
    """Which backup or export tree; only what can be restored is listed."""

    title: ClassVar[str] = "Backup"
    question: ClassVar[str] = "Which backup is to be restored?"
    verbs: ClassVar[tuple[str, ...]] = ("look", "filter")

    def __init__(self) -> None:
        super().__init__()
        self._wanted = ""
        self._inside: BackupEntry | None = None
        """An export that the listing does not name: it lies inside a backup."""
        self._entries: list[BackupEntry] = []
        self._none = ""
        self._list: VirtualList[BackupEntry] = VirtualList(
            COLUMNS,
            lambda entry: cells(entry, self.kwtui.clock()),
            key=lambda entry: entry.path,
            empty="Reading the folder…",
        )
        self._details = Document(classes="note")
        self._details.can_focus = False

    def compose(self) -> Iterable[Widget]:
        yield self._list
        yield self._details

    @property
    def chosen(self) -> BackupEntry | None:
        return self._list.current

    def choose(self, path: str) -> None:
        """Put the cursor on this backup, now or when the list is there."""
        self._wanted = path
        if self.filter_text:
            self.filter_by("")
        for index, entry in enumerate(self._list.rows):
            if entry.path == path:
                self._list.move_to(index)
                self._wanted = ""

    async def enter(self) -> None:
        if self.controller.folders.place is None:
            self._list.empty = "No node is known yet. Connect first (1)."
            self._list.set_rows(())
            return
        listing = await self.controller.storage.listing()
        kinds = (EntryKind.SET, EntryKind.TREE)
        nothing = "There is no backup in extern yet. Make one (2)."
        self._none = in_interface(
            listing.problem or (NO_EXPORT_YET if listing.awaits_export else nothing)
        )
        self._entries = [entry for entry in listing.entries if entry.kind in kinds]
        if self._wanted and all(entry.path != self._wanted for entry in self._entries):
            # Inside a set whose manifest is damaged: its data as an export of others.
            self._inside = (await self.controller.storage.open_set(self._wanted)).entry
        if self._inside is not None:
            self._entries.insert(0, self._inside)
        self.filter_by(self.filter_text)
        if self._wanted:
            self.choose(self._wanted)

    def filter_by(self, text: str) -> None:
        self.filter_text = text
        self._list.empty = NOTHING_FOUND.format(text) if text.strip() else self._none
        self._list.set_rows(containing(self._entries, text))
        self.wizard.answers_changed()

    def focus_first(self) -> None:
        self._list.focus()

    def on_virtual_list_highlighted(self) -> None:
        self._details.set_lines(entry_lines(self.chosen, self.kwtui.clock()), keep_scroll=False)
        self.wizard.answers_changed()

    def reason_against_next(self) -> str:
        if self.kwtui.is_read_only:
            return READ_ONLY
        if self.chosen is not None and self.chosen.manifest_is_damaged:
            return "Its manifest is damaged: press r in 4 Storage."
        return "" if self.chosen else "There is no backup to choose."

    def reason_against(self, verb: str) -> str:
        if verb == "filter":
            return "" if self._entries else "There is nothing to filter."
        return "" if self.chosen else "There is no backup to look into."

    def do_look(self) -> None:
        from kwtui.screens.backup_set.screen import SetScreen

        if self.chosen is not None:
            self.app.push_screen(SetScreen(self.chosen))


class StrategyStep(ChoiceStep):
    """How it is brought back."""

    title: ClassVar[str] = "Strategy"
    question: ClassVar[str] = "How is it to be brought back?"
    options: ClassVar[Sequence[Option]] = STRATEGIES

    def __init__(self, source: SourceStep) -> None:
        super().__init__()
        self._source = source

    def explained(self, option: Option) -> Sequence[Line]:
        lines = paragraph(option.explanation, "warning" if option.warning else "")
        entry = self._source.chosen
        if entry is not None and entry.kind is EntryKind.TREE:
            lines += [BLANK, *_adopted_lines(option)]
        return lines


def _adopted_lines(option: Option) -> list[Line]:
    text = (
        "This is an export that kwtui did not make: only what its meta.sql files and its data hold"
        " can come back, and there is no manifest to compare the result with."
    )
    if option.value == RestoreStrategy.EXACT:
        text += " Exact means here: every table from its meta.sql, then its rows."
    return [line(("! ", "warning"), text, indent=2)]


class TargetStep(Step):
    """Under which name; a clash is told while one types."""

    title: ClassVar[str] = "Name"
    question: ClassVar[str] = "What is the restored database to be called?"

    def __init__(self, source: SourceStep) -> None:
        super().__init__()
        self._source = source
        self._taken: set[str] = set()
        self._suggested_for = ("", False)
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
        self._leave_out = ExplainedField(
            "Leave out",
            "",
            name="leave-out",
            complete=name_completer(lambda: self._not_understood),
        )
        self._leave_out.display = False
        self._not_understood: tuple[str, ...] = ()
        """Files and folders of a tree that cannot be restored."""
        self._form = Form(
            [
                self._name_field,
                self._replace,
                self._users,
                self._settings,
                self._written,
                self._first_record,
                self._leave_out,
            ]
        )

    def compose(self) -> Iterable[Widget]:
        yield self._form

    async def enter(self) -> None:
        self._taken = {database.name for database in await self.controller.server.databases()}
        entry = self._source.chosen
        asked = (entry.path if entry is not None else "", self._is_data_only)
        if entry is not None and asked != self._suggested_for:
            self._suggested_for = asked
            self._name_field.value = self._suggestion(entry.database or "restored")
            # Whoever types another name means to replace the suggestion, not to go on with it.
            self._name_field.input.select_all()
            details = await self.controller.storage.open_set(entry.path)
            self._ask_how_it_was_written(details)
            self._offer_what_it_holds(details)
            self._offer_to_do_without(details)
        self._check()

    def _suggestion(self, backed_up: str) -> str:
        """Rows go into the database of the same name; everything else gets one of its own."""
        return backed_up if self._is_data_only else free_name(backed_up, self._taken)

    def question_now(self) -> str:
        return "Which database do the rows go into?" if self._is_data_only else self.question

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
        """Only a tree of others has files that are not understood, or first lines in doubt."""
        guessed = details.dialect.dialect if details.dialect is not None else None
        named = guessed is not None and guessed.header
        named = named or any(form.header for form in details.forms.values())
        self._first_record.display = details.entry.kind is EntryKind.TREE and named
        self._first_record.value = "names"
        folders = (table.folder for table in details.undefined if table.folder)
        self._not_understood = (*(file.path for file in details.unread), *folders)
        self._leave_out.display = bool(self._not_understood)
        self._leave_out.value = ""
        self._leave_out.about = LEAVE_OUT_ABOUT.format(", ".join(self._not_understood))

    @property
    def first_is_row(self) -> bool:
        """Whether no file begins with column names, as the person says."""
        return self._first_record.value == "row"

    @property
    def left_out(self) -> tuple[str, ...]:
        """The files and folders that the person does without."""
        try:
            return tuple(shlex.split(self._leave_out.value))
        except ValueError:
            return ()

    @property
    def dialect(self) -> Dialect | None:
        """How the files of a tree were written; None for a set, whose manifest says it."""
        return self._candidates[int(self._written.value)] if self._candidates else None

    def focus_first(self) -> None:
        self._form.focus_first()

    @property
    def _is_data_only(self) -> bool:
        strategy = getattr(self.wizard, "strategy", None)
        return strategy is not None and strategy.chosen == RestoreStrategy.DATA_ONLY

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
        clash = self.name_typed in self._taken and not self._is_data_only
        return self._replace.value if clash and self._replace.value else None

    def on_input_changed(self) -> None:
        self._check()

    def _check(self) -> None:
        name = self.name_typed
        clash = name in self._taken
        self._name_field.complain("")
        self._replace.display = clash and not self._is_data_only
        if self._is_data_only:
            if name and not clash:
                self._name_field.complain(
                    f"There is no database {name} whose tables could be filled."
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
        if self._leave_out.value.strip() and not self.left_out:
            return "A quote in “Leave out” is not closed."
        if self._is_data_only:
            return "" if name in self._taken else f"There is no database {name}."
        if name in self._taken and self._replace.value != name:
            return f"A database {name} exists already."
        return ""

    def has_answers(self) -> bool:
        chosen = self.with_users or self.with_settings or self.first_is_row
        return bool(self._replace.value or self.left_out) or chosen


def free_name(wanted: str, taken: set[str]) -> str:
    """``wanted``, or a name like it that no database has yet."""
    if wanted not in taken:
        return wanted
    for number in range(1, len(taken) + 2):
        name = f"{wanted}_restored" if number == 1 else f"{wanted}_restored{number}"
        if name not in taken:
            return name
    return wanted
