"""A person asks what ran; processes may have died, been reused or never started."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.new_file import write_new
from kwtui.operations.plan import Plan
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import (
    AnyEvent,
    RunFinished,
    RunStarted,
    RunStatus,
    StepFinished,
    StepProgress,
    StepStarted,
)
from kwtui.runs.history import (
    earlier_of,
    list_runs,
    run_state,
    run_summary,
    runs_at_work,
)
from kwtui.runs.journal import JournalWriter, encode_event
from kwtui.runs.lock import LockHolder, RunLocks
from kwtui.runs.process_identity import ProcessIdentity, current_identity, identity_of, is_alive
from kwtui.runs.state import StepStatus
from tests.runs.conftest import at


@pytest.fixture
def directory(tmp_path: Path) -> RunsDirectory:
    return RunsDirectory(tmp_path / "state")


def make_run(
    directory: RunsDirectory, plan: Plan, process: ProcessIdentity, *events: AnyEvent
) -> RunFiles:
    """Each a second after those that are there: the id of a run tells no less."""
    files = directory.create(datetime.now(UTC) + timedelta(seconds=len(directory.all())))
    write_new(files.plan, [msgspec.json.encode(plan)])
    write_new(files.process, [msgspec.json.encode(process)])
    with JournalWriter(files.journal) as journal:
        journal.append(RunStarted(at=at(0), run=files.id, plan=plan.id, title="", pid=process.pid))
        for event in events:
            journal.append(event)
    return files


def test_a_run_of_three_hours_is_read_at_once(directory: RunsDirectory, plan: Plan) -> None:
    files = directory.create()
    write_new(files.plan, [msgspec.json.encode(plan)])
    write_new(files.process, [msgspec.json.encode(current_identity())])
    step = plan.steps[1].id
    events: list[AnyEvent] = [
        RunStarted(at=at(0), run=files.id, plan=plan.id, title="", pid=1),
        StepStarted(at=at(0), step=step, title=""),
    ]
    events += [
        StepProgress(at=at(n * 0.8), step=step, phase="exporting", table=1, tables=2, bytes=n)
        for n in range(1, 13_500)
    ]
    files.journal.write_bytes(b"".join(encode_event(event) + b"\n" for event in events))

    began = time.process_time()
    state = run_state(files)
    spent = time.process_time() - began

    assert files.journal.stat().st_size < 5 * 1024 * 1024
    assert spent < 1.0
    assert state.bytes == 13_499
    assert state.bytes_per_second == pytest.approx(1.25)
    assert state.now_in_words == "exporting, table 1 of 2: public.orders"


def test_a_run_that_works_takes_time_up_to_now(directory: RunsDirectory, plan: Plan) -> None:
    files = make_run(directory, plan, current_identity())

    state = run_state(files)

    assert state.status is RunStatus.RUNNING
    assert state.seconds == pytest.approx((datetime.now(UTC) - at(0)).total_seconds(), abs=60)


def test_a_lost_run_took_time_up_to_its_last_word(directory: RunsDirectory, plan: Plan) -> None:
    files = make_run(
        directory, plan, dead_process(), StepStarted(at=at(7), step="snapshot", title="")
    )

    assert run_state(files).seconds == 7.0
    assert run_state(files).now_in_words == ""


def dead_process() -> ProcessIdentity:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = identity_of(child.pid)
    child.kill()
    child.wait()
    return identity


def test_a_finished_run_says_how_it_ended(directory: RunsDirectory, plan: Plan) -> None:
    finished = RunFinished(at=at(5), status=RunStatus.FAILED, summary="No space", exit_code=22)
    files = make_run(directory, plan, dead_process(), finished)

    summary = run_summary(files)

    assert (summary.status, summary.summary) == (RunStatus.FAILED, "No space")
    assert (summary.exit_code, summary.database) == (22, "shop")


def test_a_run_whose_process_lives_is_running(directory: RunsDirectory, plan: Plan) -> None:
    files = make_run(directory, plan, current_identity())

    assert run_summary(files).status is RunStatus.RUNNING


def test_a_killed_run_is_lost_and_its_step_stopped(directory: RunsDirectory, plan: Plan) -> None:
    step = StepStarted(at=at(1), step="snapshot", title="")
    files = make_run(directory, plan, dead_process(), step)

    assert run_summary(files).status is RunStatus.LOST
    assert run_state(files).steps[0].status is StepStatus.STOPPED


def test_a_reused_pid_is_not_taken_for_the_run(directory: RunsDirectory, plan: Plan) -> None:
    me = current_identity()
    somebody_else = ProcessIdentity(me.pid, me.started_ticks + 1, me.boot_id)
    before_the_reboot = ProcessIdentity(me.pid, me.started_ticks, "another boot")

    assert is_alive(me)
    assert not is_alive(somebody_else)
    assert not is_alive(before_the_reboot)
    assert run_summary(make_run(directory, plan, somebody_else)).status is RunStatus.LOST


def test_a_zombie_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = identity_of(child.pid)
    assert is_alive(identity)

    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

    assert not is_alive(identity)
    child.wait()


def test_the_newest_run_comes_first(directory: RunsDirectory, plan: Plan) -> None:
    same_second = datetime(2026, 1, 1, tzinfo=UTC)
    old, new = directory.create(same_second), directory.create(same_second)
    for seconds, files in enumerate((old, new)):
        made = replace(plan, created_at=at(seconds / 10))
        write_new(files.plan, [msgspec.json.encode(made)])

    assert [run.id for run in list_runs(directory)] == [new.id, old.id]


def test_a_plan_that_was_read_for_long_makes_no_run_long(
    directory: RunsDirectory, plan: Plan
) -> None:
    read_for_half_a_minute = replace(plan, created_at=at(-30))
    finished = RunFinished(at=at(3), status=RunStatus.SUCCEEDED, summary="done")
    files = make_run(directory, read_for_half_a_minute, dead_process(), finished)

    summary = run_summary(files)

    assert (summary.began, summary.seconds) == (at(0), 3.0)


def test_a_run_that_never_said_that_it_began_began_with_its_plan(
    directory: RunsDirectory, plan: Plan
) -> None:
    files = directory.create()
    write_new(files.plan, [msgspec.json.encode(plan)])

    summary = run_summary(files)

    assert (summary.began, summary.seconds) == (plan.created_at, None)


def test_a_folder_with_a_broken_plan_does_not_hide_the_others(
    directory: RunsDirectory, plan: Plan
) -> None:
    broken = directory.create()
    broken.plan.write_text("{")
    good = make_run(directory, plan, current_identity())

    assert [run.id for run in list_runs(directory)] == [good.id]


def test_a_run_is_found_by_a_part_of_its_id(directory: RunsDirectory) -> None:
    files = directory.create()

    assert directory.find(files.id[-4:]).id == files.id
    with pytest.raises(KwtuiError) as error:
        directory.find("nothing")
    assert error.value.exit_code is ExitCode.NOT_FOUND


def test_what_a_run_keeps_is_private(directory: RunsDirectory, plan: Plan) -> None:
    files = make_run(directory, plan, current_identity())

    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files.folder.iterdir())


def test_a_second_run_on_the_same_database_is_refused_by_name(directory: RunsDirectory) -> None:
    directory.create()
    first, second = RunLocks(directory.locks), RunLocks(directory.locks)
    first.take("database shop")
    first.sign(LockHolder("run-1", current_identity()))

    with pytest.raises(KwtuiError) as error:
        second.take("database shop")

    assert error.value.exit_code is ExitCode.RUN_IN_PROGRESS
    assert "run-1" in error.value.cause
    second.take("database plant")
    first.close()
    second.take("database shop")
    second.close()


def test_a_lock_is_gone_with_the_process_that_holds_it(directory: RunsDirectory) -> None:
    directory.create()
    locks = RunLocks(directory.locks)
    locks.take("database shop")
    holder = subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, pass_fds=locks.files
    )
    locks.close()
    with pytest.raises(KwtuiError):
        RunLocks(directory.locks).take("database shop")

    holder.kill()
    holder.wait()

    again = RunLocks(directory.locks)
    again.take("database shop")
    again.close()


def test_the_last_run_of_the_same_kind_that_succeeded_tells_how_long_phases_take(
    directory: RunsDirectory, plan: Plan
) -> None:
    step = plan.steps[1].id
    gone = ProcessIdentity(2**22 + 1)

    def run(plan: Plan, seconds: int, status: RunStatus) -> RunFiles:
        return make_run(
            directory,
            plan,
            gone,
            StepStarted(at=at(0), step=step, title=""),
            StepFinished(at=at(seconds), step=step, bytes=1_000),
            RunFinished(at=at(seconds), status=status, summary=""),
        )

    first = run(plan, 20, RunStatus.SUCCEEDED)
    assert earlier_of(directory, first) is None
    run(plan, 30, RunStatus.FAILED)
    run(replace(plan, database="plant"), 40, RunStatus.SUCCEEDED)
    newest = make_run(directory, plan, current_identity())

    found = earlier_of(directory, newest)

    assert found is not None
    assert (found.seconds, found.bytes) == ({"export-table": 20.0}, 1_000)
    assert runs_at_work(directory) == [newest.id]
