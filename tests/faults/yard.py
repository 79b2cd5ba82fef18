"""A database on a node that may be killed, and moments to kill its backups and restores at."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from kwtui.model.schema import UNFINISHED
from kwtui.operations.plan import Plan
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunStatus, StepFinished, StepStarted
from kwtui.runs.history import run_state
from kwtui.runs.journal import read_events
from kwtui.runs.process import Handover, start_run
from kwtui.runs.state import RunState
from tests.conftest import start_sandbox, stop_sandbox
from tests.faults.bench import Bench, Made
from tests.faults.nodes import wait_until

DATABASE = "yard"
ROWS = 10_000
"""Of its largest table: an export and an import of it can be met in their middle."""
ALL = 30
SHORT = 6


def moments(kept: int = SHORT) -> list[object]:
    """Seeds of the thirty moments; those beyond the first few are slow."""
    return [pytest.param(n, marks=[] if n < kept else [pytest.mark.slow]) for n in range(ALL)]


@dataclass
class Yard:
    """A node that may be killed, a database on it, and how much its runs tell undisturbed."""

    bench: Bench
    made: Made
    backup_events: int = 0
    restore_events: int = 0
    targets: int = 0
    original: dict[str, object] = field(default_factory=dict)
    """Everything that can be seen of the database before anything was killed."""

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
        self.original = whole(self.bench, DATABASE)
        self.backup_events = self._events(self.backup_plan())
        self.restore_events = self._events(self.restore_plan())

    def _events(self, plan: Plan) -> int:
        files = self.start(plan)
        state = ended(files)
        assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
        return steps_told(files)


@contextmanager
def own_yard(folder: Path) -> Iterator[Yard]:
    """A node with the database and one backup of it, for as long as the block runs."""
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
        f"INSERT INTO big SELECT i, repeat('y', 60), 1 FROM generate_series(1, {ROWS}) AS g(i)",
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


def kill_at_a_moment(seed: int, files: RunFiles, events: int, kill: Callable[[], None]) -> None:
    """Kill when the run has told some of as many events, or in the middle of what follows."""
    draw = random.Random(seed)  # noqa: S311 - a moment, no secret
    wanted = draw.randrange(events + 1)
    wait_until(lambda: steps_told(files) >= wanted or not files.is_alive(), pause=0.003)
    time.sleep(draw.choice((0.0, 0.01, 0.05)))
    kill()


def kill_run(files: RunFiles) -> None:
    process = files.read_process()
    assert process is not None
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)


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
        assert whole(yard.bench, target) == yard.original


def assert_asked_name_is_whole_free_or_marked(yard: Yard, files: RunFiles, target: str) -> None:
    """Views come after the name: in between, the database is marked as one that is not complete."""
    if "publish" in steps_begun(files) and is_marked(yard.bench, target):
        assert "restore_unfinished" in yard.bench.findings(target)
        return
    assert_asked_name_is_whole_or_free(yard, target)


def is_marked(bench: Bench, database: str) -> bool:
    """Whether its comment says that a restore of it did not finish."""
    shown = bench.rows("SELECT database_name, comment FROM [SHOW DATABASES WITH COMMENT]")
    return (database, UNFINISHED) in shown


def steps_begun(files: RunFiles) -> set[str]:
    return {e.step for e in read_events(files.journal) if isinstance(e, StepStarted)}


def steps_told(files: RunFiles) -> int:
    """How many beginnings and ends of steps are in the journal."""
    return sum(isinstance(e, StepStarted | StepFinished) for e in read_events(files.journal))
