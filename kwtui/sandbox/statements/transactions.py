"""BEGIN, COMMIT, ROLLBACK and savepoints."""

from __future__ import annotations

from itertools import pairwise

from kwtui.sandbox.answers.answer import Answer, Notice, SqlError
from kwtui.sandbox.engine.dispatch import handles
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.language.lexer import Statement


@handles("BEGIN", "START TRANSACTION")
def begin(session: Session, statement: Statement) -> Answer:
    """``BEGIN`` with or without READ ONLY."""
    if session.in_transaction:
        raise SqlError("there is already a transaction in progress", "25001")
    session.begin()
    words = [token.value for token in statement.tokens]
    for before, word in pairwise(words):
        if before == "read" and word in ("only", "write"):
            session.transaction_read_only = word == "only"
    return Answer("BEGIN")


@handles("COMMIT", "END")
def commit(session: Session, statement: Statement) -> Answer:
    """``COMMIT``; of a transaction that failed it is a ROLLBACK."""
    if not session.in_transaction:
        return Answer("COMMIT", notices=[_none_in_progress()])
    return Answer("COMMIT" if session.end(keep=True) else "ROLLBACK")


@handles("ROLLBACK", "ABORT")
def rollback(session: Session, statement: Statement) -> Answer:
    """``ROLLBACK``."""
    if any(token.value == "to" for token in statement.tokens):
        raise SqlError("the sandbox does not implement savepoints", "0A000")
    if not session.in_transaction:
        return Answer("ROLLBACK", notices=[_none_in_progress()])
    session.end(keep=False)
    return Answer("ROLLBACK")


def _none_in_progress() -> Notice:
    return Notice("there is no transaction in progress", "WARNING", "25P01")
