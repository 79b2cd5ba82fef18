"""kill -9 at any moment, of the run or of the node: nothing half-made passes for whole.

Afterwards no folder counts as a backup that is not one, leftovers are named, the run says in words
how it ended, no half-filled database stands under the name that was asked for, and a second try
works. Moments are drawn from the time that an undisturbed run takes; each has its own seed.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Step
from kwtui.runs.events import RunStatus
from kwtui.runs.state import RunState
from tests.faults.nodes import kill_node, start_again, wait_until
from tests.faults.yard import (
    DATABASE,
    Yard,
    assert_asked_name_is_whole_free_or_marked,
    assert_asked_name_is_whole_or_free,
    ended,
    is_marked,
    kill_at_a_moment,
    kill_run,
    moments,
    own_yard,
    steps_begun,
)


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with own_yard(tmp_path_factory.mktemp("yard")) as yard:
        yield yard


# -- what must hold ---------------------------------------------------------------------------


def assert_told_in_words(state: RunState, *endings: RunStatus) -> None:
    assert state.status in (*endings, RunStatus.SUCCEEDED), state.status
    assert state.summary
    if state.status is not RunStatus.SUCCEEDED:
        assert state.hint or state.cause


def assert_listing_is_true(yard: Yard, path: str, state: RunState) -> None:
    """What is called a backup is one, to the last bit; what is none is called a leftover."""
    entries = {e.path: e for e in scan(yard.bench.extern, yard.bench.state).entries}
    entry = entries.get(path)
    if state.status is RunStatus.SUCCEEDED:
        assert entry is not None
        assert entry.kind is EntryKind.SET
    if entry is None:
        assert not (yard.bench.extern / path).exists()
    elif entry.kind is EntryKind.SET:
        report = yard.bench.verify(path, ProofLevel.P2)
        assert (report.ok, report.reached) == (True, ProofLevel.P2), report.findings
        assert entry.rows == yard.made["rows"]
    else:
        assert entry.kind is EntryKind.INCOMPLETE
        assert "not a backup" in entry.problem or "did not finish" in entry.problem, entry
        assert entry.proof is None


# -- the run is killed ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", moments())
def test_a_backup_whose_run_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.backup_plan()
    files = yard.start(plan)

    kill_at_a_moment(seed, files, yard.backup_events, lambda: kill_run(files))

    state = ended(files)
    assert_told_in_words(state, RunStatus.LOST)
    assert_listing_is_true(yard, plan.path, state)
    if seed % 6 == 0:
        assert yard.bench.backup(DATABASE)["proof"] == 2, "a second try works"


@pytest.mark.parametrize("seed", moments())
def test_a_restore_whose_run_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)

    kill_at_a_moment(1000 + seed, files, yard.restore_events, lambda: kill_run(files))

    state = ended(files)
    assert_told_in_words(state, RunStatus.LOST)
    assert_asked_name_is_whole_free_or_marked(yard, files, plan.database)
    if seed % 6 == 0 and plan.database not in yard.bench.databases():
        yard.bench.restore(yard.made.path, target=plan.database)
        assert_asked_name_is_whole_or_free(yard, plan.database)


class PowerCut(BaseException):
    """Nothing that runs hears of it, so nothing is cleaned up."""


def cut_the_power(step: Step) -> None:
    raise PowerCut


@pytest.mark.parametrize(
    "step", ["set-last-defaults", "create-views", "comment-and-grant-last", "finish"]
)
def test_a_restore_that_ends_between_its_name_and_its_last_object_is_marked(
    yard: Yard, step: str
) -> None:
    """A database that has views cannot be renamed, so they come after the name."""
    plan = yard.restore_plan()
    with pytest.raises(PowerCut):
        yard.bench.run(plan, {step: cut_the_power})

    assert is_marked(yard.bench, plan.database)
    assert "restore_unfinished" in yard.bench.findings(plan.database)

    yard.bench.restore(yard.made.path, target=plan.database, replace=plan.database)
    assert_asked_name_is_whole_or_free(yard, plan.database)


def test_a_killed_import_into_a_table_that_exists_says_how_to_get_its_defaults_back(
    yard: Yard,
) -> None:
    """The import needs them off; what stood there before must never be called a leftover."""
    yard.bench.restore(yard.made.path, target="kept", strategy=RestoreStrategy.SCHEMA_ONLY)
    before = yard.bench.rows("SHOW CREATE TABLE big", "kept")
    plan = yard.bench.plan_restore(
        yard.made.path, target="kept", strategy=RestoreStrategy.DATA_ONLY
    )
    files = yard.start(plan)
    wait_until(lambda: "drop-defaults" in steps_begun(files))

    kill_run(files)

    state = ended(files)
    if state.status is RunStatus.LOST:
        assert "DROP DATABASE" not in state.hint
        assert "drop it" not in state.hint
        words, *statements = state.hint.splitlines()
        assert "default" in words
        yard.bench.do(*(s for s in statements if s.startswith("ALTER TABLE")), database="kept")
        again = yard.bench.plan_restore(
            yard.made.path, target="kept", strategy=RestoreStrategy.DATA_ONLY
        )
        assert "defaults_gone" not in {f.code for f in again.findings}
    assert yard.bench.rows("SHOW CREATE TABLE big", "kept") == before
    yard.bench.do("DROP DATABASE kept CASCADE")


# -- the node is killed -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", moments(3))
def test_a_backup_whose_node_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.backup_plan()
    files = yard.start(plan)

    kill_at_a_moment(2000 + seed, files, yard.backup_events, lambda: kill_node(yard.bench.node))

    state = ended(files)
    yard.bench = start_again(yard.bench)
    assert_told_in_words(state, RunStatus.FAILED)
    if state.status is RunStatus.FAILED:
        assert state.exit_code in (ExitCode.CONNECTION_LOST, ExitCode.SERVER_UNREACHABLE)
    assert_listing_is_true(yard, plan.path, state)
    if seed % 6 == 0:
        assert yard.bench.backup(DATABASE)["proof"] == 2


@pytest.mark.parametrize("seed", moments(3))
def test_a_restore_whose_node_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)

    kill_at_a_moment(3000 + seed, files, yard.restore_events, lambda: kill_node(yard.bench.node))

    state = ended(files)
    yard.bench = start_again(yard.bench)
    assert_told_in_words(state, RunStatus.FAILED)
    if state.status is RunStatus.FAILED:
        assert state.exit_code in (ExitCode.CONNECTION_LOST, ExitCode.SERVER_UNREACHABLE)
    assert_asked_name_is_whole_free_or_marked(yard, files, plan.database)
    if seed % 6 == 0 and plan.database not in yard.bench.databases():
        yard.bench.restore(yard.made.path, target=plan.database)
        assert_asked_name_is_whole_or_free(yard, plan.database)


# -- what is no kill --------------------------------------------------------------------------


def test_a_hangup_does_nothing_to_a_run(yard: Yard) -> None:
    plan = yard.backup_plan()
    files = yard.start(plan)
    process = files.read_process()
    assert process is not None

    while files.is_alive():
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGHUP)
        time.sleep(0.05)

    state = ended(files)
    assert state.status is RunStatus.SUCCEEDED, state
    assert_listing_is_true(yard, plan.path, state)
