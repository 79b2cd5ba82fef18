"""CREATE, ALTER and DROP of users and roles (recordings 02, 05, 06 and 12)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer
from kwtui.sandbox.catalog import users
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.language.lexer import Kind, Statement
from kwtui.sandbox.language.stream import TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_FLAGS = ("createrole", "nocreaterole", "login", "nologin")


@dataclass
class _Options:
    """What follows WITH. A value of ``None`` that was set means NULL."""

    flags: list[str] = field(default_factory=list)
    password_set: bool = False
    password: str | None = None
    valid_until_set: bool = False
    valid_until: str | None = None


@handles("CREATE USER", "CREATE ROLE")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE USER | ROLE [IF NOT EXISTS] name [WITH options]``."""
    stream = TokenStream.of(statement)
    stream.expect("create")
    kind = stream.next().value
    stream.hint = f"try \\h CREATE {kind.upper()}"
    if_not_exists = stream.accept("if", "not", "exists")
    name = _name(stream)
    options = _options(stream)
    users.require_create_role(session.engine.catalog, session.user)
    with session.engine.change(session):
        users.create(
            session.engine.catalog,
            name,
            is_role=kind == "role",
            if_not_exists=if_not_exists,
            options=tuple(options.flags),
            password=options.password,
            valid_until=options.valid_until,
        )
    return Answer(f"CREATE {kind.upper()}")


@handles("ALTER USER", "ALTER ROLE")
def alter(session: Session, statement: Statement) -> Answer:
    """``ALTER USER | ROLE [IF EXISTS] name [WITH options]``."""
    stream = TokenStream.of(statement)
    stream.expect("alter")
    kind = stream.next().value
    stream.hint = f"try \\h ALTER {kind.upper()}"
    if_exists = stream.accept("if", "exists")
    name = _name(stream)
    options = _options(stream)
    users.require_create_role(session.engine.catalog, session.user)
    with session.engine.change(session):
        users.alter(
            session.engine.catalog,
            name,
            if_exists=if_exists,
            options=tuple(options.flags),
            set_password=options.password_set,
            password=options.password,
            set_valid_until=options.valid_until_set,
            valid_until=options.valid_until,
        )
    return Answer(f"ALTER {kind.upper()}")


@handles("DROP USER", "DROP ROLE")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP USER | ROLE [IF EXISTS] name, …``: the tag counts who is gone (recording 06)."""
    stream = TokenStream.of(statement)
    stream.expect("drop")
    kind = stream.next().value
    stream.hint = f"try \\h DROP {kind.upper()}"
    if_exists = stream.accept("if", "exists")
    names = [_name(stream)]
    while stream.accept(","):
        names.append(_name(stream))
    stream.expect_end()
    users.require_create_role(session.engine.catalog, session.user)
    with session.engine.change(session):
        dropped = users.drop(session.engine.catalog, names, if_exists=if_exists)
    return Answer(f"DROP {kind.upper()} {dropped}")


def _name(stream: TokenStream) -> str:
    if stream.peek().kind is Kind.STRING:
        return stream.next().value
    return stream.expect_identifier()


def _options(stream: TokenStream) -> _Options:
    options = _Options()
    stream.accept("with")
    while not stream.at_end:
        flag = stream.accept_any(*_FLAGS)
        if flag is not None:
            options.flags.append(flag.upper())
        elif stream.accept("password"):
            options.password_set = True
            options.password = _value(stream)
        elif stream.accept("valid", "until"):
            options.valid_until_set = True
            options.valid_until = _value(stream)
        else:
            raise stream.error()
    return options


def _value(stream: TokenStream) -> str | None:
    return None if stream.accept("null") else stream.expect_string()
