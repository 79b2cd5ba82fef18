"""What clients see on the wire, with an engine behind it that has canned answers."""

from __future__ import annotations

import asyncio
import datetime
import decimal
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from kwtui.sandbox.node import store
from kwtui.sandbox.node.clients import Clients, Node
from kwtui.sandbox.node.node_log import NodeLog
from tests.sandbox.fake_engine import FakeEngine


@dataclass
class Served:
    """A server on a free port."""

    engine: FakeEngine
    port: int
    logs: Path

    def dsn(self, **more: str) -> str:
        words = {"user": "root", "dbname": "defaultdb", **more}
        options = " ".join(f"{key}='{value}'" for key, value in words.items())
        return f"host=127.0.0.1 port={self.port} sslmode=prefer gssencmode=disable {options}"

    def log_text(self) -> str:
        return (self.logs / "kwbase.log").read_text(errors="replace")


async def _serve(tmp_path: Path, password_required: bool) -> AsyncIterator[Served]:
    engine = FakeEngine()
    prepared = store.prepare(tmp_path / "store", "127.0.0.1:0")
    log = NodeLog(prepared.logs, ["kwbase"])
    clients = Clients()
    clients.node = Node(engine, log, store.Wal(prepared), password_required)
    server = await asyncio.start_server(clients.serve, "127.0.0.1", 0)
    yield Served(engine, server.sockets[0].getsockname()[1], prepared.logs)
    server.close()
    await clients.close()
    log.close()


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async for one in _serve(tmp_path, password_required=False):
        yield one


@pytest.fixture
async def secured(tmp_path: Path) -> AsyncIterator[Served]:
    async for one in _serve(tmp_path, password_required=True):
        yield one


async def test_psycopg_is_told_what_a_node_tells(served: Served) -> None:
    # sslmode=prefer asks for TLS first; an insecure node says no and goes on (recording 11).
    async with await psycopg.AsyncConnection.connect(served.dsn(application_name="me")) as db:
        status = db.pgconn.parameter_status
        assert status(b"server_version") == b"9.5.0"
        assert status(b"TimeZone") == b""
        assert status(b"is_superuser") == b"on"
        assert status(b"session_authorization") == b"root"
        assert status(b"application_name") == b"me"
        assert db.pgconn.backend_pid == 0, "a node sends no cancellation key"


async def test_no_cancellation_key_means_that_psycopg_cannot_cancel(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn()) as db:
        with pytest.raises(psycopg.OperationalError, match="no cancellation key"):
            db.pgconn.get_cancel().cancel()


async def test_a_session_variable_that_changes_is_reported(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        cursor = await db.execute("SET timezone TO 'Asia/Shanghai'")
        assert cursor.statusmessage == "SET"
        assert db.pgconn.parameter_status(b"TimeZone") == b"Asia/Shanghai"


async def test_a_time_series_export_shows_earlier_empty_result_sets(served: Served) -> None:
    notices = []
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        db.add_notice_handler(lambda notice: notices.append((notice.severity, notice.sqlstate)))
        cursor = await db.execute("EXPORT x")
        sets = [await cursor.fetchall()]
        while cursor.nextset():
            sets.append(await cursor.fetchall())
        assert sets == [[], [], [("succeed",)]]
        assert cursor.statusmessage == "EXPORT 1"
    assert notices == [("NOTICE", "XXUUU")]


async def test_a_time_series_export_breaks_in_the_extended_protocol(served: Served) -> None:
    """It is described with four columns and answers one (facts.md 9.3)."""
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        with pytest.raises(psycopg.Error, match="unexpected field count"):
            await db.execute("EXPORT x", prepare=True)


async def test_an_error_carries_all_its_fields_and_ends_nothing(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        with pytest.raises(psycopg.errors.SyntaxError) as caught:
            await db.execute("FAIL now")
        said = caught.value.diag
        assert (said.severity, said.sqlstate) == ("ERROR", "42601")
        assert said.message_primary == 'at or near "FAIL": syntax error'
        assert (said.message_detail, said.message_hint) == ("source SQL:\nFAIL", "try")
        assert (await (await db.execute("one")).fetchone()) == ("one",)
        await db.execute("BEGIN")
        assert db.info.transaction_status == psycopg.pq.TransactionStatus.INTRANS


async def test_several_statements_in_one_text_answer_one_after_another(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        cursor = await db.execute("one; two; BEGIN")
        assert await cursor.fetchone() == ("one",)
        assert cursor.nextset()
        assert await cursor.fetchone() == ("two",)
        assert cursor.nextset()
        assert cursor.statusmessage == "BEGIN"


async def test_rows_are_streamed_and_an_error_between_them_reaches_the_client(
    served: Served,
) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        cursor = await db.execute("COUNT 20000")
        assert len(await cursor.fetchall()) == 20000
        with pytest.raises(psycopg.errors.InternalError, match="thirteenth"):
            await db.execute("COUNT 13")


@pytest.mark.parametrize("binary", [False, True])
async def test_psycopg_reads_every_type_as_text_and_binary(served: Served, binary: bool) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        cursor = await db.execute("TYPES", (), binary=binary)
        row = await cursor.fetchone()
    assert row is not None
    assert row[:9] == (-7, 2**31 - 1, 2**63 - 1, 1.5, -2.25, True, "it's 张伟", "vc", b"\0\xff\x10")
    assert row[9] == uuid.UUID("63616665-6630-3064-6465-616462656566")
    assert row[10] == datetime.datetime(2024, 2, 29, 23, 59, 59, 999999)  # noqa: DTZ001
    assert row[11] == datetime.datetime(2024, 2, 29, 12, 0, 0, 500000, datetime.UTC)
    assert row[12] == datetime.date(2024, 2, 29)
    assert row[13] == decimal.Decimal("-12345.678900")
    assert row[14:] == (["a", "b,c", None], None)


async def test_asyncpg_reads_every_type_in_binary(served: Served) -> None:
    import asyncpg  # type: ignore[import-untyped]

    db = await asyncpg.connect(
        host="127.0.0.1", port=served.port, user="root", database="defaultdb", ssl=False
    )
    try:
        row = await db.fetchrow("TYPES")
        assert row["i8"] == 2**63 - 1
        assert row["names"] == ["a", "b,c", None]
        assert row["d"] == decimal.Decimal("-12345.678900")
        assert row["tz"] == datetime.datetime(2024, 2, 29, 12, 0, 0, 500000, datetime.UTC)
        assert row["nothing"] is None
    finally:
        await db.close()


async def test_bound_values_arrive_as_typed_literals(served: Served) -> None:
    sql = "values %s %s %s %s %s %s '$1' -- $2"
    moment = datetime.datetime(2024, 2, 29, 12, tzinfo=datetime.UTC)
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        await db.execute(sql, (-5, "it's", b"\0\xff", decimal.Decimal("1.50"), moment, None))
    seen, extended = served.engine.seen[-1]
    assert extended
    assert seen == (
        "values (-5) 'it''s' '\\x00ff'::BYTES 1.50 "
        "'2024-02-29 12:00:00+00:00'::TIMESTAMPTZ NULL '$1' -- $2"
    ).replace("1.50", "'1.50'::DECIMAL")


async def test_a_failed_prepared_statement_does_not_disturb_the_next(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        with pytest.raises(psycopg.errors.SyntaxError):
            await db.execute("FAIL now", (), prepare=True)
        assert (await (await db.execute("fine", (), prepare=True)).fetchone()) == ("fine",)


async def test_a_cancelled_statement_hangs_up_without_an_answer(served: Served) -> None:
    db = await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True)
    with pytest.raises(psycopg.OperationalError, match="closed the connection"):
        await db.execute("CANCELLED now")
    assert "query canceled" in served.log_text()


async def test_a_client_that_leaves_stops_its_statement(served: Served) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    startup = struct.pack("!i", 196608) + b"user\0root\0\0"
    writer.write(struct.pack("!i", len(startup) + 4) + startup)
    query = b"WAIT\0"
    writer.write(b"Q" + struct.pack("!i", len(query) + 4) + query)
    await writer.drain()
    assert await asyncio.to_thread(served.engine.waiting.wait, 10)
    writer.close()
    (session,) = served.engine.sessions
    assert await asyncio.to_thread(session.closed.wait, 10)


async def test_a_cancel_request_is_closed_silently(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(struct.pack("!iiii", 16, 80877102, 1, 2))
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_gss_encryption_is_answered_with_a_protocol_error(served: Served) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(struct.pack("!ii", 8, 80877104))
    answer = await asyncio.wait_for(reader.read(), 10)
    assert answer[:1] == b"E"
    assert b"C08P01\0" in answer
    writer.close()


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        struct.pack("!ii", 9, 196608) + b"x",
        struct.pack("!ii", 8, 1),
        b"\0\0",
    ],
    ids=["http", "unfinished string", "unknown version", "cut short"],
)
async def test_garbage_is_refused_and_others_are_served_on(served: Served, garbage: bytes) -> None:
    def poke() -> None:
        with socket.create_connection(("127.0.0.1", served.port), timeout=10) as peer:
            peer.sendall(garbage)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass

    await asyncio.to_thread(poke)
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        assert (await (await db.execute("fine")).fetchone()) == ("fine",)


async def test_an_unknown_user_is_refused_even_without_passwords(served: Served) -> None:
    with pytest.raises(psycopg.OperationalError, match="authentication failed for user ghost"):
        await psycopg.AsyncConnection.connect(served.dsn(user="ghost"))
    with pytest.raises(psycopg.OperationalError, match="nologin_user does not have login privil"):
        await psycopg.AsyncConnection.connect(served.dsn(user="nologin_user"))


@pytest.mark.parametrize(
    ("user", "password", "said"),
    [
        ("op", "wrong", "password authentication failed for user op"),
        ("ghost", "x", "password authentication failed for user ghost"),
        ("nologin_user", "x", "nologin_user does not have login privilege"),
        ("old", "x", "password is expired"),
        ("op", "", "no password supplied"),
    ],
)
async def test_a_node_with_passwords_refuses(
    secured: Served, user: str, password: str, said: str
) -> None:
    """Recording 11, as far as a node without TLS goes."""
    with pytest.raises(psycopg.OperationalError, match=said):
        await psycopg.AsyncConnection.connect(secured.dsn(user=user, password=password))


async def test_a_node_with_passwords_lets_in_who_knows_one(secured: Served) -> None:
    dsn = secured.dsn(user="op", dbname="nowhere")
    async with await psycopg.AsyncConnection.connect(dsn, password="it's") as db:
        assert db.pgconn.parameter_status(b"is_superuser") == b"off"
    assert secured.engine.sessions[-1].database == "nowhere"


async def test_psql_prints_a_row(served: Served) -> None:
    psql = shutil.which("psql")
    if psql is None:
        pytest.skip("psql is not installed")
    done = await asyncio.to_thread(
        subprocess.run,
        [psql, "-X", "-A", "-t", "-c", "TYPES", served.dsn()],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-7|2147483647|9223372036854775807|1.5|-2.25|t|it's 张伟|vc|")


async def test_statements_and_failures_are_in_the_log(served: Served) -> None:
    async with await psycopg.AsyncConnection.connect(served.dsn(), autocommit=True) as db:
        await db.execute("EXPORT x")
        with pytest.raises(psycopg.Error):
            await db.execute("FAIL now")
    text = served.log_text()
    assert 'exec started "EXPORT x"' in text
    assert "export: table b failed" in text
    assert "42601" in text
    assert ",hostnossl,user=root]" in text
