"""Expressions as the node prints them in SHOW CREATE: checks, computed columns, defaults."""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.keywords import CLAUSES, EXPRESSIONS
from kwtui.sandbox.language.lexer import Kind, Token, quote_bytes, quote_identifier, quote_string
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values import values
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import INTEGERS, STRINGS, base_family, known_type, parse_type
from kwtui.sandbox.values.values import canonical_json

_TIGHT_BEFORE = frozenset({")", "]", ",", ".", "::", ":::", "[", ";"})
_TIGHT_AFTER = frozenset({"(", "[", ".", "::", ":::"})
_NAMES_WITH_LIST = frozenset({"index", "family"})
"""Keywords whose name is followed by a list of columns and not by arguments."""
_SPACED_PARENTHESIS = EXPRESSIONS - {"array", "cast", "row", "exists"}


def format_tokens(tokens: Sequence[Token]) -> str:
    """Tokens with the node's spacing: keywords in capitals, one space around operators."""
    pieces: list[str] = []
    before: Token | None = None
    signed = False
    of_type = [False]
    for position, token in enumerate(tokens):
        text = token_text(token)
        if _is_type(token, before):
            text = text.upper()
        spaced = before is not None and not signed and _space_between(before, token)
        if before is not None and token.value == "(" and token.kind is Kind.OPERATOR:
            named = position > 1 and tokens[position - 2].value in _NAMES_WITH_LIST
            spaced = spaced or named
            of_type.append(before.kind is Kind.WORD and known_type(before.value))
        elif token.value == ")" and token.kind is Kind.OPERATOR and len(of_type) > 1:
            of_type.pop()
        if spaced and not (of_type[-1] and before is not None and before.value == ","):
            pieces.append(" ")
        pieces.append(text)
        signed = token.value == "-" and token.kind is Kind.OPERATOR and _starts_operand(before)
        before = token
    return "".join(pieces)


def _is_type(token: Token, before: Token | None) -> bool:
    """Whether a word is a type here: behind ``::``, or behind the name of a column."""
    if token.kind is not Kind.WORD or before is None or not known_type(token.value):
        return False
    if before.kind is Kind.OPERATOR:
        return before.value in ("::", ":::")
    named = before.kind in (Kind.WORD, Kind.QUOTED)
    return named and before.value not in EXPRESSIONS | CLAUSES


def _starts_operand(before: Token | None) -> bool:
    """Whether a minus sign after ``before`` is a sign and not a subtraction."""
    if before is None:
        return True
    return before.kind is Kind.OPERATOR and before.value not in (")", "]")


def _space_between(before: Token, token: Token) -> bool:
    if token.kind is Kind.OPERATOR and token.value in _TIGHT_BEFORE:
        return False
    if before.kind is Kind.OPERATOR and before.value in _TIGHT_AFTER:
        return False
    if token.kind is Kind.OPERATOR and token.value == "(":
        word = before.kind in (Kind.WORD, Kind.QUOTED)
        return not word or before.value in _SPACED_PARENTHESIS
    return True


def token_text(token: Token) -> str:
    """One token as the node prints it."""
    if token.kind is Kind.STRING:
        return quote_string(token.value)
    if token.kind is Kind.BYTES:
        return quote_bytes(bytes.fromhex(token.value))
    if token.kind is Kind.BITS:
        return f"B'{token.value}'"
    if token.kind is Kind.QUOTED:
        return quote_identifier(token.value)
    if token.kind is Kind.WORD and token.value in EXPRESSIONS:
        return token.value.upper()
    return token.value


def column_names(tokens: Sequence[Token], known: Sequence[str]) -> list[str]:
    """Which of the known columns an expression names, in the order in which it does."""
    named = (t.value for t in tokens if t.kind in (Kind.WORD, Kind.QUOTED) and t.value in known)
    return list(dict.fromkeys(named))


def default_text(tokens: list[Token], sql_type: SqlType, zone: str = "UTC") -> str:
    """A column's default as SHOW COLUMNS prints it (recordings 12 and 14).

    A constant stands alone; arguments and elements carry their type, as does a function that has
    one for each type of time. Raises SqlError for a constant that is no value of the type.
    """
    stream = TokenStream("", [*tokens, Token(Kind.END, "", 0, 0)])
    text = _Default(stream, sql_type, zone).read()
    if not stream.at_end:
        return format_tokens(tokens)
    return text


_TIMES = {
    "now": "TIMESTAMPTZ", "current_timestamp": "TIMESTAMPTZ", "transaction_timestamp":
    "TIMESTAMPTZ", "statement_timestamp": "TIMESTAMPTZ", "localtimestamp": "TIMESTAMP",
    "current_time": "TIMETZ", "localtime": "TIME",
}  # fmt: skip


class _Default:
    def __init__(self, stream: TokenStream, sql_type: SqlType, zone: str) -> None:
        self.stream = stream
        self.type = sql_type
        self.zone = zone
        self.named: SqlType | None = None
        """The type that stood behind the expression."""

    def read(self) -> str:
        if self.stream.accept("("):
            inner = self.read()
            self.stream.accept(")")
            return self._annotated(inner)
        return self._annotated(self._plain())

    def _annotated(self, text: str) -> str:
        """Skips a type behind the expression: it is printed only where the node needs it."""
        types = self._types_behind()
        self.named = types[0] if types else None
        return text

    def _plain(self) -> str:
        stream, token = self.stream, self.stream.peek()
        if token.kind is Kind.STRING:
            return self._constant(stream.next().value)
        if token.kind in (Kind.BYTES, Kind.BITS):
            return token_text(stream.next())
        if token.kind is Kind.NUMBER:
            return self._number("")
        if stream.accept("-"):
            return self._number("-")
        if token.kind is not Kind.WORD:
            return token_text(stream.next())
        if token.value in ("true", "false"):
            return stream.next().value
        if stream.accept("null"):
            return "NULL"
        if token.value == "array":
            return self._array()
        if stream.peek(1).kind is Kind.STRING and known_type(token.value):
            parse_type(stream)
            return self._constant(stream.next().value)
        return self._function()

    def _number(self, sign: str) -> str:
        text = sign + self.stream.next().value
        if self.type.family in INTEGERS:
            values.parse(self.type, text)
        if base_family(self.type) in STRINGS:
            raise SqlError(
                f"expected DEFAULT expression to have type {self.type.family.lower()}, but"
                f" '{text}' has type int",
                "42804",
            )
        return text

    def _constant(self, content: str) -> str:
        family = base_family(self.type)
        if self.type.array or family in STRINGS:
            return quote_string(content)
        if family == "JSONB":
            return quote_string(canonical_json(content))
        text = values.wire_text(self.type, values.parse(self.type, content, self.zone)) or ""
        if family in INTEGERS or family in ("FLOAT4", "FLOAT8", "DECIMAL"):
            return text
        if family == "BOOL":
            return "true" if text == "t" else "false"
        return quote_string(text)

    def _array(self) -> str:
        """An array in its own type, then once more in each type that is written behind it.

        Typed back, what was printed gets one more type each time (live-findings, row 39).
        """
        self.stream.expect("array", "[")
        element = SqlType(self.type.family, self.type.args)
        items: list[str] = []
        named: SqlType | None = None
        while not self.stream.accept("]"):
            if items:
                self.stream.expect(",")
            item = _Default(self.stream, element, self.zone)
            text = item.read()
            named = named or item.named
            items.append(text if text == "NULL" else f"{text}:::{_datum(item.named or element)}")
        behind = self._types_behind()
        types = [SqlType(behind[0].family, behind[0].args) if behind else element, *behind]
        types[0] = named or types[0]
        return f"ARRAY[{', '.join(items)}]:::{types[0].text}[]" + "".join(
            f":::{kind.text}" for kind in types[1:]
        )

    def _types_behind(self) -> list[SqlType]:
        found = []
        while self.stream.accept(":::") or self.stream.accept("::"):
            found.append(parse_type(self.stream))
        return found

    def _function(self) -> str:
        name = ".".join(self.stream.qualified_name())
        arguments = self.stream.balanced() if self.stream.looking_at("(") else []
        text = f"{name}({_arguments(arguments)})"
        if name in _TIMES:
            family = base_family(self.type)
            own = family if family in ("TIMESTAMP", "TIMESTAMPTZ", "DATE") else _TIMES[name]
            return f"{text}:::{own}"
        return text


def _datum(kind: SqlType) -> str:
    """The type that a constant of this type prints: the widest of its family."""
    family = base_family(kind)
    if family in INTEGERS:
        return "INT8"
    if family in STRINGS:
        return "STRING"
    return "FLOAT8" if family == "FLOAT4" else family


def _arguments(tokens: list[Token]) -> str:
    """Arguments of a function; constants carry their type (``'no':::STRING``)."""
    stream = TokenStream("", [*tokens, Token(Kind.END, "", 0, 0)])
    made = []
    while not stream.at_end:
        token = stream.next()
        if token.value == "," and token.kind is Kind.OPERATOR:
            made.append(", ")
            continue
        made.append(token_text(token))
        if stream.accept(":::") or stream.accept("::"):
            made.append(f":::{parse_type(stream).text}")
        elif token.kind is Kind.STRING:
            made.append(":::STRING")
        elif token.kind is Kind.NUMBER:
            made.append(":::INT8" if token.value.isdigit() else ":::DECIMAL")
    return "".join(made)
