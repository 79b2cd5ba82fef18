"""Statements that a community node knows and refuses (recording 04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.language.lexer import Statement, TokenStream

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

_SCHEDULABLE = ("insert", "update", "delete", "upsert")


@handles("BACKUP", "RESTORE")
def enterprise(session: Session, statement: Statement) -> Answer:
    """``BACKUP`` and ``RESTORE`` belong to the enterprise version."""
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
