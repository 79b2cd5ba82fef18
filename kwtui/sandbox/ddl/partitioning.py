"""The PARTITION BY clause of CREATE TABLE."""

from __future__ import annotations

from itertools import pairwise

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.language.lexer import Kind, Token, TokenStream


def partitioning(stream: TokenStream) -> list[Token]:
    """``BY LIST (columns) (…)`` and its like, behind PARTITION. Raises SqlError (42601)."""
    start = stream.position
    stream.expect("by")
    if not stream.accept("nothing"):
        kind = stream.accept_any("list", "range", "hash", "hashpoint")
        if kind is None:
            raise stream.error()
        if kind != "hashpoint":
            stream.balanced()
        stream.balanced()
    tokens = stream.tokens[start : stream.position]
    _check_partitions(tokens)
    return tokens


def _check_partitions(tokens: list[Token]) -> None:
    """DEFAULT as a partition's value is refused (recording 12)."""
    name = ""
    for before, token in pairwise(tokens):
        if before.value == "partition" and token.value != "by":
            name = token.value
        if token.kind is Kind.WORD and token.value == "default":
            raise SqlError(
                f"PARTITION {name}: DEFAULT can only appear in a VALUES list within INSERT or on"
                " the right side of a SET",
                "42601",
            )
