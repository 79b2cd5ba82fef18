"""A database on a node that may be killed, and how long its backup and restore take undisturbed."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from kwtui.operations.plan import Plan
from kwtui.runs.directory import RunFiles, RunsDirectory
from kwtui.runs.events import RunStatus, StepStarted
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


def kill_at_a_moment(seed: int, seconds: float, kill: Callable[[], None]) -> None:
    """Kill somewhere between the beginning and a little after the usual end."""
    time.sleep(random.Random(seed).random() * seconds * 1.05)  # noqa: S311 - a moment, no secret
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
        assert whole(yard.bench, target) == whole(yard.bench, DATABASE)


def steps_begun(files: RunFiles) -> set[str]:
    return {e.step for e in read_events(files.journal) if isinstance(e, StepStarted)}
