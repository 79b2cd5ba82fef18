"""Windows are read as well as the node lets them be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel, Extremes, Window
from kwtui.model.schema import ColumnSpec, TableName, TableSpec
from kwtui.operations.runner import Halt
from kwtui.operations.shared.window_reading import Asked, newest, read_windows, window_end
from kwtui.server.connection.results import ResultSet, StatementResult
from kwtui.server.connection.server import Server
from kwtui.sql import content

M = TableSpec(
    TableName("public", "m"),
    (
        ColumnSpec("ts", "TIMESTAMPTZ(3)", nullable=False),
        ColumnSpec("a", "FLOAT8", nullable=False),
        ColumnSpec("s", "NCHAR(30)", nullable=False),
    ),
    "",
    "",
    time_column="ts",
)
ASKED = Asked("win", M, aggregates=content.aggregates_of(M), width=content.DAY)
DAY = "2026-11-01 00:00:00+00:00"
FIRST, LAST = "2026-11-01 00:00:00+00:00", "2026-11-01 12:00:00+00:00"


@dataclass
class Node:
    """Refuses statements that hold one of these words."""

    refuses: tuple[str, ...] = ()
    sent: list[str] = field(default_factory=list)
    code: ExitCode = ExitCode.STATEMENT_REFUSED

    async def execute(self, sql: str, on_notice: Any = None) -> StatementResult:
        self.sent.append(sql)
        if any(word in sql for word in self.refuses):
            raise KwtuiError("unsupported function", exit_code=self.code)
        return StatementResult("SELECT 0", (ResultSet((), (self._row(sql),)),))

    def _row(self, sql: str) -> tuple[str, ...]:
        values = {"time_bucket(": DAY, "count(*)": "2", "sum(a)": "1.5", "sum(length(s))": "9"}
        values |= {"min(a)": "-1", "max(a)": "2.5", "min(ts)": FIRST, "max(ts)": LAST}
        return tuple(value for word, value in values.items() if word in sql)


async def read(node: Node) -> Any:
    return await read_windows(cast(Server, node), ASKED, Halt())


async def test_one_statement_reads_a_table_and_one_how_far_sums_may_be_apart() -> None:
    node = Node()
    found = await read(node)
    assert found.reason == ""
    assert found.windows.level is CheckLevel.AGGREGATES
    until = "2026-11-02 00:00:00+00:00"
    assert found.windows.windows == (Window(DAY, until, 2, ("1.5", "9", FIRST, LAST)),)
    assert found.windows.extremes == (Extremes("a", "-1", "2.5"),)
    assert newest(found.windows) == LAST
    assert len(node.sent) == 2


@pytest.mark.parametrize(
    ("refuses", "level", "width"),
    [
        (("length",), CheckLevel.AGGREGATES, "1d"),
        (("sum",), CheckLevel.COUNTS, "1d"),
        (("sum", "time_bucket"), CheckLevel.COUNTS, ""),
        (("min(a)",), CheckLevel.COUNTS, "1d"),
    ],
)
async def test_what_a_node_refuses_is_left_out_and_told(
    refuses: tuple[str, ...], level: CheckLevel, width: str
) -> None:
    found = await read(Node(refuses))
    assert (found.windows.level, found.windows.width) == (level, width)
    assert found.windows.rows == 2
    assert found.reason == "unsupported function"


@pytest.mark.parametrize(
    ("refuses", "code"),
    [(("count",), ExitCode.STATEMENT_REFUSED), (("sum",), ExitCode.CONNECTION_LOST)],
)
async def test_what_is_not_even_counted_is_an_error(
    refuses: tuple[str, ...], code: ExitCode
) -> None:
    with pytest.raises(KwtuiError) as error:
        await read(Node(refuses, code=code))
    assert error.value.exit_code is code


def test_a_window_ends_where_the_next_one_begins() -> None:
    assert window_end("2026-12-31 00:00:00+00:00", "1d") == "2027-01-01 00:00:00+00:00"
    assert window_end("2026-12-31 00:00:00", "1d") == "2027-01-01 00:00:00"
    assert window_end("9999-12-31 00:00:00+00:00", "1d") == ""
    assert window_end("", "") == ""
