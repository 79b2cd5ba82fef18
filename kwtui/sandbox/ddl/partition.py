"""``PARTITION BY``: read, checked, and kept as SHOW CREATE prints it (recordings 12 and 19).

A time series can be partitioned by hash points, which no statement prints (row 40 of the live
findings).
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import Relation
from kwtui.sandbox.language.lexer import Kind, Token, quote_identifier
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.expression_text import token_text


def partitioning(stream: TokenStream) -> TokenStream:
    """The clause behind PARTITION, whose words are read when the table is known.

    Raises SqlError (42601).
    """
    start = stream.position
    stream.expect("by")
    if not stream.accept("nothing"):
        kind = stream.accept_any("list", "range", "hash", "hashpoint")
        if kind is None:
            raise stream.error()
        if kind != "hashpoint":
            stream.balanced()
        stream.balanced()
    end = stream.peek()
    tokens = [*stream.tokens[start : stream.position], Token(Kind.END, "", end.start, end.start)]
    return TokenStream(stream.sql, tokens, stream.hint)


def read_partitioning(stream: TokenStream, relation: Relation) -> str | None:
    """The clause behind PARTITION as the node prints it; None where it prints none.

    Raises SqlError (42601).
    """
    if stream.looking_at("by", "hashpoint"):
        read_hash_points(stream)
        return None
    stream.expect("by")
    if stream.accept("nothing"):
        return None
    kind = stream.accept_any("list", "range", "hash")
    if kind is None:
        raise stream.error()
    columns = _names(stream)
    _check_columns(relation, columns)
    parts = _parts(stream, kind, len(columns))
    listed = ", ".join(f"\n\t{part}" for part in parts)
    return f"PARTITION BY {kind.upper()} ({', '.join(columns)}) ({listed}\n)"


def read_hash_points(stream: TokenStream) -> None:
    """``BY HASHPOINT (PARTITION p VALUES FROM (0) TO (1000), …)``, which leaves no trace.

    Raises SqlError.
    """
    stream.expect("by", "hashpoint", "(")
    while True:
        stream.expect("partition")
        stream.expect_identifier()
        stream.expect("values")
        if stream.accept("in"):
            stream.balanced()
        else:
            stream.expect("from")
            low = _whole(stream)
            stream.expect("to")
            if low >= _whole(stream):
                raise SqlError("from point must smaller than to point")
        if stream.accept(")"):
            return
        stream.expect(",")


def _whole(stream: TokenStream) -> int:
    stream.expect("(")
    number = stream.expect_integer()
    stream.expect(")")
    return number


def _names(stream: TokenStream) -> list[str]:
    stream.expect("(")
    names = [stream.expect_identifier()]
    while stream.accept(","):
        names.append(stream.expect_identifier())
    stream.expect(")")
    return names


def _check_columns(relation: Relation, columns: Sequence[str]) -> None:
    """The columns are the first ones of the primary key."""
    primary = [name for name, _ in relation.primary.keys] if relation.primary else []
    for number, name in enumerate(columns, start=1):
        if primary[number - 1 : number] != [name]:
            raise SqlError(
                f"declared partition columns ({', '.join(columns)}) do not match first {number}"
                f" columns in index being partitioned ({', '.join(primary[:number])})",
                "42601",
            )


def _parts(stream: TokenStream, kind: str, width: int) -> list[str]:
    stream.expect("(")
    parts = []
    while True:
        stream.expect("partition")
        name = stream.expect_identifier()
        stream.expect("values")
        parts.append(
            f"PARTITION {quote_identifier(name)} VALUES {_values(stream, name, kind, width)}"
        )
        if stream.accept(")"):
            return parts
        stream.expect(",")


def _values(stream: TokenStream, name: str, kind: str, width: int) -> str:
    if kind == "range":
        stream.expect("from")
        low = _tuple(stream.balanced(), name, width)
        stream.expect("to")
        return f"FROM {low} TO {_tuple(stream.balanced(), name, width)}"
    stream.expect("in")
    items = [_tuple(_stripped(item), name, width) for item in _split(stream.balanced())]
    return f"IN ({', '.join(items)})"


def _split(tokens: Sequence[Token]) -> list[list[Token]]:
    """The items between commas that stand in no parentheses."""
    items: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if token.kind is Kind.OPERATOR:
            depth += {"(": 1, ")": -1}.get(token.value, 0)
            if token.value == "," and not depth:
                items.append([])
                continue
        items[-1].append(token)
    return items


def _stripped(tokens: list[Token]) -> list[Token]:
    wrapped = len(tokens) > 1 and tokens[0].value == "(" and tokens[-1].value == ")"
    return tokens[1:-1] if wrapped else tokens


def _tuple(tokens: Sequence[Token], name: str, width: int) -> str:
    """The values of one row; DEFAULT, MINVALUE and MAXVALUE are refused (recordings 12 and 19)."""
    values = []
    for item in _split(tokens):
        for token in item:
            if token.kind is Kind.WORD and token.value in ("default", "minvalue", "maxvalue"):
                raise _refused(name, token.value)
        values.append("".join(token_text(token) for token in item))
    if len(values) != width:
        raise SqlError(
            f"PARTITION {name}: partition has {width} columns but {len(values)} values were"
            " supplied"
        )
    return f"({', '.join(values)})"


def _refused(name: str, word: str) -> SqlError:
    if word == "default":
        return SqlError(
            f"PARTITION {name}: DEFAULT can only appear in a VALUES list within INSERT or on the"
            " right side of a SET",
            "42601",
        )
    return SqlError(
        f"PARTITION {name}: {word.upper()} can only appear within a range partition expression",
        "42601",
    )
