"""SQL and JSON as coloured lines, without a parser: keywords, texts, numbers, comments. Pure."""

from __future__ import annotations

import re

from kwtui.widgets.paint import Line, Part, line, part

_KEYWORD_TEXT = """
ADD ALL ALTER AND AS ASC BY CASCADE CHAR CHECK COLUMN COMMENT CONSTRAINT CREATE CSV DATA DATABASE
DEFAULT DELETE DESC DROP EXPORT FAMILY FOREIGN FROM GRANT HAVING IF IMPORT IN INDEX INSERT INTERVAL
INTO IS KEY LIMIT MATERIALIZED NOT NULL OF ON OR ORDER PARTITION PRIMARY PRIVILEGES REFERENCES
REVOKE ROLE SCHEMA SELECT SEQUENCE SET STORED SYSTEM TABLE TAGS TIME TO TS UNIQUE UPDATE USER USING
VALUES VIEW WHERE WITH ACTIVETIME RETENTIONS
"""
_KEYWORDS = frozenset(_KEYWORD_TEXT.split())

_TOKENS = re.compile(
    r"(?P<comment>--.*$)|(?P<text>e?'(?:[^'\\]|''|\\.)*'?)|(?P<name>\"(?:[^\"]|\"\")*\"?)"
    r"|(?P<number>\b\d+(?:\.\d+)?\b)|(?P<word>[A-Za-z_][A-Za-z_0-9]*)|(?P<other>.)",
    re.IGNORECASE,
)


def sql_lines(text: str, indent: int = 0) -> list[Line]:
    """A meta.sql or a statement, its own lines kept, ``indent`` cells from the left."""
    pad = " " * indent
    return [line(pad, *_parts(each.expandtabs(4)), indent=indent + 4) for each in text.splitlines()]


def _parts(text: str) -> list[Part]:
    parts: list[Part] = []
    for token in _TOKENS.finditer(text):
        kind, value = token.lastgroup or "other", token.group()
        role = {"comment": "muted", "text": "literal", "number": "accent"}.get(kind, "")
        if kind == "word" and value.upper() in _KEYWORDS:
            role = "keyword"
        if parts and parts[-1][1] == role:
            parts[-1] = (parts[-1][0] + part(value)[0], role)
        else:
            parts.append(part(value, role))
    return parts


def plain_lines(text: str) -> list[Line]:
    """Any other text file."""
    return [line(each.expandtabs(4), indent=4) for each in text.splitlines()]


def file_lines(path: str, text: str) -> list[Line]:
    """A text file by its name."""
    return sql_lines(text) if path.endswith(".sql") else plain_lines(text)
