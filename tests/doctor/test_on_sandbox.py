"""kwtui doctor and explain against a living sandbox: as a person runs them."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.cli import main
from kwtui.controller import Controller
from kwtui.diagnosis import known
from kwtui.doctor import CheckState
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CONFIG", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture
async def controller(demo_sandbox: SandboxNode, tmp_path: Path) -> AsyncIterator[Controller]:
    controller = Controller(state=tmp_path / "own", in_background=False)
    await controller.connection.connect(resolve_target(dsn=demo_sandbox.dsn))
    yield controller
    await controller.close()


def checks_of(out: str) -> dict[str, dict[str, Any]]:
    return {check["id"]: check for check in json.loads(out)["checks"]}


def test_doctor_finds_a_healthy_node(
    demo_sandbox: SandboxNode, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its store comes from the server's own start arguments; nothing else is given."""
    assert main(["doctor", "--dsn", demo_sandbox.dsn, "--json"]) == 0
    checks = checks_of(capsys.readouterr().out)
    failed = [c for c in checks.values() if c["state"] == "failed"]
    assert failed == []
    for name in ("connection", "role", "tls", "version", "clock", "nodes", "logs", "leftovers"):
        assert checks[name]["state"] == "ok", checks[name]
    assert str(demo_sandbox.store) in checks["extern"]["detail"]
    store = next(line for line in checks["deployment"]["more"] if line.startswith("store: "))
    assert "the server's start arguments" in store
    assert "the log kwbase" in store


def test_doctor_reads_as_a_list_with_hints(
    demo_sandbox: SandboxNode, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--dsn", demo_sandbox.dsn, "--verbose"]) == 0
    out = capsys.readouterr().out
    assert "ok       Admin role: root has it." in out
    assert "SQL port:" in out.replace("\n", " ")
    assert max(len(line) for line in out.splitlines()) <= 100


def test_doctor_tells_of_a_server_that_is_not_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "store/extern").mkdir(parents=True)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        dsn = f"postgresql://root@127.0.0.1:{held.getsockname()[1]}/?sslmode=disable"
        code = main(["doctor", "--dsn", dsn, "--store", str(tmp_path / "store"), "--json"])
    assert code == 1
    checks = checks_of(capsys.readouterr().out)
    assert checks["connection"]["state"] == "failed"
    assert checks["connection"]["hint"]
    assert checks["role"]["state"] == "unknown"
    assert checks["extern"]["state"] == "ok"


async def test_doctor_misses_the_admin_role(
    demo_sandbox: SandboxNode, controller: Controller, tmp_path: Path
) -> None:
    target = resolve_target(dsn=demo_sandbox.dsn)
    root = await Server.open(target)
    await root.execute("CREATE USER IF NOT EXISTS doctors_teller")
    await root.close()
    plain = Controller(state=tmp_path / "plain", in_background=False)
    dsn = demo_sandbox.dsn.replace("root@", "doctors_teller@")
    await plain.connection.connect(resolve_target(dsn=dsn))
    checks = {check.id: check for check in await plain.doctor.checks()}
    await plain.close()
    assert checks["role"].state is CheckState.FAILED
    assert "GRANT admin TO doctors_teller" in checks["role"].hint
    assert checks["nodes"].state is CheckState.UNKNOWN


async def test_doctor_finds_what_broken_runs_left(
    demo_sandbox: SandboxNode, controller: Controller
) -> None:
    target = resolve_target(dsn=demo_sandbox.dsn)
    server = await Server.open(target)
    await server.execute("CREATE DATABASE doctors_kwtui_restoring")
    await server.close()
    unfinished = demo_sandbox.extern / "kwtui/doctors/20261122T080000Z/data"
    unfinished.mkdir(parents=True)
    (unfinished / "meta.sql").write_text("CREATE DATABASE doctors;")
    try:
        found = {check.id: check for check in await controller.doctor.checks()}["leftovers"]
    finally:
        server = await Server.open(target)
        await server.execute("DROP DATABASE doctors_kwtui_restoring CASCADE")
        await server.close()
        (unfinished / "meta.sql").unlink()
        unfinished.rmdir()
        unfinished.parent.rmdir()
    assert any("doctors_kwtui_restoring" in line for line in found.more)
    assert any("kwtui/doctors/20261122T080000Z" in line for line in found.more)


# -- explain ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(known().checks))
async def test_every_check_of_an_explanation_has_an_answer(
    controller: Controller, name: str
) -> None:
    lines = await controller.doctor.answer(name)
    assert lines
    assert "refused the statement" not in lines[0], lines


def test_explain_tells_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "only users with the admin role are allowed to EXPORT"]) == 0
    out = capsys.readouterr().out
    assert "[not_admin]" in out
    assert "GRANT admin TO u" in out


def test_explain_says_what_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--json", "ERROR: splork of frobnicator"]) == 33
    (found,) = json.loads(capsys.readouterr().out)["diagnoses"]
    assert (found["known"], found["entry"]) == (False, None)


def test_explain_reads_the_end_of_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "kwbase.log"
    log.write_bytes(b"I261122 08:19:53.257276 1 a.go:1  fine\n" * 200_000 + b"ERROR: KW912 busy\n")
    assert main(["explain", "--file", str(log)]) == 0
    assert "[kw_busy]" in capsys.readouterr().out
    assert main(["explain", "--file", str(tmp_path / "none")]) == 33


def test_explain_lists_what_it_knows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "--list"]) == 0
    assert "destination_not_empty" in capsys.readouterr().out


def test_explain_asks_its_checks(
    demo_sandbox: SandboxNode, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "only users with the admin role are allowed to EXPORT"
    assert main(["explain", "--check", "--json", "--dsn", demo_sandbox.dsn, text]) == 0
    answers = json.loads(capsys.readouterr().out)["checks"]
    assert "root | t" in answers["role"]
