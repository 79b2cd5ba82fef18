"""Rows of a time or of some devices come back in a table of their own, and nothing else does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod
from kwtui.operations.plan import Plan, Step
from tests.conftest import SandboxNode
from tests.faults.bench import Bench

DB = "excerpt_plant"
MAKE = (
    f"CREATE TS DATABASE {DB}",
    f"CREATE TABLE {DB}.public.m (ts TIMESTAMPTZ(3) NOT NULL, a FLOAT8, s VARCHAR(30)) "
    "TAGS (id INT4 NOT NULL, site VARCHAR(20)) PRIMARY TAGS (id) RETENTIONS 3650d",
    f"CREATE TABLE {DB}.public.fine (ts TIMESTAMPTZ(6) NOT NULL, v INT4) "
    "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    f"INSERT INTO {DB}.public.fine VALUES ('2026-11-01 00:00:00.000001+00', 1, 1), "
    "('2026-11-02 00:00:00.000002+00', 2, 1)",
    *(
        f"INSERT INTO {DB}.public.m VALUES "
        + ", ".join(
            f"('2026-11-{day:02} {hour:02}:00:00', {day}.5, {text}, 1, 'north'), "
            f"('2026-11-{day:02} {hour:02}:00:00.5', NULL, NULL, 2, NULL)"
            for hour, text in ((0, "'it''s, \"q\"'"), (8, "e'two\\nlines'"), (16, "NULL"))
        )
        for day in range(1, 7)
    ),
)
WINDOW: dict[str, Any] = {"since": "2026-11-02 08:00:00", "until": "2026-11-04 00:00:00.5"}
COLUMNS = "ts, a, s, id, site"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(sandbox, tmp_path_factory.mktemp("excerpt"))
    bench.do(f"DROP DATABASE IF EXISTS {DB} CASCADE", *MAKE)
    yield bench
    bench.do(f"DROP DATABASE {DB} CASCADE")


@pytest.fixture(scope="module")
def by_days(bench: Bench) -> str:
    """A set whose files carry their time: each day is a file or more of its own."""
    return bench.backup(DB, chunk_rows=2).path


@pytest.fixture(scope="module")
def by_table(bench: Bench) -> str:
    """A set that says nowhere which file holds which time."""
    return bench.backup(DB, method=BackupMethod.TABLES, prefix="whole").path


def content(bench: Bench, table: str, where: str = "TRUE") -> list[tuple[str | None, ...]]:
    return bench.rows(f"SELECT {COLUMNS} FROM {DB}.public.{table} WHERE {where} ORDER BY ts, id")


def read(plan: Plan) -> list[str]:
    """The files that are read."""
    step = next(step for step in plan.steps if step.id == "check-files")
    return [file["path"] for file in step.params["files"]]


@pytest.mark.parametrize("kind", ["by_days", "by_table"])
def test_the_rows_of_a_time_are_those_of_the_table(
    bench: Bench, kind: str, request: pytest.FixtureRequest
) -> None:
    made = bench.excerpt(request.getfixturevalue(kind), "m", f"t_{kind}", **WINDOW)
    wanted = content(bench, "m", "ts >= '2026-11-02 08:00:00' AND ts < '2026-11-04 00:00:00.5'")
    assert len(wanted) == 2 * 5 + 1, "from the moment on, and without the last one"
    assert content(bench, f"t_{kind}") == wanted
    assert made["rows"] == len(wanted)
    assert made["comparison"][0]["check"] == "records"


def test_only_files_of_that_time_are_read(bench: Bench, by_days: str) -> None:
    plan = bench.plan_excerpt(by_days, "m", "t_read", **WINDOW)
    every = bench.plan_excerpt(by_days, "m", "t_read")
    assert (
        0
        < len(read(plan))
        < len(read(every))
        == len([path for path in bench.data_files(by_days) if "/m/" in path])
    )
    assert plan.estimated_rows == 3 * 6, "three days, of which two are cut"


def test_devices_are_chosen_by_their_tags(bench: Bench, by_days: str) -> None:
    made = bench.excerpt(by_days, "m", "t_tags", where="id IN (2, 7) AND site IS NULL", **WINDOW)
    assert content(bench, "t_tags") == content(
        bench, "m", "id = 2 AND ts >= '2026-11-02 08:00:00' AND ts < '2026-11-04 00:00:00.5'"
    )
    assert made["rows"] == 5
    assert bench.excerpt(by_days, "m", "t_north", where="site = 'north'")["rows"] == 18


def test_a_table_in_microseconds_is_inserted(bench: Bench, by_days: str) -> None:
    bench.excerpt(by_days, "fine", "t_fine", since="2026-11-01 12:00:00")
    rows = bench.rows(f"SELECT ts, v, id FROM {DB}.public.t_fine")
    assert rows == [("2026-11-02 00:00:00.000002+00:00", "2", "1")]


def test_the_new_table_keeps_its_rows_and_says_where_they_are_from(
    bench: Bench, by_days: str
) -> None:
    bench.excerpt(by_days, "m", "t_said", **WINDOW)
    ((shown,),) = bench.rows(f"SELECT create_statement FROM [SHOW CREATE TABLE {DB}.public.t_said]")
    assert shown is not None
    assert "3650d" not in shown
    assert by_days in shown


REFUSED: tuple[tuple[dict[str, Any], ExitCode], ...] = (
    ({"into": "m"}, ExitCode.NAME_TAKEN),
    ({"since": "2027-01-01 00:00:00"}, ExitCode.NOT_FOUND),
    ({"where": "id = 3"}, ExitCode.NOT_FOUND),
    ({"where": "a = 3"}, ExitCode.USAGE),
    ({"where": "id = 'x'"}, ExitCode.USAGE),
    ({"where": "id = 1 OR id = 2"}, ExitCode.USAGE),
    ({"since": "2026-11-02 00:00:00", "until": "2026-11-01 00:00:00"}, ExitCode.USAGE),
    ({"target": "nowhere"}, ExitCode.NOT_FOUND),
    ({"target": "defaultdb"}, ExitCode.REFUSED_BY_PLAN),
    ({"table": "ghost"}, ExitCode.NOT_FOUND),
)


@pytest.mark.parametrize(("asked", "code"), REFUSED)
def test_what_cannot_be_done_makes_nothing(
    bench: Bench, by_days: str, asked: dict[str, Any], code: ExitCode
) -> None:
    before = bench.tables(DB)
    table, into = asked.pop("table", "m"), asked.pop("into", "t_refused")
    with pytest.raises(KwtuiError) as caught:
        bench.excerpt(by_days, table, into, **asked)
    assert caught.value.exit_code is code
    assert bench.tables(DB) == before
    assert stagings(bench) == []


def test_what_the_database_would_drop_at_once_is_refused(bench: Bench, by_days: str) -> None:
    bench.do("DROP DATABASE IF EXISTS excerpt_short CASCADE")
    bench.do("CREATE TS DATABASE excerpt_short RETENTIONS 1d")
    with pytest.raises(KwtuiError, match="keeps no rows older than 20"):
        bench.excerpt(by_days, "m", "t", target="excerpt_short", **WINDOW)
    bench.do("DROP DATABASE excerpt_short CASCADE")


def test_a_table_that_is_not_right_does_not_stay(bench: Bench, by_days: str) -> None:
    def spoil(step: Step) -> None:
        bench.do(f"DELETE FROM {DB}.public.t_bad WHERE ts < '2026-11-03 00:00:00'")

    with pytest.raises(KwtuiError) as caught:
        bench.excerpt(by_days, "m", "t_bad", hooks={"compare": spoil}, **WINDOW)
    assert caught.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "t_bad" not in bench.tables(DB)
    assert stagings(bench) == []


class PowerCut(BaseException):
    """Nothing that runs hears of it, so nothing is cleaned up."""


def test_what_a_killed_run_leaves_says_what_it_is(bench: Bench, by_days: str) -> None:
    def cut(step: Step) -> None:
        raise PowerCut

    with pytest.raises(PowerCut):
        bench.excerpt(by_days, "m", "t_cut", hooks={"compare": cut}, **WINDOW)
    with pytest.raises(KwtuiError) as caught:
        bench.excerpt(by_days, "m", "t_cut", **WINDOW)
    assert caught.value.exit_code is ExitCode.NAME_TAKEN
    drop = f"DROP TABLE {DB}.public.t_cut"
    assert caught.value.hint.endswith(f"left it incomplete. Drop it: {drop}")

    bench.do(drop)
    (left,) = stagings(bench)
    shutil.rmtree(left)
    assert bench.excerpt(by_days, "m", "t_cut", **WINDOW)["rows"] == 11


def test_a_file_that_was_changed_is_not_imported(bench: Bench, tmp_path: Path) -> None:
    path = bench.backup(DB, chunk_rows=2, prefix="spoilt").path
    plan = bench.plan_excerpt(path, "m", "t_damaged", **WINDOW)
    file = bench.extern / read(plan)[0]
    data = bytearray(file.read_bytes())
    data[-3] ^= 1
    file.chmod(0o640)
    file.write_bytes(bytes(data))
    with pytest.raises(KwtuiError) as caught:
        bench.run(plan)
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "t_damaged" not in bench.tables(DB)


def stagings(bench: Bench) -> list[Path]:
    return list((bench.extern / "kwtui").glob(".staging/*"))
