"""Reading what a person says of devices: conditions on tags, as in a WHERE clause. Pure.

They are read here and held against the records of a backup's files: no server sees them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import ColumnSpec
from kwtui.sql.lexer import Kind, Token, tokens

FORMS = "site = 'north' AND id IN (1, 2) AND area IS NULL"
"""What can be said, for help and messages."""
_TEXTS = ("CHAR", "VARCHAR", "NCHAR", "NVARCHAR", "STRING", "TEXT")
_INTEGERS = ("INT", "BIGINT", "SMALLINT", "INT2", "INT4", "INT8", "INTEGER")
_FRACTIONS = ("FLOAT", "FLOAT4", "FLOAT8", "REAL", "DOUBLE PRECISION", "DOUBLE")


@dataclass(frozen=True)
class TagCondition:
    """A tag that must have one of these values; None is NULL."""

    tag: str
    values: tuple[str | None, ...]


def parse_conditions(text: str) -> tuple[TagCondition, ...]:
    """``TAG = value``, ``TAG IN (value, …)`` and ``TAG IS NULL``, joined by AND; nothing for an
    empty text. Raises KwtuiError (USAGE)."""
    items = [token for token in tokens(text) if token.is_code]
    return tuple(_Reader(text, items).conditions()) if items else ()


def check_values(tag: ColumnSpec, values: Iterable[str | None]) -> None:
    """Raises KwtuiError (USAGE) for a value that is none of the tag's type, and for a tag of a type
    that cannot be compared."""
    reading = read_as(tag.type)
    if reading is None:
        raise _wrong(f"the tag {tag.name} is {tag.type}, which cannot be compared")
    for value in values:
        if value is None:
            continue
        try:
            reading(value)
        except ValueError:
            raise _wrong(f"{value!r} is no value of the tag {tag.name}, {tag.type}") from None


def read_as(kind: str) -> Callable[[str], str | float] | None:
    """How values of a tag of this type are read; None where none can be compared."""
    name = kind.upper().partition("(")[0].strip()
    if name in _TEXTS:
        return str
    if name in _INTEGERS:
        return int
    if name in _FRACTIONS:
        return float
    return _boolean if name in ("BOOL", "BOOLEAN") else None


def _boolean(text: str) -> str:
    if text.lower() not in ("true", "false"):
        raise ValueError(text)
    return text.lower()


class _Reader:
    """Walks over the tokens once."""

    def __init__(self, text: str, items: Sequence[Token]) -> None:
        self._text = text
        self._items = items
        self._at = 0

    def conditions(self) -> Iterator[TagCondition]:
        yield self._condition()
        while self._at < len(self._items):
            self._expect("AND")
            yield self._condition()

    def _condition(self) -> TagCondition:
        tag = self._next()
        if tag.kind is not Kind.NAME:
            raise self._strange(tag)
        sign = self._next()
        if sign.is_word("IS"):
            self._expect("NULL")
            return TagCondition(tag.name, (None,))
        if sign.is_word("IN"):
            return TagCondition(tag.name, tuple(self._list()))
        if sign.text != "=":
            raise self._strange(sign)
        return TagCondition(tag.name, (self._value(),))

    def _list(self) -> Iterator[str]:
        self._expect("(")
        yield self._value()
        while (token := self._next()).text == ",":
            yield self._value()
        if token.text != ")":
            raise self._strange(token)

    def _value(self) -> str:
        token = self._next()
        if token.text == "-":
            return f"-{self._number()}"
        if token.kind is Kind.STRING or token.is_word("TRUE", "FALSE"):
            return token.value
        if token.kind is Kind.NUMBER:
            return token.text
        raise self._strange(token)

    def _number(self) -> str:
        token = self._next()
        if token.kind is not Kind.NUMBER:
            raise self._strange(token)
        return token.text

    def _expect(self, word: str) -> None:
        token = self._next()
        if token.text.upper() != word:
            raise self._strange(token)

    def _next(self) -> Token:
        if self._at == len(self._items):
            raise _wrong(f"{self._text!r} ends too early")
        self._at += 1
        return self._items[self._at - 1]

    def _strange(self, token: Token) -> KwtuiError:
        return _wrong(f"{token.text!r} in {self._text!r} is not understood")


def _wrong(why: str) -> KwtuiError:
    return KwtuiError(
        f"The devices cannot be chosen: {why}.",
        hint=f"Write conditions on tags like this one: {FORMS}",
        exit_code=ExitCode.USAGE,
    )
