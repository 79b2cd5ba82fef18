"""An exported query as the result rows name it: keywords in capitals, aliases with AS.

Seen in recordings 03 (``q_join``) and 13. The words stay the client's own; only their form changes.
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sandbox.language.lexer import Kind, Token, quote_identifier, quote_string
from kwtui.sandbox.language.stream import TokenStream

_WORDS = """\
    all and any array as asc between by case cast collate cross desc distinct else end
    except exists filter for from full group having ilike in inner intersect is join lateral
    left like limit natural not null offset on or order outer over partition recursive right
    select similar some table then union using values when where window with"""
_KEYWORDS = frozenset(_WORDS.split())
_TIGHT = frozenset({".", "::", ":::"})


def query_text(query: str) -> str:
    """The text of a SELECT in the node's form."""
    tokens = TokenStream(query).tokens
    pieces: list[str] = []
    previous: Token | None = None
    system_time = 0
    in_source = False
    for index, token in enumerate(tokens[:-1]):
        if _begins_system_time(tokens, index):
            system_time = 4
        in_source = token.value == "show" or (in_source and token.value != "]")
        typed = previous is not None and previous.value in ("::", ":::")
        in_show = in_source and token.kind is Kind.WORD
        keyword = typed or in_show or system_time > 0 or _is_keyword(token)
        if previous is not None:
            if not keyword and _is_name(token) and _ends_operand(previous):
                pieces.append(" AS")
            if _is_spaced(previous, token):
                pieces.append(" ")
        pieces.append(token.value.upper() if keyword else _shown(token))
        previous = token
        system_time = max(0, system_time - 1)
    return "".join(pieces)


def _begins_system_time(tokens: Sequence[Token], index: int) -> bool:
    return [token.value for token in tokens[index : index + 4]] == ["as", "of", "system", "time"]


def _is_keyword(token: Token) -> bool:
    return token.kind is Kind.WORD and token.value in _KEYWORDS


def _is_name(token: Token) -> bool:
    return token.kind in (Kind.WORD, Kind.QUOTED)


def _ends_operand(token: Token) -> bool:
    if token.kind is Kind.OPERATOR:
        return token.value in (")", "]")
    return not _is_keyword(token) or token.value in ("end", "null")


def _is_spaced(before: Token, after: Token) -> bool:
    if before.value in _TIGHT or before.value in ("(", "[") or after.value in _TIGHT:
        return False
    if after.value == "[":
        return before.value == "from"
    if after.kind is Kind.OPERATOR and after.value in (",", ")", "]"):
        return False
    called = after.kind is Kind.OPERATOR and after.value == "("
    return not (called and before.kind is Kind.WORD and not _is_keyword(before))


def _shown(token: Token) -> str:
    if token.kind is Kind.STRING:
        return quote_string(token.value)
    return quote_identifier(token.value) if _is_name(token) else token.value
