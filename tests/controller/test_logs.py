"""The node's log through the Controller: files, the HTTP server, and what runs did in it."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.controller import Controller
from kwtui.errors import KwtuiError
from kwtui.model.requests import BackupRequest
from kwtui.node.deployment.claims import Claim, Deployment, Fact, FactName
from kwtui.node.logs.filter import LogFilter
from kwtui.node.logs.format import LogFamily
from kwtui.node.logs.remote.node_http import LoginNeeded, NodeHttp
from kwtui.runs.events import RunFinished, RunStatus
from kwtui.server.connection.target import Target, resolve_target
from kwtui.server.state.http_address import http_address, seen_from_here
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.node.growing import until

PASSWORD = "correct horse"


@pytest.fixture
async def controller(tmp_path: Path) -> AsyncIterator[Controller]:
    made = Controller(state=tmp_path / "state")
    yield made
    await made.close()


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """A node that asks for passwords."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KWTUI_SANDBOX_ROOT_PASSWORD", PASSWORD)
        directory = tmp_path_factory.mktemp("locked") / "node"
        node = start_sandbox(directory, "--empty", "--password-required")
    yield node
    stop_sandbox(node)


def far_away(controller: Controller, folder: Path) -> None:
    """The node's files cannot be seen from here."""
    place = controller.folders.place
    assert place is not None
    away = replace(place.logs, path=folder, exists=False, readable=False, problem="It is away.")
    controller.folders.look_at(replace(place, logs=away))


def target_of(node: SandboxNode, **more: str | bool) -> Target:
    return replace(resolve_target(dsn=node.dsn, environ={}), **more)  # type: ignore[arg-type]


async def test_the_log_over_http_says_what_the_files_say(
    controller: Controller, demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    await controller.connection.connect(target_of(demo_sandbox))
    files = await controller.logs.files()
    main = [f for f in files if f.family is LogFamily.MAIN]
    local = await controller.logs.open(main)
    expected = [line.text for line in local.lines.tail(30)]
    await local.close()

    far_away(controller, tmp_path / "away")
    files = await controller.logs.files()
    assert {f.family for f in files} == {LogFamily.MAIN, LogFamily.ROCKSDB}
    remote = await controller.logs.open([f for f in files if f.family is LogFamily.MAIN])
    assert remote.notes[0].startswith("over HTTP from http://127.0.0.1:")
    shown = [line.text for line in remote.lines.tail(60)]
    assert set(expected) & set(shown)
    await remote.close()


async def test_audit_logs_that_the_node_keeps_elsewhere_are_found(
    controller: Controller, demo_sandbox: SandboxNode, tmp_path: Path
) -> None:
    await controller.connection.connect(target_of(demo_sandbox))
    (tmp_path / "kwbase-sql-audit.n.u.2026-11-22T08_00_00Z.000001.log").write_text("x\n")
    place = controller.folders.place
    assert place is not None
    claim = Claim(str(tmp_path), "a test")
    audit = Deployment((Fact(FactName.AUDIT, (claim,)),))
    controller.folders.look_at(replace(place, deployment=audit))
    assert LogFamily.AUDIT in {file.family for file in await controller.logs.files()}


async def test_what_comes_is_followed_over_http(
    controller: Controller,
    demo_sandbox: SandboxNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("kwtui.node.logs.remote.spool.POLL_SECONDS", 0.05)
    await controller.connection.connect(target_of(demo_sandbox))
    far_away(controller, tmp_path / "away")
    files = await controller.logs.files()
    stream = await controller.logs.open([f for f in files if f.family is LogFamily.MAIN])
    await stream.show(LogFilter(text="no_such_table_anywhere"))
    with pytest.raises(KwtuiError):
        await controller.connection.server().query("SELECT * FROM no_such_table_anywhere")
    await until(stream, lambda: bool(stream.lines.tail(1)))
    await stream.close()


async def test_without_files_and_without_http_both_are_said(
    controller: Controller,
    demo_sandbox: SandboxNode,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await controller.connection.connect(target_of(demo_sandbox))
    far_away(controller, tmp_path / "away")

    async def nowhere(_: object) -> str:
        return "http://127.0.0.1:1"

    monkeypatch.setattr("kwtui.server.state.http_address.http_address", nowhere)
    with pytest.raises(KwtuiError) as caught:
        await controller.logs.files()
    assert "logs folder" in caught.value.title
    assert "http://127.0.0.1:1 cannot be reached" in caught.value.cause


async def test_a_login_is_asked_for_and_no_password_sent_in_clear(
    controller: Controller, locked: SandboxNode, tmp_path: Path
) -> None:
    target = target_of(locked, allow_cleartext_password=True)
    await controller.connection.connect(target, PASSWORD)
    far_away(controller, tmp_path / "away")
    assert await controller.logs.files(), "the password of the connection is used"

    url = await http_address(controller.connection.server())
    http = NodeHttp(url)
    with pytest.raises(LoginNeeded):
        await asyncio.to_thread(http.log_files, "1")
    with pytest.raises(LoginNeeded):
        await asyncio.to_thread(http.login, "root", "wrong")
    await asyncio.to_thread(http.login, "root", PASSWORD)
    assert await asyncio.to_thread(http.log_files, "local")

    controller.logs.forget()
    server = controller.connection.server()
    server.target = replace(server.target, allow_cleartext_password=False)
    with pytest.raises(KwtuiError, match="not encrypted"):
        await controller.logs.log_in(PASSWORD)


async def test_the_sandbox_answers_health_and_nodes(
    controller: Controller, demo_sandbox: SandboxNode
) -> None:
    await controller.connection.connect(target_of(demo_sandbox))
    url = await http_address(controller.connection.server())
    for path, expected in (("/health", {}), ("/_status/nodes", 1), ("/nothing", 404)):
        status, answer = await asyncio.to_thread(_get, url + path)
        if expected == 404:
            assert status == 404
        elif expected == 1:
            assert len(answer["nodes"]) == 1
        else:
            assert (status, answer) == (200, expected)
    _, answer = await asyncio.to_thread(_get, f"{url}/_status/logs/1?max=3")
    times = [int(each["time"]) for each in answer["entries"]]
    assert len(times) == 3
    assert times == sorted(times, reverse=True), "a node sends the newest first"
    _, all_of_it = await asyncio.to_thread(_get, f"{url}/_status/logs/1?start_time=1&max=10000")
    oldest = [int(each["time"]) for each in all_of_it["entries"]][-3:]
    assert times == oldest, "but of the first ones in the file (live finding 41)"
    for wrong in ("max=0", "start_time=9&end_time=1", "max=x", "pattern=("):
        status, _ = await asyncio.to_thread(_get, f"{url}/_status/logs/1?{wrong}")
        assert status == 400


def _get(url: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


@pytest.mark.parametrize(
    ("url", "host", "expected"),
    [
        ("http://127.0.0.1:8080", "db1", "http://db1:8080"),
        ("https://0.0.0.0:8080", "db1", "https://db1:8080"),
        ("http://[::]:8080", "::1", "http://[::1]:8080"),
        ("http://10.0.0.7:8080", "db1", "http://10.0.0.7:8080"),
        ("http://localhost:8080", "/var/run", "http://localhost:8080"),
    ],
)
def test_the_address_that_reaches_the_node_from_here(url: str, host: str, expected: str) -> None:
    assert seen_from_here(url, Target(host=host)) == expected


async def test_from_a_run_to_its_part_of_the_log_and_back(
    controller: Controller, tmp_path_factory: pytest.TempPathFactory
) -> None:
    node = start_sandbox(tmp_path_factory.mktemp("run-log") / "node")
    try:
        await controller.connection.connect(target_of(node))
        plan = await controller.plans.backup(BackupRequest(database="shop"))
        run_id = await controller.runs.start(plan)
        events = [event async for event in controller.runs.follow(run_id)]
        assert isinstance(events[-1], RunFinished)
        assert events[-1].status is RunStatus.SUCCEEDED
        run = await controller.runs.node_log(run_id)
        assert run.since < events[0].at < events[-1].at < (run.until or run.since)
        assert "orders" in run.tables
        stream = await controller.logs.open(await controller.logs.files())
        await stream.show(LogFilter(since=run.since, until=run.until))
        assert run.pattern is not None
        await stream.search(run.pattern)
        assert stream.hits is not None
        first = stream.hits.first
        assert first is not None
        text = stream.lines.after(first, 1)[0].text
        assert "EXPORT" in text
        when = stream.lines.time_of(first)
        assert when is not None
        assert [each.id for each in await controller.runs.at(when)] == [run_id]
        assert await controller.runs.at(datetime.now(UTC) - timedelta(days=9)) == []
        await stream.close()
    finally:
        stop_sandbox(node)
