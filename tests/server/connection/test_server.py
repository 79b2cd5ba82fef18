"""A connection: what is said on it, what comes back, and how it ends."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys

import pytest

from kwtui.config.profiles import TlsMode
from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection import server as connection
from kwtui.server.connection.failures import ConnectionLost, PasswordRejected, StatementRefused
from kwtui.server.connection.libpq import connection_parameters
from kwtui.server.connection.results import Notice
from kwtui.server.connection.server import Server, connect
from kwtui.server.connection.target import Target, resolve_target
from kwtui.sql import statements
from tests.conftest import SandboxNode
from tests.server.scripted import Reply, scripted


@pytest.fixture(autouse=True)
def _no_secrets_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("PGPASSWORD", "PGPASSFILE", "HOME"):
        monkeypatch.delenv(variable, raising=False)


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


async def test_a_session_says_who_it_is_and_keeps_utc() -> None:
    async with scripted() as node:
        server = await connect(node.target())
        assert node.received[:8] == [
            "SET application_name = 'kwtui'",
            "SET extra_float_digits = 3",
            "SET TIME ZONE 'UTC'",
            "SET bytea_output = 'hex'",
            "SET intervalstyle = 'postgres'",
            "SET datestyle = 'ISO, MDY'",
            "SET statement_timeout = 0",
            "SHOW session_id",
        ]
        assert node.startups[0]["database"] == "defaultdb"
        assert node.startups[0]["user"] == "root"
        assert server.session_id == "18ea"
        assert server.kwdb_version == "KaiwuDB V3.2.1"
        assert not server.tls
        await server.close()
        assert not server.is_alive


async def test_values_come_as_the_servers_text() -> None:
    rows: list[tuple[str | None, ...]] = [("9999-12-31 23:59:59.999999999+00:00", None), ("", "表")]
    async with scripted({"SELECT x": Reply(sets=[(("at", "b"), rows)])}) as node:
        server = await connect(node.target())
        answer = await server.query("SELECT x")
        assert answer.names == ("at", "b")
        assert answer.rows == tuple(rows)
        await server.close()


async def test_the_result_of_a_time_series_export_is_read_to_the_last_set() -> None:
    names = ("result",)
    script = {
        "EXPORT": Reply(
            notices=["first", "second"],
            sets=[(names, []), (names, []), (names, [("succeed",)])],
            tag="EXPORT 1",
        )
    }
    heard: list[Notice] = []
    async with scripted(script) as node:
        server = await connect(node.target())
        result = await server.execute("EXPORT", on_notice=heard.append)
        assert result.tag == "EXPORT 1"
        assert result.result.scalar() == "succeed"
        assert [n.message for n in result.notices] == ["first", "second"]
        assert heard == list(result.notices)
        assert (await server.execute("OTHER")).notices == ()
        await server.close()


async def test_a_percent_sign_and_a_brace_mean_nothing() -> None:
    sql = "SELECT '%s %(a)s {b}' "
    async with scripted() as node:
        server = await connect(node.target())
        await server.execute(sql)
        assert node.received[-1] == sql
        await server.close()


async def test_a_refused_statement_leaves_the_connection_usable() -> None:
    script = {
        "EXPORT": Reply(error=("42501", "only users with the admin role are allowed to EXPORT"))
    }
    async with scripted(script) as node:
        server = await connect(node.target())
        with pytest.raises(StatementRefused) as caught:
            await server.execute("EXPORT")
        assert caught.value.exit_code is ExitCode.ADMIN_ROLE_REQUIRED
        assert caught.value.sqlstate == "42501"
        assert server.is_alive
        assert (await server.query("SELECT 1")).scalar() == "1"
        await server.close()


async def test_a_server_that_hangs_up_is_a_lost_connection() -> None:
    async with scripted({"EXPORT": Reply(hang_up=True)}) as node:
        server = await connect(node.target())
        with pytest.raises(ConnectionLost) as caught:
            await server.execute("EXPORT")
        assert caught.value.exit_code is ExitCode.CONNECTION_LOST
        assert not server.is_alive
        assert server.gone.is_set()
        with pytest.raises(ConnectionLost):
            await server.query("SELECT 1")
        await server.close()


async def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    async with scripted({"SELECT 1": Reply(hang=True)}) as node:
        server = await connect(node.target())
        with pytest.raises(ConnectionLost) as caught:
            await server.ping(0.05)
        assert "No answer within" in caught.value.cause
        assert not server.is_alive
        await server.close()


RUNNING = {
    "SHOW QUERIES": Reply(
        sets=[(("query_id", "session_id"), [("q0", "of another"), ("q1", "18ea")])]
    ),
}


async def test_a_cancelled_export_is_cancelled_on_the_server_before_the_task_ends() -> None:
    async with scripted({**RUNNING, "EXPORT": Reply(hang=True)}) as node:
        running = asyncio.Event()
        node.on_statement = lambda sql: running.set() if sql == "EXPORT" else None
        node.hang_up_on_cancel = True
        server = await connect(node.target())
        task = asyncio.create_task(server.execute("EXPORT"))
        await running.wait()
        assert server.is_busy
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert "CANCEL QUERY 'q1'" in node.received
        assert not server.is_alive
        assert not server.is_busy
        await server.close()


async def test_a_cancelled_import_has_its_job_cancelled() -> None:
    sent = """IMPORT INTO d.public."date" CSV DATA ('nodelocal://1/n1.0.csv') WITH nullif = 'N'"""
    mine = """IMPORT INTO d.public.date CSV DATA ('nodelocal://1/n1.0.csv') WITH "nullif" = e'N'"""
    theirs = mine.replace("d.public", "other.public")
    names = ("job_id", "description", "status", "fraction_completed")
    jobs = [("7", theirs, "running", "0"), ("8", mine, "running", "0")]
    script = {
        **RUNNING,
        sent: Reply(hang=True),
        statements.running_jobs("IMPORT"): Reply(sets=[(names, list(jobs))]),
    }
    async with scripted(script) as node:
        running = asyncio.Event()
        node.on_statement = lambda sql: running.set() if sql == sent else None
        node.refuse_on_cancel = True
        server = await connect(node.target())
        task = asyncio.create_task(server.execute(sent))
        await running.wait()
        assert await server.cancel_query()
        with pytest.raises(StatementRefused):
            await task
        assert "CANCEL JOB 8" in node.received
        assert "CANCEL JOB 7" not in node.received
        assert "CANCEL QUERY 'q1'" not in node.received
        await server.close()


async def test_a_reader_who_loses_interest_does_not_lose_the_connection() -> None:
    async with scripted({"SELECT x": Reply(delay=0.05)}) as node:
        running = asyncio.Event()
        node.on_statement = lambda sql: running.set() if sql == "SELECT x" else None
        server = await connect(node.target())
        task = asyncio.create_task(server.query("SELECT x"))
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await server.query("SELECT 1")).scalar() == "1"
        assert "CANCEL QUERY 'q1'" not in node.received
        await server.close()


async def test_closing_in_the_middle_leaves_nothing_behind() -> None:
    async with scripted({"SELECT x": Reply(hang=True)}) as node:
        running = asyncio.Event()
        node.on_statement = lambda sql: running.set() if sql == "SELECT x" else None
        server = await connect(node.target())
        task = asyncio.create_task(server.query("SELECT x"))
        await running.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.close()
        async with asyncio.timeout(10):
            await node.deserted.wait()


async def test_a_slow_statement_is_cancelled_and_the_connection_stays() -> None:
    async with scripted({**RUNNING, "SELECT x": Reply(hang=True)}) as node:
        node.refuse_on_cancel = True
        server = await connect(node.target())
        with pytest.raises(KwtuiError) as caught:
            await server.query("SELECT x", within=0.02)
        assert "did not finish within 0.02 seconds" in caught.value.title
        assert server.is_alive
        assert (await server.query("SELECT 1")).scalar() == "1"
        await server.close()


async def test_a_statement_that_survives_its_cancelling_costs_the_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connection, "_LAST_WORDS", 0.05)
    async with scripted({**RUNNING, "SELECT x": Reply(hang=True)}) as node:
        server = await connect(node.target())
        with pytest.raises(ConnectionLost):
            await server.query("SELECT x", within=0.02)
        assert not server.is_alive
        await server.close()


async def test_cancelling_nothing_says_so() -> None:
    async with scripted() as node:
        server = await connect(node.target())
        assert await server.cancel_query() is False
        await server.close()


# -- passwords --------------------------------------------------------------------------------


async def test_without_tls_no_password_leaves_this_machine() -> None:
    async with scripted(password="s3cret") as node:
        with pytest.raises(KwtuiError) as caught:
            await connect(node.target(password="s3cret"))
        assert node.passwords == []
        assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
        assert "none is sent without TLS" in caught.value.title


async def test_with_the_persons_word_it_does() -> None:
    async with scripted(password="s3cret") as node:
        target = node.target(password="s3cret", allow_cleartext_password=True)
        server = await connect(target)
        assert node.passwords == ["s3cret"]
        await server.close()


async def test_a_wrong_password_is_asked_for_once() -> None:
    async with scripted(password="s3cret") as node:
        target = node.target(user="op", password="old", allow_cleartext_password=True)
        with pytest.raises(PasswordRejected):
            await connect(target)

        async def prompt(_: Target) -> str:
            return "s3cret"

        server = await connect(target, prompt=prompt)
        assert node.passwords[-2:] == ["old", "s3cret"]
        assert server.target.password == "s3cret"
        await server.close()


async def test_a_missing_password_is_asked_for_and_may_be_declined() -> None:
    asked: list[str] = []

    async def decline(target: Target) -> None:
        asked.append(target.redacted)

    async with scripted(password="s3cret") as node:
        with pytest.raises(KwtuiError) as caught:
            await connect(node.target(allow_cleartext_password=True), prompt=decline)
        assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
        assert len(asked) == 1


async def test_libpq_finds_no_password_of_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PGPASSWORD", "s3cret")
    async with scripted(password="s3cret") as node:
        with pytest.raises(KwtuiError):
            await connect(node.target())
        assert node.passwords == []


# -- what cannot be connected to ----------------------------------------------------------------


async def test_nobody_listens() -> None:
    with pytest.raises(KwtuiError) as caught:
        await connect(Target(port=free_port(), tls=TlsMode.DISABLE))
    assert caught.value.exit_code is ExitCode.SERVER_UNREACHABLE
    assert "refused" in caught.value.cause


async def test_a_node_without_tls_is_explained_to_who_asks_for_it() -> None:
    async with scripted() as node:
        with pytest.raises(KwtuiError) as caught:
            await connect(node.target(tls=TlsMode.REQUIRE))
        assert caught.value.exit_code is ExitCode.TLS_FAILED
        assert "If the node runs in insecure mode" in caught.value.hint


async def test_verify_full_without_a_ca_names_the_missing_file() -> None:
    async with scripted() as node:
        with pytest.raises(KwtuiError) as caught:
            await connect(node.target(tls=TlsMode.VERIFY_FULL, sslrootcert="/nonexistent.crt"))
        assert caught.value.exit_code is ExitCode.TLS_FAILED


async def test_who_never_answers_is_given_up() -> None:
    silent = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(KwtuiError) as caught:
        await Server.open(Target(port=port, tls=TlsMode.DISABLE, connect_timeout=2))
    assert caught.value.exit_code is ExitCode.SERVER_UNREACHABLE
    silent.close()


def test_libpq_is_told_everything_so_that_no_variable_changes_it() -> None:
    told = connection_parameters(Target(password="x", sslrootcert="/a", tls=TlsMode.DISABLE))
    assert told["password"] == ""
    assert told["gssencmode"] == "disable"
    assert told["options"] == ""
    assert (told["sslrootcert"], told["hostaddr"]) == ("", "")
    verified = connection_parameters(Target(password="x", sslrootcert="system"))
    assert (verified["password"], verified["sslrootcert"]) == ("x", "system")


async def test_no_variable_leads_to_another_server(
    sandbox: SandboxNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a profile says counts: PGHOSTADDR alone would send its password elsewhere."""
    target = resolve_target(dsn=sandbox.dsn, environ={})
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    monkeypatch.setenv("PGSERVICE", "no-such-service")
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    monkeypatch.setenv("PGREQUIREAUTH", "scram-sha-256")
    monkeypatch.setenv("PGREQUIREPEER", "nobody")
    server = await Server.open(target)
    assert (await server.query("SHOW default_transaction_read_only")).scalar() == "off"
    await server.close()
    assert os.environ["PGSERVICE"] == "no-such-service"


def test_importing_the_layer_loads_neither_psycopg_nor_a_driver() -> None:
    code = (
        "import sys, kwtui.config.profiles, kwtui.server.connection.target; "
        "import kwtui.server.connection.keepalive, kwtui.server.catalogue.survey; "
        "print('psycopg' in sys.modules, 'platformdirs' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
