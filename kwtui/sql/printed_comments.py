"""The comments that KWDB prints behind a table's definition (recording 12). Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from kwtui.sql.ddl import end_of_first
from kwtui.sql.lexer import Kind, Token, tokens


@dataclass(frozen=True)
class PrintedComments:
    """Of one table's columns and indexes, by their names."""

    columns: dict[str, str] = field(default_factory=dict)
    indexes: dict[str, str] = field(default_factory=dict)


def printed_comments(text: str) -> PrintedComments | None:
    """None where anything else stands there, so that the server has to be asked.

    They are printed as they are, with nothing but quotes doubled (public source,
    show_create_clauses.go and comment_on_column.go).
    """
    found = PrintedComments()
    end = end_of_first(text)
    items = [t for t in tokens(text[end + 1 :]) if t.is_code] if end >= 0 else []
    start = 0
    for position in (*(i for i, t in enumerate(items) if t.text == ";"), len(items)):
        if position > start and not _take(items[start:position], found):
            return None
        start = position + 1
    return found


def _take(items: list[Token], found: PrintedComments) -> bool:
    """``COMMENT ON COLUMN t.c IS '…'``, ``… INDEX t@i IS '…'`` or ``… TABLE t IS '…'``."""
    if len(items) < 6 or not (items[0].is_word("COMMENT") and items[1].is_word("ON")):
        return False
    before, name, word, comment = items[-4:]
    if not word.is_word("IS") or comment.kind is not Kind.STRING:
        return False
    if items[2].is_word("COLUMN") and before.text == ".":
        found.columns[name.value] = comment.value
    elif items[2].is_word("INDEX") and before.text == "@":
        found.indexes[name.value] = comment.value
    else:
        return items[2].is_word("TABLE")
    return True
