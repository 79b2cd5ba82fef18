"""Statements that a community node knows and refuses, with its words."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement
from kwtui.sandbox.language.stream import TokenStream

_SCHEDULABLE = ("insert", "update", "delete", "upsert")
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


@handles("BACKUP", "RESTORE")
def enterprise(session: Session, statement: Statement) -> Answer:
    """``BACKUP`` and ``RESTORE`` belong to the enterprise version (recording 04)."""
    word = statement.tokens[0].value.upper()
    raise SqlError(f"The {word} can only be used in the enterprise version")


@handles("CREATE SCHEDULE")
def create_schedule(session: Session, statement: Statement) -> Answer:
    """``CREATE SCHEDULE name FOR SQL 'statement' …``: no backup can be scheduled on a node."""
    stream = TokenStream.of(statement, "try \\h CREATE SCHEDULE FOR SQL")
    stream.expect("create", "schedule")
    stream.accept("if", "not", "exists")
    stream.expect_identifier()
    stream.expect("for", "sql")
    first = TokenStream(stream.expect_string()).peek().value
    if first not in _SCHEDULABLE:
        raise SqlError(f"{first.upper()} does not support to be scheduled", "0A000")
    raise SqlError("the sandbox has no scheduler", "0A000")
