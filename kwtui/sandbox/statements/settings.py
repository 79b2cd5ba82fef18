"""SET and RESET CLUSTER SETTING."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog import settings
from kwtui.sandbox.catalog.users import require_admin
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_ACTION = "SET CLUSTER SETTING"


@handles("SET CLUSTER SETTING")
def set_cluster_setting(session: Session, statement: Statement) -> Answer:
    """``SET CLUSTER SETTING name = value | DEFAULT``."""
    stream = TokenStream.of(statement, f"try \\h {_ACTION}")
    stream.expect("set", "cluster", "setting")
    name = ".".join(stream.qualified_name())
    if not (stream.accept("=") or stream.accept("to")):
        raise stream.error()
    value = None if stream.accept("default") else _value(stream)
    stream.expect_end()
    return _store(session, name, value)


@handles("RESET CLUSTER SETTING")
def reset_cluster_setting(session: Session, statement: Statement) -> Answer:
    """``RESET CLUSTER SETTING name``: its tag is that of SET."""
    stream = TokenStream.of(statement, "try \\h RESET CLUSTER SETTING")
    stream.expect("reset", "cluster", "setting")
    name = ".".join(stream.qualified_name())
    stream.expect_end()
    return _store(session, name, None)


def _value(stream: TokenStream) -> str:
    sign = "-" if stream.accept("-") else ""
    if stream.peek().kind not in (Kind.STRING, Kind.NUMBER, Kind.WORD):
        raise stream.error()
    value = sign + stream.next().value
    while stream.accept("."):
        value += f".{stream.expect_identifier()}"
    return value


def _store(session: Session, name: str, value: str | None) -> Answer:
    require_admin(session.engine.catalog, session.user, _ACTION)
    if session.in_transaction:
        raise SqlError(f"{_ACTION} cannot be used inside a transaction")
    with session.engine.change(session):
        settings.store(session.engine.catalog, name, value)
    return Answer(_ACTION)
