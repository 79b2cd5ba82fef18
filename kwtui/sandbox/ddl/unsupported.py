"""Statements that a node refuses, or that the sandbox cannot do, with the node's words."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError, not_implemented
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.resolve import find_table
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement, TokenStream
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.values.types import parse_type

_UNIMPLEMENTED = (
    "You have attempted to use a feature that is not yet implemented.\n\nPlease check our website"
    " to find out whether this problem is already \ntracked.  If you cannot find it there, please"
    " contact us with the \navailable channels published on website.\n\nWe appreciate your"
    " feedback.\n"
)


@handles("CREATE TYPE")
def create_type(session: Session, statement: Statement) -> Answer:
    """``CREATE TYPE … AS ENUM``: unimplemented on the node too (recording 08)."""
    stream = TokenStream.of(statement)
    stream.expect("create", "type")
    stream.qualified_name()
    stream.expect("as", "enum", "(")
    error = stream.error(explanation="unimplemented: this syntax")
    raise SqlError(error.message, "0A000", error.detail, _UNIMPLEMENTED)


@handles("CREATE FUNCTION")
def create_function(session: Session, statement: Statement) -> Answer:
    """``CREATE FUNCTION f(a INT) RETURNS INT …``; LUA right after the type is no syntax (08)."""
    stream = TokenStream.of(statement, "try \\h CREATE FUNCTION")
    stream.expect("create", "function")
    stream.qualified_name()
    stream.balanced()
    stream.expect("returns")
    parse_type(stream)
    if not stream.looking_at("begin"):
        raise stream.error()
    raise not_implemented("CREATE FUNCTION")


@handles("CREATE TRIGGER")
def create_trigger(session: Session, statement: Statement) -> Answer:
    """``CREATE TRIGGER … FOR EACH ROW …``; a statement's semicolon ends the syntax (08)."""
    stream = TokenStream.of(statement, "try \\h CREATE TRIGGER")
    stream.expect("create", "trigger")
    while not stream.at_end:
        if stream.looking_at(";"):
            raise stream.error()
        stream.next()
    raise not_implemented("CREATE TRIGGER")


@handles("CREATE STREAM")
def create_stream(session: Session, statement: Statement) -> Answer:
    """``CREATE STREAM s INTO t AS SELECT …``: the columns must fit the target's (recording 09)."""
    stream = TokenStream.of(statement, "try \\h CREATE STREAM")
    stream.expect("create", "stream")
    stream.expect_identifier()
    stream.expect("into")
    target = find_table(session, stream.qualified_name())
    while not stream.accept("as"):
        if stream.at_end:
            raise stream.error()
        stream.next()
    outputs, rows = scan(session, statement.text[stream.peek().start :])
    closing = getattr(rows, "close", None)
    if closing is not None:
        closing()
    for (_, kind), column in zip(outputs, target.columns, strict=False):
        if kind != column.type:
            raise SqlError(
                "stream output type is not compatible with target table, column name:"
                f' "{column.name}", source type: "{kind.text.lower()}", target type:'
                f' "{column.type.text.lower()}"'
            )
    raise not_implemented("CREATE STREAM")
