"""CREATE FUNCTION in Lua and DROP FUNCTION (recordings 08 and 19). The sandbox does not call them.

No statement of a node shows a function's body.
"""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.catalog.objects import FunctionDef
from kwtui.sandbox.catalog.users import require_admin
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream
from kwtui.sandbox.values.sql_type import SqlType
from kwtui.sandbox.values.types import base_family, parse_type

_SHOWN = {
    "INT2": "SMALLINT", "INT4": "INT", "INT8": "BIGINT", "FLOAT4": "FLOAT", "FLOAT8": "DOUBLE",
    "STRING": "VARCHAR",
}  # fmt: skip
"""The engine's own words for types. INT is recorded, the others are KWDB 3.2's ``DataType``."""


@handles("CREATE FUNCTION")
def create(session: Session, statement: Statement) -> Answer:
    """``CREATE FUNCTION f(a INT4) RETURNS INT4 LANGUAGE LUA BEGIN '…' END``."""
    stream = TokenStream.of(statement, "try \\h CREATE FUNCTION")
    stream.expect("create", "function")
    name = stream.expect_identifier()
    stream.expect("(")
    arguments: list[str] = []
    while not stream.accept(")"):
        if arguments:
            stream.expect(",")
        stream.expect_identifier()
        arguments.append(_shown(parse_type(stream)))
    stream.expect("returns")
    returns = _shown(parse_type(stream))
    stream.expect("language", "lua", "begin")
    body = stream.expect_string()
    stream.expect("end")
    stream.expect_end()
    require_admin(session.engine.catalog, session.user, "CREATE FUNCTION")
    if name in session.engine.catalog.functions:
        raise SqlError(
            f"function named '{name}' already exists. Please choose a different name", "42710"
        )
    with session.engine.change(session):
        made = FunctionDef(name, arguments, returns, body)
        session.engine.catalog.functions[name] = made
    return Answer("CREATE FUNCTION")


def _shown(kind: SqlType) -> str:
    family = base_family(kind)
    return _SHOWN.get(family, family)


@handles("DROP FUNCTION")
def drop(session: Session, statement: Statement) -> Answer:
    """``DROP FUNCTION f, …``."""
    stream = TokenStream.of(statement, "try \\h DROP FUNCTION")
    stream.expect("drop", "function")
    if_exists = stream.accept("if", "exists")
    names = [stream.expect_identifier()]
    while stream.accept(","):
        names.append(stream.expect_identifier())
    stream.expect_end()
    require_admin(session.engine.catalog, session.user, "DROP FUNCTION")
    with session.engine.change(session):
        for name in names:
            if session.engine.catalog.functions.pop(name, None) is None and not if_exists:
                raise SqlError(f"function {name} does not exist", "42704")
    return Answer("DROP FUNCTION")
