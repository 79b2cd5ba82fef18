"""A run is a process of its own: started, followed, cancelled, killed, and never confused."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.verify import plan_verify
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import (
    AnyEvent,
    CancelRequested,
    RunFinished,
    RunStarted,
    RunStatus,
    StepProgress,
)
from kwtui.runs.history import follow_to_the_end, run_state, run_summary
from kwtui.runs.process import Handover, cancel_run, start_run

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _real_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    """As everywhere but in tests, where processes of kwtui are forks of one that is ready."""
    monkeypatch.setattr("kwtui.runs.process.subprocess", subprocess)


@pytest.fixture
def directory(tmp_path: Path) -> RunsDirectory:
    return RunsDirectory(tmp_path / "state")


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    """A folder with a foreign export of two rows."""
    folder = tmp_path / "extern" / "old" / "public" / "t"
    folder.mkdir(parents=True)
    (tmp_path / "extern" / "old" / "meta.sql").write_text("CREATE DATABASE old;")
    (folder / "meta.sql").write_text("CREATE TABLE t (\n\ta INT8 NULL,\n\tb STRING NULL\n);\n")
    (folder / "n1.0.csv").write_text("1,x\n2,y\n")
    return tmp_path / "extern"


def handover(extern: Path, directory: RunsDirectory, port: int | None = None) -> Handover:
    target = {"host": "127.0.0.1", "port": port, "tls": "disable"} if port else None
    return Handover(target, str(extern), str(directory.runs.parent))


def check(path: str) -> Plan:
    return plan_verify(path, ProofLevel.P2, datetime.now(UTC), "p1", database="old")


async def everything(files: RunFiles) -> list[AnyEvent]:
    stream: AsyncIterator[AnyEvent] = follow_to_the_end(files)
    return [event async for event in stream]


def what_others_may_see(pid: int) -> bytes:
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


@contextmanager
def silent_server() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


async def test_a_run_writes_its_story_and_ends(directory: RunsDirectory, extern: Path) -> None:
    run = await asyncio.to_thread(
        start_run, directory, check("old"), handover(extern, directory), None
    )
    events = await asyncio.wait_for(everything(directory.find(run)), 20)

    assert isinstance(events[0], RunStarted)
    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.status, last.exit_code) == (RunStatus.SUCCEEDED, 0), last
    assert run_summary(directory.find(run)).status is RunStatus.SUCCEEDED


async def test_a_damaged_file_fails_the_run_with_its_exit_code(
    directory: RunsDirectory, extern: Path
) -> None:
    (extern / "old/public/t/n1.0.csv").write_text("1,x\n2,y,z\n")

    run = await asyncio.to_thread(
        start_run, directory, check("old"), handover(extern, directory), None
    )
    last = (await asyncio.wait_for(everything(directory.find(run)), 20))[-1]

    assert isinstance(last, RunFinished)
    assert (last.status, last.exit_code) == (RunStatus.FAILED, ExitCode.BACKUP_DAMAGED)
    assert "old" in last.summary


async def test_the_password_is_in_no_file_no_argument_and_no_environment(
    directory: RunsDirectory, extern: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPASSWORD", SECRET)
    with silent_server() as port:
        run = await asyncio.to_thread(
            start_run, directory, plan, handover(extern, directory, port), SECRET
        )
        files = directory.find(run)
        process = files.read_process()
        assert process is not None
        seen = what_others_may_see(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        await asyncio.wait_for(everything(files), 20)

    seen += b"".join(path.read_bytes() for path in files.folder.iterdir())
    assert SECRET.encode() not in seen


async def test_a_killed_run_is_lost_and_its_locks_are_free(
    directory: RunsDirectory, extern: Path, plan: Plan
) -> None:
    with silent_server() as port:
        hand = handover(extern, directory, port)
        run = await asyncio.to_thread(start_run, directory, plan, hand, None)
        files = directory.find(run)
        with pytest.raises(KwtuiError) as error:
            await asyncio.to_thread(start_run, directory, plan, hand, None)
        assert error.value.exit_code is ExitCode.RUN_IN_PROGRESS
        assert run in error.value.cause
        assert len(directory.all()) == 1, "a run that never began leaves nothing behind"

        process = files.read_process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)
        last = (await asyncio.wait_for(everything(files), 20))[-1]
        assert isinstance(last, RunFinished)
        assert last.status is RunStatus.LOST
        assert run_summary(files).status is RunStatus.LOST

        again = await asyncio.to_thread(start_run, directory, plan, hand, None)
        assert again != run
        second = directory.find(again).read_process()
        assert second is not None
        os.kill(second.pid, signal.SIGKILL)


async def test_cancelling_ends_a_run_that_waits_for_its_server(
    directory: RunsDirectory, extern: Path, plan: Plan
) -> None:
    with silent_server() as port:
        run = await asyncio.to_thread(
            start_run, directory, plan, handover(extern, directory, port), None
        )
        files = directory.find(run)
        cancel_run(files)
        events = await asyncio.wait_for(everything(files), 30)

    last = events[-1]
    assert isinstance(last, RunFinished)
    assert (last.status, last.exit_code) == (RunStatus.CANCELLED, ExitCode.CANCELLED)
    assert any(isinstance(event, CancelRequested) for event in events)


async def test_a_run_that_waits_is_heard_of_all_the_time(
    directory: RunsDirectory, extern: Path, plan: Plan
) -> None:
    with silent_server() as port:
        run = await asyncio.to_thread(
            start_run, directory, plan, handover(extern, directory, port), None
        )
        files, beats = directory.find(run), []
        async with asyncio.timeout(30):
            async for event in follow_to_the_end(files):
                if isinstance(event, StepProgress):
                    beats.append(event)
                if len(beats) == 3:
                    break
        state = run_state(files)
        process = files.read_process()
        assert process is not None
        os.kill(process.pid, signal.SIGKILL)

    assert {beat.phase for beat in beats} == {"starting"}
    assert state.now_in_words == "starting"
    assert state.seconds is not None
    assert state.started_at is not None
    assert state.seconds >= (beats[-1].at - state.started_at).total_seconds()


async def test_a_run_outlives_hangup_and_ctrl_c(
    directory: RunsDirectory, extern: Path, plan: Plan
) -> None:
    with silent_server() as port:
        run = await asyncio.to_thread(
            start_run, directory, plan, handover(extern, directory, port), None
        )
        files = directory.find(run)
        process = files.read_process()
        assert process is not None
        os.kill(process.pid, signal.SIGHUP)
        os.kill(process.pid, signal.SIGINT)

        assert os.getsid(process.pid) == process.pid, "it has a session of its own"
        assert files.is_alive()
        os.kill(process.pid, signal.SIGKILL)


def test_cancelling_what_does_not_run_says_so(directory: RunsDirectory) -> None:
    files = directory.create()

    with pytest.raises(KwtuiError) as error:
        cancel_run(files)

    assert error.value.exit_code is ExitCode.NOT_FOUND


def test_a_plan_without_a_database_takes_only_its_folder(
    directory: RunsDirectory, extern: Path
) -> None:
    from kwtui.runs.process import lock_keys

    plan = check("old")

    assert plan.kind is PlanKind.VERIFY
    assert lock_keys(plan, handover(extern, directory)) == (f"{extern}/old",)
