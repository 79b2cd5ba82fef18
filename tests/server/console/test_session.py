"""The SQL page's connection against a living server that answers as the recorded node did."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.results import Row
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.target import resolve_target
from kwtui.server.console.session import Console
from tests.conftest import SandboxNode


@pytest.fixture
async def server(sandbox: SandboxNode) -> AsyncIterator[Server]:
    """With a table of 3,000 rows in a database of its own."""
    server = await connect(resolve_target(dsn=sandbox.dsn, environ={}))
    await server.execute("CREATE DATABASE console")
    await server.execute("CREATE TABLE console.public.t (n INT8 PRIMARY KEY, v STRING)")
    rows = ", ".join(f"({n}, 'row {n}')" for n in range(3000))
    await server.execute(f"INSERT INTO console.public.t VALUES {rows}")
    yield server
    await server.execute("DROP DATABASE console CASCADE")
    await server.close()


@pytest.fixture
async def console(sandbox: SandboxNode, server: Server) -> AsyncIterator[Console]:
    target = resolve_target(dsn=sandbox.dsn, environ={})
    console = Console(replace(target, database="console"))
    yield console
    await console.close()


async def refusal(console: Console, sql: str) -> KwtuiError:
    with pytest.raises(KwtuiError) as caught:
        await console.run(sql)
    return caught.value


async def test_only_as_many_rows_are_read_as_were_asked_for(console: Console) -> None:
    few = await console.run("SELECT * FROM t ORDER BY n", limit=10)
    assert few.limited
    assert [row[0] for row in few.result.rows] == [str(n) for n in range(10)]
    every = await console.run("SELECT * FROM t ORDER BY n", limit=5000)
    assert (len(every.result.rows), every.limited) == (3000, False)
    exactly = await console.run("SELECT * FROM t ORDER BY n", limit=3000)
    assert not exactly.limited


async def test_the_current_database_outlives_a_result_that_was_cut_off(console: Console) -> None:
    """Reading stops by dropping the connection; the next one must be where the person was."""
    await console.run("USE defaultdb")
    assert (await console.run("SELECT * FROM console.public.t", limit=1)).limited
    assert (await console.run("SHOW database")).result.scalar() == "defaultdb"


async def test_writing_is_refused_until_it_is_unlocked(console: Console, server: Server) -> None:
    error = await refusal(console, "DELETE FROM t WHERE n = 1")
    assert error.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "unlock" in error.hint
    assert (await server.query("SELECT count(*) FROM console.public.t")).scalar() == "3000"
    await console.unlock()
    assert (await console.run("DELETE FROM t WHERE n = 1")).tag == "DELETE 1"
    await console.lock()
    await refusal(console, "DELETE FROM t WHERE n = 2")
    assert (await server.query("SELECT count(*) FROM console.public.t")).scalar() == "2999"


async def test_an_export_is_refused_although_a_read_only_session_would_let_it_pass(
    console: Console, sandbox: SandboxNode
) -> None:
    await refusal(console, "EXPORT INTO CSV 'nodelocal://1/console_ro' FROM TABLE t")
    assert not (sandbox.extern / "console_ro").exists()


async def test_the_session_itself_is_read_only(console: Console) -> None:
    """Even if both parses were wrong, the server refuses an INSERT (recording 12)."""
    answer = await console.run("SHOW default_transaction_read_only")
    assert answer.result.scalar() == "on"


async def test_writing_that_returns_more_rows_than_are_shown_is_not_broken_off(
    console: Console, server: Server
) -> None:
    await console.unlock()
    answer = await console.run("DELETE FROM t WHERE n < 500 RETURNING n", limit=5)
    assert (len(answer.result.rows), answer.limited) == (5, True)
    assert not answer.may_be_repeated
    assert (await server.query("SELECT count(*) FROM console.public.t")).scalar() == "2500"


async def test_a_read_only_profile_cannot_be_unlocked(sandbox: SandboxNode) -> None:
    target = resolve_target(dsn=sandbox.dsn, environ={})
    console = Console(replace(target, read_only=True))
    with pytest.raises(KwtuiError, match="read-only"):
        await console.unlock()
    assert not console.unlocked


async def test_a_statement_that_takes_too_long_is_ended_by_the_server(console: Console) -> None:
    console.timeout_seconds = 1
    await console.unlock()
    error = await refusal(console, "SELECT pg_sleep(30)")
    assert "statement timeout" in error.cause
    assert (await console.run("SELECT 1")).result.scalar() == "1"


async def test_a_statement_that_would_be_read_for_minutes_is_refused(console: Console) -> None:
    error = await refusal(console, "SELECT " + "(" * 64_000_000)
    assert error.exit_code is ExitCode.USAGE
    assert "at most 1,000,000 characters" in error.title


async def test_what_only_holds_the_server_up_is_no_reading(console: Console) -> None:
    error = await refusal(console, "SELECT pg_sleep(30)")
    assert error.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "calls pg_sleep(), which is not among the functions" in error.cause


async def until_it_runs(server: Server, word: str) -> None:
    """Asking the server takes its time, so this does not spin."""
    while True:
        running = await server.query("SHOW QUERIES")
        if any(word in (row["query"] or "") for row in running.dicts()):
            return


async def test_a_running_statement_can_be_cancelled(console: Console, server: Server) -> None:
    await console.unlock()
    running = asyncio.create_task(console.run("SELECT pg_sleep(30)"))
    await until_it_runs(server, "pg_sleep")
    assert await console.cancel()
    with pytest.raises(KwtuiError) as caught:
        await running
    assert caught.value.exit_code is ExitCode.CANCELLED
    assert (await console.run("SELECT 1")).result.scalar() == "1"
    assert not await console.cancel()


async def test_the_servers_words_about_a_wrong_statement_are_told(console: Console) -> None:
    error = await refusal(console, "SELECT nope FROM t")
    assert 'column "nope" does not exist' in error.cause
    assert (await refusal(console, "  -- nothing\n")).exit_code is ExitCode.USAGE
    assert (await refusal(console, "SELECT 1; SELECT 2")).exit_code is ExitCode.USAGE


class Kept:
    """A sink in memory."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.rows: list[Row] = []

    def columns(self, names: Sequence[str]) -> None:
        self.names = list(names)

    def row(self, values: Row) -> None:
        self.rows.append(values)


async def test_saving_reads_every_row_whatever_was_shown(console: Console) -> None:
    sink = Kept()
    assert await console.stream("SELECT n, v FROM t ORDER BY n", sink) == 3000
    assert sink.names == ["n", "v"]
    assert sink.rows[-1] == ("2999", "row 2999")


async def test_what_writes_is_never_run_twice_to_be_saved(console: Console) -> None:
    await console.unlock()
    with pytest.raises(KwtuiError, match="Only what was read"):
        await console.stream("DELETE FROM t RETURNING n", Kept())


async def test_an_import_that_would_pass_over_files_is_refused(
    console: Console, server: Server
) -> None:
    """Live-findings, row 31: of several locations a time series is read from the first alone."""
    await server.execute("CREATE TS DATABASE console_ts")
    await server.execute(
        "CREATE TABLE console_ts.public.s (ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL)"
        " PRIMARY TAGS (id)"
    )
    await console.unlock()
    two = "CSV DATA ('nodelocal://1/a', 'nodelocal://1/b')"
    for name in ("console_ts.public.s", 'Console_TS."public".S'):
        error = await refusal(console, f"import into {name} (ts, v, id) {two}")
        assert error.exit_code is ExitCode.REFUSED_BY_PLAN
        assert "only from the first" in error.title
    making = "IMPORT TABLE CREATE USING 'nodelocal://1/a/meta.sql'"
    error = await refusal(console, f"{making} {two} WITH delimiter = ','")
    assert "nodelocal://1/a, nodelocal://1/b" in error.title
    files = await refusal(
        console, f"{making} CSV DATA ('nodelocal://1/a.csv', 'nodelocal://1/b.CSV')"
    )
    assert files.exit_code is not ExitCode.REFUSED_BY_PLAN, "only relational tables take files"
    relational = await refusal(console, f"IMPORT INTO t {two}")
    assert relational.exit_code is ExitCode.NOT_FOUND, "the server looked for the files"
    await server.execute("DROP DATABASE console_ts CASCADE")
