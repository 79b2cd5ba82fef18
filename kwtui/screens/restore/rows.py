"""The fields of the restore wizard that choose some rows of a time series."""

from __future__ import annotations

from collections.abc import Callable

from kwtui.errors import KwtuiError
from kwtui.model.requests import ExcerptRequest
from kwtui.model.schema import TableName
from kwtui.model.table_names import parse_table_names
from kwtui.node.logs.time_words import time_of_rows
from kwtui.sql.tag_conditions import FORMS, parse_conditions
from kwtui.widgets.field import Field
from kwtui.widgets.form import ExplainedField

_INTO = (
    "The table that is made for them, with the columns and tags of the one they come from. Empty:"
    " that one's name with _rows behind it."
)
_SINCE = (
    "Rows of this time and later, in UTC: 2026-07-01, 2026-07-01 08:30, -7d. Empty: from the first."
)
_UNTIL = "Rows before this time, in UTC; those of the very moment stay out. Empty: to the last."
_WHERE = f"Rows of these devices, by their tags: {FORMS}. Empty: of all devices."


class RowFields:
    """``rows`` belong at the end of a form; hidden until some rows are asked for."""

    def __init__(self) -> None:
        self._into = ExplainedField("New table", "", name="into", about=_INTO)
        self._since = ExplainedField("From", "", name="since", about=_SINCE)
        self._until = ExplainedField("Until", "", name="until", about=_UNTIL)
        self._where = ExplainedField("Devices", "", name="where", about=_WHERE)
        self.rows: tuple[Field, ...] = (self._into, self._since, self._until, self._where)
        self.show(False)

    def show(self, shown: bool) -> None:
        for row in self.rows:
            row.display = shown

    def check(self) -> str:
        """Say under each field what is wrong with it; the first of it, or nothing."""
        checks: tuple[tuple[Field, Callable[[str], object]], ...] = (
            (self._into, _name),
            (self._since, time_of_rows),
            (self._until, time_of_rows),
            (self._where, parse_conditions),
        )
        found = [_problem(field, read) for field, read in checks]
        for (field, _), words in zip(checks, found, strict=True):
            field.complain(words)
        return next(filter(None, found), "")

    def request(self, source: str, table: TableName, target: str) -> ExcerptRequest:
        """What they ask for of this table. Raises KwtuiError (USAGE)."""
        into = _name(self._into.value) or TableName(table.schema, f"{table.name}_rows")
        return ExcerptRequest(
            source=source,
            table=table,
            into=into,
            target=target,
            since=time_of_rows(self._since.value),
            until=time_of_rows(self._until.value),
            where=self._where.value.strip(),
        )

    @property
    def has_answers(self) -> bool:
        return any(field.value.strip() for field in self.rows)


def _name(text: str) -> TableName | None:
    """Raises ValueError."""
    names = parse_table_names(text.strip())
    if len(names) > 1:
        raise ValueError("Name one table.")
    return names[0] if names else None


def _problem(field: Field, read: Callable[[str], object]) -> str:
    try:
        read(field.value)
    except KwtuiError as error:
        return error.title
    except ValueError as error:
        return str(error)
    return ""
