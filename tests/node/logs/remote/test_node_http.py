"""The log of a node whose files are out of reach, over its HTTP server, and how that goes wrong."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.format import LogFamily, LogSeverity, parse_entry
from kwtui.node.logs.opening import stream_of
from kwtui.node.logs.remote import node_http
from kwtui.node.logs.remote import spool as logspool
from kwtui.node.logs.remote.node_http import LoginNeeded, NodeHttp, RemoteEntry
from kwtui.node.logs.remote.spool import LogSpool
from tests.node.growing import texts, until

MAIN = "kwbase.n.u.2026-11-22T08_00_00Z.000001.log"
OLDER = "kwbase.n.u.2026-11-21T08_00_00Z.000001.log"
AUTH = "kwbase-auth.n.u.2026-11-22T08_00_00Z.000001.log"
NOON = 1_795_348_800_000_000_000
"""2026-11-22 12:00 UTC in nanoseconds."""


def entry(seconds: int, message: str, **more: Any) -> dict[str, Any]:
    """As protocol buffers are written in JSON: long numbers are strings."""
    fields = {
        "severity": "INFO",
        "time": str(NOON + seconds * 1_000_000_000),
        "goroutine": "7",
        "file": "a/b.go",
        "line": "1",
        "message": f"[n1] {message}",
    }
    return fields | more


def from_the_front(page: dict[str, Any], query: dict[str, str]) -> dict[str, Any]:
    """As a node does: the first so many of what fits, the newest of them first."""
    since, until, most = (int(query[name]) for name in ("start_time", "end_time", "max"))
    oldest_first = reversed(page.get("entries", []))
    fitting = [each for each in oldest_first if since <= int(each["time"]) <= until]
    return {"entries": fitting[:most][::-1]}


class ScriptedNode:
    """Answers what a test puts into ``pages``; what it was asked is in ``asked``."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {}
        self.status = 200
        self.raw: bytes | None = None
        self.password = ""
        self.asked: list[str] = []

    @contextmanager
    def running(self) -> Iterator[str]:
        script = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                script.asked.append(self.path)
                if script.password and self.headers.get("Cookie") != "session=s3cr3t":
                    self.answer(401, b"unauthorized")
                elif script.raw is not None:
                    self.answer(script.status, script.raw)
                else:
                    path, _, query = self.path.partition("?")
                    page = script.pages.get(path, {})
                    if query:
                        page = from_the_front(page, dict(parse_qsl(query)))
                    self.answer(script.status, json.dumps(page).encode())

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                good = body == {"username": "dba", "password": script.password}
                self.answer(200 if good else 401, b"{}", "session=s3cr3t; HttpOnly" if good else "")

            def answer(self, status: int, body: bytes, cookie: str = "") -> None:
                self.send_response(status)
                if cookie:
                    self.send_header("Set-Cookie", cookie)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                """Tests read ``asked`` instead."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


@pytest.fixture
def node() -> ScriptedNode:
    node = ScriptedNode()
    node.pages = {
        "/_status/logfiles/1": {
            "files": [
                {"name": name, "sizeBytes": "100", "modTimeNanos": str(NOON)}
                for name in (OLDER, MAIN, AUTH, "../../etc/passwd.log", "x\x1b[2J.log")
            ]
        },
        "/_status/logs/1": {"entries": [entry(2, "two"), entry(1, "one")]},
        f"/_status/logfiles/1/{OLDER}": {"entries": [entry(-9, "of old")]},
        f"/_status/logfiles/1/{AUTH}": {"entries": [entry(1, "a login")]},
    }
    return node


async def test_a_node_is_read_and_followed_like_files(
    node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logspool, "POLL_SECONDS", 0.02)
    with node.running() as url:
        spool = LogSpool(NodeHttp(url), "1")
        files = await spool.files()
        assert [(f.family, f.path.name, f.current) for f in files] == [
            (LogFamily.MAIN, MAIN, True),
            (LogFamily.MAIN, OLDER, False),
            (LogFamily.AUTH, AUTH, True),
        ], "names that could lead elsewhere are left out"
        fetched, notes = await spool.fetch(files)
        assert notes == []
        assert all(f.path.stat().st_mode & 0o777 == 0o600 for f in fetched)
        stream = stream_of(fetched, poll_seconds=0.01)
        await stream.open()
        stream.run_along(spool.follow(fetched[0].path, stream.take_problem))
        assert texts(stream) == ["of old", "one", "a login", "two"]
        node.pages["/_status/logs/1"]["entries"].insert(0, entry(3, "three\ngoroutine 1:"))
        await until(stream, lambda: texts(stream)[-2:] == ["three", "goroutine 1:"])
        node.status = 500
        await until(stream, lambda: "status 500" in stream.problem)
        node.status = 200
        node.pages["/_status/logs/1"]["entries"].insert(0, entry(3, "in the same instant"))
        await until(stream, lambda: texts(stream)[-1] == "in the same instant")
        assert stream.problem == ""
        assert len(texts(stream)) == 7
        await stream.close()
        spool.close()
        assert not spool.folder.exists()


async def test_the_newest_entries_come_and_where_they_end_is_said(node: ScriptedNode) -> None:
    """A node answers from the front: asked for everything it gives the oldest entries."""
    many = [entry(seconds, f"number {seconds}") for seconds in range(0, 60_000, 2)]
    node.pages["/_status/logs/1"]["entries"] = many[::-1]
    with node.running() as url:
        spool = LogSpool(NodeHttp(url), "1")
        files = [f for f in await spool.files() if f.family is LogFamily.MAIN]
        fetched, notes = await spool.fetch(files, enough=1)
        (main,) = fetched
        lines = main.path.read_text().splitlines()
        assert lines[-1].endswith("number 59998")
        assert len(lines) < 10_000
        begins = lines[0].split()[1].partition(".")[0]
        assert f"2026-11-23 {begins}" >= notes[0].split(" UTC")[0].removeprefix("from ")
        assert "what is older was not fetched" in notes[0]

        since = datetime(2026, 11, 22, 12, 0, 8, tzinfo=UTC)
        (main,), notes = await spool.fetch([files[0]], since=since)
        lines = main.path.read_text().splitlines()
        assert [line.rpartition(" ")[2] for line in lines] == [
            str(n) for n in range(8, 60_000, 2)
        ], "more than a node gives at once"
        assert notes == []
        spool.close()


async def test_much_that_came_at_once_is_followed_whole(
    node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logspool, "POLL_SECONDS", 0.02)
    with node.running() as url:
        spool = LogSpool(NodeHttp(url), "1")
        (main,), _ = await spool.fetch([f for f in await spool.files() if f.path.name == MAIN])
        polled = asyncio.Event()
        task = asyncio.ensure_future(spool.follow(main.path, lambda _: polled.set()))
        begin = NOON + 10**10
        burst = [entry(0, f"burst {n}", time=str(begin + n * 10**6)) for n in range(12_000)]
        node.pages["/_status/logs/1"]["entries"] = [*burst[::-1], entry(2, "two"), entry(1, "one")]
        async with asyncio.timeout(20):
            written = ""
            while "burst 11999\n" not in written:
                await polled.wait()
                polled.clear()
                written = await asyncio.to_thread(main.path.read_text)
        task.cancel()
        lines = main.path.read_text().splitlines()
        assert [line.rpartition(" ")[2] for line in lines[2:]] == [str(n) for n in range(12_000)]
        spool.close()


async def test_files_that_are_too_much_are_named(
    node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logspool, "LARGEST_FETCH", 150)
    with node.running() as url:
        spool = LogSpool(NodeHttp(url), "1")
        fetched, notes = await spool.fetch(await spool.files())
        assert [f.path.name for f in fetched] == [MAIN, AUTH]
        assert notes == [f"{OLDER} (100 B) was not fetched"]
        spool.close()


def test_an_entry_becomes_the_line_that_the_node_wrote() -> None:
    made = RemoteEntry(NOON + 5_000, 991, "sql/x.go", 12, "E", "[n1,job=5] failed\n\tframe")
    first, second = made.text().splitlines()
    parsed = parse_entry([first, second], LogFamily.MAIN)
    assert first == "E261122 12:00:00.000005 991 sql/x.go:12  [n1,job=5] failed"
    assert (parsed.severity, parsed.thread, parsed.tags) == (LogSeverity.ERROR, "991", "n1,job=5")


@pytest.mark.parametrize(
    ("severity", "letter"), [(2, "W"), ("FATAL", "F"), ("?", "I"), (99, "I"), (None, "I")]
)
def test_severities_come_as_numbers_or_names(severity: Any, letter: str) -> None:
    made = node_http._entry(entry(1, "x", severity=severity, file="a b:c\n.go", time=None))
    assert made.text().startswith(f"{letter}700101 00:00:00.000000 7 abc.go:1  [n1] x")


def test_a_login_where_one_is_asked_for(node: ScriptedNode) -> None:
    node.password = "right"
    with node.running() as url:
        http = NodeHttp(url)
        with pytest.raises(LoginNeeded) as caught:
            http.log_files("1")
        assert caught.value.exit_code is ExitCode.AUTHENTICATION_FAILED
        with pytest.raises(LoginNeeded) as caught:
            http.login("dba", "wrong")
        assert "wrong" not in " ".join(caught.value.lines())
        http.login("dba", "right")
        assert len(http.log_files("1")) == 5


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (403, b'{"error": "not allowed"}', "server.remote_debugging.mode"),
        (500, b'{"error": "... server.remote_debugging.mode setting"}', "only to admins"),
        (404, b'{"error": "unknown node"}', "unknown node"),
        (200, b"<html>a router</html>", "does not answer as a KWDB node"),
        (200, b'{"files": "none"}', ""),
        (200, b"[]", ""),
    ],
)
def test_what_a_node_refuses_is_explained(
    node: ScriptedNode, status: int, body: bytes, expected: str
) -> None:
    node.status, node.raw = status, body
    with node.running() as url:
        if not expected:
            assert NodeHttp(url).log_files("1") == []
            return
        with pytest.raises(KwtuiError) as caught:
            NodeHttp(url).log_files("1")
        assert expected in " ".join(caught.value.lines())


def test_a_server_that_is_not_there_or_never_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(KwtuiError, match="cannot be reached") as caught:
            NodeHttp(url, timeout=0.05).log_files("1")
        assert caught.value.cause == "no answer in time"
    with pytest.raises(KwtuiError) as caught:
        NodeHttp(url, timeout=1).log_files("1")
    assert caught.value.exit_code is ExitCode.SERVER_UNREACHABLE
    with pytest.raises(KwtuiError, match="not the address"):
        NodeHttp("ftp://x")


def test_an_answer_without_end_is_given_up(
    node: ScriptedNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_http, "LARGEST_ANSWER", 1000)
    node.raw = b"x" * 2000
    with node.running() as url, pytest.raises(KwtuiError, match="longer than a log file"):
        NodeHttp(url).log_files("1")


async def test_asking_does_not_hold_up_the_loop(node: ScriptedNode) -> None:
    with node.running() as url:
        spool = LogSpool(NodeHttp(url), "1")
        async with asyncio.timeout(10):
            await spool.files()
        assert isinstance(spool.folder, Path)
        spool.close()
