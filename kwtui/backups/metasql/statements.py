"""Cutting the SQL text of a file into statements, strictly: damage is named with its line. Pure."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from kwtui.errors import ExitCode, KwtuiError
from kwtui.sql.lexer import Kind, Token, code

_SYMBOLS = frozenset("-+*/%<>=!~^&|?.,;:()[]{}@#") | {"::", ":::"}
_CLOSING = {")": "(", "]": "[", "}": "{"}


class LineNumbers:
    """The numbers of a text's lines; asked for many places, it reads the text once."""

    def __init__(self, text: str) -> None:
        self._ends = [match.start() for match in re.finditer("\n", text)]

    def at(self, position: int) -> int:
        """The line, from 1, that the character at the position stands in."""
        return bisect_left(self._ends, position) + 1


def damaged(path: str, text: str, position: int, what: str, hint: str = "") -> KwtuiError:
    """The error for a place in a SQL file."""
    line = text.count("\n", 0, position) + 1
    return KwtuiError(
        f"{path} cannot be read: line {line}: {what}.",
        hint=hint
        or "Compare it with another copy of the export. The data files beside it may be whole.",
        exit_code=ExitCode.META_DAMAGED,
    )


def strict_code(text: str, path: str) -> Iterator[Token]:
    """All tokens but blanks and comments.

    Raises KwtuiError (META_DAMAGED) where no token begins, e.g. at a quote that is never closed.
    """
    for token in code(text):
        if token.kind is Kind.BROKEN or (token.kind is Kind.SYMBOL and token.text not in _SYMBOLS):
            raise damaged(path, text, token.start, *_no_token(token.text))
        yield token


def _no_token(found: str) -> tuple[str, str]:
    if found[0] == "\\":
        return (
            "a backslash outside quotes",
            "KWDB prints a DEFAULT that holds a quote or a newline so that it cannot be read back;"
            " kwtui's exact restore takes the default from the catalogue instead.",
        )
    if found.startswith("/*"):
        return "a comment that is never closed", ""
    if found[0] in "'\"$" or found[1:2] == "'":
        return "a quote that is never closed", ""
    return f"the character {found[0]!r} cannot stand here", ""


def statements(text: str, path: str) -> Iterator[list[Token]]:
    """The tokens of each statement, without its semicolon.

    Raises KwtuiError (META_DAMAGED) also for brackets that do not match.
    """
    current: list[Token] = []
    open_brackets: list[Token] = []
    for token in strict_code(text, path):
        if token.kind is Kind.SYMBOL and token.text in "([{":
            open_brackets.append(token)
        elif (
            token.kind is Kind.SYMBOL
            and token.text in _CLOSING
            and (not open_brackets or open_brackets.pop().text != _CLOSING[token.text])
        ):
            raise damaged(path, text, token.start, f"{token.text!r} closes nothing")
        if token.text == ";" and token.kind is Kind.SYMBOL:
            if open_brackets:
                raise damaged(path, text, open_brackets[-1].start, "a bracket is never closed")
            if current:
                yield current
            current = []
        else:
            current.append(token)
    if open_brackets:
        raise damaged(path, text, open_brackets[-1].start, "a bracket is never closed")
    if current:
        yield current


def split_at_commas(body: Sequence[Token]) -> list[list[Token]]:
    """The parts between commas that stand outside all brackets."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in body:
        if token.kind is Kind.SYMBOL:
            depth += (token.text in "([{") - (token.text in _CLOSING)
            if token.text == "," and depth == 0:
                parts.append([])
                continue
        parts[-1].append(token)
    return [p for p in parts if p]


def bracket_end(body: Sequence[Token], start: int) -> int:
    """The index of the bracket that closes the one at ``start``; they are known to match."""
    depth = 0
    for index in range(start, len(body)):
        token = body[index]
        if token.kind is Kind.SYMBOL:
            depth += (token.text in "([{") - (token.text in _CLOSING)
            if depth == 0:
                return index
    return len(body) - 1
