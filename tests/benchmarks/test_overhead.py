"""Budget: a backup and a restore in at most 1.1 times the bare EXPORT and IMPORT (design, 8).

The yardstick are the very EXPORT and IMPORT statements that kwtui sends, sent by a bare client to
the same node in the same run. A content checksum is one more scan of every table on the server,
which nobody who sends bare statements asks for, and on the sandbox, which hashes slowly, it takes
longer than the export. So there are two yardsticks: the bare statements, for runs without content
checksums, and the bare statements followed by the bare checksums, for runs with them. Both ratios
are printed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.manifest import Manifest
from kwtui.model.checks import CheckLevel
from kwtui.operations.plan import StepKind
from kwtui.sql.statements import content_checksum
from tests.benchmarks.yardstick import report
from tests.conftest import start_sandbox, stop_sandbox
from tests.faults.bench import Bench, Made

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

BUDGET = 1.1
ROWS = 200_000
TRIES = 2
DATABASES = {"heavy": 4, "series": 3}
"""With how many tables."""


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    node = start_sandbox(tmp_path_factory.mktemp("overhead") / "node", "--empty")
    bench = Bench(node, tmp_path_factory.mktemp("state"))
    _fill(bench)
    yield bench
    stop_sandbox(node)


def _fill(bench: Bench) -> None:
    numbers = f"generate_series(1, {ROWS}) AS g(i)"
    bench.do("CREATE DATABASE heavy", "CREATE TS DATABASE series")
    for n in range(DATABASES["heavy"]):
        bench.do(
            f"CREATE TABLE t{n} (id INT8 PRIMARY KEY, name STRING, price DECIMAL(12,2), "
            "note VARCHAR(80), at TIMESTAMP)",
            f"INSERT INTO t{n} SELECT i, 'customer ' || i::STRING, i * 1.25, "
            f"'a note about number ' || i::STRING, '2026-11-01 12:00:00'::TIMESTAMP FROM {numbers}",
            database="heavy",
        )
    for n in range(DATABASES["series"]):
        bench.do(
            f"CREATE TABLE s{n} (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, note VARCHAR(60)) "
            "TAGS (site INT4 NOT NULL) PRIMARY TAGS (site)",
            f"INSERT INTO s{n} SELECT '2026-01-01'::TIMESTAMPTZ + i * INTERVAL '1 second', "
            f"i * 0.5, 'reading ' || i::STRING, i % 7 FROM {numbers}",
            database="series",
        )


LEVELS = {False: CheckLevel.COUNTS, True: CheckLevel.FULL}


@pytest.mark.parametrize("checksums", [False, True], ids=["counted", "with checksums"])
@pytest.mark.parametrize("database", DATABASES)
def test_a_backup_against_bare_exports(bench: Bench, database: str, checksums: bool) -> None:
    race = Race()
    for number in range(TRIES):
        plan = bench.plan_backup(database, check=LEVELS[checksums])
        began = time.perf_counter()
        made = bench.run(plan)
        race.ours.append(time.perf_counter() - began)
        exports = _exports(bench, made, f"bare/{database}/{checksums}/{number}")
        race.bare.append(_seconds(bench, exports))
        if checksums:
            race.scans.append(_seconds(bench, _checksums(bench, made, database)))
    race.finish(f"backup of {database}")


@pytest.mark.parametrize("checksums", [False, True], ids=["counted", "with checksums"])
@pytest.mark.parametrize("database", DATABASES)
def test_a_restore_against_bare_imports(bench: Bench, database: str, checksums: bool) -> None:
    backup = bench.backup(database, check=LEVELS[checksums])
    race = Race()
    for number in range(TRIES):
        target = f"{database}_{checksums}_{number}".lower()
        plan = bench.plan_restore(backup.path, target=target)
        began = time.perf_counter()
        bench.run(plan)
        race.ours.append(time.perf_counter() - began)
        if checksums:
            race.scans.append(_seconds(bench, _checksums(bench, backup, target)))
        bench.do(f"DROP DATABASE {target} CASCADE")
        race.bare.append(_bare_import(bench, backup, target))
    race.finish(f"restore of {database}")


class Race:
    """The best of the tries counts: what else the machine does only makes them slower."""

    def __init__(self) -> None:
        self.ours: list[float] = []
        self.bare: list[float] = []
        self.scans: list[float] = []

    def finish(self, what: str) -> None:
        """Report it, and hold it to the budget."""
        ours, bare = min(self.ours), min(self.bare)
        figures = {
            "bare": f"{bare:.2f} s",
            "kwtui": f"{ours:.2f} s",
            "ratio": f"{ours / bare:.2f}",
        }
        yardstick = bare
        if self.scans:
            yardstick += min(self.scans)
            figures |= {
                "bare checksums": f"{min(self.scans):.2f} s",
                "ratio to both": f"{ours / yardstick:.2f}",
            }
        report(what, figures | {"budget": f"{BUDGET}"})
        assert ours / yardstick <= BUDGET


def _seconds(bench: Bench, statements: Sequence[str]) -> float:
    """One statement after the other, as a client without kwtui sends them."""
    began = time.perf_counter()
    bench.do(*statements)
    return time.perf_counter() - began


def _manifest(bench: Bench, made: Made) -> Manifest:
    manifest = open_set(bench.extern, made.path, bench.state).manifest
    assert manifest is not None
    return manifest


def _exports(bench: Bench, made: Made, folder: str) -> list[str]:
    """The statements of a backup, into another folder."""
    return [t.statement.replace(made.path, folder) for t in _manifest(bench, made).tables]


def _checksums(bench: Bench, made: Made, database: str) -> list[str]:
    tables = _manifest(bench, made).tables
    return [content_checksum(database, t.name, t.columns) for t in tables]


def _bare_import(bench: Bench, made: Made, target: str) -> float:
    """The imports alone, into tables that are there already."""
    plan = bench.plan_restore(made.path, target=target)
    kinds = (StepKind.SQL, StepKind.IMPORT_TABLE)
    statements = [s for step in plan.steps if step.kind in kinds for s in step.sql]
    staging = plan.request["staging"]
    if staging:
        statements = [s.replace(staging, made.path) for s in statements]
    imports = [s for s in statements if s.startswith("IMPORT")]
    bench.do(*statements[: statements.index(imports[0])])
    seconds = _seconds(bench, imports)
    bench.do(f"DROP DATABASE {plan.request['scratch']} CASCADE")
    return seconds
