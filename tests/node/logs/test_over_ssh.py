"""The log view of a node that a profile reaches by ssh, against a real sshd on loopback."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.logs.format import LogFamily
from tests.offsite.ssh_server import SshServer, ssh_server

LINES = [f"I261122 08:19:{n:02d}.000000 7 server/node.go:{n}  line {n}" for n in range(30)]


class Node:
    """Another machine, as far as this one can tell: its logs, and the kwtui that runs there."""

    def __init__(self, folder: Path) -> None:
        self.logs = folder / "node-logs"
        self.logs.mkdir()
        self.main = self.logs / "kwbase.node2.kaiwudb.2026-11-22T08_19_00Z.000042.log"
        self.main.write_text("\n".join(LINES) + "\n")
        os.symlink(self.main.name, self.logs / "kwbase.log")
        (self.logs / "TsEngine.2026-11-22T08_19_00.log").write_text("I261122 08:19:00 engine\n")
        self.pids = folder / "pids"
        self.program = folder / "kwtui-there"
        state = shlex.quote(str(folder / "node-state"))
        self.program.write_text(
            f"#!/bin/sh\necho $$ >> {shlex.quote(str(self.pids))}\n"
            f'KWTUI_STATE_DIR={state} exec {sys.executable} -m kwtui.cli "$@"\n'
        )
        self.program.chmod(0o755)

    def running(self) -> list[int]:
        return [int(pid) for pid in self.pids.read_text().split() if Path(f"/proc/{pid}").exists()]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[SshServer]:
    (tmp_path / "sshd").mkdir()
    with ssh_server(tmp_path / "sshd") as server:
        yield server


@pytest.fixture
def node(tmp_path: Path, server: SshServer, monkeypatch: pytest.MonkeyPatch) -> Node:
    """The profiles prod and lost lead to the node, and to nowhere."""
    node = Node(tmp_path)
    programs = server.as_program(tmp_path / "programs")
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    config = tmp_path / "config"
    config.mkdir(mode=0o700)
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(config))
    file = config / "profiles.toml"
    file.write_text(
        f'format = 1\n[profile.prod]\nssh = "127.0.0.1"\nlogs = "{node.logs}"\n'
        f'kwtui_there = "{node.program}"\n'
        '[profile.lost]\nssh = "nowhere.invalid"\n[profile.here]\n'
    )
    file.chmod(0o600)
    return node


@pytest.fixture
async def controller(tmp_path: Path) -> AsyncIterator[Controller]:
    controller = Controller(state=tmp_path / "state")
    yield controller
    await controller.close()


async def until(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, what
        await asyncio.sleep(0.05)


async def test_a_log_of_there_is_read_and_followed_here(node: Node, controller: Controller) -> None:
    logs = controller.logs
    assert logs.reached_by_ssh("prod")
    assert not logs.reached_by_ssh("here")
    files = await logs.files(profile="prod")
    assert [file.family for file in files] == [LogFamily.MAIN, LogFamily.TS_ENGINE]
    assert files[0].origin == "over ssh from 127.0.0.1"
    assert files[0].bytes == node.main.stat().st_size

    stream = await logs.open(files[:1])
    try:
        texts = [line.text for line in stream.set.lines.tail(100)]
        assert texts == LINES
        with node.main.open("a") as log:
            log.write("E261122 08:20:00.000000 7 server/node.go:1  it failed\n")
        await until(
            lambda: next(iter(stream.set.lines.tail(1))).text.endswith("it failed"),
            "what comes there comes here",
        )
    finally:
        await stream.close()
    await until(lambda: not node.running(), "nothing is left at work there, though it is quiet")


@pytest.mark.slow
async def test_all_logs_are_merged_and_only_so_many_lines_come(
    node: Node, controller: Controller
) -> None:
    files = await controller.logs.files(profile="prod")
    stream = await controller.logs.open(files, enough=5)
    shown = [line.text for line in stream.set.lines.tail(100)]
    await stream.close()
    assert [text for text in shown if "server/node.go" in text] == LINES[-5:]
    assert [text for text in shown if "engine" in text] == ["I261122 08:19:00 engine"]


async def test_what_does_not_work_is_told(node: Node, controller: Controller) -> None:
    with pytest.raises(KwtuiError) as raised:
        await controller.logs.files(profile="lost")
    assert raised.value.exit_code is ExitCode.SERVER_UNREACHABLE
    assert "nowhere.invalid" in raised.value.cause
    files = await controller.logs.files(profile="prod")
    node.program.chmod(0o644)
    with pytest.raises(KwtuiError) as raised:
        await controller.logs.open(files)
    assert "kwtui does not start on 127.0.0.1" in raised.value.title


async def test_files_that_were_rotated_are_read_too_before_and_while_it_is_followed(
    node: Node, controller: Controller
) -> None:
    older = node.logs / "kwbase.node2.kaiwudb.2026-11-21T08_19_00Z.000042.log"
    older.write_text("I261121 08:19:00.000000 7 server/node.go:1  the day before\n")
    files = await controller.logs.files(profile="prod")
    stream = await controller.logs.open(files[:1])
    try:
        assert next(iter(stream.set.lines.tail(100))).text.endswith("the day before")
        newer = node.logs / "kwbase.node2.kaiwudb.2026-11-23T08_19_00Z.000042.log"
        newer.write_text("I261123 08:19:00.000000 7 server/node.go:1  after the rotation\n")
        link = node.logs / "kwbase.log"
        link.unlink()
        os.symlink(newer.name, link)
        await until(
            lambda: next(iter(stream.set.lines.tail(1))).text.endswith("after the rotation"),
            "the file that took its place is followed",
        )
    finally:
        await stream.close()
