"""Devices without readings, retentions that are inherited, and names that stop KWDB's statements:
what a time-series export loses comes back (live-findings, rows 33 and 36 to 38)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.model.server import Becomes
from kwtui.operations.plan import Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made
from tests.faults.resealing import reseal

DATABASE = "fleet"
D = f"{DATABASE}.public.d"
NAMES = ("d", "e", "sel/ect", "it's")


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module", autouse=True)
def fleet(bench: Bench) -> Iterator[None]:
    series = "(ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    bench.do(
        f"CREATE TS DATABASE {DATABASE} RETENTIONS 36500d",
        f"USE {DATABASE}",
        "CREATE TABLE d (ts TIMESTAMPTZ NOT NULL, v INT4)"
        " TAGS (id INT4 NOT NULL, site VARCHAR(20), ok BOOL) PRIMARY TAGS (id)",
        "INSERT INTO d (id, site, ok) VALUES (1, 'it''s', true), (2, NULL, false)",
        "INSERT INTO d VALUES ('2026-05-01 00:00:00', 5, 3, 'heard', true)",
        f"CREATE TABLE e {series} RETENTIONS 50000d",
        f'CREATE TABLE "sel/ect" {series}',
        f'CREATE TABLE "it\'s" {series}',
        "INSERT INTO \"sel/ect\" VALUES ('2026-05-01 00:00:00', 5, 3)",
        "INSERT INTO \"it's\" VALUES ('2026-05-01 00:00:00', 5, 3)",
    )
    yield
    for name in bench.databases():
        if name and name.startswith(DATABASE):
            bench.do(f'DROP DATABASE "{name}" CASCADE')


@pytest.fixture(scope="module")
def made(bench: Bench) -> Made:
    return bench.backup(DATABASE)


def devices(bench: Bench, database: str) -> list[tuple[str | None, ...]]:
    return bench.rows(f"SHOW TAG VALUES FROM {database}.public.d")


def retentions(bench: Bench, database: str) -> list[str | None]:
    return [bench.rows(f"SHOW RETENTIONS ON TABLE {database}.public.{name}")[0][1] for name in "de"]


def test_a_survey_and_a_plan_count_them(bench: Bench, made: Made) -> None:
    survey = bench.survey(DATABASE)
    table = survey.schema.table(TableName("public", "d"))
    assert table is not None
    assert (table.devices, table.silent_devices) == (3, (("1", "it's", "t"), ("2", None, "f")))
    counted = {kind.kind: kind for kind in survey.coverage}["devices without readings"]
    assert (counted.count, counted.becomes) == (2, Becomes.CAPTURED)
    (told,) = [f for f in made.plan.findings if f.code == "silent_devices"]
    assert told.message.startswith("2 of its 3 devices have no readings")

    plan = bench.plan_restore(made.path, target="fleet_planned")
    assert "Restore 2 devices without readings" in [step.title for step in plan.steps]


def test_they_come_back_with_their_tags(bench: Bench, made: Made) -> None:
    done = bench.restore(made.path, target="fleet_again")

    assert devices(bench, "fleet_again") == devices(bench, DATABASE)
    assert len(devices(bench, DATABASE)) == 3
    line = next(line for line in done["comparison"] if line["table"] == "public.d")
    assert (line["devices_expected"], line["devices_found"]) == (3, 3)


def test_a_retention_that_was_inherited_stays_so(bench: Bench, made: Made) -> None:
    bench.restore(made.path, target="fleet_kept")

    assert retentions(bench, DATABASE) == [None, "50000d"]
    assert retentions(bench, "fleet_kept") == [None, "50000d"]
    for name in NAMES:
        shown = [
            bench.rows(f'SHOW CREATE TABLE {database}.public."{name}"', database)[0][1]
            for database in (DATABASE, "fleet_kept")
        ]
        assert shown[0] == shown[1]


def test_a_restore_without_one_of_them_is_not_the_same(bench: Bench, made: Made) -> None:
    plan = bench.plan_restore(made.path, target="fleet_short")

    def remove(step: Step) -> None:
        if step.id == "compare":
            bench.do(f"DELETE FROM {plan.request['scratch']}.public.d WHERE id = 2")

    with pytest.raises(KwtuiError) as caught:
        bench.run(plan, {"compare": remove})

    assert caught.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "2 devices, expected 3, 1 of those without readings" in caught.value.title


def test_rows_for_existing_tables_bring_their_devices(bench: Bench, made: Made) -> None:
    bench.restore(made.path, target="fleet_filled", strategy=RestoreStrategy.SCHEMA_ONLY)
    assert devices(bench, "fleet_filled") == []
    bench.restore(made.path, target="fleet_filled", strategy=RestoreStrategy.DATA_ONLY)
    assert devices(bench, "fleet_filled") == devices(bench, DATABASE)


def test_a_device_whose_rows_are_all_too_old_by_now_comes_back(bench: Bench) -> None:
    """Its rows do not: KWDB drops them (row 14)."""
    now = datetime.now(UTC)
    old, new = (f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}" for days in (400, 1))
    bench.do(
        "CREATE TS DATABASE fleet_old RETENTIONS 30d",
        "CREATE TABLE fleet_old.public.d (ts TIMESTAMPTZ NOT NULL, v INT4)"
        " TAGS (id INT4 NOT NULL, site VARCHAR(20), ok BOOL) PRIMARY TAGS (id)",
        f"INSERT INTO fleet_old.public.d VALUES ('{new}', 5, 3, 'x', true), ('{new}', 6, 4, 'y', "
        "false)",
    )
    made = bench.backup("fleet_old")
    # Time cannot be turned, so the file is: a row of it is as old as it would be next year.
    reseal(bench, made.path, "fleet_aged", lambda text: text.replace(new, old, 1))

    done = bench.restore("fleet_aged", target="fleet_old_again")
    assert done["expired"] == {"public.d": 1}
    assert devices(bench, "fleet_old_again") == [("3", "x", "t"), ("4", "y", "f")]


@pytest.mark.parametrize("method", [BackupMethod.SNAPSHOT, BackupMethod.TABLES])
def test_names_that_stop_kwdbs_own_statements_stop_no_backup(
    bench: Bench, method: BackupMethod
) -> None:
    named = bench.backup(DATABASE, method=method)
    target = f"fleet_named_{method.value}"
    bench.restore(named.path, target=target)

    for name in NAMES:
        rows = f'SELECT ts, v, id FROM {DATABASE}.public."{name}"'
        assert bench.rows(rows.replace(DATABASE, target)) == bench.rows(
            rows.replace("ts, v, id", "ts, v, id")
        )


def test_a_table_keeps_what_its_database_kept_when_it_was_made(bench: Bench) -> None:
    """It inherits nothing any more: the database keeps another time now."""
    bench.do(
        "CREATE TS DATABASE fleet_then RETENTIONS 36500d",
        "CREATE TABLE fleet_then.public.d (ts TIMESTAMPTZ NOT NULL, v INT4)"
        " TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        "ALTER TS DATABASE fleet_then SET RETENTIONS = 100d",
    )
    made = bench.backup("fleet_then")
    bench.restore(made.path, target="fleet_then_again")

    (row,) = bench.rows("SHOW CREATE TABLE fleet_then_again.public.d")
    assert "retentions 3153600000s" in (row[1] or "")
    (database,) = bench.rows("SHOW CREATE DATABASE fleet_then_again")
    assert "8640000s" in (database[1] or "")
