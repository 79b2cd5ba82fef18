"""A time series takes writes while it is backed up: it has no snapshot (live-findings, row 30).

Newer rows are simply not in the backup. Rows that come late, below the cut, and rows that change
there are counted and named, and the set does not claim a content that nobody can vouch for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from kwtui.model.requests import BackupMethod
from kwtui.operations.plan import Step
from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.bench import Bench
from tests.faults.nodes import wait_until

DATABASE = "writers"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture
def series(bench: Bench) -> Iterator[str]:
    bench.do(f"CREATE TS DATABASE {DATABASE}")
    bench.do(
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "CREATE TABLE quiet (ts TIMESTAMPTZ(3) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES ('2026-11-22 08:00:00', 1, 1), ('2026-11-22 08:00:10', 2, 1)",
        "INSERT INTO quiet VALUES ('2026-11-22 08:00:00', 1, 1)",
        database=DATABASE,
    )
    yield DATABASE
    bench.do(f"DROP DATABASE {DATABASE} CASCADE")


def test_newer_rows_are_left_for_the_next_backup(bench: Bench, series: str) -> None:
    def newer(step: Step) -> None:
        bench.do("INSERT INTO s VALUES ('2026-11-22 09:00:00', 9, 1)", database=series)

    made = bench.backup(series, hooks={"reconcile": newer})

    assert (made["doubts"], made["proof"], made["rows"]) == ([], 2, 3)
    done = bench.restore(made.path, target="writers_again")
    assert all(line["checksum"] == "the same" for line in done["comparison"])
    assert bench.one("SELECT count(*) FROM s", "writers_again") == "2"
    bench.do("DROP DATABASE writers_again CASCADE")


def test_late_rows_are_counted_and_the_table_is_named(bench: Bench, series: str) -> None:
    def late(step: Step) -> None:
        bench.do(
            "INSERT INTO s VALUES ('2026-11-22 07:59:00', 7, 1), ('2026-11-22 07:59:30', 8, 2)",
            database=series,
        )

    made = bench.backup(series, hooks={"reconcile": late})

    (doubt,) = made["doubts"]
    assert "2 rows of public.s arrived late while it was exported" in doubt
    assert "the table held 2 up to 2026-11-22 08:00:10" in doubt
    assert "and 4 after it; the files hold 2 rows: 0 of the late ones are in them" in doubt
    assert any("2 rows of public.s arrived late" in words for words in made.story.notices)


def test_rows_that_change_are_told_though_their_number_is_the_same(
    bench: Bench, series: str
) -> None:
    def change(step: Step) -> None:
        bench.do("DELETE FROM s WHERE ts = '2026-11-22 08:00:00' AND id = 1", database=series)
        bench.do("INSERT INTO s VALUES ('2026-11-22 08:00:00', 99, 1)", database=series)

    made = bench.backup(series, hooks={"reconcile": change})

    (doubt,) = made["doubts"]
    assert "rows of public.s were changed while it was exported" in doubt


def test_rows_that_vanish_are_told(bench: Bench, series: str) -> None:
    def remove(step: Step) -> None:
        bench.do("DELETE FROM s WHERE ts = '2026-11-22 08:00:00' AND id = 1", database=series)

    made = bench.backup(series, hooks={"reconcile": remove})

    (doubt,) = made["doubts"]
    assert "1 row of public.s vanished while it was exported" in doubt


@contextmanager
def late_rows_coming(bench: Bench, database: str) -> Iterator[None]:
    """Some device catches up: every few milliseconds a row from before the cut, without a pause."""
    stop, written = threading.Event(), [0]

    def write() -> None:
        with psycopg.connect(
            bench.node.dsn, dbname=database, autocommit=True, prepare_threshold=None
        ) as db:
            while not stop.is_set():
                written[0] += 1
                number = written[0]
                seconds = f"{number // 60 % 60:02}:{number % 60:02}.{number % 997:03}"
                db.execute(f"INSERT INTO s VALUES ('2026-11-22 06:{seconds}', {number}, 1)")

    thread = threading.Thread(target=write, daemon=True)
    thread.start()
    try:
        wait_until(lambda: written[0] > 2)
        yield
    finally:
        stop.set()
        thread.join(30)


@pytest.mark.parametrize("method", [BackupMethod.SNAPSHOT, BackupMethod.DATABASE])
def test_a_person_is_told_while_a_device_catches_up(
    bench: Bench, series: str, method: BackupMethod, tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path, bench.node)
    with late_rows_coming(bench, series):
        done = kwtui.run("backup", series, "--method", method.value, *kwtui.server)

    assert done.code == 0, done.err
    told = [line for line in (done.out + done.err).splitlines() if "public.s" in line]
    assert any("arrived late" in line or "takes writes" in line for line in told), done.out
    assert not any("public.quiet" in line and "late" in line for line in told)
