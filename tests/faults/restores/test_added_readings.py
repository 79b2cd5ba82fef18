"""Readings of a backup go into a time-series table that holds some of them already."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kwtui.model.requests import RestoreStrategy
from tests.faults.bench import Bench, Made
from tests.faults.nodes import own_node

METERS = "meters_added"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with own_node(tmp_path_factory.mktemp("readings")) as bench:
        yield bench


@pytest.fixture(scope="module")
def made(bench: Bench) -> Made:
    bench.do(f"CREATE TS DATABASE {METERS}")
    for table, precision in (("plain", 3), ("fine", 9)):
        bench.do(
            f"CREATE TABLE {table} (ts TIMESTAMPTZ({precision}) NOT NULL, v INT8) "
            "TAGS (dev INT4 NOT NULL, site INT4 NOT NULL) PRIMARY TAGS (dev, site)",
            f"INSERT INTO {table} VALUES ('2026-11-20 00:00:01', 1, 1, 1), "
            "('2026-11-20 00:00:01', 2, 1, 2), ('2026-11-20 00:00:02', 3, 1, 1)",
            database=METERS,
        )
    return bench.backup(METERS)


def test_a_gap_is_filled_beside_readings_that_are_in_the_backup_too(
    bench: Bench, made: Made
) -> None:
    bench.restore(made.path, target="gap")
    for table in ("plain", "fine"):
        bench.do(f"DELETE FROM {table} WHERE dev = 1 AND site = 1", database="gap")
        bench.do(f"INSERT INTO {table} VALUES ('2026-11-21 00:00:00', 9, 3, 3)", database="gap")

    plan = bench.plan_restore(made.path, target="gap", strategy=RestoreStrategy.DATA_ONLY)
    told = [f.message for f in plan.findings if f.code == "table_not_empty"]
    done = bench.run(plan)

    assert len(told) == 2
    assert all("ts.dedup.rule decides which of the two stays" in words for words in told)
    for table in ("plain", "fine"):
        assert bench.one(f"SELECT count(*) FROM {table}", "gap") == "4"
    assert {line["name"]: line["met"] for line in done["comparison"]} == {"plain": 1, "fine": 1}


def test_readings_that_meet_none_are_all_there_afterwards(bench: Bench, made: Made) -> None:
    bench.restore(made.path, target="beside")
    for table in ("plain", "fine"):
        bench.do(f"DELETE FROM {table} WHERE dev = 1", database="beside")
        bench.do(f"INSERT INTO {table} VALUES ('2026-11-21 00:00:00', 9, 3, 3)", database="beside")

    done = bench.restore(made.path, target="beside", strategy=RestoreStrategy.DATA_ONLY)

    assert [line["rows_found"] for line in done["comparison"]] == [4, 4]
    assert [line["met"] for line in done["comparison"]] == [0, 0]
