"""Live-findings, rows 18 to 22: imports that leave constraints, grants or names broken."""

from __future__ import annotations

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.requests import Dialect, RestoreStrategy
from kwtui.model.schema import TableName
from tests.faults.bench import Bench
from tests.faults.resealing import reseal


def test_row_18_an_import_lets_orphans_into_a_child(bench: Bench) -> None:
    keys = "SELECT validated FROM [SHOW CONSTRAINTS FROM {}] WHERE constraint_type = 'FOREIGN KEY'"
    bench.do("CREATE DATABASE row18")
    bench.do(
        "CREATE TABLE parent (id INT8 PRIMARY KEY)",
        "CREATE TABLE child (id INT8 PRIMARY KEY, p INT8 REFERENCES parent (id))",
        "INSERT INTO parent VALUES (1), (2)",
        "INSERT INTO child VALUES (1, 1), (2, 2)",
        "EXPORT INTO CSV 'nodelocal://1/row18' FROM TABLE child",
        database="row18",
    )
    made = bench.backup("row18")
    bench.do("TRUNCATE TABLE child", "DELETE FROM parent WHERE id = 2", database="row18")

    said = bench.import_words(
        "IMPORT INTO child CSV DATA ('nodelocal://1/row18/n1.0.csv')", "row18"
    )
    assert said == ("succeeded", 2)
    assert bench.rows(keys.format("child"), "row18") == [("f",)], "left unvalidated"
    bench.do("TRUNCATE TABLE child", database="row18")

    with pytest.raises(KwtuiError) as refused:
        bench.restore(
            made.path,
            target="row18",
            strategy=RestoreStrategy.DATA_ONLY,
            tables=(TableName("public", "child"),),
        )
    assert "child" in " ".join(refused.value.lines())
    assert refused.value.exit_code is not ExitCode.OK

    bench.restore(made.path, target="row18_again")
    assert bench.rows(keys.format("child"), "row18_again") == [("t",)], "validated by kwtui"


def test_row_18_orphans_in_the_files_fail_the_exact_restore(bench: Bench) -> None:
    """The key is added after the data, and adding it checks every row."""
    bench.do("CREATE DATABASE row18b")
    bench.do(
        "CREATE TABLE parent (id INT8 PRIMARY KEY)",
        "CREATE TABLE child (id INT8 PRIMARY KEY, p INT8 REFERENCES parent (id))",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO child VALUES (7, 1)",
        database="row18b",
    )
    made = bench.backup("row18b")
    reseal(bench, made.path, "row18_orphans", lambda text: text.replace("7,1", "7,9"))

    with pytest.raises(KwtuiError) as refused:
        bench.restore("row18_orphans", target="row18b_again")

    assert "foreign key" in " ".join(refused.value.lines()).lower()
    assert "row18b_again" not in bench.databases()


def test_row_19_the_grant_on_the_database_does_not_come_back(bench: Bench) -> None:
    bench.do("CREATE USER row19_clerk", "CREATE DATABASE row19")
    bench.do(
        "CREATE TABLE t (id INT8 PRIMARY KEY)",
        "GRANT SELECT ON TABLE t TO row19_clerk",
        "GRANT CREATE ON DATABASE row19 TO row19_clerk",
        "EXPORT INTO CSV 'nodelocal://1/row19' FROM DATABASE row19 WITH privileges",
        database="row19",
    )
    made = bench.backup("row19")
    bench.restore(made.path, target="row19_again")
    bench.do("DROP DATABASE row19 CASCADE")
    said = bench.import_words("IMPORT DATABASE CSV DATA ('nodelocal://1/row19') WITH privileges")
    assert said[0] == "succeeded"

    def granted(database: str) -> set[tuple[str | None, ...]]:
        on_database = f"SHOW GRANTS ON DATABASE {database} FOR row19_clerk"
        on_table = f"SHOW GRANTS ON TABLE {database}.public.t FOR row19_clerk"
        return {("DATABASE", d["privilege_type"]) for d in bench.say(on_database).dicts} | {
            ("TABLE", d["privilege_type"]) for d in bench.say(on_table).dicts
        }

    assert ("DATABASE", "CREATE") not in granted("row19")
    assert ("TABLE", "SELECT") in granted("row19")
    assert granted("row19_again") >= {("DATABASE", "CREATE"), ("TABLE", "SELECT")}
    assert "database_grants" in {f.code for f in made.plan.findings}


def test_row_20_a_header_line_is_taken_for_a_row(bench: Bench) -> None:
    bench.do("CREATE DATABASE row20", "CREATE TS DATABASE row20ts")
    bench.do(
        "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING)",
        "INSERT INTO t VALUES (1, 'one')",
        "EXPORT INTO CSV 'nodelocal://1/row20' FROM DATABASE row20 WITH column_name",
        database="row20",
    )
    columns = "(ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    bench.do(
        f"CREATE TABLE s {columns}",
        "INSERT INTO s VALUES ('2026-05-01 00:00:00', 1.5, 1)",
        "EXPORT INTO CSV 'nodelocal://1/row20ts' FROM TABLE s WITH column_name",
        f"CREATE TABLE bare {columns}",
        database="row20ts",
    )
    header = Dialect(header=True)
    made = bench.backup("row20", dialect=header)
    bench.restore(made.path, target="row20_again")
    assert bench.rows("SELECT * FROM row20_again.public.t") == [("1", "one")]
    bench.do("DROP DATABASE row20 CASCADE")
    error = bench.say("IMPORT DATABASE CSV DATA ('nodelocal://1/row20')").error
    assert 'could not parse "id"' in error
    bench.restore("row20", target="row20_tree")
    assert bench.rows("SELECT * FROM row20_tree.public.t") == [("1", "one")], "recognised"

    bare = bench.say(
        "IMPORT INTO bare CSV DATA ('nodelocal://1/row20ts') WITH skip = '1'", "row20ts"
    )
    assert not bare.error
    assert bare.dicts[0]["reject_rows"] == "1", "the header, though it was to be skipped"
    bench.do("DROP TABLE bare", database="row20ts")
    plan = bench.plan_backup("row20ts", dialect=header)
    assert ("header", Severity.WARNING) in {(f.code, f.severity) for f in plan.findings}
    made = bench.run(plan)
    bench.restore(made.path, target="row20ts_again")
    assert bench.one("SELECT v FROM s", "row20ts_again") == "1.5"


def test_row_21_relational_imports_want_files_and_a_failed_one_blocks_the_name(
    bench: Bench,
) -> None:
    bench.do("CREATE DATABASE row21", "CREATE DATABASE row21_bare")
    bench.do(
        "CREATE TABLE t (id INT8 PRIMARY KEY)",
        "INSERT INTO t SELECT * FROM generate_series(1, 250)",
        "EXPORT INTO CSV 'nodelocal://1/row21' FROM TABLE t WITH chunk_rows = '100'",
        database="row21",
    )
    folder = bench.say(
        "IMPORT TABLE CREATE USING 'nodelocal://1/row21/meta.sql' CSV DATA ('nodelocal://1/row21')",
        "row21_bare",
    )
    assert "expected a file" in folder.error
    assert "already exists" in bench.say("CREATE TABLE t (a INT8)", "row21_bare").error
    assert "does not exist" in bench.say("SELECT * FROM t", "row21_bare").error

    made = bench.backup("row21", chunk_rows=100)
    done = bench.restore(made.path, target="row21_again")
    assert done["rows"] == 250
    (step,) = [s for s in done.plan.steps if s.id.startswith("import:")]
    assert step.sql[0].count("nodelocal://") == 3, "every file is named"
    # The name is blocked: what is there cannot be known until it is free again.
    with pytest.raises(KwtuiError) as refused:
        bench.restore(made.path, target="row21_bare", strategy=RestoreStrategy.DATA_ONLY)
    assert refused.value.exit_code is ExitCode.NOT_FOUND
    assert "public.t" in refused.value.title


def test_row_22_an_import_refuses_every_table_that_has_a_default(bench: Bench) -> None:
    bench.do("CREATE DATABASE row22")
    bench.do(
        "CREATE TABLE t (id INT8 PRIMARY KEY, vip BOOL DEFAULT false, at STRING DEFAULT 'x')",
        "INSERT INTO t VALUES (1, true, 'y'), (2, NULL, 'z')",
        "EXPORT INTO CSV 'nodelocal://1/row22' FROM TABLE t WITH nullas = '\\N'",
        database="row22",
    )
    made = bench.backup("row22")
    assert "default_refused" in {f.code for f in made.plan.findings}
    before = bench.rows("SHOW CREATE TABLE t", "row22")
    bench.do("TRUNCATE TABLE t", database="row22")
    bare = "IMPORT INTO t CSV DATA ('nodelocal://1/row22/n1.0.csv') WITH nullif = '\\N'"
    assert bench.say(bare, "row22").error

    for target, strategy in (
        ("row22", RestoreStrategy.DATA_ONLY),
        ("row22_again", RestoreStrategy.EXACT),
    ):
        bench.restore(made.path, target=target, strategy=strategy)
        assert bench.rows("SELECT * FROM t ORDER BY id", target) == [
            ("1", "t", "y"),
            ("2", None, "z"),
        ]
        assert bench.rows("SHOW CREATE TABLE t", target) == before, "defaults included"
