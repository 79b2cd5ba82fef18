"""Procedures and triggers as SHOW CREATE prints them, made ready to be typed. Text in, text out.

KWDB prints a procedure as it understood it, or, if its body has a cast, as it was typed; a trigger
always the first way (public source, optbuilder/create_procedure.go and create_trigger.go).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from kwtui.model.schema import ProgramSpec
from kwtui.sql import ddl
from kwtui.sql.lexer import Kind, Token, tokens
from kwtui.sql.names import name_at, names, split_name
from kwtui.sql.quoting import identifier, qualified

PROCEDURE = "procedure"
IS_OF_PROCEDURE = "PROCEDURE "
"""How the target of a comment or grant on a procedure begins."""
_BEFORE_A_TABLE = ("INTO", "FROM", "JOIN", "UPDATE", "ON", "CALL", "PROCEDURE", "TABLE")
"""Words behind which a name of two parts is database and table, if no schema has that name."""


def moved(program: ProgramSpec, old: str, new: str, schemas: Collection[str]) -> str:
    """The statement that makes it in a database of another name, which must be the current one."""
    text = _moved(program.create_statement.rstrip("; \n\t"), old, new, schemas)
    parts = split_name(program.name)
    if program.kind != "procedure" or len(parts) < 2:
        return text
    # Printed without its schema, it would be made in another one.
    items = list(tokens(text))
    start = _name_of_procedure(items)
    if start is None or len(name_at(items, start).parts) > 1:
        return text
    return _joined(items[:start]) + f"{identifier(parts[0])}." + _joined(items[start:])


def _moved(text: str, old: str, new: str, schemas: Collection[str]) -> str:
    if old == new:
        return text
    items = list(tokens(ddl.with_database(text, old, new, schemas)))
    out = [token.text for token in items]
    for position, token in enumerate(items):
        if _is_body(token):
            mark = token.text[: token.text.index("$", 1) + 1]
            out[position] = mark + _moved(token.value, old, new, schemas) + mark
    for found in names(items):
        of_database = len(found.parts) == 2 and found.parts[0] == old and old not in schemas
        if of_database and _word_before(items, found.start) in _BEFORE_A_TABLE:
            out[found.start] = identifier(new)
    return "".join(out)


def mentions(program: ProgramSpec, names_of_tables: Collection[str]) -> bool:
    """Whether its text has a name that one of the tables has: then it may need that table."""
    found = tokens(program.create_statement)
    texts = [token.value for token in found if _is_body(token)]
    items = [*tokens(program.create_statement), *(t for text in texts for t in tokens(text))]
    return any(t.kind is Kind.NAME and t.name in names_of_tables for t in items)


def target_of(program: ProgramSpec) -> str:
    """What stands behind ON of its comment and its grants; empty for all but procedures, which
    alone have any."""
    if program.kind != PROCEDURE:
        return ""
    parts = split_name(program.name)
    return f"{IS_OF_PROCEDURE}{qualified(*(parts if len(parts) > 1 else ('public', *parts)))}"


# -- triggers -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Head:
    """How a statement begins, before its body."""

    text: str
    order: str = ""
    """``FOLLOWS`` or ``PRECEDES``."""
    other: str = ""
    """The trigger that it follows or precedes."""


def in_order(triggers: Sequence[ProgramSpec]) -> tuple[ProgramSpec, ...]:
    """Triggers of one table, listed as they fire, so that they fire so when made one by one.

    Each is put where its FOLLOWS or PRECEDES says. Where that gives another order than the listed
    one (what it names was dropped, or moved) they are made as listed, without these words.
    """
    heads = {trigger.name: _parted(trigger.create_statement)[0] for trigger in triggers}
    listed = [trigger.name for trigger in triggers]
    made: list[str] = []
    fire: list[str] = []
    while len(made) < len(listed):
        ready = [n for n in listed if n not in made and _stands(heads[n], fire)]
        if not ready:
            break
        # Of several that follow the same one the last made fires first.
        follows = heads[ready[0]].order == "FOLLOWS"
        name = [n for n in ready if heads[n].order == "FOLLOWS"][-1] if follows else ready[0]
        made.append(name)
        fire.insert(_place(heads[name], fire), name)
    by_name = {trigger.name: trigger for trigger in triggers}
    if fire == listed:
        return tuple(by_name[name] for name in made)
    return tuple(replace(t, create_statement=without_order(t.create_statement)) for t in triggers)


def without_order(text: str) -> str:
    """A trigger without the words that only said where it was put when it was made."""
    head, body = _parted(text)
    return head.text + body


def _stands(head: _Head, there: Sequence[str]) -> bool:
    return not head.order or head.other in there


def _place(head: _Head, fire: Sequence[str]) -> int:
    if not head.order:
        return len(fire)
    return fire.index(head.other) + (head.order == "FOLLOWS")


# -- bodies ---------------------------------------------------------------------------------------


def with_body_as_text(statement: str) -> str:
    """The same with its body between dollar signs, which KWDB takes too (public source, sql.y).

    Clients end a statement at a semicolon, and know nothing of those in a body.
    """
    head, body = _parted(statement)
    items = [token for token in tokens(body) if token.is_code]
    if not body.strip() or (items and items[0].kind is Kind.STRING):
        return statement
    mark = "$kwtui$"
    while mark in body:
        mark = f"{mark[:-1]}_$"
    return f"{head.text}{mark}\n{body.strip()}\n{mark}"


def for_clients(statement: str) -> str:
    """Bytes as ``x'…'``, which every client reads alike.

    KWDB prints ``b'\\''``, with escapes; to PostgreSQL's clients that is bits, without any.
    """
    return "".join(_in_hex(token) for token in tokens(statement))


def _in_hex(token: Token) -> str:
    is_bytes = token.kind is Kind.STRING and token.text.startswith("b'") and token.text.isascii()
    if not is_bytes:
        return token.text
    # What names a character stands for its UTF-8, and what names a byte for that byte; an octal
    # number that is too large for one the server refuses.
    value = token._replace(text=_ESCAPE.sub(_as_bytes, token.text)).value
    return f"x'{value.encode('latin-1', 'replace').hex()}'"


_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|.)", re.DOTALL)


def _as_bytes(escape: re.Match[str]) -> str:
    code = escape[1] or escape[2]
    if code is None or int(code, 16) > sys.maxunicode:
        return escape[0]
    character = chr(int(code, 16)).encode("utf-8", "surrogatepass")
    return "".join(f"\\x{byte:02x}" for byte in character)


def _parted(statement: str) -> tuple[_Head, str]:
    """The head and the body; all is head where the text is laid out as no statement is."""
    items = list(tokens(statement))
    words = [i for i, token in enumerate(items) if token.is_code]
    first = [items[i] for i in words[:2]]
    if len(first) == 2 and first[1].is_word("PROCEDURE"):
        return _parted_procedure(items)
    return _parted_trigger(items, words)


def _parted_procedure(items: Sequence[Token]) -> tuple[_Head, str]:
    depth = 0
    for position, token in enumerate(items):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if token.text == ")" and depth == 0:
            return _Head(_joined(items[: position + 1]) + " "), _joined(items[position + 1 :])
    return _Head(_joined(items)), ""


def _parted_trigger(items: Sequence[Token], words: Sequence[int]) -> tuple[_Head, str]:
    for place in range(len(words) - 3):
        each = [items[i] for i in words[place : place + 4]]
        if all(t.is_word(w) for t, w in zip(each, ("FOR", "EACH", "ROW"), strict=False)):
            text, order = _joined(items[: words[place + 2] + 1]) + " ", each[3]
            if not order.is_word("FOLLOWS", "PRECEDES") or len(words) < place + 6:
                return _Head(text), _joined(items[words[place + 2] + 1 :]).lstrip(" ")
            other = items[words[place + 4]]
            body = _joined(items[words[place + 4] + 1 :]).lstrip(" ")
            return _Head(text, order.text.upper(), identifier(other.name)), body
    return _Head(_joined(items)), ""


def _is_body(token: Token) -> bool:
    return token.kind is Kind.STRING and token.text.startswith("$")


def _word_before(items: Sequence[Token], start: int) -> str:
    before = (token for token in reversed(items[:start]) if token.is_code)
    return next((token.text.upper() for token in before), "")


def _name_of_procedure(items: Sequence[Token]) -> int | None:
    words = [i for i, token in enumerate(items) if token.is_code]
    found = len(words) > 2 and items[words[1]].is_word("PROCEDURE")
    return words[2] if found and items[words[2]].kind is Kind.NAME else None


def _joined(items: Sequence[Token]) -> str:
    return "".join(token.text for token in items)
