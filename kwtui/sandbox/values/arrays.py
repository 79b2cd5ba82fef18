"""Arrays as text: ``{a,"b,c",NULL}`` on the wire, ``ARRAY[1:::INT8,NULL]`` in exported files."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind
from kwtui.sandbox.language.stream import TokenStream

_NEEDS_QUOTES = re.compile(r'[{}",\\\s]')


def array_text(items: Sequence[str | None]) -> str:
    """The wire text of an array of texts (recording 16: ``{"",NULL,"x,\\"y"}``)."""
    return "{" + ",".join("NULL" if item is None else _element(item) for item in items) + "}"


def _element(item: str) -> str:
    if item and not _NEEDS_QUOTES.search(item) and item.upper() != "NULL":
        return item
    return '"' + item.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_array(text: str) -> list[str | None]:
    """The elements of an array's text, in either notation.

    Raises SqlError (22P02) for a text that is no array.
    """
    stripped = text.strip()
    if stripped[:6].upper() == "ARRAY[":
        return _parse_expression(stripped)
    if not stripped.startswith("{"):
        raise _malformed(text, "array must be enclosed in { and }")
    return _Braces(stripped).parse()


def _parse_expression(text: str) -> list[str | None]:
    stream = TokenStream(text)
    stream.expect("array", "[")
    items: list[str | None] = []
    while not stream.accept("]"):
        if items:
            stream.expect(",")
        items.append(_expression_element(stream))
    stream.expect_end()
    return items


def _expression_element(stream: TokenStream) -> str | None:
    value: str | None
    if stream.accept("null"):
        value = None
    else:
        bracket = stream.accept("(")
        sign = "-" if stream.accept("-") else ""
        token = stream.next()
        if token.kind in (Kind.END, Kind.OPERATOR):
            raise stream.error(token)
        value = sign + ("\\x" + token.value if token.kind is Kind.BYTES else token.value)
        if bracket:
            stream.expect(")")
    if stream.accept(":::") or stream.accept("::"):
        from kwtui.sandbox.values.types import parse_type

        parse_type(stream)
    return value


class _Braces:
    """Reads ``{…}``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 1

    def parse(self) -> list[str | None]:
        items: list[str | None] = []
        if self.text[1:].lstrip() == "}":
            return items
        while True:
            items.append(self._item())
            self._skip_space()
            mark = self.text[self.position : self.position + 1]
            self.position += 1
            if mark == "}" and self.position == len(self.text):
                return items
            if mark != ",":
                raise _malformed(self.text, "malformed array")

    def _skip_space(self) -> None:
        while self.text[self.position : self.position + 1].isspace():
            self.position += 1

    def _item(self) -> str | None:
        self._skip_space()
        if self.text[self.position : self.position + 1] == '"':
            return self._quoted()
        match = re.compile(r'[^,{}"\\]*').match(self.text, self.position)
        word = match.group().strip() if match else ""
        if not word:
            raise _malformed(self.text, "malformed array")
        self.position = match.end() if match else self.position
        return None if word.upper() == "NULL" else word

    def _quoted(self) -> str:
        match = re.compile(r'"((?:[^"\\]|\\.)*)"', re.S).match(self.text, self.position)
        if match is None:
            raise _malformed(self.text, "malformed array")
        self.position = match.end()
        return re.sub(r"\\(.)", r"\1", match.group(1), flags=re.S)


def _malformed(text: str, why: str) -> SqlError:
    return SqlError(f'could not parse "{text}" as type array: {why}', "22P02")
