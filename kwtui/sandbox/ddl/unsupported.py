"""Statements that a node refuses, with its words."""

from __future__ import annotations

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement, TokenStream

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
