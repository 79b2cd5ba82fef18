"""kill -9 at any moment, of the run or of the node: nothing half-made passes for whole.

Afterwards no folder counts as a backup that is not one, leftovers are named, the run says in words
how it ended, no half-filled database stands under the name that was asked for, and a second try
works. Moments are drawn from the time that an undisturbed run takes; each has its own seed.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest

from kwtui.backups.library import EntryKind, scan
from kwtui.errors import ExitCode
from kwtui.model import UNFINISHED, ProofLevel, RestoreStrategy
from kwtui.operations.plan import Plan, Step
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunStatus, StepStarted
from kwtui.runs.history import run_state
from kwtui.runs.journal import read_events
from kwtui.runs.process import Handover, start_run
from kwtui.runs.state import RunState
from tests.conftest import start_sandbox, stop_sandbox
from tests.faults.bench import Bench, Made
from tests.faults.nodes import kill_node, start_again, wait_until

DATABASE = "yard"
ALL = 30
SHORT = 6


def moments(kept: int = SHORT) -> list[object]:
    """Seeds of the thirty moments; those beyond the first few are slow."""
    return [pytest.param(n, marks=[] if n < kept else [pytest.mark.slow]) for n in range(ALL)]


@dataclass
class Yard:
    """A node that may be killed, a database on it, and how long things take undisturbed."""

    bench: Bench
    made: Made
    backup_seconds: float = 0.0
    restore_seconds: float = 0.0
    targets: int = 0

    @property
    def runs(self) -> RunsDirectory:
        return RunsDirectory(self.bench.state)

    def start(self, plan: Plan) -> RunFiles:
        """The plan as a process of its own, which has begun."""
        handover = Handover(
            self.bench.target.as_dict(), str(self.bench.extern), str(self.bench.state)
        )
        return self.runs.find(start_run(self.runs, plan, handover, None))

    def backup_plan(self) -> Plan:
        return self.bench.plan_backup(DATABASE)

    def restore_plan(self) -> Plan:
        self.targets += 1
        return self.bench.plan_restore(self.made.path, target=f"again_{self.targets}")

    def measure(self) -> None:
        self.backup_seconds = self._seconds(self.backup_plan())
        self.restore_seconds = self._seconds(self.restore_plan())

    def _seconds(self, plan: Plan) -> float:
        files = self.start(plan)
        began = time.monotonic()
        state = ended(files)
        assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
        return time.monotonic() - began


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    folder = tmp_path_factory.mktemp("yard")
    bench = Bench(start_sandbox(folder / "node", "--empty"), folder / "state")
    bench.do(f"CREATE DATABASE {DATABASE}", "CREATE USER yard_clerk")
    bench.do(
        "CREATE SEQUENCE numbers",
        "CREATE TABLE parent (id INT8 PRIMARY KEY)",
        "CREATE TABLE big (id INT8 PRIMARY KEY DEFAULT nextval('numbers'), v STRING DEFAULT 'x', "
        "p INT8 REFERENCES parent (id), CONSTRAINT positive CHECK (id > 0))",
        "CREATE TABLE small (id INT8 PRIMARY KEY, v STRING)",
        "CREATE VIEW looked AS SELECT id FROM yard.public.small",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO small VALUES (1, NULL), (2, 'it''s')",
        "INSERT INTO big SELECT i, repeat('y', 60), 1 FROM generate_series(1, 40000) AS g(i)",
        "GRANT SELECT ON TABLE small TO yard_clerk",
        "GRANT CREATE ON DATABASE yard TO yard_clerk",
        "COMMENT ON DATABASE yard IS 'where things are killed'",
        database=DATABASE,
    )
    yard = Yard(bench, bench.backup(DATABASE))
    yard.measure()
    yield yard
    stop_sandbox(yard.bench.node)


def ended(files: RunFiles, seconds: float = 60) -> RunState:
    """How the run ended, once its process is gone."""
    wait_until(lambda: not files.is_alive(), seconds)
    return run_state(files)


def kill_at_a_moment(seed: int, seconds: float, kill: Callable[[], None]) -> None:
    """Kill somewhere between the beginning and a little after the usual end."""
    time.sleep(random.Random(seed).random() * seconds * 1.05)  # noqa: S311 - a moment, no secret
    kill()


def kill_run(files: RunFiles) -> None:
    process = files.read_process()
    assert process is not None
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


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
        assert "no backup" in entry.problem or "did not finish" in entry.problem, entry
        assert entry.proof is None


def whole(bench: Bench, database: str) -> dict[str, object]:
    """Everything that can be seen of a database, under any name."""
    schema = bench.schema(database)
    words = repr(
        (
            schema.tables,
            schema.views,
            schema.comments,
            schema.grants,
            [(s.name, s.last_value, s.called) for s in schema.sequences],
        )
    )
    content = "SELECT count(*), sum(id), min(v), max(v), count(p) FROM big"
    return {
        "definitions": words.replace(f"{database}.public", "DB.public")
        .replace(f" {database}.", " DB.")
        .replace(f"DATABASE {database}", "DATABASE DB"),
        "rows": bench.rows(content, database),
    }


def assert_asked_name_is_whole_or_free(yard: Yard, target: str) -> None:
    if target in yard.bench.databases():
        assert whole(yard.bench, target) == whole(yard.bench, DATABASE)


# -- the run is killed ------------------------------------------------------------------------


@pytest.mark.parametrize("seed", moments())
def test_a_backup_whose_run_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.backup_plan()
    files = yard.start(plan)

    kill_at_a_moment(seed, yard.backup_seconds, lambda: kill_run(files))

    state = ended(files)
    assert_told_in_words(state, RunStatus.LOST)
    assert_listing_is_true(yard, plan.path, state)
    if seed % 6 == 0:
        assert yard.bench.backup(DATABASE)["proof"] == 2, "a second try works"


@pytest.mark.parametrize("seed", moments())
def test_a_restore_whose_run_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)

    kill_at_a_moment(1000 + seed, yard.restore_seconds, lambda: kill_run(files))

    state = ended(files)
    assert_told_in_words(state, RunStatus.LOST)
    assert_asked_name_is_whole_or_free(yard, plan.database)
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

    shown = yard.bench.rows("SELECT database_name, comment FROM [SHOW DATABASES WITH COMMENT]")
    assert (plan.database, UNFINISHED) in shown
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


def steps_begun(files: RunFiles) -> set[str]:
    return {e.step for e in read_events(files.journal) if isinstance(e, StepStarted)}


# -- the node is killed -----------------------------------------------------------------------


@pytest.mark.parametrize("seed", moments(3))
def test_a_backup_whose_node_is_killed(yard: Yard, seed: int) -> None:
    plan = yard.backup_plan()
    files = yard.start(plan)

    kill_at_a_moment(2000 + seed, yard.backup_seconds, lambda: kill_node(yard.bench.node))

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

    kill_at_a_moment(3000 + seed, yard.restore_seconds, lambda: kill_node(yard.bench.node))

    state = ended(files)
    yard.bench = start_again(yard.bench)
    assert_told_in_words(state, RunStatus.FAILED)
    if state.status is RunStatus.FAILED:
        assert state.exit_code in (ExitCode.CONNECTION_LOST, ExitCode.SERVER_UNREACHABLE)
    assert_asked_name_is_whole_or_free(yard, plan.database)
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
