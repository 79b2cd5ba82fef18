"""What the triggers of a table do when its rows change.

Each trigger runs its statements once for each row, with the row's values in place of ``NEW.c`` and
``OLD.c``. BEFORE triggers run when the rows are stored as well: what they read is what they would
have read, but for the rows themselves. The sandbox runs INSERT, UPSERT, UPDATE and DELETE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Relation, TriggerDef
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Kind, Statement, Token, quote_string, split_statements
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.query.render import wire_sql
from kwtui.sandbox.query.sources import column_name
from kwtui.sandbox.values.text_style import TextStyle
from kwtui.sandbox.values.types import storage_type

Rows = list[dict[str, str]]
"""For each row the literals of its columns."""
_RUN = frozenset({"insert", "upsert", "update", "delete"})
_EXACT = TextStyle().of_binary()


def triggers_of(relation: Relation, event: str) -> list[TriggerDef]:
    """The triggers of one event, those that run before the change first."""
    found = [trigger for trigger in relation.triggers if trigger.event == event]
    return sorted(found, key=lambda trigger: trigger.time == "AFTER")


def captured(
    cursor: Any, relation: Relation, event: str, table: str, numbers: Sequence[int] | None = None
) -> Rows:
    """The rows of a DuckDB table with the stored names, if a trigger will ask for them."""
    if not triggers_of(relation, event):
        return []
    pieces = [
        wire_sql(column_name(c), c.type, storage_type(c.type), _EXACT) for c in relation.columns
    ]
    sql = f"SELECT {', '.join(pieces)} FROM {table}"
    if numbers is not None:
        sql += f" WHERE rowid IN ({', '.join(map(str, numbers)) or 'NULL'}) ORDER BY rowid"
    return [
        {
            column.name: "NULL" if value is None else f"{quote_string(value)}:::{column.type.text}"
            for column, value in zip(relation.columns, row, strict=True)
        }
        for row in cursor.execute(sql).fetchall()
    ]


def fire(session: Session, relation: Relation, event: str, new: Rows, old: Rows) -> None:
    """Runs the triggers of an event. Raises SqlError, also what their statements raise."""
    for trigger in triggers_of(relation, event):
        for statement in split_statements(trigger.body):
            if statement.tokens[0].value not in _RUN:
                raise SqlError(
                    f"the sandbox does not run {statement.tokens[0].value.upper()} in a trigger",
                    "0A000",
                )
            for index in range(max(len(new), len(old))):
                rows = {"new": new[index : index + 1], "old": old[index : index + 1]}
                for _ in session.run(_filled(statement, rows)).rows:
                    pass


def _filled(statement: Statement, rows: dict[str, Rows]) -> Statement:
    """The statement with the values of one row."""
    pieces: list[str] = []
    cursor = 0
    tokens = statement.tokens
    for position, token in enumerate(tokens[:-2]):
        row = rows.get(token.value) if token.kind is Kind.WORD else None
        if row is None or tokens[position + 1].value != ".":
            continue
        pieces += [statement.text[cursor : token.start], _value(row, token, tokens[position + 2])]
        cursor = tokens[position + 2].end
    text = "".join(pieces) + statement.text[cursor:]
    return Statement(text, TokenStream(text).tokens)


def _value(row: Rows, which: Token, column: Token) -> str:
    if not row or column.value not in row[0]:
        raise SqlError(f'column "{which.value}.{column.value}" does not exist', "42703")
    return row[0][column.value]
