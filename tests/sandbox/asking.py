"""Asking a sandbox engine without a server: statements in, tags and rows out."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from kwtui.sandbox.answers.answer import Row, SqlError
from kwtui.sandbox.engine.session import Session


@dataclass(frozen=True)
class Reply:
    """What one statement answered."""

    tag: str
    columns: dict[str, int]
    """Names with their type OIDs, in order."""
    rows: list[Row]


def ask(session: Session, sql: str) -> Reply:
    """The answer to one statement. The tag is read last: it holds the number of rows."""
    replies = []
    for answer in session.execute(sql):
        rows = list(answer.rows)
        columns = {column.name: column.oid for column in answer.columns or ()}
        replies.append(Reply(answer.tag, columns, rows))
    (reply,) = replies
    return reply


def refusal(session: Session, sql: str) -> SqlError:
    """The error that a statement must end with."""
    with pytest.raises(SqlError) as caught:
        ask(session, sql)
    return caught.value
