"""What a person says of a backup before it is restored or drilled: one set of fields for both."""

from __future__ import annotations

import shlex

from kwtui.backups.listing.contents import SetDetails
from kwtui.backups.listing.entries import EntryKind
from kwtui.model.schema import TableName
from kwtui.sql.quoting import qualified
from kwtui.text import shell_quoted
from kwtui.widgets.completion import complete_name
from kwtui.widgets.field import Field
from kwtui.widgets.form import Cycle, ExplainedField, Option

_LEAVE_OUT = (
    "Files and folders of the export that you do without, with blanks between them; quotes keep a"
    " name with blanks together. Without them it cannot be restored as a whole: {}."
)
_EMPTY = (
    "EXPORT writes no file for a table without rows, and a table that lost its file looks the same."
    " Of these there is none: {}."
)
_NOT_SAID = Option(
    "no", "not known", "Their rows may be lost: the plan refuses to bring them back as empty.", True
)
_SAID = Option("yes", "were empty", "They had no rows when they were exported.")
_ACCEPT = (
    "Tables, or columns such as public.orders.note, that may come back with another definition than"
    " captured, with blanks between them. A comparison that fails names them."
)
_NAMED = 6


class SourceFields:
    """``rows`` belong at the end of a form; those that the backup does not need are hidden."""

    def __init__(self) -> None:
        self._lost: tuple[str, ...] = ()
        self._fileless: tuple[TableName, ...] = ()
        self._names: tuple[str, ...] = ()
        self._leave_out = ExplainedField(
            "Leave out", "", name="leave-out", complete=lambda text: _last_word(text, self._lost)
        )
        self._empty = Cycle("Without a file", (_NOT_SAID, _SAID), "no", name="empty")
        self._accept = ExplainedField(
            "Accept",
            "",
            name="accept",
            about=_ACCEPT,
            complete=lambda text: _last_word(text, self._names),
        )
        self.rows: tuple[Cycle | Field, ...] = (self._empty, self._leave_out, self._accept)
        for row in self.rows:
            row.display = False

    def show(self, details: SetDetails) -> None:
        """Ask for what this backup needs, and forget what was said of another."""
        folders = (table.folder for table in details.undefined if table.folder)
        self._lost = (*(file.path for file in details.unread), *folders)
        self._leave_out.display = bool(self._lost)
        self._leave_out.value = ""
        self._leave_out.about = _LEAVE_OUT.format(", ".join(self._lost))
        is_tree = details.entry.kind is EntryKind.TREE
        lost = {path.rpartition("/")[0] for path in self._lost}
        self._fileless = tuple(
            t.name for t in details.tables if is_tree and not t.files and t.folder not in lost
        )
        self._empty.display = bool(self._fileless)
        self._empty.value = "no"
        some = ", ".join(map(str, self._fileless[:_NAMED]))
        more = len(self._fileless) - _NAMED
        self._empty.about = _EMPTY.format(f"{some} and {more:,} more" if more > 0 else some)
        self._accept.display = details.entry.kind is EntryKind.SET
        self._accept.value = ""
        self._names = tuple(_names(details))

    @property
    def left_out(self) -> tuple[str, ...]:
        """The files and folders that the person does without."""
        return _words(self._leave_out) or ()

    @property
    def accepted(self) -> tuple[str, ...]:
        """Tables and columns whose definition may differ."""
        return _words(self._accept) or ()

    def empty(self, chosen: tuple[TableName, ...] = ()) -> tuple[TableName, ...]:
        """Of the chosen tables (of all, if none was chosen) those that had no rows."""
        if self._empty.value == "no":
            return ()
        return tuple(name for name in self._fileless if not chosen or name in chosen)

    @property
    def problem(self) -> str:
        """Why they cannot be read; empty when they can."""
        for field in (self._leave_out, self._accept):
            if _words(field) is None:
                return f"A quote in “{field.label}” is not closed."
        return ""

    def complain(self) -> bool:
        """Whether something cannot be read, which is said under its field."""
        for field in (self._leave_out, self._accept):
            wrong = _words(field) is None
            field.complain("A quote is not closed." if wrong else "")
            if wrong:
                field.call_after_refresh(field.scroll_visible, animate=False)
        return bool(self.problem)

    @property
    def has_answers(self) -> bool:
        return bool(self.left_out or self.accepted or self._empty.value != "no")


def _words(field: Field) -> tuple[str, ...] | None:
    try:
        return tuple(shlex.split(field.value))
    except ValueError:
        return None


def _last_word(text: str, names: tuple[str, ...]) -> str | None:
    before, blank, last = text.rpartition(" ")
    found = complete_name(last, names)
    return None if found is None else f"{before}{blank}{found}"


def _names(details: SetDetails) -> list[str]:
    found = []
    for table in details.tables:
        name = (table.name.schema, table.name.name)
        found.append(shell_quoted(qualified(*name)))
        found += [shell_quoted(qualified(*name, column.name)) for column in table.columns]
    return found
