"""Cutting KWDB's SQL text into tokens and statements, with the line of each."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kwtui.errors import ExitCode, KwtuiError


class TokenKind(StrEnum):
    WORD = "word"
    QUOTED = "quoted"
    """An identifier in double quotes."""
    STRING = "string"
    NUMBER = "number"
    SYMBOL = "symbol"


@dataclass(frozen=True)
class Token:
    kind: TokenKind
    text: str
    start: int
    """Position in the whole text."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def name(self) -> str:
        """The identifier that it stands for: KWDB folds a plain one to small letters."""
        if self.kind is TokenKind.QUOTED:
            return self.text[1:-1].replace('""', '"')
        return self.text.lower()

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, in any case, without quotes."""
        return self.kind is TokenKind.WORD and self.text.upper() in words

    @property
    def is_identifier(self) -> bool:
        return self.kind in (TokenKind.WORD, TokenKind.QUOTED)


_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    |(?P<string>[eE]'(?:[^'\\]|\\.|'')*'|[bBxX]?'(?:[^']|'')*')
    |(?P<quoted>"(?:[^"]|"")*")
    |(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<word>[^\W\d][\w$]*)
    |(?P<symbol>:::|::|[-+*/%<>=!~^&|?.,;:()\[\]{}@#])""",
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def damaged(path: str, text: str, position: int, what: str, hint: str = "") -> KwtuiError:
    """The error for a place in a SQL file."""
    line = text.count("\n", 0, position) + 1
    return KwtuiError(
        f"{path} cannot be read: line {line}: {what}.",
        hint=hint
        or "Compare it with another copy of the export. The data files beside it may be whole.",
        exit_code=ExitCode.META_DAMAGED,
    )


def tokens(text: str, path: str) -> Iterator[Token]:
    """All tokens but blanks and comments.

    Raises KwtuiError (META_DAMAGED) where no token begins, e.g. at a quote that is never closed.
    """
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise damaged(path, text, position, *_no_token(text[position]))
        if match.lastgroup != "blank":
            yield Token(TokenKind(match.lastgroup or ""), match.group(), position)
        position = match.end()


def _no_token(character: str) -> tuple[str, str]:
    if character == "\\":
        return (
            "a backslash outside quotes",
            "KWDB prints a DEFAULT that holds a quote or a newline so that it cannot be read back;"
            " kwtui's exact restore takes the default from the catalogue instead.",
        )
    if character in "'\"":
        return "a quote that is never closed", ""
    return f"the character {character!r} cannot stand here", ""


def statements(text: str, path: str) -> Iterator[list[Token]]:
    """The tokens of each statement, without its semicolon.

    Raises KwtuiError (META_DAMAGED) also for brackets that do not match.
    """
    current: list[Token] = []
    open_brackets: list[Token] = []
    for token in tokens(text, path):
        if token.kind is TokenKind.SYMBOL and token.text in "([{":
            open_brackets.append(token)
        elif (
            token.kind is TokenKind.SYMBOL
            and token.text in _CLOSING
            and (not open_brackets or open_brackets.pop().text != _CLOSING[token.text])
        ):
            raise damaged(path, text, token.start, f"{token.text!r} closes nothing")
        if token.text == ";" and token.kind is TokenKind.SYMBOL:
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
        if token.kind is TokenKind.SYMBOL:
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
        if token.kind is TokenKind.SYMBOL:
            depth += (token.text in "([{") - (token.text in _CLOSING)
            if depth == 0:
                return index
    return len(body) - 1


def quote_identifier(name: str) -> str:
    """Always quoted: KWDB's own printing forgets quotes that are needed (facts.md, 1.8)."""
    return '"' + name.replace('"', '""') + '"'
