"""Session variables: SET, RESET, USE and SHOW of one variable (recordings 01, 06, 10 and 12)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, Column
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.variables import DEFAULTS
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session


def show_variable(session: Session, name: str) -> Answer:
    """The answer to ``SHOW <name>``."""
    value = session.variables.get(name)
    return Answer("SHOW 1", (Column(name, 25),), [(value,)])


@handles("SHOW", fallback=True)
def show(session: Session, statement: Statement) -> Answer:
    """``SHOW <variable>`` and ``SHOW TIME ZONE``."""
    stream = TokenStream.of(statement, "try \\h SHOW")
    stream.expect("show")
    if stream.accept("time", "zone"):
        return show_variable(session, "timezone")
    name = ".".join(stream.qualified_name())
    stream.expect_end()
    return show_variable(session, name)


@handles("SET", "SET SESSION")
def set_variable(session: Session, statement: Statement) -> Answer:
    """``SET x = y``, ``SET x TO y``, ``SET TIME ZONE y``, ``SET SESSION x = y``."""
    stream = TokenStream.of(statement, "try \\h SET SESSION")
    stream.expect("set")
    stream.accept("session")
    stream.accept("local")
    if stream.accept("transaction") or stream.accept("characteristics"):
        return _set_transaction(session, stream)
    if stream.accept("time", "zone"):
        name = "timezone"
    else:
        name = ".".join(stream.qualified_name())
        if name == "names":
            name = "client_encoding"
        elif not (stream.accept("=") or stream.accept("to")):
            raise stream.error()
    value = _value(stream)
    stream.expect_end()
    if value is None:
        session.variables.reset(name)
    else:
        session.variables.set(name, value)
    return Answer("SET")


def _set_transaction(session: Session, stream: TokenStream) -> Answer:
    words = [t.value for t in stream.tokens[stream.position :]]
    if "read" in words:
        session.transaction_read_only = "only" in words
    return Answer("SET")


def _value(stream: TokenStream) -> str | None:
    """The value of a SET; None for DEFAULT."""
    if stream.accept("default"):
        return None
    values = [_single_value(stream)]
    while stream.accept(","):
        values.append(_single_value(stream))
    return ", ".join(values)


def _single_value(stream: TokenStream) -> str:
    sign = "-" if stream.accept("-") else ""
    token = stream.peek()
    if token.kind in (Kind.END, Kind.OPERATOR):
        raise stream.error()
    return sign + stream.next().value


@handles("USE")
def use(session: Session, statement: Statement) -> Answer:
    """``USE database``."""
    stream = TokenStream.of(statement, "try \\h USE")
    stream.expect("use")
    name = stream.expect_identifier()
    stream.expect_end()
    session.variables.set("database", name)
    return Answer("SET")


@handles("RESET", "RESET SESSION")
def reset(session: Session, statement: Statement) -> Answer:
    """``RESET x`` and ``RESET ALL``."""
    stream = TokenStream.of(statement, "try \\h RESET")
    stream.expect("reset")
    stream.accept("session")
    name = "timezone" if stream.accept("time", "zone") else stream.expect_identifier()
    stream.expect_end()
    if name == "all":
        for known in DEFAULTS:
            session.variables.reset(known)
    else:
        session.variables.reset(name)
    return Answer("RESET")


@handles("DISCARD ALL")
def discard(session: Session, statement: Statement) -> Answer:
    """``DISCARD ALL``."""
    for known in DEFAULTS:
        session.variables.reset(known)
    return Answer("DISCARD")
