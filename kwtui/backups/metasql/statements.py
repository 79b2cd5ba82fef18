"""Cutting the SQL text of a file into statements, strictly: damage is named with its line. Pure."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from kwtui.errors import ExitCode, KwtuiError
from kwtui.sql.bounds import MOST_TOKENS
from kwtui.sql.lexer import Kind, Token, code

_SYMBOL, _BROKEN = Kind.SYMBOL, Kind.BROKEN
_SYMBOLS = frozenset("-+*/%<>=!~^&|?.,;:()[]{}@#") | {"::", ":::"}
_CLOSING = {")": "(", "]": "[", "}": "{"}
_OPENING = frozenset(_CLOSING.values())
_HARMLESS = _SYMBOLS - _OPENING - frozenset(_CLOSING)
MOST_SECONDS = 20
"""Of this thread's work on the meta.sql files of one export, whatever else the machine does. The
definitions of 100,000 tables take a few, files made of nothing but signs would take minutes."""
MOST_STATEMENTS = 500_000
"""In one file: its semicolons are counted, also those in texts."""
_MOST_EMPTY = 1_000
"""Statements in a row: KWDB prints none."""
_TOO_MUCH = "; compare the file with another copy of the export"


class LineNumbers:
    """The numbers of a text's lines, asked for in order of the text: it is read once."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position, self._line = 0, 1

    def at(self, position: int) -> int:
        """The line, from 1, that the character at the position stands in."""
        self._line += self._text.count("\n", self._position, position)
        self._position = position
        return self._line


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
    return f"the character {found[0]!r} is not allowed here", ""


class Clock:
    """Ends the reading of files that take longer than `MOST_SECONDS` together."""

    def __init__(self) -> None:
        self._deadline = time.thread_time() + MOST_SECONDS

    @property
    def is_over(self) -> bool:
        return time.thread_time() > self._deadline

    def check(self, text: str, path: str, position: int) -> None:
        """Raises KwtuiError (META_DAMAGED); the position is how far it was read."""
        if self.is_over:
            what = f"parsing did not finish within {MOST_SECONDS} seconds{_TOO_MUCH}"
            raise damaged(path, text, position, what)


def check_size(text: str, path: str) -> None:
    """Raises KwtuiError (META_DAMAGED) for more than `MOST_STATEMENTS`, before they are read."""
    if text.count(";") > MOST_STATEMENTS:
        what = f"the file holds more than {MOST_STATEMENTS:,} statements{_TOO_MUCH}"
        raise damaged(path, text, 0, what)


def statements(text: str, path: str) -> Iterator[list[Token]]:
    """The tokens of each statement, as `statement_from`.

    Raises KwtuiError (META_DAMAGED) as that does, and for what takes longer than `MOST_SECONDS`.
    """
    clock, position = Clock(), 0
    while True:
        body, position = statement_from(text, path, position)
        if not body:
            return
        yield body
        clock.check(text, path, position)


def statement_from(
    text: str, path: str, position: int, beginnings: frozenset[str] | None = None
) -> tuple[list[Token], int]:
    """The tokens of the statement that begins at the position or behind it, and where it ends.

    Blanks, comments and its semicolon are left out; at the end of the text there are none.
    ``beginnings`` are the words that it may begin with, in capital letters; None for any.

    Raises KwtuiError (META_DAMAGED) where no token begins, e.g. at a quote that is never closed;
    for brackets that do not match; for more than `MOST_TOKENS`.
    """
    current: list[Token] = []
    open_brackets: list[Token] = []
    empty = 0
    for token in code(text, position):
        kind, mark, start = token
        if kind is _SYMBOL:
            if mark == ";":
                if open_brackets:
                    break
                if current:
                    return current, token.end
                empty += 1
                if empty > _MOST_EMPTY:
                    raise damaged(path, text, start, f"more than {_MOST_EMPTY:,} empty statements")
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
    return current, len(text)


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
