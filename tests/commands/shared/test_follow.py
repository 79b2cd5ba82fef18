"""A person at a terminal watches a run: a line that moves, a question on Ctrl+C, nothing left."""

from __future__ import annotations

import asyncio
import io
import os
import pty
import re
import select
import signal
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest

from kwtui.commands.shared.follow import lines_of, show_end, start_and_follow, status_line
from kwtui.commands.shared.output import Output
from kwtui.controller import Controller
from kwtui.errors import ExitCode
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.runs.events import (
    NoticeReceived,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.reducing import initial_state, reduce_all
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.ready_process import ready_process


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("terminal") / "node", "--empty")
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(b"CREATE DATABASE big")
        connection.execute(b"CREATE TABLE big.public.r (id INT8 PRIMARY KEY, v STRING)")
        connection.execute(
            b"INSERT INTO big.public.r "
            b"SELECT i, 'row ' || i::STRING FROM generate_series(1, 150000) AS g(i)"
        )
    yield node
    stop_sandbox(node)


class Terminal:
    """kwtui in a pseudo-terminal of 100 columns."""

    def __init__(self, kwtui: CommandLine, *words: str) -> None:
        self._master, slave = pty.openpty()
        environment = kwtui.variables() | {"COLUMNS": "100", "TERM": "xterm"}
        self.process = ready_process().start_in_terminal("kwtui.cli", words, environment, slave)
        os.close(slave)
        self.text = ""

    def read_until(self, pattern: str, seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text):
            assert time.monotonic() < deadline, f"{pattern!r} never came:\n{self.text}"
            if select.select([self._master], [], [], 0.1)[0]:
                self._read()
        return self.text

    def send(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def end(self) -> int:
        while self.process.poll() is None:
            if select.select([self._master], [], [], 0.02)[0]:
                self._read()
        os.close(self._master)
        return self.process.wait()

    def _read(self) -> None:
        try:
            self.text += os.read(self._master, 65536).decode("utf-8", "replace")
        except OSError:
            self.process.wait()


@pytest.fixture
def kwtui(node: SandboxNode, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", node)


# A run must still be under way when keys arrive: on a busy machine it may have ended.
@pytest.mark.flaky(reruns=1)
def test_ctrl_c_asks_and_detaching_leaves_the_run_alone(kwtui: CommandLine) -> None:
    terminal = Terminal(kwtui, "backup", "big", *kwtui.server)
    terminal.read_until("Read the catalogue")

    terminal.send(b"\x03")
    terminal.read_until(r"\[d\]etach")
    terminal.send(b"d\n")

    assert terminal.end() == 0
    assert "kwtui runs follow" in terminal.text
    followed = kwtui.run("runs", "follow", "--json")
    assert followed.objects[-1]["status"] == "succeeded"


# A run must still be under way when keys arrive: on a busy machine it may have ended.
@pytest.mark.flaky(reruns=1)
def test_nothing_is_printed_into_a_question_and_an_end_meanwhile_is_said(
    kwtui: CommandLine,
) -> None:
    terminal = Terminal(kwtui, "backup", "big", *kwtui.server)
    terminal.read_until("Read the catalogue")

    terminal.send(b"\x03")
    terminal.read_until("proven to P2")

    assert terminal.end() == 0
    question, _, rest = terminal.text.partition("or Enter to continue watching: ")
    assert question.endswith("cancelled, cancel and [s]weep it away, ")
    assert rest.startswith("\r\nIt has ended in the meantime.\r\n")


# A run must still be under way when keys arrive: on a busy machine it may have ended.
@pytest.mark.flaky(reruns=1)
@pytest.mark.parametrize(("answer", "kept"), [(b"c\n", True), (b"s\n", False)])
def test_ctrl_c_asks_and_cancelling_keeps_or_sweeps(
    kwtui: CommandLine, node: SandboxNode, answer: bytes, kept: bool
) -> None:
    before = _folders(node)
    terminal = Terminal(kwtui, "backup", "big", *kwtui.server)
    terminal.read_until("Read the catalogue")
    terminal.read_until("Export")

    terminal.send(b"\x03")
    terminal.read_until(r"\[s\]weep")
    terminal.send(answer)

    assert terminal.end() == ExitCode.CANCELLED
    left = _folders(node) - before
    assert len(left) <= kept
    for folder in left:
        assert "cancelled" in kwtui.run("show", f"kwtui/big/{folder}", *kwtui.files).out


def _folders(node: SandboxNode) -> set[str]:
    folder = node.extern / "kwtui" / "big"
    return {p.name for p in folder.iterdir()} if folder.is_dir() else set()


# A run must still be under way when keys arrive: on a busy machine it may have ended.
@pytest.mark.flaky(reruns=1)
def test_enter_goes_on_watching_and_the_moving_line_is_cleared(kwtui: CommandLine) -> None:
    terminal = Terminal(kwtui, "backup", "big", *kwtui.server)
    terminal.read_until("Read the catalogue")

    terminal.send(b"\x03")
    terminal.read_until(r"\[d\]etach")
    terminal.send(b"\n")

    assert terminal.end() == 0
    assert "Backed up big" in terminal.text
    last = terminal.text.rstrip("\r\n").rsplit("\n", 1)[-1]
    assert "tables  " not in last


def test_a_signal_while_the_run_starts_is_answered_once_it_is_there(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Or it would end the command with "cancelled", and the run would go on."""
    cancelled = asyncio.Event()

    class Runs:
        async def start(self, plan: Plan, passphrase: str | None = None) -> str:
            os.kill(os.getpid(), signal.SIGINT)
            return "20261122T000000Z-abcd"

        async def plan(self, run_id: str) -> Plan:
            return PLAN

        async def cancel(self, run_id: str, *, sweep: bool | None = None) -> None:
            cancelled.set()

        async def follow(self, run_id: str) -> AsyncIterator[RunFinished]:
            await asyncio.wait_for(cancelled.wait(), 10)
            yield RunFinished(
                at=at(1), status=RunStatus.CANCELLED, exit_code=130, summary="Cancelled."
            )

    controller = cast(Controller, SimpleNamespace(runs=Runs()))

    code = asyncio.run(start_and_follow(controller, PLAN, Output(json=False)))

    assert code == ExitCode.CANCELLED
    assert cancelled.is_set()
    assert "Cancelling the run" in capsys.readouterr().err


def at(seconds: float) -> datetime:
    return datetime(2026, 11, 22, tzinfo=UTC) + timedelta(seconds=seconds)


PLAN = Plan(
    "p",
    PlanKind.BACKUP,
    "Back up shop",
    at(0),
    "c",
    1,
    "shop",
    "kwtui/shop/x",
    (
        Step("a", StepKind.EXPORT_TABLE, "Export a", params={"bytes": 2 << 20}),
        Step("b", StepKind.EXPORT_TABLE, "Export b", params={"bytes": 2 << 20}),
    ),
    estimate_source="KWDB's statistics",
)


def test_the_moving_line_says_how_far_how_fast_and_how_long_yet() -> None:
    state = reduce_all(
        PLAN,
        [
            RunStarted(at=at(0), run="r", plan="p", title="", pid=1),
            StepStarted(at=at(0), step="a", title="Export a"),
            StepFinished(at=at(2), step="a", bytes=2 << 20),
            StepStarted(at=at(2), step="b", title="Export b"),
            StepProgress(at=at(3), step="b", bytes=1 << 20),
        ],
    )

    line = status_line(state)

    assert line.startswith("Export b  75%  1/2 tables  3.0 MiB  1.0 MiB/s  about 1.0 s left")
    assert "KWDB's statistics" in line


def test_a_line_of_several_steps_names_one_and_counts_the_rest() -> None:
    started = [StepStarted(at=at(0), step=s, title="") for s in ("a", "b")]

    assert status_line(reduce_all(PLAN, started)).startswith("Export a (+1)")


def test_what_the_server_said_stays_on_the_screen() -> None:
    notice = NoticeReceived(at=at(0), step="a", severity="NOTICE", message="write failed")

    assert list(lines_of(notice, initial_state(PLAN))) == ["notice  write failed"]


def test_a_cancelled_run_ends_without_an_empty_line() -> None:
    """Cancelling has no cause to tell."""
    err = io.StringIO()
    ended = RunFinished(
        at=datetime(2026, 11, 30, tzinfo=UTC),
        status=RunStatus.CANCELLED,
        summary="The run was cancelled.",
        hint="See what it left: kwtui cleanup",
    )
    show_end(Output(json=False, out=io.StringIO(), err=err), ended)
    assert err.getvalue() == "kwtui: The run was cancelled.\n  See what it left: kwtui cleanup\n"
