"""Backup, restore, and every definition is printed as before: by kwtui, by psql, by kwbase sql.

What recording 19 shows of definitions, and what live-findings (rows 33 to 40) say that KWDB loses.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from kwtui.model.schema import TableName
from kwtui.model.server import Becomes
from kwtui.sql.meaning import meaning
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made, Row

RICH, SERIES = "trip", "trip_ts"

TABLES = (
    "SET experimental_enable_hash_sharded_indexes = true",
    "CREATE SCHEMA s2",
    "CREATE SEQUENCE q",
    "CREATE TABLE parts (id INT8, region STRING, v STRING, PRIMARY KEY (region, id)) PARTITION BY"
    " LIST (region) (PARTITION cn VALUES IN ('cn'), PARTITION eu VALUES IN ('eu', 'uk'))",
    "CREATE TABLE ranges_t (id INT8 PRIMARY KEY, v STRING) PARTITION BY RANGE (id)"
    " (PARTITION low VALUES FROM (0) TO (100), PARTITION high VALUES FROM (100) TO (200))",
    "CREATE TABLE hashed (id INT8, v STRING, PRIMARY KEY (id) USING HASH WITH BUCKET_COUNT = 4)",
    "CREATE TABLE by_hash (id INT8 PRIMARY KEY, v STRING, INDEX i (v) USING HASH WITH BUCKET_COUNT"
    " = 3)",
    "CREATE TABLE customers (id INT8 PRIMARY KEY, v STRING)",
    "CREATE TABLE orders (customer INT8, id INT8, v STRING, PRIMARY KEY (customer, id), INDEX near"
    " (customer) INTERLEAVE IN PARENT customers (customer)) INTERLEAVE IN PARENT customers"
    " (customer)",
    "CREATE TABLE arr (id INT8 PRIMARY KEY, a INT4[] DEFAULT ARRAY[1, 2]:::INT4[], v STRING)",
    "CREATE TABLE fam (id INT8 PRIMARY KEY, v STRING, b BYTES, FAMILY f1 (id, v), FAMILY f2 (b))",
    "CREATE TABLE inv (id INT8, j JSONB, v STRING, PRIMARY KEY (id), INVERTED INDEX ix (j))",
    "CREATE TABLE comp (id INT8 PRIMARY KEY, v STRING COLLATE zh_cn, t STRING AS (id::STRING)"
    " STORED, CHECK (id::STRING != 'x'))",
    "CREATE TABLE def (id INT8 PRIMARY KEY DEFAULT nextval('q'), v STRING DEFAULT 'Grüß 中A',"
    " b BYTES DEFAULT b'\\'', c BYTES DEFAULT b'\\x00\\xff', s STRING DEFAULT e'A\\'b\\\\c\\nd')",
    "CREATE TABLE s2.log (id INT8 PRIMARY KEY, v STRING)",
    "CREATE VIEW bv AS SELECT b'\\'' AS q, e'\\t `id`' AS s, b'\\\\' AS r FROM def",
)
NAMES = (
    "parts", "ranges_t", "hashed", "by_hash", "customers", "orders", "arr", "fam", "inv", "comp",
    "def", "s2.log",
)  # fmt: skip
PROGRAMS = (
    "CREATE PROCEDURE pr(x INT8) BEGIN SELECT x; UPDATE trip.s2.log SET v = 'it''s; \\' WHERE id ="
    " x; END",
    "CREATE PROCEDURE s2.deep() BEGIN DELETE FROM trip.s2.log WHERE id = 0; END",
    "CREATE USER IF NOT EXISTS trip_user",
    "COMMENT ON PROCEDURE pr IS 'writes; it''s'",
    "GRANT EXECUTE, DROP ON PROCEDURE s2.deep TO trip_user",
    "CREATE TRIGGER tg AFTER INSERT ON fam FOR EACH ROW BEGIN INSERT INTO s2.log VALUES (NEW.id,"
    " NULL); END",
    'CREATE TRIGGER "Odd" BEFORE INSERT ON fam FOR EACH ROW BEGIN DELETE FROM s2.log WHERE id ='
    " NEW.id; END",
    "CREATE TRIGGER third AFTER INSERT ON fam FOR EACH ROW PRECEDES tg BEGIN DELETE FROM s2.log"
    " WHERE id = NEW.id; END",
)


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def rich(bench: Bench) -> Iterator[Made]:
    rows = (
        f"INSERT INTO {n} (id, v) VALUES (1, 'a'), (2, NULL)" for n in NAMES if n not in SPECIAL
    )
    bench.do(
        f"CREATE DATABASE {RICH}",
        f"USE {RICH}",
        *TABLES,
        "INSERT INTO parts VALUES (1, 'cn', 'a')",
        "INSERT INTO orders VALUES (1, 1, 'o')",
        "INSERT INTO comp (id, v) VALUES (1, '中' COLLATE zh_cn)",
        "INSERT INTO def (id) VALUES (7)",
        *rows,
        *PROGRAMS,
    )
    yield bench.backup(RICH)
    drop(bench, RICH)


SPECIAL = ("parts", "orders", "comp", "def")


def drop(bench: Bench, prefix: str) -> None:
    for name in bench.databases():
        if name == prefix or (name or "").startswith(f"{prefix}_again"):
            bench.do(f'DROP DATABASE "{name}" CASCADE')


def printed(bench: Bench, database: str) -> dict[str, str]:
    """What SHOW prints of everything in the database, under the name of the first."""
    found = {n: bench.rows(f"SHOW CREATE TABLE {n}", database)[0][1] or "" for n in NAMES}
    found["bv"] = bench.rows("SHOW CREATE VIEW bv", database)[0][1] or ""
    for name in ("pr", "s2.deep"):
        found[name] = bench.rows(f"SHOW CREATE PROCEDURE {name}", database)[0][1] or ""
    for show in ("PROCEDURES WITH COMMENT", "GRANTS ON PROCEDURE pr, s2.deep"):
        found[show] = str(bench.rows(f"SHOW {show}", database))
    fired = bench.rows(
        "SELECT trigger_name, create_statement FROM kwdb_internal.kwdb_triggers", database
    )
    found["fired"] = " ".join(str(name) for name, _ in fired)
    found |= {f"trigger {name}": text or "" for name, text in fired}
    found["def.v"] = str(
        bench.rows("SELECT column_name, column_default FROM [SHOW COLUMNS FROM def]", database)
    )
    return {k: re.sub(rf"\b{database}\b", RICH, text) for k, text in found.items()}


def as_meant(texts: dict[str, str]) -> dict[str, object]:
    """A typed array is printed in another way each time that it is typed back (row 39)."""
    return texts | {"arr": meaning(texts["arr"])}


def contents(bench: Bench, database: str) -> dict[str, list[Row]]:
    names = (*NAMES, "bv")
    return {n: sorted(bench.rows(f"SELECT * FROM {n}", database), key=repr) for n in names}


def test_every_definition_is_printed_as_before(bench: Bench, rich: Made) -> None:
    done = bench.restore(rich.path, target=f"{RICH}_again")

    assert done.result.exit_code is ExitCode.OK, done.result.cause
    assert as_meant(printed(bench, f"{RICH}_again")) == as_meant(printed(bench, RICH))
    assert contents(bench, f"{RICH}_again") == contents(bench, RICH)
    assert {line["checksum"] for line in done["comparison"]} == {"the same"}


def test_a_trigger_fires_for_new_rows_alone(bench: Bench, rich: Made) -> None:
    bench.restore(rich.path, target=f"{RICH}_again_fires")
    assert bench.rows("SELECT id FROM s2.log ORDER BY id", f"{RICH}_again_fires") == [
        ("1",),
        ("2",),
    ]
    bench.do("INSERT INTO fam (id) VALUES (3)", database=f"{RICH}_again_fires")
    assert bench.one("SELECT count(*) FROM s2.log", f"{RICH}_again_fires") == "3"


@pytest.mark.parametrize("client", ["psql", "kwbase sql"])
def test_without_kwtui_it_is_the_same(bench: Bench, node_dsn: str, rich: Made, client: str) -> None:
    target = f"{RICH}_again_{client.split()[0]}"
    done = restore_by_hand(bench, rich.path, node_dsn, client, target)
    assert done.returncode == 0, done.stderr
    assert as_meant(printed(bench, target)) == as_meant(printed(bench, RICH))
    assert contents(bench, target) == contents(bench, RICH)


def test_the_sql_script_alone_makes_the_same(bench: Bench, node_dsn: str, rich: Made) -> None:
    """Run by psql, which knows nothing of procedures, nor of bytes as KWDB prints them."""
    if shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    target = f"{RICH}_again_sql"
    script = (bench.extern / rich.path / "restore.sql").read_text()
    done = subprocess.run(
        ["psql", "-v", "ON_ERROR_STOP=1", node_dsn],
        check=False, capture_output=True, text=True, timeout=100,
        input=script.replace(f'"{RICH}"', f'"{target}"'),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert as_meant(printed(bench, target)) == as_meant(printed(bench, RICH))
    assert contents(bench, target) == contents(bench, RICH)


@pytest.fixture
def node_dsn(sandbox: SandboxNode) -> str:
    return sandbox.dsn


def restore_by_hand(
    bench: Bench, path: str, dsn: str, client: str, target: str
) -> subprocess.CompletedProcess[str]:
    if client == "psql" and shutil.which("psql") is None:
        pytest.skip("psql is not installed")
    lines = [sys.executable, str(Path(__file__).with_name("line_client.py")), dsn]
    command = ["psql", dsn] if client == "psql" else lines
    return subprocess.run(
        [str(bench.extern / path / "restore.sh"), "--as", target, *command],
        check=False, capture_output=True, text=True, timeout=100, cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )  # fmt: skip


def test_what_a_server_refuses_of_them_does_not_cost_the_rows(bench: Bench, rich: Made) -> None:
    """Somebody made a procedure of that name meanwhile: the rest is restored, and it is said."""

    def occupy(step: object) -> None:
        bench.do("CREATE PROCEDURE pr() BEGIN SELECT 1; END", database=f"{RICH}_again_in_the_way")

    done = bench.restore(
        rich.path, target=f"{RICH}_again_in_the_way", hooks={"create-programs": occupy}
    )
    assert done.result.exit_code is ExitCode.RESTORE_DIFFERS
    assert 'procedure "pr" already exists' in done.result.cause
    assert printed(bench, f"{RICH}_again_in_the_way")["fired"] == printed(bench, RICH)["fired"]


def test_triggers_of_chosen_tables_come_if_they_need_no_other(bench: Bench, rich: Made) -> None:
    done = bench.restore(
        rich.path, target=f"{RICH}_again_part", tables=(TableName("public", "fam"),)
    )
    assert done.result.exit_code is ExitCode.OK
    left = "the trigger tg of public.fam: it may need tables that are not restored"
    assert left in done.plan.not_included


# -- time series ----------------------------------------------------------------------------------

STORED = "ts TIMESTAMPTZ NOT NULL, a INT4 ENCODE SIMPLE8B COMPRESS LZ4, d VARCHAR(9) DEFAULT 'Ü A'"
TAGS = "TAGS (id INT4 NOT NULL, t1 BOOL, t2 FLOAT8, t3 VARCHAR(20), t4 INT8 NOT NULL, t5 NCHAR(3))"


@pytest.fixture(scope="module")
def series(bench: Bench) -> Iterator[Made]:
    row = "VALUES ('2026-11-01 00:00:00', 5, 'x', 1, true, 0.1, 'it''s', 9, '字')"
    bench.do(
        f"CREATE TS DATABASE {SERIES} RETENTIONS 36500d PARTITION INTERVAL 2d",
        f"USE {SERIES}",
        f"CREATE TABLE stored ({STORED}) {TAGS} PRIMARY TAGS (id, t4) RETENTIONS 20000d",
        f"CREATE TABLE inherits ({STORED}) {TAGS} PRIMARY TAGS (id, t4) WITH HASH(100)",
        f"CREATE TABLE points ({STORED}) {TAGS} PRIMARY TAGS (id, t4)",
        "ALTER TABLE points PARTITION BY HASHPOINT (PARTITION p1 VALUES FROM (0) TO (1000))",
        *(f"INSERT INTO {name} {row}" for name in ("stored", "inherits", "points")),
        "INSERT INTO stored (id, t3, t4) VALUES (2, NULL, 7)",
    )
    yield bench.backup(SERIES)
    drop(bench, SERIES)


def series_printed(bench: Bench, database: str) -> list[list[Row]]:
    found = [bench.rows(f"SHOW CREATE DATABASE {database}")]
    for name in ("stored", "inherits", "points"):
        for show in ("SHOW CREATE TABLE", "SHOW RETENTIONS ON TABLE", "SHOW TAG VALUES FROM"):
            found.append(bench.rows(f"{show} {database}.public.{name}"))
    return [
        [tuple(cell and cell.replace(database, SERIES) for cell in row) for row in rows]
        for rows in found
    ]


def test_a_time_series_keeps_how_it_is_stored_its_tags_and_its_retention(
    bench: Bench, series: Made
) -> None:
    done = bench.restore(series.path, target=f"{SERIES}_again")
    assert done.result.exit_code is ExitCode.OK, done.result.cause
    assert series_printed(bench, f"{SERIES}_again") == series_printed(bench, SERIES)
    shown = series_printed(bench, SERIES)[1][0][1] or ""
    assert "ENCODE SIMPLE8B COMPRESS LZ4" in shown


@pytest.mark.parametrize("client", ["psql", "kwbase sql"])
def test_a_time_series_comes_back_without_kwtui(
    bench: Bench, node_dsn: str, series: Made, client: str
) -> None:
    target = f"{SERIES}_again_{client.split()[0]}"
    done = restore_by_hand(bench, series.path, node_dsn, client, target)
    assert done.returncode == 0, done.stderr
    assert series_printed(bench, target) == series_printed(bench, SERIES)


def test_what_no_statement_prints_is_said_by_name(bench: Bench, series: Made) -> None:
    """Row 40: nobody can tell whether a series was made WITH HASH(n)."""
    lost = [c.kind for c in bench.survey(SERIES).coverage if c.becomes is Becomes.NOT_POSSIBLE]
    assert any("HASH" in words for words in (*lost, *series.plan.not_included))
