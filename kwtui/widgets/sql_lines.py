"""SQL and JSON as coloured lines, without a parser: keywords, texts, numbers, comments. Pure."""

from __future__ import annotations

from kwtui.sql.lexer import Kind, tokens
from kwtui.widgets.paint import Line, Part, line, part

_KEYWORD_TEXT = """
ADD ALL ALTER AND AS ASC BY CASCADE CHAR CHECK COLUMN COMMENT CONSTRAINT CREATE CSV DATA DATABASE
DEFAULT DELETE DESC DROP EXPORT FAMILY FOREIGN FROM GRANT HAVING IF IMPORT IN INDEX INSERT INTERVAL
INTO IS KEY LIMIT MATERIALIZED NOT NULL OF ON OR ORDER PARTITION PRIMARY PRIVILEGES REFERENCES
REVOKE ROLE SCHEMA SELECT SEQUENCE SET STORED SYSTEM TABLE TAGS TIME TO TS UNIQUE UPDATE USER USING
VALUES VIEW WHERE WITH ACTIVETIME RETENTIONS
"""
_KEYWORDS = frozenset(_KEYWORD_TEXT.split())

_ROLES = {Kind.COMMENT: "muted", Kind.STRING: "literal", Kind.NUMBER: "accent"}


def spans(text: str) -> list[tuple[int, int, str]]:
    """(start, end, role) of what has a colour in the text, in characters."""
    found = []
    for token in tokens(text):
        role = "keyword" if token.word in _KEYWORDS else _ROLES.get(token.kind, "")
        if role:
            found.append((token.start, token.end, role))
    return found


def sql_lines(text: str, indent: int = 0) -> list[Line]:
    """A meta.sql or a statement, its own lines kept, ``indent`` cells from the left.

    What follows a quote or a comment that never ends has no colour: KWDB reads nothing there.
    """
    pad = " " * indent
    expanded = "".join(each.expandtabs(4) for each in text.splitlines(keepends=True))
    # A return that stands alone ends a line, too, and must not become part of the end behind it.
    rows = _coloured(expanded.replace("\r\n", "\n").replace("\r", "\v"))
    return [line(pad, *parts, indent=indent + 4) for parts in rows]


def _coloured(text: str) -> list[list[Part]]:
    """The parts of each line. Read as a whole: constants and comments go over several lines."""
    rows: list[list[Part]] = [[]]
    for token in tokens(text):
        role = "keyword" if token.word in _KEYWORDS else _ROLES.get(token.kind, "")
        for piece in token.text.splitlines(keepends=True):
            (shown,) = piece.splitlines()
            if shown:
                _add(rows[-1], shown, role)
            if shown != piece:
                rows.append([])
    if not rows[-1]:
        rows.pop()
    return rows


def _add(parts: list[Part], text: str, role: str) -> None:
    if parts and parts[-1][1] == role:
        parts[-1] = (parts[-1][0] + part(text)[0], role)
    else:
        parts.append(part(text, role))


def plain_lines(text: str) -> list[Line]:
    """Any other text file."""
    return [line(each.expandtabs(4), indent=4) for each in text.splitlines()]


def file_lines(path: str, text: str) -> list[Line]:
    """A text file by its name."""
    return sql_lines(text) if path.endswith(".sql") else plain_lines(text)
