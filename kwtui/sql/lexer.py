r"""The one lexer for SQL text: what KWDB's own scanner makes of it (facts.md, section 1.1). Pure.

KWDB differs from PostgreSQL in what ends a string: ``b'\''`` is one token (a small b allows
escapes), ``B'01'`` holds binary digits only, ``x'…'`` hexadecimal ones, comments nest, and ``/*+``
opens a hint and no comment. Strings of one kind with a line end between them are one constant.
Whoever decides by a text whether it may be sent must read it exactly so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    SPACE = "space"
    COMMENT = "comment"
    NAME = "name"
    """A word, or a name in double quotes."""
    STRING = "string"
    """A constant in quotes of any kind, also bits, bytes and ``$tag$…$tag$``."""
    NUMBER = "number"
    SYMBOL = "symbol"
    BROKEN = "broken"
    """From here on nothing can be read: a quote or comment that never ends, or bits that are none.
    """


_NAME = Kind.NAME
"""Asked for with every token: a member of an enumeration takes ten times as long to find."""


class Token(NamedTuple):
    kind: Kind
    text: str
    """As it stands; the texts of all tokens joined are the whole text."""
    start: int
    """Position in the whole text, in characters."""

    @property
    def end(self) -> int:
        return self.start + len(self.text)

    @property
    def quoted(self) -> bool:
        """Whether it is a name in double quotes."""
        return self.kind is Kind.NAME and self.text[0] == '"'

    @property
    def word(self) -> str:
        """The keyword that it may be, in capital letters; empty for anything else."""
        return self[1].upper() if self[0] is _NAME and self[1][0] != '"' else ""

    def is_word(self, *words: str) -> bool:
        """Whether it is one of these keywords, which are given in capital letters."""
        return self[0] is _NAME and self[1].upper() in words

    @property
    def value(self) -> str:
        """The name or the text that it stands for; of anything else the text itself.

        Of bits and bytes it is what stands between the quotes, bytes with escapes as characters.
        """
        if self.kind is Kind.NAME and self.quoted:
            return _pieces(self.text, '"')
        if self.kind is not Kind.STRING:
            return self.text
        if self.text[0] == "$":
            tag = self.text.index("$", 1) + 1
            return self.text[tag:-tag]
        if self.text[0] in "bBxXeE":
            escaped = self.text[0] in "beE"
            return _pieces(self.text[1:], "'", escaped=escaped)
        return _pieces(self.text, "'")

    @property
    def name(self) -> str:
        """The name that it stands for: KWDB folds a plain one to small letters."""
        return self.value if self.quoted else self.text.lower()

    @property
    def is_code(self) -> bool:
        """Whether it means something: no space, no comment."""
        return self.kind is not Kind.SPACE and self.kind is not Kind.COMMENT


_BLANKS = r"[ \t\r\f]*+\n[ \t\r\n\f]*+"
"""What stands between two pieces of one constant: it holds a line end."""


def _constant(opening: str, quote: str, body: str) -> str:
    piece = quote + body + quote
    return f"{opening}{piece}(?:{_BLANKS}{piece})*+"


# Possessive throughout: no text makes it look at a character more than a few times.
_PLAIN_BODY = r"[^']*+(?:''[^']*+)*+"
_ESCAPED_BODY = r"[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*+"
_NAME_BODY = r'[^"]*+(?:""[^"]*+)*+'
_FLAT_COMMENT = r"(?:[^*/]++|\*(?!/)|/(?!\*))*+"
"""Inside a comment, as long as no other one opens in it."""
_START = r"A-Za-z_\x80-\U0010ffff"

_SPACES = r"[ \t\r\n\f]"
_SOLID = rf"""
      (?P<word>(?![beEBxX]')[{_START}][{_START}0-9$]*+)
    | (?P<mark>[(),;=])
    | (?P<comment>--[^\n]*+|/\*(?!\+){_FLAT_COMMENT}\*/)
    | (?P<nested>/\*(?!\+))
    | (?P<string>{_constant("[beE]", "'", _ESCAPED_BODY)}
                |{_constant("B", "'", "[01]*+")}
                |{_constant("[xX]", "'", "[0-9a-fA-F]*+")}
                |{_constant("", "'", _PLAIN_BODY)})
    | (?P<broken>[bBeExX]?')
    | (?P<name>{_constant("", '"', _NAME_BODY)})
    | (?P<unclosed>")
    | (?P<dollar>\$[{_START}]*+\$)
    | (?P<number>0[xX][0-9a-fA-F]++
                |[0-9]++(?:\.(?!\.)[0-9]*+)?(?:[eE][+-]?[0-9]++)?
                |\.[0-9]++(?:[eE][+-]?[0-9]++)?)
    | (?P<symbol>:::|::|\.\.|.)
"""
_TOKEN = re.compile(rf"(?P<space>{_SPACES}++)|{_SOLID}", re.VERBOSE | re.DOTALL)
_CODE = re.compile(rf"{_SPACES}*+(?:{_SOLID}|(?P<nothing>\Z))", re.VERBOSE | re.DOTALL)
"""The same with the blanks before it, which is faster where nobody asks for them."""
_KINDS = {
    "space": Kind.SPACE,
    "comment": Kind.COMMENT,
    "word": _NAME,
    "name": _NAME,
    "string": Kind.STRING,
    "number": Kind.NUMBER,
    "mark": Kind.SYMBOL,
    "symbol": Kind.SYMBOL,
}
"""By group of the pattern; of the other groups it sees only how they begin."""
_BRACKETS_OF_COMMENTS = re.compile(r"/\*|\*/")
_NO_CODE = frozenset({"comment", "nothing"})


def tokens(text: str) -> Iterator[Token]:
    """All tokens of the text in its order; nothing is lost, whatever the text is.

    After a BROKEN one there are no more: it takes the rest.
    """
    return _read(text, _TOKEN, frozenset(), 0)


def code(text: str, start: int = 0) -> Iterator[Token]:
    """The tokens that mean something: all but spaces and comments.

    ``start`` is where a token begins, or a space.
    """
    return _read(text, _CODE, _NO_CODE, start)


def _read(
    text: str, pattern: re.Pattern[str], left_out: frozenset[str], position: int
) -> Iterator[Token]:
    """The tokens of all groups but those left out."""
    size = len(text)
    make, kinds = tuple.__new__, _KINDS
    while position < size:
        for match in pattern.finditer(text, position):
            group = match.lastgroup or "symbol"
            if group in left_out:
                continue
            kind = kinds.get(group)
            if kind is None:
                break
            said = match[group]
            yield make(Token, (kind, said, match.end() - len(said)))
        else:
            return
        kind, position = _whole(text, match, group)
        if kind.value not in left_out:
            start = match.start(group)
            yield Token(kind, text[start:position], start)


def _whole(text: str, begin: re.Match[str], group: str) -> tuple[Kind, int]:
    if group == "dollar":
        return _dollar_end(text, begin)
    if group == "nested":
        return _comment_end(text, begin.end())
    return Kind.BROKEN, len(text)


def _dollar_end(text: str, opening: re.Match[str]) -> tuple[Kind, int]:
    mark = opening["dollar"]
    closing = text.find(mark, opening.end())
    return (Kind.BROKEN, len(text)) if closing < 0 else (Kind.STRING, closing + len(mark))


def _comment_end(text: str, position: int) -> tuple[Kind, int]:
    """Where a comment ends whose text begins at the position; comments nest."""
    if text.find("*/", position) < 0:
        return Kind.BROKEN, len(text)
    depth = 1
    for bracket in _BRACKETS_OF_COMMENTS.finditer(text, position):
        depth += 1 if bracket.group() == "/*" else -1
        if depth == 0:
            return Kind.COMMENT, bracket.end()
    return Kind.BROKEN, len(text)


# -- what a constant stands for -------------------------------------------------------------------

_PIECES = {
    ("'", False): re.compile(f"'({_PLAIN_BODY})'"),
    ("'", True): re.compile(f"'({_ESCAPED_BODY})'", re.DOTALL),
    ('"', False): re.compile(f'"({_NAME_BODY})"'),
}
_ESCAPE = re.compile(
    r"\\(x[0-9a-fA-F]{2}|X[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)|''", re.DOTALL
)
_CONTROL = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "a": "\a", "v": "\v"}


def _pieces(text: str, quote: str, *, escaped: bool = False) -> str:
    """What stands between the quotes of a constant of one or more pieces."""
    bodies = (match[1] for match in _PIECES[quote, escaped].finditer(text))
    if escaped:
        return "".join(_ESCAPE.sub(_unescaped, body) for body in bodies)
    return "".join(body.replace(quote * 2, quote) for body in bodies)


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if code is None:
        return "'"
    if code[0] in "xXuU" and len(code) > 1:
        number = int(code[1:], 16)
        return chr(number) if number <= 0x10FFFF else match.group()
    if len(code) == 3:
        return chr(int(code, 8))
    return _CONTROL.get(code, code)
