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
# Possessive, and begun only where a run of blanks begins: no text makes them look twice.
_START = r"[\n;][ \t]*+"
"""Before a statement: `mend` puts a line end before the first one."""
_GAP = r"(?<![ \t])[ \t]++"
_HEAD = re.compile(
    rf"{_START}(?P<verb>CREATE(?=[ \t]++(?:TS|DATABASE|SCHEMA)\b)|GRANT(?=[ \t]))[^;\n]*+",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"{_START}CREATE[ \t]++(?P<kind>(?:TS[ \t]++)?+DATABASE|SCHEMA)[ \t]++"
    r"(?:IF[ \t]++NOT[ \t]++EXISTS[ \t]++)?+(?P<name>[^ \t].*+)",
    re.IGNORECASE,
)
_CLAUSES = re.compile(rf"{_GAP}(?:RETENTIONS|PARTITION)\b", re.IGNORECASE)
_ON = re.compile(rf"{_GAP}ON[ \t]++(?P<kind>DATABASE|SCHEMA|TABLE)[ \t]++(?=[^ \t])", re.IGNORECASE)
_TO = re.compile(rf"{_GAP}TO[ \t]++(?=[^ \t])", re.IGNORECASE)
_COMMENT = re.compile(rf"{_START}COMMENT[ \t]++ON[ \t]++DATABASE[ \t]++[^;\n]*+", re.IGNORECASE)
_NAMED = re.compile(rf"{_START}COMMENT[ \t]++ON[ \t]++DATABASE[ \t]++(?=[^ \t])", re.IGNORECASE)
_IS = re.compile(rf"{_GAP}IS[ \t]++'", re.IGNORECASE)
_COMMENT_END = re.compile(
    r"'[ \t]*+;?+[ \t]*+(?=\n\s*+(?:CREATE|COMMENT|GRANT|ALTER)\b|\s*+\Z)", re.IGNORECASE
)
_WHOLE_TEXT = re.compile(r"(?:[^']|'')*+\Z")
_TABLE = re.compile(rf"{_START}CREATE\s++TABLE\b", re.IGNORECASE)
_PIECE = re.compile(
    r"""(?:[^\w$'";-]++|-(?!-)|--[^\n]*+|"[^"]*+"|(?![beEBxX]')[\w$]++"""
    r"""|[beE]'(?:[^'\\]|\\.|'')*+'|[BxX]'[^']*+'|'(?:[^'\\]|'')*+')++"""
    r"""|(?P<string>'(?:[^'\\]|\\.|'')*+')|(?P<end>;)|(?P<open>['"])""",
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
    text = "\n" + text
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
        "".join([*parts, text[done:]])[1:],
        tuple(dict.fromkeys(c.text for c in names)),
        tuple(dict.fromkeys(c.text for c in strings)),
    )


def _names(text: str) -> Iterator[_Change]:
    for head in _HEAD.finditer(text):
        if head["verb"].upper() == "GRANT":
            yield from _granted(head)
        else:
            yield from _made(head)


def _made(head: re.Match[str]) -> Iterator[_Change]:
    made = _MADE.match(head.group())
    if made is not None:
        name = made["name"]
        clauses = _CLAUSES.search(name) if made["kind"].upper() != "SCHEMA" else None
        end = clauses.start() if clauses else len(name)
        yield from _quoted(name[:end], head.start() + made.start("name"))


def _granted(head: re.Match[str]) -> Iterator[_Change]:
    line = head.group()
    on = _ON.search(line)
    to = _TO.search(line, on.end()) if on else None
    if on is None or to is None:
        return
    name = line[on.end() : to.start()]
    whole = on["kind"].upper() == "DATABASE"
    yield from (_quoted if whole else _quoted_parts)(name, head.start() + on.end())
    yield from _quoted(line[to.end() :], head.start() + to.end())


def _quoted(printed: str, start: int) -> Iterator[_Change]:
    name = printed.rstrip(" \t")
    if name and not name.startswith('"') and not _PLAIN_NAME.match(name):
        yield _Change(start, start + len(name), quoted(name))


def _quoted_parts(name: str, start: int) -> Iterator[_Change]:
    """A name of several parts; where a dot belongs to a name nobody can tell."""
    if '"' not in name and not all(map(_PLAIN_NAME.match, name.split("."))):
        parts = (p if _PLAIN_NAME.match(p) else quoted(p) for p in name.split("."))
        yield _Change(start, start + len(name), ".".join(parts))


def _comments(text: str) -> Iterator[_Change]:
    """Names and texts of comments on databases."""
    position = 0
    while (head := _COMMENT.search(text, position)) is not None:
        position = head.end()
        named = _NAMED.match(head.group())
        says = _IS.search(head.group(), named.end()) if named else None
        if named is None or says is None:
            continue
        start = head.start() + says.end()
        end = _COMMENT_END.search(text, start)
        if end is None:
            return
        yield from _quoted(head.group()[named.end() : says.start()], head.start() + named.end())
        said = text[start : end.start()]
        if not _WHOLE_TEXT.match(said):
            yield _Change(start, end.start(), said.replace("'", "''"))
        position = end.end()


def _strings(text: str) -> Iterator[_Change]:
    """Plain strings with a backslash in definitions of tables: SHOW COLUMNS has them with ``e``,
    and what prints a definition leaves it out (recording 14)."""
    table = _TABLE.search(text) if "\\" in text else None
    while table is not None:
        position = len(text)
        for piece in _PIECE.finditer(text, table.end()):
            if piece["open"]:
                return
            if piece["end"]:
                position = piece.end()
                break
            stands_alone = not re.match(r"[\w$]", text[piece.start() - 1])
            if piece["string"] and "\\" in piece["string"] and stands_alone:
                yield _Change(*piece.span("string"), f"e{piece['string']}")
        table = _TABLE.search(text, position)
