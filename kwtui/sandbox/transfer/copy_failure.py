"""What an error inside EXPORT or IMPORT really was: an error, a timeout or a cancellation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.engine.errors import from_duckdb

if TYPE_CHECKING:
    from kwtui.sandbox.engine.session import Session

Failure = SqlError | duckdb.Error


def reported(session: Session, failure: Failure) -> SqlError:
    """The error that the client is told. DuckDB's words for an interruption become its reason.

    Raises StatementCancelled if the statement was cancelled.
    """
    try:
        session.check_interrupt()
    except SqlError as timeout:
        return timeout
    return from_duckdb(failure) if isinstance(failure, duckdb.Error) else failure


def of_one_table(session: Session, failure: Failure) -> SqlError:
    """The error of one table, which a database export outlives.

    Raises StatementCancelled or SqlError if the whole statement has to stop.
    """
    session.check_interrupt()
    return reported(session, failure)
