"""Each level of the content check, from the backup to the comparison of what came back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.manifest import TableEntry
from kwtui.model.checks import CheckLevel
from kwtui.operations.backup.execution import sampling
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made

SHOP, PLANT = "levels_shop", "levels_plant"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(f"CREATE DATABASE {SHOP}", f"CREATE TS DATABASE {PLANT}")
    bench.do(
        "CREATE TABLE numbers (id INT8 PRIMARY KEY, v FLOAT8, s STRING)",
        "INSERT INTO numbers SELECT i, i * 0.1, 'row ' || i::STRING FROM "
        "generate_series(1, 400) AS g(i)",
        "CREATE TABLE texts (k STRING PRIMARY KEY, n DECIMAL(10,2))",
        "INSERT INTO texts SELECT 'it''s ' || i::STRING, i FROM generate_series(1, 400) AS g(i)",
        "CREATE TABLE bare (n INT8)",
        "INSERT INTO bare SELECT i FROM generate_series(1, 400) AS g(i)",
        "CREATE TABLE few (id INT8 PRIMARY KEY)",
        "INSERT INTO few VALUES (1), (2)",
        database=SHOP,
    )
    bench.do(
        "CREATE TABLE t (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, n INT8, s VARCHAR(20)) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        "INSERT INTO t SELECT '2026-01-01'::TIMESTAMPTZ + i * INTERVAL '10 minutes', i * 0.1, i, "
        "'row', 1 FROM generate_series(1, 400) AS g(i)",
        database=PLANT,
    )
    yield bench
    bench.do(f"DROP DATABASE {SHOP} CASCADE", f"DROP DATABASE {PLANT} CASCADE")


@pytest.fixture(autouse=True)
def small_samples(monkeypatch: pytest.MonkeyPatch, bench: Bench) -> Iterator[None]:
    """As of tables with many more rows."""
    monkeypatch.setattr(sampling, "SMALL", 50)
    monkeypatch.setattr(sampling, "_SHARE", 0)
    yield
    bench.do("DROP DATABASE IF EXISTS levels_back CASCADE")


def tables(bench: Bench, made: Made) -> dict[str, TableEntry]:
    manifest = open_set(bench.extern, made.path, bench.state).manifest
    assert manifest is not None
    return {table.name.name: table for table in manifest.tables}


@pytest.mark.parametrize("level", CheckLevel)
@pytest.mark.parametrize("database", [SHOP, PLANT])
def test_what_is_read_for_the_backup_is_found_in_what_came_back(
    bench: Bench, database: str, level: CheckLevel
) -> None:
    made = bench.backup(database, check=level)
    assert (made["proof"], made["doubts"]) == (2, [])
    found = tables(bench, made)
    for name, table in found.items():
        wanted = {"few": CheckLevel.FULL, "bare": CheckLevel.COUNTS}.get(name, level)
        assert table.level is (wanted if level is CheckLevel.SAMPLE else level), name
    done = bench.restore(made.path, target="levels_back")
    assert all(line["same"] for line in done["comparison"])
    assert all(line["checksum"] == "the same" for line in done["comparison"])


def test_a_sample_is_a_range_of_keys_or_of_time(bench: Bench) -> None:
    shop = tables(bench, bench.backup(SHOP, check=CheckLevel.SAMPLE))
    for name, column in (("numbers", "id"), ("texts", "k")):
        (sample,) = shop[name].samples
        assert (sample.column, 0 < sample.checksum.rows <= 200) == (column, True)
    (sample,) = tables(bench, bench.backup(PLANT, check=CheckLevel.SAMPLE))["t"].samples
    assert (sample.column, 0 < sample.checksum.rows <= 200) == ("ts", True)


def test_a_table_without_a_usable_key_says_so_in_the_set(bench: Bench) -> None:
    made = bench.backup(SHOP, check=CheckLevel.SAMPLE)
    assert any(
        "public.bare is checked by counts instead of sample" in words
        for words in made.story.notices
    )


def test_windows_are_days_with_sums(bench: Bench) -> None:
    windows = tables(bench, bench.backup(PLANT))["t"].windows
    assert windows is not None
    assert [window.since[:10] for window in windows.windows] == [
        "2026-01-01",
        "2026-01-02",
        "2026-01-03",
    ]
    assert (windows.rows, windows.unsettled) == (400, ())
