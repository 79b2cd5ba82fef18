"""What is different between two sets, as rows and lines. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from kwtui.backups.difference import Change, Content, ObjectChange, SetDifference, TableDifference
from kwtui.keys.spelling import key_of
from kwtui.text import human_bytes, human_count, plural
from kwtui.widgets.paint import BLANK, Line, Part, fact, heading, line
from kwtui.widgets.virtual_list import Column

COLUMNS = (
    Column("Table or object", 20, grow=True),
    Column("Change", 8),
    Column("Rows", 11, "right"),
    Column("then", 11, "right"),
    Column("Bytes", 9, "right", drop=2),
    Column("then", 9, "right", drop=2),
    Column("Content", 9),
)

_ROLES = {
    Change.SAME: "muted",
    Change.CHANGED: "warning",
    Change.ADDED: "good",
    Change.REMOVED: "error",
    Change.UNKNOWN: "warning",
}

CompareRow = TableDifference | ObjectChange


@dataclass(frozen=True)
class _Sides:
    """A value on both sides, in words; empty where it is not there."""

    before: str
    after: str


def compare_rows(found: SetDifference, *, everything: bool) -> list[CompareRow]:
    """Tables, then other objects; without what is the same unless all is wanted."""
    tables = found.tables if everything else found.changed
    return [*tables, *found.objects]


def compare_key(row: CompareRow) -> str:
    return str(row.name) if isinstance(row, TableDifference) else f"{row.what} {row.name}"


def compare_cells(row: CompareRow) -> list[str | Part]:
    role = _ROLES[row.change]
    if isinstance(row, ObjectChange):
        return [(f"{row.what} {row.name}", ""), (row.change.value, role), "", "", "", "", ""]
    rows, sizes = _rows(row), _sizes(row)
    changed = "warning" if rows.before != rows.after else "muted"
    return [
        (str(row.name), "strong" if row.change is not Change.SAME else ""),
        (row.change.value, role),
        (rows.before, changed),
        (rows.after, changed),
        (sizes.before, "muted"),
        (sizes.after, "muted"),
        _content(row),
    ]


def _rows(row: TableDifference) -> _Sides:
    old, new = row.rows_before, row.rows_after
    return _Sides("" if old is None else human_count(old), "" if new is None else human_count(new))


def _sizes(row: TableDifference) -> _Sides:
    old, new = row.bytes_before, row.bytes_after
    return _Sides("" if old is None else human_bytes(old), "" if new is None else human_bytes(new))


def _content(row: TableDifference) -> Part:
    if row.change in (Change.ADDED, Change.REMOVED):
        return ("", "")
    role = {Content.SAME: "good", Content.DIFFERENT: "warning"}.get(row.content, "muted")
    return (row.content.value, role)


def summary_words(found: SetDifference, *, everything: bool) -> str:
    """The line above the list."""
    if found.compared_nothing:
        return "Nothing could be compared."
    if not found.differs:
        same = plural(len(found.tables), "table")
        words = f"Nothing is known to be different in {same}"
        blind = sum(each.content is Content.UNKNOWN for each in found.tables)
        return words + (f"; of {blind:,} the content is not known." if blind else ".")
    words = f"{len(found.changed):,} of {plural(len(found.tables), 'table')} differ"
    if found.objects:
        words += f", {plural(len(found.objects), 'other object')}"
    return words if everything else f"{words}; {key_of('compare.all')} shows all"


def heading_lines(found: SetDifference) -> list[Line]:
    """Which two sets, and what could not be compared."""
    lines = [fact("From", found.before.path, width=5), fact("To", found.after.path, width=5)]
    return lines + [line(("? ", "warning"), words, indent=2) for words in found.unknown]


def note_lines(row: CompareRow | None, found: SetDifference) -> list[Line]:
    """The few lines under the list; Enter shows all of it."""
    if row is None:
        return heading_lines(found)
    if isinstance(row, ObjectChange):
        return detail_lines(row)[:3]
    told = [f"{each.change.value} column {each.name}" for each in row.columns]
    told += (
        [f"{plural(len(row.definition), 'line')} of definition differ"] if row.definition else []
    )
    only = {Change.ADDED: "Only in the second.", Change.REMOVED: "Only in the first."}
    words = "; ".join(told) or only.get(row.change, "No column and no definition differs.")
    return [line((str(row.name), "strong"), f"  {words}", indent=2), *heading_lines(found)]


def detail_lines(row: CompareRow) -> list[Line]:
    """Everything about one table or object."""
    if isinstance(row, ObjectChange):
        lines = [line((f"{row.what} {row.name} ", "strong"), (row.change.value, "warning"))]
        lines += [line(("− ", "error"), row.before, indent=2)] if row.before else []
        return lines + ([line(("+ ", "good"), row.after, indent=2)] if row.after else [])
    rows, sizes = _rows(row), _sizes(row)
    lines = [
        fact("Change", row.change.value, _ROLES[row.change]),
        fact("Rows", f"{rows.before or '-'} → {rows.after or '-'}"),
        fact("Bytes", f"{sizes.before or '-'} → {sizes.after or '-'}"),
        fact("Content", _content(row)[0] or "only in one of them"),
    ]
    if row.columns:
        lines += [BLANK, heading("Columns")]
    for column in row.columns:
        words = " → ".join(filter(None, (column.before, column.after)))
        what = (f"{column.change.value:8} ", _ROLES[column.change])
        lines.append(line(what, (f"{column.name} ", "strong"), words, indent=9))
    if row.definition:
        lines += [BLANK, heading("Definition")]
        lines += [_diff_line(each) for each in row.definition]
    return lines


def _diff_line(text: str) -> Line:
    role = {"+": "good", "-": "error", "@": "muted"}.get(text[:1], "")
    return line((text.expandtabs(4), role), indent=4)
