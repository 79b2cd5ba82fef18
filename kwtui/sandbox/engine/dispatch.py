"""Which module answers which statement.

A module registers its handlers under their leading keywords when it is imported; the longest match
wins. `kwtui.sandbox.sql_engine` imports them all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.language.keywords import STATEMENTS
from kwtui.sandbox.language.lexer import Kind, Statement, syntax_error

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Handler = Callable[["Session", Statement], Answer]

_handlers: dict[tuple[str, ...], Handler] = {}
_fallbacks: dict[tuple[str, ...], Handler] = {}


def handles(*prefixes: str, fallback: bool = False) -> Callable[[Handler], Handler]:
    """Registers a handler for statements that begin with one of ``prefixes``.

    A prefix is one or more keywords, e.g. ``"SHOW"`` or ``"CREATE USER"``. A ``fallback`` gives
    way to another handler of the same prefix.
    """

    def register(handler: Handler) -> Handler:
        registry = _fallbacks if fallback else _handlers
        for prefix in prefixes:
            registry[tuple(prefix.lower().split())] = handler
        return handler

    return register


def find_handler(statement: Statement) -> Handler:
    """The handler of a statement.

    Raises SqlError: a syntax error for an unknown first word, ``0A000`` for a statement that
    exists on a node but not in the sandbox.
    """
    words: list[str] = []
    for token in statement.tokens[:4]:
        if token.kind is not Kind.WORD and token.value != "(":
            break
        words.append(token.value)
    for registry_length in range(len(words), 0, -1):
        prefix = tuple(words[:registry_length])
        handler = _handlers.get(prefix) or _fallbacks.get(prefix)
        if handler is not None:
            return handler
    if not words or words[0] not in STATEMENTS:
        raise syntax_error(statement.text, statement.tokens[0])
    raise SqlError(
        f"the sandbox does not implement this statement: {' '.join(words[:2]).upper()}",
        "0A000",
        hint="It is valid on a real node. The sandbox refuses what it cannot answer truly.",
    )
