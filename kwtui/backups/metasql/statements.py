"""Cutting the SQL text of a file into statements, strictly: damage is named with its line. Pure."""

from __future__ import annotations

import re
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import islice

from kwtui.errors import ExitCode, KwtuiError
from kwtui.sql.bounds import MOST_TOKENS
from kwtui.sql.lexer import Kind, Token, code

_SYMBOL, _BROKEN = Kind.SYMBOL, Kind.BROKEN
_SYMBOLS = frozenset("-+*/%<>=!~^&|?.,;:()[]{}@#") | {"::", ":::"}
_CLOSING = {")": "(", "]": "[", "}": "{"}
_OPENING = frozenset(_CLOSING.values())
_HARMLESS = _SYMBOLS - _OPENING - frozenset(_CLOSING)
MOST_SECONDS = 60
"""Of this thread's work on one file, whatever else the machine does. The definitions of 100,000
tables take a third of it, a file made of nothing but signs would take many minutes."""
_LOOK_AT_CLOCK = 50_000
"""Tokens."""
_TOO_LONG = "An export of KWDB is read much faster: look at the file."


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


def statements(
    text: str, path: str, beginnings: frozenset[str] | None = None
) -> Iterator[list[Token]]:
    """The tokens of each statement, without blanks, comments and its semicolon.

    ``beginnings`` are the words that a statement may begin with, in capital letters; None for any.

    Raises KwtuiError (META_DAMAGED) where no token begins, e.g. at a quote that is never closed;
    for brackets that do not match; for a statement of more than `MOST_TOKENS`, and for what takes
    longer than `MOST_SECONDS`.
    """
    current: list[Token] = []
    open_brackets: list[Token] = []
    for token in _in_time(text, path):
        kind, mark, start = token
        if kind is _SYMBOL:
            if mark == ";":
                if open_brackets:
                    break
                if current:
                    yield current
                    current = []
                continue
            if mark not in _HARMLESS:
                _match(token, open_brackets, text, path)
        elif kind is _BROKEN:
            raise damaged(path, text, start, *_no_token(mark))
        if not current and beginnings is not None and token.word not in beginnings:
            raise damaged(path, text, start, f"no statement begins with {_shortened(mark)!r}")
        current.append(token)
        if len(current) > MOST_TOKENS:
            what = f"a statement of more than {MOST_TOKENS:,} words and signs begins here"
            raise damaged(path, text, current[0].start, what)
    if open_brackets:
        raise damaged(path, text, open_brackets[-1].start, "a bracket is never closed")
    if current:
        yield current


def _in_time(text: str, path: str) -> Iterator[Token]:
    """The tokens, as long as there is time for them."""
    deadline = time.thread_time() + MOST_SECONDS
    every = code(text)
    while some := list(islice(every, _LOOK_AT_CLOCK)):
        yield from some
        if time.thread_time() > deadline:
            what = f"after {MOST_SECONDS} seconds of reading it is not at its end"
            raise damaged(path, text, some[-1].start, what, _TOO_LONG)


def _shortened(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:40]}…"


def _match(token: Token, open_brackets: list[Token], text: str, path: str) -> None:
    """Keep the brackets that are open; raises KwtuiError for a sign that cannot stand here."""
    mark = token.text
    if mark in _OPENING:
        open_brackets.append(token)
    elif mark in _CLOSING:
        if not open_brackets or open_brackets.pop().text != _CLOSING[mark]:
            raise damaged(path, text, token.start, f"{mark!r} closes nothing")
    elif mark not in _SYMBOLS:
        raise damaged(path, text, token.start, *_no_token(mark))


def split_at_commas(body: Sequence[Token]) -> list[list[Token]]:
    """The parts between commas that stand outside all brackets."""
    part: list[Token] = []
    parts = [part]
    depth = 0
    for token in body:
        kind, mark, _ = token
        if kind is _SYMBOL:
            if mark in _OPENING:
                depth += 1
            elif mark in _CLOSING:
                depth -= 1
            elif depth == 0 and mark == ",":
                part = []
                parts.append(part)
                continue
        part.append(token)
    return [p for p in parts if p]


def bracket_end(body: Sequence[Token], start: int) -> int:
    """The index of the bracket that closes the one at ``start``; they are known to match."""
    depth = 0
    for index in range(start, len(body)):
        kind, mark, _ = body[index]
        if kind is _SYMBOL:
            if mark in _OPENING:
                depth += 1
            elif mark in _CLOSING:
                depth -= 1
                if depth == 0:
                    return index
    return len(body) - 1
