"""What a statement answers: result sets, notices, errors. The border between SQL and wire.

Values are text as the node prints them (``None`` is SQL NULL): the recordings hold the server's
own text, and the wire layer derives binary values from it where a client asks for them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Row = tuple[str | None, ...]


@dataclass(frozen=True)
class Column:
    """One column of a RowDescription."""

    name: str
    oid: int


@dataclass(frozen=True)
class Notice:
    """A NoticeResponse."""

    message: str
    severity: str = "NOTICE"
    sqlstate: str = "00000"
    detail: str | None = None
    hint: str | None = None


@dataclass
class Answer:
    """The answer to one statement.

    ``columns is None`` means that the node sends no RowDescription. ``earlier`` holds the result
    sets that precede the real one (an EXPORT of time-series tables sends one empty set for each
    table, recording 07); they carry no command tag of their own. ``close_connection`` makes the
    server hang up without an answer, as it does to an export that was cancelled (recording 10).
    """

    tag: str
    columns: tuple[Column, ...] | None = None
    rows: Iterable[Row] = ()
    notices: list[Notice] = field(default_factory=list)
    earlier: list[tuple[Column, ...]] = field(default_factory=list)
    close_connection: bool = False


class SqlError(Exception):
    """An ErrorResponse. ``sqlstate`` is ``XXUUU`` where the node gives no code of its own."""

    def __init__(
        self,
        message: str,
        sqlstate: str = "XXUUU",
        detail: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.sqlstate = sqlstate
        self.detail = detail
        self.hint = hint


def not_implemented(what: str) -> SqlError:
    """0A000 for something that is valid on a node, and that the sandbox cannot do."""
    return SqlError(
        f"the sandbox does not implement {what}",
        "0A000",
        hint="It is valid on a real node. The sandbox refuses what it cannot answer truly.",
    )


class StatementCancelled(Exception):
    """CANCEL QUERY reached this statement; the server closes its connection (recording 10)."""
