"""Every type with every awkward value: backed up, checked, restored, compared value by value."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from kwtui.backups.proof.findings import Fault
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Row
from tests.faults.columns import (
    SERIES,
    Column,
    Table,
    columns,
    identifier,
    recent_moments,
    tables,
    values,
)

FEW = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = settings(FEW, max_examples=120, derandomize=False)
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


def make_relational(bench: Bench, database: str, made: list[Table]) -> None:
    bench.do(f"CREATE DATABASE {database}")
    statements = []
    for table in made:
        key = '"the key" INT8 PRIMARY KEY, ' if table.key else ""
        parts = key + ", ".join(c.definition for c in table.columns)
        statements.append(f"CREATE TABLE {identifier(table.name)} ({parts})")
        numbered = [
            ", ".join((str(n), *row) if table.key else row) for n, row in enumerate(table.rows)
        ]
        if numbered:
            rows = ", ".join(f"({row})" for row in numbered)
            statements.append(f"INSERT INTO {identifier(table.name)} VALUES {rows}")
    bench.do(*statements, database=database)


def contents(bench: Bench, database: str, names: list[str]) -> dict[str, list[Row]]:
    """Every value as the server prints it, rows in the order of their text."""
    return {
        name: sorted(bench.rows(f"SELECT * FROM {identifier(name)}", database), key=repr)
        for name in names
    }


def assert_comes_back(
    bench: Bench, database: str, names: list[str], method: BackupMethod, chunk_rows: int
) -> None:
    before = contents(bench, database, names)
    definitions = [bench.rows(f"SHOW CREATE TABLE {identifier(name)}", database) for name in names]
    made = bench.backup(database, method=method, chunk_rows=chunk_rows)
    assert made["rows"] == sum(len(rows) for rows in before.values())
    report = bench.verify(made.path)
    faults = [f for f in report.findings if f.fault is not Fault.IMPORT]
    assert (faults, report.ok, report.reached) == ([], True, ProofLevel.P2)
    again = f"{database}_again"

    done = bench.restore(made.path, target=again)

    assert contents(bench, again, names) == before
    assert [
        bench.rows(f"SHOW CREATE TABLE {identifier(name)}", again) for name in names
    ] == definitions
    assert all(line["same"] for line in done["comparison"])
    bench.do(f"DROP DATABASE {database} CASCADE", f"DROP DATABASE {again} CASCADE")


_some_tables = st.lists(tables(), min_size=1, max_size=3, unique_by=lambda t: t.name)


def relational_round_trip(bench: Bench, made: list[Table], chunk_rows: int) -> None:
    database = f"round_{next(_numbers)}"
    make_relational(bench, database, made)
    names = [t.name for t in made]
    slashed = any("/" in n for n in names)
    method = BackupMethod.SNAPSHOT if slashed or chunk_rows else BackupMethod.DATABASE
    assert_comes_back(bench, database, names, method, chunk_rows)


@settings(FEW)
@given(made=_some_tables, chunk_rows=st.sampled_from([0, 1, 3, 100_000]))
def test_relational_tables(bench: Bench, made: list[Table], chunk_rows: int) -> None:
    relational_round_trip(bench, made, chunk_rows)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(MANY)
@given(made=_some_tables, chunk_rows=st.sampled_from([0, 1, 3, 100_000]))
def test_many_relational_tables(bench: Bench, made: list[Table], chunk_rows: int) -> None:
    relational_round_trip(bench, made, chunk_rows)


# -- time series ------------------------------------------------------------------------------


@st.composite
def series(draw: st.DrawFn) -> tuple[int, Table]:
    """Digits of its time column, and a table whose first values are a time and a tag."""
    digits = draw(st.sampled_from([3, 6, 9]))
    found = [c for c in draw(columns(SERIES, 5)) if c.name.isascii() and c.name.isalpha()]
    found = [Column(f"c{n}", c.type, c.nullable) for n, c in enumerate(found or [_ANY])]
    row = st.tuples(
        recent_moments(digits), *(values(c, SERIES) for c in found), st.integers(1, 3).map(str)
    )
    rows = draw(st.lists(row, max_size=7, unique_by=lambda r: (r[0], r[-1])).map(tuple))
    return digits, Table("s", tuple(found), rows, key=False)


_ANY = Column("any", "VARCHAR(30)", nullable=True)


def series_round_trip(bench: Bench, digits: int, table: Table, method: BackupMethod) -> None:
    database = f"series_{next(_numbers)}"
    bench.do(f"CREATE TS DATABASE {database}")
    parts = ", ".join(c.definition for c in table.columns)
    statements = [
        f"CREATE TABLE s (ts TIMESTAMPTZ({digits}) NOT NULL, {parts}) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    ]
    if table.rows:
        rows = ", ".join(f"({', '.join(row)})" for row in table.rows)
        statements.append(f"INSERT INTO s VALUES {rows}")
    bench.do(*statements, database=database)
    assert_comes_back(bench, database, ["s"], method, 100_000)


_methods = st.sampled_from([BackupMethod.SNAPSHOT, BackupMethod.DATABASE])


@settings(FEW)
@given(made=series(), method=_methods)
def test_time_series(bench: Bench, made: tuple[int, Table], method: BackupMethod) -> None:
    series_round_trip(bench, *made, method)


@pytest.mark.slow
@pytest.mark.timeout(900)
@settings(MANY)
@given(made=series(), method=_methods)
def test_many_time_series(bench: Bench, made: tuple[int, Table], method: BackupMethod) -> None:
    series_round_trip(bench, *made, method)
