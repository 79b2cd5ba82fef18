"""Reading the SQL text that KWDB prints: tokens and qualified names.

Only for text without a misprinted DEFAULT (live-findings, row 27), whose quotes do not pair up;
`kwtui.sql.ddl` takes those out first, line by line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    SPACE = "space"
    NAME = "name"
    """A word or a name in double quotes; ``value`` is without the quotes."""
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True)
class Token:
    kind: Kind
    text: str
    """As printed; all tokens joined give the text back."""
    value: str = ""
    quoted: bool = False

    def is_word(self, word: str) -> bool:
        return self.kind is Kind.NAME and not self.quoted and self.text.upper() == word


_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<escaped>[eE]'(?:[^'\\]|\\.|'')*')
    | (?P<string>[bBxX]?'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*")
    | (?P<word>[^\W\d][\w$]*)
    | (?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+)
    | (?P<symbol>:::|::|.)
    """,
    re.VERBOSE | re.DOTALL,
)

_KINDS = {
    "space": Kind.SPACE,
    "escaped": Kind.STRING,
    "string": Kind.STRING,
    "quoted": Kind.NAME,
    "word": Kind.NAME,
    "number": Kind.NUMBER,
    "symbol": Kind.SYMBOL,
}


def tokens(text: str) -> Iterator[Token]:
    """The tokens of the text; nothing is lost: joined they are the text again."""
    for match in _TOKEN.finditer(text):
        group = match.lastgroup or "symbol"
        printed = match.group()
        value = printed
        if group == "quoted":
            value = printed[1:-1].replace('""', '"')
        elif group == "string":
            value = printed[printed.index("'") + 1 : -1].replace("''", "'")
        elif group == "escaped":
            value = _unescape(printed[2:-1])
        yield Token(_KINDS[group], printed, value, quoted=group == "quoted")


_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)|''", re.DOTALL)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}


def _unescape(body: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if code is None:
            return "'"
        if len(code) > 1:
            return chr(int(code[1:], 16))
        return _CONTROL.get(code, code)

    return _ESCAPE.sub(one, body)


@dataclass(frozen=True)
class NameAt:
    """A dotted name and the range of tokens that it takes, end excluded."""

    parts: tuple[str, ...]
    start: int
    end: int


def names(items: list[Token]) -> Iterator[NameAt]:
    """Every dotted name of the tokens, single words included."""
    position = 0
    while position < len(items):
        if items[position].kind is not Kind.NAME:
            position += 1
            continue
        found = name_at(items, position)
        yield found
        position = found.end


def name_at(items: list[Token], start: int) -> NameAt:
    """The dotted name that begins at a token, which must be a name."""
    parts = [items[start].value]
    end = start + 1
    while end + 1 < len(items) and items[end].text == "." and items[end + 1].kind is Kind.NAME:
        parts.append(items[end + 1].value)
        end += 2
    return NameAt(tuple(parts), start, end)


def split_name(text: str) -> tuple[str, ...]:
    """The parts of a printed dotted name; empty when the text is something else."""
    items = list(tokens(text))
    if not items or items[0].kind is not Kind.NAME:
        return ()
    found = name_at(items, 0)
    return found.parts if found.end == len(items) else ()
