r"""What a printed expression or definition means, whichever way KWDB prints it. Text in, text out.

KWDB prints one thing in several ways: an array gets one more cast each time that its text is typed
back (live-findings, row 39: ``ARRAY[1:::INT8]:::INT4[]`` comes out as
``ARRAY[1:::INT8]:::INT8[]:::INT4[]``), and SHOW CREATE leaves out the ``e`` of a string that SHOW
COLUMNS has (row 27). Words and plain names are the same in any case, and so is any white space.
"""

from __future__ import annotations

from collections.abc import Sequence

from kwtui.sql.lexer import Kind, Token, code, tokens

Meaning = tuple[tuple[str, str], ...]
"""Comparable; of no other use."""


def meaning(text: str) -> Meaning:
    """Two texts that mean the same have the same meaning; others hardly ever.

    The casts of an array whose elements have their types change nothing: what becomes of it is the
    type of its column. Of several casts behind each other elsewhere the last one counts.
    """
    items = list(code(text))
    dropped: set[int] = set()
    for start, token in enumerate(items):
        if token.is_word("ARRAY"):
            dropped.update(_casts_of_array(items, start))
        end = _end_of_cast(items, start)
        if _end_of_cast(items, end) > end > start:
            dropped.update(range(start, end))
    return tuple(_one(token) for place, token in enumerate(items) if place not in dropped)


def same(one: str | None, other: str | None) -> bool:
    """Whether two texts mean the same; no text means only no text."""
    if one is None or other is None:
        return one is other
    return one == other or meaning(one) == meaning(other)


def typed_back(expression: str) -> str:
    """The expression as it is typed so that KWDB prints it as it is here.

    What it prints of an array ends with a cast of its own, which typed back would be printed twice.
    One that tells the only type there is stays.
    """
    items = list(tokens(expression))
    dropped: set[int] = set()
    for start, token in enumerate(items):
        if token.is_word("ARRAY"):
            dropped.update(_own_cast(items, start))
    return "".join(token.text for place, token in enumerate(items) if place not in dropped)


def _one(token: Token) -> tuple[str, str]:
    if token.kind is Kind.NAME:
        return "name", token.name
    if token.kind is Kind.STRING:
        prefix = token.text[0] if token.text[0] in "bBxX" else ""
        return f"string{prefix}", token.value
    return token.kind.value, token.text


def _own_cast(items: Sequence[Token], start: int) -> range:
    """The places of the cast that an array's own text ends with; none where it must stay."""
    end, is_typed = _array(items, start)
    first = _end_of_cast(items, end)
    cast_again = _end_of_cast(items, first) > first
    return range(end, first) if cast_again or is_typed else range(0)


def _casts_of_array(items: Sequence[Token], start: int) -> range:
    """The places of all casts behind an array whose elements have their types."""
    end, is_typed = _array(items, start)
    last = end
    while is_typed and _end_of_cast(items, last) > last:
        last = _end_of_cast(items, last)
    return range(end, last)


def _array(items: Sequence[Token], start: int) -> tuple[int, bool]:
    """Behind the bracket that closes an ARRAY, and whether what is in it has types."""
    bracket = start + 1
    if bracket >= len(items) or items[bracket].text != "[":
        return start + 1, False
    depth, close = 0, bracket
    for close in range(bracket, len(items)):
        depth += {"[": 1, "]": -1}.get(items[close].text, 0)
        if depth == 0:
            break
    return close + 1, any(token.text == ":::" for token in items[bracket:close])


def _end_of_cast(items: Sequence[Token], start: int) -> int:
    """Behind the cast that begins at a place, ``:::VARCHAR(20)[]``; the place itself if none does.

    KWDB prints no space in one.
    """
    place = start
    if place + 1 >= len(items) or items[place].text != ":::" or items[place + 1].kind != Kind.NAME:
        return start
    place += 2
    if place < len(items) and items[place].text == "(":
        inside = (p for p in range(place, len(items)) if items[p].text == ")")
        place = next(inside, len(items) - 1) + 1
    while place + 1 < len(items) and items[place].text == "[" and items[place + 1].text == "]":
        place += 2
    return place
