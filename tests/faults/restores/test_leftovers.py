"""What stopped restores and cancelled backups leave is named, with its run, and goes when asked."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Plan, Step
from kwtui.operations.removal.leftovers import Leftover, LeftoverKind
from kwtui.operations.removal.planning import Leftovers
from kwtui.runs.events import CancelRequested, RunStatus
from kwtui.runs.journal import read_events
from kwtui.runs.process import cancel_run
from tests.faults.nodes import wait_until
from tests.faults.restores.journaled import Journaled, PowerCut
from tests.faults.yard import DATABASE, Yard, ended, kill_run, own_yard, steps_begun, whole

T = TypeVar("T")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with own_yard(tmp_path_factory.mktemp("yard")) as yard:
        yield yard


@pytest.fixture
def runs(yard: Yard) -> Journaled:
    return Journaled(yard.bench)


def cut(_: Step) -> None:
    raise PowerCut


def asked(yard: Yard, ask: Callable[[Controller], Awaitable[T]]) -> T:
    async def go() -> T:
        controller = Controller(state=yard.bench.state)
        try:
            await controller.connection.connect(yard.bench.target)
            return await ask(controller)
        finally:
            await controller.close()

    return asyncio.run(go())


def looked(yard: Yard) -> Leftovers:
    return asked(yard, lambda controller: controller.leftovers.find())


def found(yard: Yard, name: str) -> Leftover | None:
    return next((lo for lo in looked(yard).found if lo.name == name), None)


def clean(yard: Yard, *names: str) -> None:
    async def plan(controller: Controller) -> Plan:
        return await controller.plans.cleanup(await controller.leftovers.find(), names)

    state = ended(yard.start(asked(yard, plan)))
    assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)


# -- databases --------------------------------------------------------------------------------


def test_a_work_database_is_named_with_its_run(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"set-defaults": cut})
    scratch = f"{plan.database}_kwtui_restoring"

    left = found(yard, scratch)

    assert left is not None
    assert (left.kind, left.run, left.busy, left.target) == (
        LeftoverKind.SCRATCH,
        run,
        "",
        plan.database,
    )
    assert left.started == plan.created_at
    assert left.continues
    names = asked(yard, lambda c: _of_run(c, run))
    assert names == (scratch,)
    clean(yard, *names)
    assert scratch not in yard.bench.databases()


async def _of_run(controller: Controller, run: str) -> tuple[str, ...]:
    return await controller.leftovers.of_run(await controller.leftovers.find(), run)


def test_a_database_that_is_not_complete_goes_only_when_it_is_named(
    yard: Yard, runs: Journaled
) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"create-views": cut})

    left = found(yard, plan.database)

    assert left is not None
    assert (left.kind, left.run, left.explained) == (LeftoverKind.NAMED, run, False)
    nameless = asked(yard, lambda c: _plan_all(c))
    assert plan.database not in nameless.request["names"]
    clean(yard, plan.database)
    assert plan.database not in yard.bench.databases()


async def _plan_all(controller: Controller) -> Plan:
    return await controller.plans.cleanup(await controller.leftovers.find())


def test_one_that_was_completed_meanwhile_is_left_alone(yard: Yard, runs: Journaled) -> None:
    """Between the look and the removal its restore went on."""
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"create-views": cut})

    async def planned(controller: Controller) -> Plan:
        return await controller.plans.cleanup(await controller.leftovers.find(), [plan.database])

    removal = asked(yard, planned)
    runs.go_on(run)

    state = ended(yard.start(removal))

    assert "no longer says" in " ".join(state.result["doubts"])
    assert whole(yard.bench, plan.database) == yard.original
    assert found(yard, plan.database) is None


def test_what_a_living_run_works_in_is_in_use(yard: Yard) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)
    wait_until(lambda: "create-tables" in steps_begun(files))
    process = files.read_process()
    assert process is not None
    os.kill(process.pid, signal.SIGSTOP)
    try:
        left = found(yard, f"{plan.database}_kwtui_restoring")
        assert left is not None
        assert files.id in left.busy
    finally:
        os.kill(process.pid, signal.SIGCONT)
    assert ended(files).status is RunStatus.SUCCEEDED


# -- defaults ---------------------------------------------------------------------------------


def test_defaults_that_a_killed_import_took_off_are_put_back(yard: Yard, runs: Journaled) -> None:
    yard.bench.restore(yard.made.path, target="kept", strategy=RestoreStrategy.SCHEMA_ONLY)
    shown = yard.bench.rows("SHOW CREATE TABLE big", "kept")
    plan = yard.bench.plan_restore(
        yard.made.path, target="kept", strategy=RestoreStrategy.DATA_ONLY
    )
    run, _ = runs.stopped(plan, {"import:public.big": cut})
    assert yard.bench.rows("SHOW CREATE TABLE big", "kept") != shown

    left = found(yard, "kept")

    assert left is not None
    assert (left.kind, left.run) == (LeftoverKind.DEFAULTS, run)
    assert {str(each) for each in left.defaults} == {"public.big.id", "public.big.v"}
    yard.bench.do("ALTER TABLE big ALTER COLUMN v SET DEFAULT 'mine'", database="kept")
    clean(yard)
    assert found(yard, "kept") is None
    assert ("'mine'",) in yard.bench.rows(
        "SELECT column_default FROM [SHOW COLUMNS FROM big]", "kept"
    ), "that have a default by now keep it"
    yard.bench.do("ALTER TABLE big ALTER COLUMN v SET DEFAULT 'x'", database="kept")
    assert yard.bench.rows("SHOW CREATE TABLE big", "kept") == shown
    yard.bench.do("DROP DATABASE kept CASCADE")


def test_a_failed_import_puts_its_defaults_back_itself(yard: Yard, runs: Journaled) -> None:
    yard.bench.restore(yard.made.path, target="kept", strategy=RestoreStrategy.SCHEMA_ONLY)
    plan = yard.bench.plan_restore(
        yard.made.path, target="kept", strategy=RestoreStrategy.DATA_ONLY
    )

    def fail(_: Step) -> None:
        raise KwtuiError("Somebody pulled the plug.")

    runs.stopped(plan, {"import:public.big": fail})
    yard.bench.do("ALTER TABLE big ALTER COLUMN v DROP DEFAULT", database="kept")

    assert found(yard, "kept") is None, "who takes one off later meant it"
    yard.bench.do("DROP DATABASE kept CASCADE")


# -- a backup that is cancelled ---------------------------------------------------------------


@pytest.mark.parametrize("planned", [False, True], ids=["plan keeps", "plan sweeps"])
@pytest.mark.parametrize("sweep", [False, True, None], ids=["keep", "sweep", "unsaid"])
def test_who_cancels_a_backup_says_what_becomes_of_it(
    yard: Yard, planned: bool, sweep: bool | None
) -> None:
    plan = yard.bench.plan_backup(DATABASE, sweep=planned, parallel=1)
    files = yard.start(plan)
    wait_until(lambda: any(s.startswith("export:") for s in steps_begun(files)))
    cancel_run(files, sweep=sweep)

    state = ended(files)

    if state.status is RunStatus.SUCCEEDED:
        pytest.skip("it was done before the wish reached it")
    assert state.status is RunStatus.CANCELLED
    wishes = [e.sweep for e in read_events(files.journal) if isinstance(e, CancelRequested)]
    assert wishes == [sweep]
    gone = planned if sweep is None else sweep
    entries = {e.path: e for e in scan(yard.bench.extern, yard.bench.state).entries}
    if gone:
        assert plan.path not in entries
    elif plan.path in entries:
        assert entries[plan.path].kind is EntryKind.INCOMPLETE
        assert "cancelled" in entries[plan.path].problem


def test_only_what_a_backup_wrote_is_swept(yard: Yard) -> None:
    files = yard.start(yard.restore_plan())
    with pytest.raises(KwtuiError) as error:
        cancel_run(files, sweep=True)
    assert error.value.exit_code is ExitCode.USAGE
    kill_run(files)
    ended(files)
