"""Reads the tokens of a statement: what comes next, and the syntax error where it is not so."""

from __future__ import annotations

from collections.abc import Callable

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind, Statement, Token, syntax_error, tokenize


class TokenStream:
    """Reads the tokens of a statement from left to right.

    ``hint`` is the "try \\h …" text that the node adds to syntax errors of this statement.
    """

    def __init__(
        self, sql: str, tokens: list[Token] | None = None, hint: str | None = None
    ) -> None:
        self.sql = sql
        self.tokens = tokenize(sql) if tokens is None else tokens
        self.hint = hint
        self.position = 0

    @classmethod
    def of(cls, statement: Statement, hint: str | None = None) -> TokenStream:
        """A stream at the start of a statement."""
        return cls(statement.text, statement.tokens, hint)

    def peek(self, ahead: int = 0) -> Token:
        """A coming token, without moving."""
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def next(self) -> Token:
        """The coming token; moves past it."""
        token = self.peek()
        self.position = min(self.position + 1, len(self.tokens) - 1)
        return token

    @property
    def at_end(self) -> bool:
        return self.peek().kind is Kind.END

    def looking_at(self, *words: str) -> bool:
        """Whether the coming tokens are these keywords or operators, in any case."""
        for ahead, word in enumerate(words):
            token = self.peek(ahead)
            if token.kind not in (Kind.WORD, Kind.OPERATOR) or token.value != word.lower():
                return False
        return True

    def accept(self, *words: str) -> bool:
        """Moves past these keywords or operators if they come next, all of them or none."""
        if not self.looking_at(*words):
            return False
        self.position += len(words)
        return True

    def accept_any(self, *words: str) -> str | None:
        """Moves past one of these keywords; answers which one, in lower case."""
        for word in words:
            if self.accept(word):
                return word.lower()
        return None

    def expect(self, *words: str) -> None:
        """Moves past these keywords or operators; a syntax error at the first that differs."""
        for word in words:
            if not self.accept(word):
                raise self.error()

    def expect_identifier(self) -> str:
        """A name: folded to lower case unless quoted."""
        if self.peek().kind not in (Kind.WORD, Kind.QUOTED):
            raise self.error()
        return self.next().value

    def names(self) -> list[str]:
        """One or more names, separated by commas."""
        found = [self.expect_identifier()]
        while self.accept(","):
            found.append(self.expect_identifier())
        return found

    def name_list(self) -> list[str]:
        """``(a, b)``."""
        self.expect("(")
        found = self.names()
        self.expect(")")
        return found

    def qualified_name(self) -> list[str]:
        """``a``, ``a.b`` or ``a.b.c``, as its parts."""
        parts = [self.expect_identifier()]
        while self.accept("."):
            parts.append(self.expect_identifier())
        return parts

    def expect_string(self) -> str:
        """A string literal. KWDB takes one in double quotes too where a string must be."""
        if self.peek().kind not in (Kind.STRING, Kind.QUOTED):
            raise self.error()
        return self.next().value

    def expect_integer(self) -> int:
        """A whole number, with or without a sign."""
        sign = -1 if self.accept("-") else 1
        self.accept("+")
        token = self.peek()
        if token.kind is not Kind.NUMBER or not token.value.isdigit():
            raise self.error()
        return sign * int(self.next().value)

    def expect_end(self) -> None:
        """A syntax error if anything is left."""
        if not self.at_end:
            raise self.error()

    def balanced(self) -> list[Token]:
        """The tokens inside the parentheses that come next; moves past the closing one."""
        self.expect("(")
        inside: list[Token] = []
        depth = 1
        while True:
            token = self.peek()
            if token.kind is Kind.END:
                raise self.error()
            self.next()
            if token.kind is Kind.OPERATOR:
                depth += {"(": 1, ")": -1}.get(token.value, 0)
            if depth == 0:
                return inside
            inside.append(token)

    def expression(
        self, ends: Callable[[Token, Token | None], bool] = lambda *_: False
    ) -> list[Token]:
        """The tokens of an expression that comes next: up to the comma or the closing parenthesis
        behind it, or to the end.

        ``ends`` says of a token outside parentheses, with the one of the expression before it,
        whether it belongs to the expression no more. Raises SqlError where no expression stands.
        """
        tokens: list[Token] = []
        depth = 0
        while (token := self.peek()).kind is not Kind.END:
            if token.kind is Kind.OPERATOR:
                if depth == 0 and token.value in (",", ")"):
                    break
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.value, 0)
            elif depth == 0 and ends(token, tokens[-1] if tokens else None):
                break
            tokens.append(self.next())
        if not tokens:
            raise self.error()
        return tokens

    def source(self, start: Token, end: Token) -> str:
        """The source text from one token to another, both included."""
        return self.sql[start.start : end.end]

    def error(self, token: Token | None = None, explanation: str = "") -> SqlError:
        """A syntax error at the coming token, or at the one given."""
        return syntax_error(self.sql, token or self.peek(), self.hint, explanation)
