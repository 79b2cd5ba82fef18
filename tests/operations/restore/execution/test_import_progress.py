"""An import says nothing while it works; what the server can be asked for is told."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from kwtui.errors import KwtuiError
from kwtui.operations.context import RunContext
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.execution.import_progress import Rows, watched

SQL = "IMPORT INTO shop.public.big CSV DATA ('nodelocal://1/x/n1.0.csv') WITH nullif = '\\N'"
STEP = Step("import:public.big", StepKind.IMPORT_TABLE, "Import public.big", params={"bytes": 900})


class Reporter:
    """Ends the import as soon as it was told enough."""

    def __init__(self, enough: int) -> None:
        self.told: list[dict[str, Any]] = []
        self.notices: list[str] = []
        self.done = asyncio.Event()
        self._enough = enough

    def progress(self, step: Step, **values: Any) -> None:
        self.told.append(values)
        if len(self.told) >= self._enough:
            self.done.set()

    def notice(self, step: Step, severity: str, message: str) -> None:
        self.notices.append(message)
        self.done.set()


class Jobs:
    """A server that lists another import and this one, a bit further at each look."""

    def __init__(self, fractions: list[float]) -> None:
        self._fractions = itertools.chain(
            fractions, itertools.repeat(fractions[-1] if fractions else 0)
        )
        self.closed = False

    async def query(self, sql: str) -> SimpleNamespace:
        here = "IMPORT INTO shop.public.big CSV DATA ('nodelocal://1/x/n1.0.csv')"
        rows = [
            {"description": "IMPORT INTO a.b CSV DATA ('y')", "fraction_completed": "0.9"},
            {"description": here, "fraction_completed": str(next(self._fractions))},
        ]
        return SimpleNamespace(dicts=lambda: iter(rows))

    async def close(self) -> None:
        self.closed = True


async def import_with(
    server: Jobs, reporter: Reporter, rows: Rows | None = None, sql: str = SQL
) -> None:
    async def connect() -> Any:
        return server

    context: Any = RunContext(
        plan=None,  # type: ignore[arg-type]
        run_id="",
        connect=connect,
        extern=Path(),
        state=Path(),
        reporter=reporter,  # type: ignore[arg-type]
        halt=None,  # type: ignore[arg-type]
    )
    async with watched(context, STEP, sql, 4000, rows, every=0):
        await asyncio.wait_for(reporter.done.wait(), 10)


async def test_a_relational_import_is_as_far_as_its_job_says() -> None:
    server, reporter = Jobs([0.0, 0.25, 0.25, 0.75]), Reporter(4)

    await import_with(server, reporter)

    first, *later = reporter.told
    assert first == {"rows_total": 4000, "bytes_total": 900, "basis": "rows so far unknown"}
    assert [told["rows"] for told in later[:3]] == [1000, 1000, 3000]
    assert all(told["estimated"] for told in later)
    assert "25%" in later[0]["basis"]
    assert server.closed


async def test_a_time_series_is_counted() -> None:
    counts: Iterator[int] = iter(range(7, 100, 7))

    async def rows(_: Any) -> int:
        return next(counts)

    server, reporter = Jobs([]), Reporter(3)
    await import_with(server, reporter, rows)

    assert [told["rows"] for told in reporter.told[1:3]] == [7, 14]
    assert "estimated" not in reporter.told[1]
    assert server.closed


async def test_what_cannot_be_asked_stops_no_import() -> None:
    async def rows(_: Any) -> int:
        raise KwtuiError("relation does not exist")

    reporter = Reporter(99)
    await import_with(Jobs([]), reporter, rows)

    assert reporter.notices == ["Its progress is unknown: relation does not exist"]
    assert len(reporter.told) == 1


@pytest.mark.parametrize("fractions", [[0.0] * 9])
async def test_a_job_that_tells_nothing_leaves_the_rows_unknown(fractions: list[float]) -> None:
    class Looked(Jobs):
        async def query(self, sql: str) -> SimpleNamespace:
            answer = await super().query(sql)
            looks.append(sql)
            if len(looks) == 3:
                reporter.done.set()
            return answer

    looks: list[str] = []
    reporter = Reporter(99)
    await import_with(Looked(fractions), reporter)

    assert len(looks) >= 3
    assert [told["basis"] for told in reporter.told] == ["rows so far unknown"]


async def test_the_job_of_a_table_whose_files_lie_beside_is_another_one() -> None:
    folder = f"nodelocal://1/{'deep/' * 60}"

    class Beside(Jobs):
        async def query(self, sql: str) -> SimpleNamespace:
            looks.append(sql)
            if len(looks) == 3:
                reporter.done.set()
            here = f"IMPORT INTO shop.public.big CSV DATA ('{folder}n1.1.csv')"
            rows = [{"description": here, "fraction_completed": "0.5"}]
            return SimpleNamespace(dicts=lambda: iter(rows))

    looks: list[str] = []
    reporter = Reporter(99)
    sql = f"IMPORT INTO shop.public.big CSV DATA ('{folder}n1.0.csv')"
    await import_with(Beside([]), reporter, sql=sql)

    assert [told["basis"] for told in reporter.told] == ["rows so far unknown"]
