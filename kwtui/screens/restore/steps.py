"""The pages of the restore wizard up to the tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.widget import Widget

from kwtui.backups.listing.entries import NO_EXPORT_YET, BackupEntry, EntryKind
from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import spelled
from kwtui.model.requests import RestoreStrategy
from kwtui.model.schema import Engine
from kwtui.screens.frame.base import READ_ONLY, nothing_found
from kwtui.screens.restore.options import (
    SOME_ROWS,
    STRATEGIES,
)
from kwtui.screens.storage.rows import COLUMNS, cells, containing, entry_lines
from kwtui.screens.wizard.choice_step import ChoiceStep
from kwtui.screens.wizard.wizard import Step
from kwtui.widgets.document import Document
from kwtui.widgets.form import Option
from kwtui.widgets.paint import BLANK, Line, line, paragraph
from kwtui.widgets.virtual_list import VirtualList


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
            self._list.empty = spelled(
                "No node is known yet. Connect first ({app.open-connection})."
            )
            self._list.set_rows(())
            return
        listing = await self.controller.storage.listing()
        kinds = (EntryKind.SET, EntryKind.TREE)
        nothing = spelled("There is no backup in extern yet. Make one ({app.open-backup}).")
        self._none = in_interface(
            listing.problem or (NO_EXPORT_YET if listing.awaits_export else nothing)
        )
        self._entries = [entry for entry in listing.entries if entry.kind in kinds]
        if self._wanted and all(entry.path != self._wanted for entry in self._entries):
            # Inside a set whose manifest is damaged: its data as a foreign export.
            self._inside = (await self.controller.storage.open_set(self._wanted)).entry
        if self._inside is not None:
            self._entries.insert(0, self._inside)
        self.filter_by(self.filter_text)
        if self._wanted:
            self.choose(self._wanted)

    def filter_by(self, text: str) -> None:
        self.filter_text = text
        self._list.empty = nothing_found(text) if text.strip() else self._none
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
            return spelled("Its manifest is damaged: press {storage.restore} in 4 Storage.")
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

    def reason_against_next(self) -> str:
        entry = self._source.chosen
        refused = self.chosen == SOME_ROWS and entry is not None and reason_against_rows(entry)
        return "Choose another way: no rows from this backup." if refused else ""

    def on_virtual_list_highlighted(self) -> None:
        # The explanation is shown by the handler of the class above, which is called, too.
        self.wizard.answers_changed()

    def explained(self, option: Option) -> Sequence[Line]:
        lines = paragraph(option.explanation, "warning" if option.warning else "")
        entry = self._source.chosen
        if option.value == SOME_ROWS and entry is not None and reason_against_rows(entry):
            return [*lines, BLANK, line(("! ", "warning"), reason_against_rows(entry), indent=2)]
        if entry is not None and entry.kind is EntryKind.TREE:
            lines += [BLANK, *_foreign_export_lines(option)]
        return lines


def reason_against_rows(entry: BackupEntry) -> str:
    """Why some rows cannot be taken from this backup, in words; empty when they can."""
    if entry.kind is EntryKind.TREE:
        return "Not from an export not made by kwtui: nothing records what its files hold."
    if entry.engine is Engine.RELATIONAL:
        return f"{entry.database} is relational: some rows come from time series only."
    return ""


def _foreign_export_lines(option: Option) -> list[Line]:
    text = (
        "This is an export not made by kwtui: only what its meta.sql files and its data hold"
        " can come back, and there is no manifest to compare the result with."
    )
    if option.value == RestoreStrategy.EXACT:
        text += " Exact means here: every table from its meta.sql, then its rows."
    return [line(("! ", "warning"), text, indent=2)]
