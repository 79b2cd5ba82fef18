"""The inside of a backup set or an export tree."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.listing.presence import Presence
from kwtui.controller import StorageChanged
from kwtui.errors import ExitCode, KwtuiError
from kwtui.keys.action import Action
from kwtui.keys.spelling import spelled
from kwtui.screens.backup_set.origin import NOT_HERE, events_lines, made_lines
from kwtui.screens.backup_set.parts import (
    JOURNAL_PART,
    PLAN_PART,
    PartKind,
    SetPart,
    overview_lines,
    record_lines,
    set_parts,
    table_lines,
)
from kwtui.screens.backup_set.record_reader import PLACES, RecordReader
from kwtui.screens.backup_set.set_actions import REPORT, SET_VERBS, SetActions
from kwtui.screens.frame.bindings import bindings
from kwtui.screens.frame.choice_dialog import Choice
from kwtui.screens.frame.dialogs import MessageDialog
from kwtui.screens.plan.page import plan_lines
from kwtui.screens.runs.run_page import run_lines
from kwtui.text import human_count
from kwtui.widgets.document import Document
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.paint import Line, line
from kwtui.widgets.record_table import Record, RecordTable
from kwtui.widgets.sql_lines import file_lines
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column, VirtualList

_RECORD_VERBS = ("open", "next_part", "find", "find_next", "go_to", "copy")
"""What the footer names while records are shown."""
GO_TO = "go-to"
"""The purpose of the prompt that asks for a record."""


class SetScreen(SetActions):
    scope: ClassVar[str] = "set"
    title_text: ClassVar[str] = "4 Storage"
    about: ClassVar[str] = (
        "The contents of a backup: on the left its tables and files, on the right what the chosen"
        " one holds. Data files are shown as tables, a page at a time; Enter on a record shows it"
        " in full; h and l move by columns; {set.find} searches the whole file, {set.go-to} goes"
        " to any record. The"
        " run that made it, its plan and its journal are parts of it too, if this account"
        " has them. Changes on disk are shown at once; files that the manifest does not list,"
        " or that differ from it, are marked."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("set")

    def __init__(self, entry: BackupEntry) -> None:
        super().__init__()
        self._entry = entry
        self._details: SetDetails | None = None
        self._presence = Presence()
        self._shown = ""
        """The key of the part on the right."""
        self._shown_size: int | None = None
        """Of the shown file, in bytes."""
        self._gone = ""
        """Why it cannot be looked into any more."""
        self._found = ""
        self._parts: VirtualList[SetPart] = VirtualList(
            (Column("Inside", 14, grow=True), Column("", 9, "right")),
            SetPart.cells,
            key=lambda part: part.key,
            empty="Looking inside…",
            id="parts",
        )
        self._title = Words(entry.path, classes="set--title")
        self._document = Document()
        self._table = RecordTable()
        self._table.display = False
        self._records = RecordReader(lambda: self.controller, entry, self._table, self._title.say)

    def body(self) -> Iterable[Widget]:
        yield Horizontal(
            self._parts,
            Vertical(self._title, self._document, self._table, classes="set--content"),
            classes="set",
        )

    def on_mount(self) -> None:
        self._parts.focus()
        self.do_refresh()

    # -- following -----------------------------------------------------------------------------

    def concerns(self, event: object) -> bool:
        return not isinstance(event, StorageChanged) or event.concerns(self._entry.path)

    async def look(self) -> None:
        try:
            details = await self.controller.storage.look_inside(self._entry.path)
            self._presence = await self.controller.storage.presence(details)
        except KwtuiError as error:
            if error.exit_code is not ExitCode.NOT_FOUND or self._details is None:
                raise
            self._say_gone()
            return
        self._gone = ""
        self._details, self._entry = details, details.entry
        self._parts.set_rows(set_parts(details, self._presence))
        self.show_keys()

    def _say_gone(self) -> None:
        """It was deleted, or moved away, while it is open."""
        self._gone = f"{self._entry.path} is not there any more."
        self._details = None
        self._parts.empty = "It is gone."
        self._parts.set_rows(())
        self._title.say(self._gone)
        words = spelled("Somebody deleted or moved it. {app.back} goes back to the list.")
        self._document.set_lines([line(("✗ ", "error"), self._gone), line(words, indent=2)])
        self._switch_to(self._document)
        self._parts.focus()

    def chosen_entry(self) -> BackupEntry:
        return self._entry

    def entry_changed(self) -> None:
        self.do_refresh()

    def copy_choices(self, entry: BackupEntry) -> list[Choice]:
        """What belongs to the chosen part."""
        part = self._parts.current
        if part is None or not part.path:
            return []
        choices = [Choice("Path of this part", f"{entry.path}/{part.path}")]
        if part.file is not None and part.file.sha256:
            choices.append(Choice("SHA-256 of the file", part.file.sha256))
        if part.table is not None and part.table.create_statement:
            choices.append(Choice("CREATE TABLE", part.table.create_statement))
        if self._document.display:
            choices.append(Choice("What is shown", self._document.text))
        return choices

    # -- showing a part ------------------------------------------------------------------------

    def on_virtual_list_highlighted(self, event: VirtualList.Highlighted) -> None:
        if event.list_view is self._parts and event.row is not None:
            self.run_task(lambda: self._show(event.row), "part")

    async def _show(self, part: SetPart) -> None:
        again = part.key == self._shown
        unchanged = again and part.size == self._shown_size
        self._shown, self._shown_size = part.key, part.size
        if part.kind is PartKind.CSV and not part.is_gone:
            if not unchanged:
                await self._show_csv(part, again=again)
            return
        self._title.say(part.path or self._entry.path)
        self._document.set_lines(await self._lines_of(part), keep_scroll=again)
        self._switch_to(self._document)

    async def _show_csv(self, part: SetPart, *, again: bool) -> None:
        if again and self._table.display:
            await self._records.refresh(self._entry)
        else:
            await self._records.open(self._entry, part.path, part.records)
            self._switch_to(self._table)

    async def _lines_of(self, part: SetPart) -> list[Line]:
        if part.is_gone:
            return [line(("✗ ", "error"), f"{part.path} is gone. The manifest names it.", indent=2)]
        if part.kind is PartKind.OVERVIEW and self._details is not None:
            return overview_lines(self._details, self._presence)
        if part.kind is PartKind.TABLE and part.table is not None:
            schema = self._details.schema if self._details else None
            spec = schema.table(part.table.name) if schema else None
            return table_lines(part.table, spec.create_statement if spec else "")
        if part.kind is PartKind.TEXT:
            text = await self.controller.storage.read_text(f"{self._entry.path}/{part.path}")
            return file_lines(part.path, text)
        if part.kind is PartKind.ORIGIN:
            return await self._origin_lines(part)
        return [line(("This file is neither text nor CSV.", "muted"))]

    async def _origin_lines(self, part: SetPart) -> list[Line]:
        """The run that made the set; it is told by the files of the account that ran it."""
        manifest = self._details.manifest if self._details is not None else None
        run = manifest.run_id if manifest is not None else ""
        known = {each.id for each in await self.controller.runs.all()}
        if manifest is None or run not in known:
            return made_lines(manifest, NOT_HERE.format(run=run or "It"))
        plan = await self.controller.runs.plan(run)
        if part.title == PLAN_PART:
            return plan_lines(plan, self.controller.commands.of_run(run, plan))
        if part.title == JOURNAL_PART:
            return events_lines(await self.controller.runs.journal(run))
        state = await self.controller.runs.state(run)
        command = self.controller.commands.of_run(run, plan)
        width = self._document.size.width
        return run_lines(plan, state, command, self.kwtui.clock(), width=width)

    def _switch_to(self, shown: Widget) -> None:
        if shown.display and shown is self._content:
            return
        had_focus = self._content.has_focus
        self._document.display = shown is self._document
        self._table.display = shown is self._table
        if had_focus:
            shown.focus()
        self.show_keys()

    @property
    def _content(self) -> Document | RecordTable:
        return self._table if self._table.display else self._document

    def on_record_table_wanted(self, event: RecordTable.Wanted) -> None:
        self.run_task(partial(self._records.more, event), "more")

    # -- actions -----------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if self._gone and action.verb not in ("refresh", "copy"):
            return self._gone
        if action.verb in SET_VERBS:
            return self.reason_against_set_action(action.verb)
        if action.verb == "go_to" and not self._table.display:
            return "Only data files are shown record by record."
        return ""

    def footer_actions(self) -> list[Action]:
        if not self._table.display:
            return super().footer_actions()
        by_verb = {action.verb: action for action in self.actions()}
        return [by_verb[verb] for verb in _RECORD_VERBS if verb in by_verb]

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        if event.list_view is self._parts:
            self.do_open()
        elif event.list_view is self._table:
            self._show_record(self._table.current)

    def _show_record(self, record: Record | None) -> None:
        if record is None:
            return
        number, values = record
        lines = record_lines(self._records.columns, values)
        self.app.push_screen(MessageDialog(f"Record {human_count(number + 1)}", lines))

    def do_open(self) -> None:
        """Give the right side the focus, and on a narrow screen all the room."""
        self.add_class("-reading")
        self._content.focus()

    def go_back(self) -> bool:
        if self._records.is_busy:
            self._records.stop()
            return True
        if self._parts.has_focus:
            return False
        self.remove_class("-reading")
        self._parts.focus()
        return True

    def do_next_part(self) -> None:
        self._parts.move_to(self._parts.cursor + 1)

    def do_previous_part(self) -> None:
        self._parts.move_to(max(0, self._parts.cursor - 1))

    def do_find(self) -> None:
        self.prompt.ask("find", "Search:", self._found)

    def do_go_to(self) -> None:
        self.prompt.ask(GO_TO, f"Go to ({PLACES}):")

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        if event.purpose == REPORT:
            self._parts.focus()
            self.save_report(event.text or "")
            return
        self._content.focus()
        if event.purpose == GO_TO:
            if event.text:
                self.run_task(partial(self._go_to, event.text), "more")
        elif event.text:
            self._found = event.text
            self.do_find_next()

    async def _go_to(self, text: str) -> None:
        self._warn(await self._records.go_to(text))

    def do_find_next(self) -> None:
        self._find(forward=True)

    def do_find_previous(self) -> None:
        self._find(forward=False)

    def _find(self, *, forward: bool) -> None:
        if not self._found:
            self._warn(spelled("Search for something first ({set.find})."))
        elif self._table.display:
            self.run_task(partial(self._find_record, forward=forward), "more")
        elif not self._document.find(self._found, forward=forward):
            self._warn(f"“{self._found}” is not in this text.")

    async def _find_record(self, *, forward: bool) -> None:
        self._warn(await self._records.find(self._found, forward=forward))

    def _warn(self, words: str) -> None:
        if words:
            self.say(words, warning=True)
