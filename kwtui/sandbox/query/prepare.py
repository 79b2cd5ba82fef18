"""Prepares a query's text for the parser: replaces what only KWDB writes.

Types become names ``kwt_<n>``, functions ``kwf_<name>``, ``[SHOW …]`` a table ``kws_<n>``; AS OF
SYSTEM TIME and index hints are taken out. What the names stand for is kept beside the text.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.keywords import (
    BARE_FUNCTIONS,
    IN_WINDOWS,
    LITERAL_TYPES,
    NO_FUNCTION,
    QUERY,
)
from kwtui.sandbox.language.lexer import Kind, Token, syntax_error
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.collations import accept_collation
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import parse_type

_POSTGRES = sqlglot.Dialect.get_or_raise("postgres")
_LONG = 4096
"""Texts from here on are not kept: they hold rows, and come once."""
_AFTER_TABLES = frozenset({",", "join", "inner", "left", "right", "full", "cross", "natural"})


@dataclass
class Prepared:
    """A query that the parser understands, with what was taken out of it."""

    tree: exp.Expr
    types: list[SqlType] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    """The statements inside ``[…]``."""
    as_of: list[Token] = field(default_factory=list)
    """The expression after AS OF SYSTEM TIME; empty if there is none."""


def prepare(sql: str, tokens: list[Token], hint: str | None = None) -> Prepared:
    """Parses a query or an expression. Raises SqlError (42601) if it cannot be parsed."""
    known = _known if len(sql) < _LONG else _known.__wrapped__
    writer = known(sql, tuple(tokens), hint)
    try:
        tree = sqlglot.parse_one("".join(writer.pieces), read=_POSTGRES)
    except (ParseError, TokenError) as error:
        raise writer.error_of(error) from error
    if isinstance(tree, exp.Command):
        raise syntax_error(sql, tokens[0], hint)
    return Prepared(tree, list(writer.types), list(writer.sources), list(writer.as_of))


@lru_cache(500)
def _known(sql: str, tokens: tuple[Token, ...], hint: str | None) -> _Writer:
    """Clients send the same texts again and again."""
    writer = _Writer(sql, list(tokens), hint)
    writer.run()
    return writer


def only_now(prepared: Prepared, *, in_query: bool) -> Prepared:
    """The query, of a statement that cannot look back. Raises SqlError (42601) if it does.

    ``in_query`` tells that the statement holds a whole query, in which the clause parses.
    """
    if not prepared.as_of:
        return prepared
    if in_query:
        raise SqlError("AS OF SYSTEM TIME must be provided on a top-level statement", "42601")
    raise SqlError('at or near "as": syntax error', "42601")


class _Writer:
    def __init__(self, sql: str, tokens: list[Token], hint: str | None) -> None:
        self.stream = TokenStream(sql, tokens, hint)
        self.pieces: list[str] = []
        self.starts: list[tuple[int, Token]] = []
        self.length = 0
        self.types: list[SqlType] = []
        self.sources: list[str] = []
        self.as_of: list[Token] = []
        self._parentheses: list[str] = []

    def run(self) -> None:
        while not self.stream.at_end:
            self._step()

    def _write(self, text: str, token: Token) -> None:
        piece = text + " "
        self.starts.append((self.length, token))
        self.pieces.append(piece)
        self.length += len(piece)

    def _type(self) -> str:
        self.types.append(parse_type(self.stream))
        return f"kwt_{len(self.types) - 1}"

    def _step(self) -> None:
        stream, token = self.stream, self.stream.peek()
        if token.kind is Kind.WORD:
            self._word(token)
            return
        stream.next()
        if token.kind is Kind.STRING:
            self._write(_literal(token.value), token)
        elif token.kind is Kind.BYTES:
            self._write(f"kwf_bytes('{token.value}')", token)
        elif token.kind is Kind.BITS:
            self._write(f"kwf_bits({_literal(token.value)})", token)
        elif token.kind is Kind.QUOTED:
            self._name(token)
        elif token.kind is Kind.PARAMETER:
            self._write("NULL", token)
        elif token.kind is Kind.OPERATOR:
            self._operator(token)
        else:
            self._write(_number(token.value), token)

    def _operator(self, token: Token) -> None:
        stream = self.stream
        if token.value in ("::", ":::"):
            self._write(f"::{self._type()}", token)
        elif token.value == "[" and stream.peek().value in ("show", "explain"):
            self._source(token)
        elif token.value == "@":
            self._hint()
        else:
            if token.value == "(":
                self._parentheses.append(self._opener())
            elif token.value == ")" and self._parentheses:
                self._parentheses.pop()
            self._write(token.value, token)

    def _opener(self) -> str:
        """The word before the parenthesis that has just been read."""
        position = self.stream.position - 2
        return self.stream.tokens[position].value if position >= 0 else ""

    def _hint(self) -> None:
        """``table@index`` and ``table@{…}``: which index is used makes no difference here."""
        if not self.stream.accept("{"):
            self.stream.expect_identifier()
            return
        while not self.stream.accept("}"):
            if self.stream.at_end:
                raise self.stream.error()
            self.stream.next()

    def _source(self, opening: Token) -> None:
        stream = self.stream
        start, depth = stream.peek(), 1
        last = start
        while depth:
            token = stream.peek()
            if token.kind is Kind.END:
                raise stream.error()
            depth += {"[": 1, "]": -1}.get(token.value, 0) if token.kind is Kind.OPERATOR else 0
            last = last if depth == 0 else token
            stream.next()
        self.sources.append(stream.source(start, last))
        self._write(f"kws_{len(self.sources) - 1}", opening)

    def _word(self, token: Token) -> None:
        stream, word = self.stream, token.value
        if stream.looking_at("as", "of", "system", "time"):
            self._as_of()
        elif word == "as" and "cast" in self._parentheses[-1:]:
            stream.next()
            self._write(f"as {self._type()}", token)
        elif stream.looking_at("at", "time", "zone"):
            stream.position += 3
            self._write("at time zone", token)
        elif word in LITERAL_TYPES and stream.peek(1).kind is Kind.STRING:
            name = self._type()
            self._write(f"{_literal(stream.next().value)}::{name}", token)
        elif collation := accept_collation(stream):
            self._write(f'collate "{collation}"', token)
        elif self._is_call():
            self._call(token)
        elif word in BARE_FUNCTIONS:
            stream.next()
            self._write(f"kwf_{word}()", token)
        elif self._is_syntax(word):
            stream.next()
            self._write(word, token)
        else:
            stream.next()
            self._name(token)

    def _is_syntax(self, word: str) -> bool:
        """Whether a word belongs to the grammar here and is no name."""
        if word in QUERY or (word in IN_WINDOWS and "over" in self._parentheses):
            return True
        return word in NO_FUNCTION and self.stream.peek(1).value == "("

    def _is_call(self) -> bool:
        ahead = 0
        while self.stream.peek(ahead + 1).value == "." and ahead < 4:
            ahead += 2
        last = self.stream.peek(ahead)
        if last.kind is not Kind.WORD or self.stream.peek(ahead + 1).value != "(":
            return False
        if self.stream.peek(ahead + 1).kind is not Kind.OPERATOR:
            return False
        before = self.stream.tokens[self.stream.position - 1] if self.stream.position else None
        named = before is not None and before.kind is Kind.WORD and before.value == "as"
        return not named and last.value not in NO_FUNCTION and not self._aliases_columns(ahead)

    def _aliases_columns(self, ahead: int) -> bool:
        """Whether ``name (a, b)`` renames columns: a name or ``)`` stands right before it."""
        if ahead or not self.stream.position:
            return False
        before = self.stream.tokens[self.stream.position - 1]
        if before.kind is Kind.QUOTED or before.value == ")":
            return True
        return before.kind is Kind.WORD and before.value not in QUERY | IN_WINDOWS

    def _call(self, token: Token) -> None:
        parts = [p.lower() for p in self.stream.qualified_name()]
        self._write("kwf_" + "__".join(parts), token)

    def _name(self, token: Token) -> None:
        self._write('"' + token.value.replace('"', '""') + '"', token)

    def _as_of(self) -> None:
        stream = self.stream
        stream.position += 4
        if stream.accept("-"):
            self.as_of.append(stream.tokens[stream.position - 1])
        self.as_of.append(stream.next())
        if stream.looking_at("("):
            self.as_of += stream.balanced()
        if stream.peek().value in _AFTER_TABLES and stream.peek().kind is not Kind.STRING:
            # The clause closes FROM: no table can follow it.
            raise stream.error()

    def error_of(self, error: ParseError | TokenError) -> SqlError:
        """The parser's error at the place in the text that the client wrote."""
        token = self.stream.tokens[-1]
        details = getattr(error, "errors", None) or [{}]
        highlight, column = details[0].get("highlight"), details[0].get("col")
        if highlight is not None and column is not None:
            start = max(int(column) - len(highlight), 0)
            token = max(
                (pair for pair in self.starts if pair[0] <= start),
                default=(0, token),
                key=lambda pair: pair[0],
            )[1]
        return self.stream.error(token)


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _number(text: str) -> str:
    return str(int(text, 16)) if text[:2].lower() == "0x" else text
