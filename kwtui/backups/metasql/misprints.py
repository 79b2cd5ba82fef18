"""What KWDB prints into a meta.sql so that it cannot be read back, put right. Pure.

Seen on a node, or known from its source (facts.md, 1.8; live-findings, rows 9 and 27):

- a DEFAULT with a quote, a backslash or a newline is printed without its ``e``: ``'p\\'q'``;
- names of databases, schemas and grantees have quotes only where they hold an upper-case letter;
- the comment of a database is pasted between quotes as it is.

Text without any of these comes back as it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from kwtui.sql.quoting import quoted

_PLAIN_NAME = re.compile(r"[^\W\d][\w$]*\Z")
_START = r"(?:\A|(?<=\n)|(?<=;))[ \t]*"
_END = r"[ \t]*(?=;|\n|\Z)"
_UNLESS = r"(?:IF\s+NOT\s+EXISTS\s+)?"
_DATABASE = re.compile(
    rf"{_START}CREATE\s+(?:TS\s+)?DATABASE\s+{_UNLESS}(?P<name>[^;\n]+?)"
    rf"(?:\s+(?:RETENTIONS|PARTITION)\b[^;\n]*)?{_END}",
    re.IGNORECASE,
)
_SCHEMA = re.compile(rf"{_START}CREATE\s+SCHEMA\s+{_UNLESS}(?P<name>[^;\n]+?){_END}", re.IGNORECASE)
_GRANT = re.compile(
    rf"{_START}GRANT\s[^;\n]+?\sON\s+(?P<kind>DATABASE|SCHEMA|TABLE)\s+(?P<name>[^;\n]+?)"
    rf"\s+TO\s+(?P<grantee>[^;\n]+?){_END}",
    re.IGNORECASE,
)
_COMMENT = re.compile(
    rf"{_START}COMMENT\s+ON\s+DATABASE\s+(?P<name>[^;\n]+?)\s+IS\s+'(?P<text>.*?)'[ \t]*;?[ \t]*"
    r"(?=\n\s*(?:CREATE|COMMENT|GRANT|ALTER)\b|\s*\Z)",
    re.IGNORECASE | re.DOTALL,
)
_WHOLE_TEXT = re.compile(r"(?:[^']|'')*\Z")
_TABLE = re.compile(rf"{_START}CREATE\s+TABLE\b", re.IGNORECASE)
_PIECE = re.compile(
    r"""--[^\n]*|"(?:[^"]|"")*"|(?P<other>[beE]'(?:[^'\\]|\\.|'')*'|[BxX]'[^']*')"""
    r"""|(?P<string>'(?:[^'\\]|\\.|'')*')|(?P<end>;)|[^\W\d][\w$]*|.""",
    re.DOTALL,
)


@dataclass(frozen=True)
class Mended:
    """A text that can be read, and what had to be changed for it."""

    text: str
    names: tuple[str, ...] = ()
    """Names that got the quotes that they need."""
    strings: tuple[str, ...] = ()
    """Strings of table definitions that got their ``e``, with it."""


@dataclass(frozen=True)
class _Change:
    start: int
    end: int
    text: str


def mend(text: str) -> Mended:
    """The text as KWDB should have printed it."""
    strings = list(_strings(text))
    names = [*_names(text), *_comments(text)]
    changes = sorted([*strings, *names], key=lambda c: c.start)
    parts, done = [], 0
    for change in changes:
        if change.start < done:
            continue
        parts += [text[done : change.start], change.text]
        done = change.end
    return Mended(
        "".join([*parts, text[done:]]),
        tuple(dict.fromkeys(c.text for c in names)),
        tuple(dict.fromkeys(c.text for c in strings)),
    )


def _names(text: str) -> Iterator[_Change]:
    for match in (*_DATABASE.finditer(text), *_SCHEMA.finditer(text)):
        yield from _quoted(match, "name")
    for match in _COMMENT.finditer(text):
        yield from _quoted(match, "name")
    for match in _GRANT.finditer(text):
        if match["kind"].upper() == "DATABASE":
            yield from _quoted(match, "name")
        else:
            yield from _quoted_parts(match)
        yield from _quoted(match, "grantee")


def _quoted(match: re.Match[str], group: str) -> Iterator[_Change]:
    name = match[group]
    if not name.startswith('"') and not _PLAIN_NAME.match(name):
        yield _Change(*match.span(group), quoted(name))


def _quoted_parts(match: re.Match[str]) -> Iterator[_Change]:
    """A name of several parts; where a dot belongs to a name nobody can tell."""
    name = match["name"]
    if '"' not in name and not all(map(_PLAIN_NAME.match, name.split("."))):
        parts = (p if _PLAIN_NAME.match(p) else quoted(p) for p in name.split("."))
        yield _Change(*match.span("name"), ".".join(parts))


def _comments(text: str) -> Iterator[_Change]:
    for match in _COMMENT.finditer(text):
        if not _WHOLE_TEXT.match(match["text"]):
            yield _Change(*match.span("text"), match["text"].replace("'", "''"))


def _strings(text: str) -> Iterator[_Change]:
    """Plain strings with a backslash in definitions of tables: SHOW COLUMNS has them with ``e``,
    and what prints a definition leaves it out (recording 14)."""
    for table in _TABLE.finditer(text):
        for piece in _PIECE.finditer(text, table.end()):
            if piece["end"]:
                break
            stands_alone = not re.match(r"[\w$]", text[piece.start() - 1])
            if piece["string"] and "\\" in piece["string"] and stands_alone:
                yield _Change(*piece.span("string"), f"e{piece['string']}")
