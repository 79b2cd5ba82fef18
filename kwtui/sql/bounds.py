"""Whether a statement that was made of foreign text is the one that it should be. Pure.

A definition, a default, a comment's target or a privilege of a backup goes into a statement as it
stands. What breaks out of its place there (``1; DROP DATABASE precious CASCADE``) must never be
sent. So each statement is read again, as the server will read it: it must be exactly one, of a form
that kwtui sends, and name the databases that it may and no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice

from kwtui.sql.bound_names import (
    CHANGING,
    Bounds,
    Names,
    OutOfBoundsError,
    check_database,
    check_nothing_changes,
    check_relation,
    name_of,
    said,
    words_outside,
)
from kwtui.sql.lexer import Kind, Token, code
from kwtui.sql.names import name_at, read_name
from kwtui.sql.program_bounds import bodies, forbidden, runs_over

MOST_TOKENS = 500_000
"""Of one statement: KWDB's widest table has 4,096 columns."""
_HEAD_TOKENS = 24
"""Up to the end of the name of what a statement makes."""
_PAIRS = {")": "(", "]": "[", "}": "{"}


def check(text: str, forms: frozenset[str], bounds: Bounds) -> None:
    """Raise OutOfBoundsError unless the text is one statement of a form, within the bounds.

    A form is the word, or the two words, that a statement begins with: ``CREATE TABLE``.
    """
    items = list(islice(code(text), MOST_TOKENS + 1))
    if len(items) > MOST_TOKENS:
        raise OutOfBoundsError(f"has more than {MOST_TOKENS:,} words and signs")
    form = form_of(items)
    _is_one(items, is_program=form in _PROGRAMS)
    if form not in forms:
        raise OutOfBoundsError(f"is {said(items, 3)} …, which does not belong here")
    _FORMS[form](items, bounds)


def target_of(text: str) -> tuple[str, ...]:
    """The dotted name that a definition makes or changes; empty where there is none."""
    items = list(islice(code(text), _HEAD_TOKENS))
    at = _TARGETS.get(form_of(items))
    if at is None:
        return ()
    while at < len(items) and items[at].is_word("IF", "NOT", "EXISTS"):
        at += 1
    return name_at(items, at).parts if at < len(items) and items[at].kind is Kind.NAME else ()


def form_of(items: Sequence[Token]) -> str:
    words = [token.word for token in items[:3]]
    if not words:
        return ""
    if words[0] in ("CREATE", "ALTER", "DROP", "IMPORT", "SET", "COMMENT", "TRUNCATE"):
        skipped = [w for w in words[1:] if w not in ("MATERIALIZED", "UNIQUE", "INVERTED", "TS")]
        return f"{words[0]} {skipped[0]}" if skipped else words[0]
    return words[0]


_PROGRAMS = frozenset({"CREATE PROCEDURE", "CREATE TRIGGER"})


def _is_one(items: Sequence[Token], *, is_program: bool) -> None:
    """Exactly one statement, whole: quotes end, and brackets match."""
    if not items:
        raise OutOfBoundsError("is empty")
    brackets: list[str] = []
    for token in items:
        if token.kind is Kind.BROKEN:
            raise OutOfBoundsError("holds a quote or a comment that does not end")
        if token.kind is not Kind.SYMBOL:
            continue
        if token.text == ";" and not is_program:
            raise OutOfBoundsError("holds more than one statement")
        if token.text in _PAIRS.values():
            brackets.append(token.text)
        elif token.text in _PAIRS and (not brackets or brackets.pop() != _PAIRS[token.text]):
            raise OutOfBoundsError("holds a bracket that closes nothing")
    if brackets:
        raise OutOfBoundsError("holds a bracket that is not closed")
    if is_program and runs_over(items):
        raise OutOfBoundsError("holds more than one statement")


# -- forms ----------------------------------------------------------------------------------------


def _any(items: Sequence[Token], bounds: Bounds) -> None:
    """What holds for every statement: nothing in it changes anything else, or names it."""
    check_nothing_changes(items)
    Names(items, bounds).check()


def _reading(items: Sequence[Token], bounds: Bounds) -> None:
    if any(token.is_word("INTO") for token in items):
        raise OutOfBoundsError("writes (SELECT … INTO)")
    _any(items, bounds)


def _select(items: Sequence[Token], bounds: Bounds) -> None:
    """Also ``SELECT setval('database.schema.sequence', 7)`` and nothing more."""
    if len(items) > 1 and items[1].is_word("SETVAL"):
        rest = [t for t in items[4:] if t.text not in (",", "-", ")") and t.kind is not Kind.NUMBER]
        strange = len(items) < 6 or any(not t.is_word("TRUE", "FALSE") for t in rest)
        if strange or items[3].kind is not Kind.STRING or len(items) > 10:
            raise OutOfBoundsError("does more than set a sequence")
        check_relation(read_name(items[3].value), bounds)
        return
    _reading(items, bounds)


def _database(items: Sequence[Token], bounds: Bounds) -> None:
    """``USE a``, ``CREATE [TS] DATABASE a …``, ``DROP DATABASE a CASCADE``."""
    at = next((i for i, t in enumerate(items[1:3], start=1) if t.is_word("DATABASE")), 0) + 1
    if at >= len(items) or items[at].kind is not Kind.NAME:
        raise OutOfBoundsError("names no database")
    if not (items[0].is_word("USE") and items[at].name == "defaultdb"):
        check_database(items[at].name, bounds)
    rest = [token.word or token.text for token in items[at + 1 :]]
    wanted = {"USE": ([],), "DROP": (["CASCADE"],)}.get(items[0].word)
    if wanted is not None and rest not in wanted:
        raise OutOfBoundsError(f"says more than it should behind {items[at].text}")
    _any(items, bounds)


def _alter_database(items: Sequence[Token], bounds: Bounds) -> None:
    check_database(name_of(items, 2), bounds)
    if [t.word for t in items[3:5]] == ["RENAME", "TO"] and len(items) == 6:
        check_database(items[5].name, bounds)
    elif [t.word for t in items[3:5]] != ["CONFIGURE", "ZONE"]:
        raise OutOfBoundsError("is no change of a database's name or zone")
    _any(items, bounds)


def _alter(items: Sequence[Token], bounds: Bounds) -> None:
    """One change of a table, an index or a partition; several would be told apart by commas."""
    at = next((i for i, t in enumerate(items[:5]) if t.is_word("TABLE", "INDEX")), 1) + 1
    name_of(items, at)
    found = name_at(items, at)
    check_relation(found.parts, bounds)
    zone = any(a.is_word("CONFIGURE") for a in items[found.end : found.end + 4])
    depth = 0
    for token in items[found.end :]:
        if token.kind is Kind.SYMBOL:
            depth += (token.text in "([{") - (token.text in ")]}")
            if token.text == "," and depth == 0 and not zone:
                raise OutOfBoundsError("changes more than one thing of the table")
    _any(items, bounds)


def _create(items: Sequence[Token], bounds: Bounds) -> None:
    at = _TARGETS.get(form_of(items), 2)
    at += items[1].is_word("MATERIALIZED", "UNIQUE", "INVERTED")
    while at < len(items) and items[at].is_word("IF", "NOT", "EXISTS"):
        at += 1
    name_of(items, at)
    found = name_at(items, at)
    check_relation(found.parts, bounds)
    is_view = any(token.is_word("VIEW") for token in items[1:3])
    words = words_outside(items[found.end :])
    if not is_view and any(w in ("AS", "SELECT") or w in CHANGING - {"COMMENT"} for w in words):
        raise OutOfBoundsError("does more than define it")
    if is_view and "AS" not in words:
        raise OutOfBoundsError("has no body")
    _any(items, bounds)


def _create_index(items: Sequence[Token], bounds: Bounds) -> None:
    on = next((i for i, t in enumerate(items[:9]) if t.is_word("ON")), -1)
    name_of(items, on + 1 if on > 0 else len(items))
    check_relation(name_at(items, on + 1).parts, bounds)
    _any(items, bounds)


def _plain(items: Sequence[Token], bounds: Bounds) -> None:
    """Words and names only: accounts, schemas, roles, and what is dropped or emptied."""
    if any(t.kind is not Kind.NAME and t.text not in (".", ",") for t in items):
        raise OutOfBoundsError("holds more than names")
    Names(items, bounds).check()
    for number, token in enumerate(items):
        if token.is_word("TABLE", "VIEW") and number <= 2:
            at = number + 1
            while at < len(items) and items[at].is_word("IF", "EXISTS"):
                at += 1
            name_of(items, at)
            found = name_at(items, at)
            check_relation(found.parts, bounds)
            if found.end != len(items):
                raise OutOfBoundsError("names more than one thing")


def _comment(items: Sequence[Token], bounds: Bounds) -> None:
    """``COMMENT ON TABLE a.b.c IS 'text'`` and nothing behind it."""
    name_of(items, 3)
    found = name_at(items, 3)
    end = found.end
    if end + 1 < len(items) and items[end].text == "@":
        end += 2
    said = items[end + 1 :]
    is_text = len(said) == 1 and (said[0].kind is Kind.STRING or said[0].is_word("NULL"))
    if end >= len(items) or not items[end].is_word("IS") or not is_text:
        raise OutOfBoundsError("is more than a comment")
    if items[2].is_word("DATABASE") or len(found.parts) > 2:
        check_database(found.parts[0], bounds)


def _grant(items: Sequence[Token], bounds: Bounds) -> None:
    """Privileges on one object, or a role, to one account."""
    to = max((i for i, t in enumerate(items) if t.is_word("TO")), default=len(items))
    behind = [t.word for t in items[to + 2 :]]
    name_of(items, to + 1)
    if behind not in ([], ["WITH", "ADMIN", "OPTION"]):
        raise OutOfBoundsError("grants more than it says")
    on = next((i for i, t in enumerate(items) if t.is_word("ON")), None)
    if any(t.kind is not Kind.NAME and t.text not in (",", ".") for t in items):
        raise OutOfBoundsError("holds more than names")
    if on is None:
        if to != 2:
            raise OutOfBoundsError("grants more than one role")
        return
    name_of(items, on + 2)
    found = name_at(items, on + 2)
    if found.end != to:
        raise OutOfBoundsError("names more than one object")
    if items[on + 1].is_word("DATABASE"):
        check_database(found.parts[0], bounds)
    elif len(found.parts) > 2 or not items[on + 1].is_word("SCHEMA"):
        check_relation(found.parts, bounds)


def _setting(items: Sequence[Token], bounds: Bounds) -> None:
    """``SET CLUSTER SETTING a.b = 1``, or ``SET name = true``: one value."""
    equals = next((i for i, t in enumerate(items) if t.text == "="), len(items))
    value = items[equals + 1 :]
    if value and value[0].text in ("-", "+"):
        value = value[1:]
    if len(value) != 1 or value[0].kind is Kind.SYMBOL:
        raise OutOfBoundsError("sets more than one value")


def _insert(items: Sequence[Token], bounds: Bounds) -> None:
    name_of(items, 2)
    check_relation(name_at(items, 2).parts, bounds)
    _any(items, bounds)


def _program(items: Sequence[Token], bounds: Bounds) -> None:
    """A procedure or trigger: what it does to tables is its own affair, but to these databases."""
    on = next((i for i, t in enumerate(items[:12]) if t.is_word("ON")), None)
    if items[1].is_word("TRIGGER"):
        name_of(items, on + 1 if on else len(items))
        check_relation(name_at(items, (on or 0) + 1).parts, bounds)
    for body in bodies(items):
        if found := forbidden(body):
            raise OutOfBoundsError(f"holds {found} …, which no program needs")
        Names(body, bounds, is_program=True).check()


def _import(items: Sequence[Token], bounds: Bounds) -> None:
    if items[1].is_word("INTO"):
        _insert(items, bounds)
    else:
        _any(items, bounds)


_FORMS: Mapping[str, Callable[[Sequence[Token], Bounds], None]] = {
    "SELECT": _select,
    "SHOW": _any,
    "USE": _database,
    "CREATE DATABASE": _database,
    "DROP DATABASE": _database,
    "ALTER DATABASE": _alter_database,
    "ALTER TABLE": _alter,
    "ALTER INDEX": _alter,
    "ALTER PARTITION": _alter,
    "CREATE SCHEMA": _plain,
    "CREATE USER": _plain,
    "CREATE ROLE": _plain,
    "CREATE PROCEDURE": _program,
    "CREATE TRIGGER": _program,
    "CREATE SEQUENCE": _create,
    "CREATE TABLE": _create,
    "CREATE VIEW": _create,
    "CREATE INDEX": _create_index,
    "DROP TABLE": _plain,
    "DROP VIEW": _plain,
    "TRUNCATE TABLE": _plain,
    "COMMENT ON": _comment,
    "GRANT": _grant,
    "SET CLUSTER": _setting,
    "SET EXPERIMENTAL_ENABLE_HASH_SHARDED_INDEXES": _setting,
    "INSERT": _insert,
    "IMPORT INTO": _import,
    "IMPORT DATABASE": _import,
    "EXPORT": _any,
}
_TARGETS = {
    "CREATE TABLE": 2,
    "CREATE SEQUENCE": 2,
    "CREATE VIEW": 2,
    "CREATE SCHEMA": 2,
    "ALTER TABLE": 2,
    "INSERT": 2,
    "IMPORT INTO": 2,
}
"""Where the name of what a statement makes or fills stands."""
