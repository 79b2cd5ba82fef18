"""The inside of a backup set or an export tree."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from kwtui.backups.library import BackupEntry, SetDetails
from kwtui.backups.page import CsvPage
from kwtui.screens.actions import Action, bindings
from kwtui.screens.choose import Choice
from kwtui.screens.dialogs import MessageDialog
from kwtui.screens.plan_page import plan_lines
from kwtui.screens.run_page import run_lines
from kwtui.screens.set_care import CARE_VERBS, REPORT, SetCare
from kwtui.screens.set_origin import NOT_HERE, events_lines, made_lines
from kwtui.screens.set_parts import (
    JOURNAL_PART,
    PLAN_PART,
    PartKind,
    SetPart,
    overview_lines,
    record_lines,
    set_parts,
    table_lines,
)
from kwtui.screens.sql_lines import file_lines
from kwtui.text import human_count
from kwtui.widgets.document import Document
from kwtui.widgets.field import PromptLine, Words
from kwtui.widgets.paint import Line, line
from kwtui.widgets.record_table import Record, RecordTable
from kwtui.widgets.styles import style_path
from kwtui.widgets.virtual_list import Column, VirtualList

PAGE_RECORDS = 200
"""Records that are read at a time."""


class SetScreen(SetCare):
    scope: ClassVar[str] = "set"
    title_text: ClassVar[str] = "4 Storage"
    about: ClassVar[str] = (
        "The inside of a backup: on the left its tables and files, on the right what the chosen"
        " one holds. Data files are shown as tables, a page at a time; Enter on a record shows it"
        " in full; h and l move by columns. The run that made it, its plan and its journal are"
        " parts of it too, as far as this account has them."
    )
    CSS_PATH = style_path("storage")
    BINDINGS: ClassVar[list[BindingType]] = bindings("set")

    def __init__(self, entry: BackupEntry) -> None:
        super().__init__()
        self._entry = entry
        self._details: SetDetails | None = None
        self._page: CsvPage | None = None
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

    def body(self) -> Iterable[Widget]:
        yield Horizontal(
            self._parts,
            Vertical(self._title, self._document, self._table, classes="set--content"),
            classes="set",
        )

    def on_mount(self) -> None:
        self._parts.focus()
        self.run_task(self._read, "set")

    async def _read(self) -> None:
        self._details = await self.controller.open_set(self._entry.path)
        self._entry = self._details.entry
        self._parts.set_rows(set_parts(self._details))
        self.show_keys()

    def chosen_entry(self) -> BackupEntry:
        return self._entry

    def entry_changed(self) -> None:
        self.run_task(self._read, "set")

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
        self._title.say(part.path or self._entry.path)
        if part.kind is PartKind.CSV:
            await self._show_csv(part)
            return
        self._page = None
        lines = await self._lines_of(part)
        self._document.set_lines(lines, keep_scroll=False)
        self._switch_to(self._document)

    async def _lines_of(self, part: SetPart) -> list[Line]:
        if part.kind is PartKind.OVERVIEW and self._details is not None:
            return overview_lines(self._details, self.kwtui.clock())
        if part.kind is PartKind.TABLE and part.table is not None:
            schema = self._details.schema if self._details else None
            spec = schema.table(part.table.name) if schema else None
            return table_lines(part.table, spec.create_statement if spec else "")
        if part.kind is PartKind.TEXT:
            text = await self.controller.read_text(f"{self._entry.path}/{part.path}")
            return file_lines(part.path, text)
        if part.kind is PartKind.ORIGIN:
            return await self._origin_lines(part)
        return [line(("This file is neither text nor CSV.", "muted"))]

    async def _origin_lines(self, part: SetPart) -> list[Line]:
        """The run that made the set; it is told by the files of the account that ran it."""
        manifest = self._details.manifest if self._details is not None else None
        run = manifest.run_id if manifest is not None else ""
        known = {each.id for each in await self.controller.runs()}
        if manifest is None or run not in known:
            return made_lines(manifest, NOT_HERE.format(run=run or "It"))
        plan = await self.controller.run_plan(run)
        if part.title == PLAN_PART:
            return plan_lines(plan, self.controller.command_for(plan))
        if part.title == JOURNAL_PART:
            return events_lines(await self.controller.run_journal(run))
        state = await self.controller.run_state(run)
        return run_lines(plan, state, self.controller.command_for(plan))

    async def _show_csv(self, part: SetPart) -> None:
        page = await self.controller.csv_page(self._entry, part.path, 0, PAGE_RECORDS)
        self._page = page
        self._table.show_records(page.columns, page.records, at_end=page.at_end)
        self._say_page(page)
        self._switch_to(self._table)

    def _say_page(self, page: CsvPage) -> None:
        total = f"of {human_count(page.total)} records" if page.total is not None else "records"
        words = f"{page.file.rpartition('/')[2]}: {human_count(len(self._table.rows))} {total} read"
        self._title.say(f"{words}. {page.problem}" if page.problem else words)

    def _switch_to(self, shown: Widget) -> None:
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
        self.run_task(lambda: self._read_more(event.start), "more")

    async def _read_more(self, start: int) -> None:
        if self._page is None:
            return
        page = await self.controller.csv_page(self._entry, self._page.file, start, PAGE_RECORDS)
        self._page = page
        self._table.add_records(page.records, at_end=page.at_end or not page.records)
        self._say_page(page)

    # -- actions -----------------------------------------------------------------------------

    def reason_against(self, action: Action) -> str:
        if action.verb in CARE_VERBS:
            return self.reason_against_care(action.verb)
        if action.verb in ("find", "find_next", "find_previous") and self._table.display:
            return "Records are not searched; text files are."
        return ""

    def on_virtual_list_selected(self, event: VirtualList.Selected) -> None:
        if event.list_view is self._parts:
            self.do_open()
        elif event.list_view is self._table and self._page is not None:
            self._show_record(self._table.current)

    def _show_record(self, record: Record | None) -> None:
        if record is None or self._page is None:
            return
        number, values = record
        lines = record_lines(self._page.columns, values)
        self.app.push_screen(MessageDialog(f"Record {human_count(number + 1)}", lines))

    def do_open(self) -> None:
        """Give the right side the focus, and on a narrow screen all the room."""
        self.add_class("-reading")
        self._content.focus()

    def go_back(self) -> bool:
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

    def on_prompt_line_closed(self, event: PromptLine.Closed) -> None:
        if event.purpose == REPORT:
            self._parts.focus()
            self.save_report(event.text or "")
            return
        self._content.focus()
        if event.text:
            self._found = event.text
            self.do_find_next()

    def do_find_next(self) -> None:
        self._find(forward=True)

    def do_find_previous(self) -> None:
        self._find(forward=False)

    def _find(self, *, forward: bool) -> None:
        if self._found and not self._document.find(self._found, forward=forward):
            self.say(f"“{self._found}” is not in this text.", warning=True)
