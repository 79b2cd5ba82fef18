"""Live-findings, rows 6 to 12: the export succeeds, and no import can make the database of it."""

from __future__ import annotations

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import BackupMethod, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.sql.statements import content_checksum
from tests.faults.bench import Bench, Made


def export(bench: Bench, database: str, options: str = "", folder: str = "") -> None:
    """The bare export of a database, which succeeds."""
    where = folder or database
    answer = bench.say(
        f"""EXPORT INTO CSV 'nodelocal://1/{where}' FROM DATABASE "{database}"{options}"""
    )
    assert not answer.error
    assert answer.tag.startswith("EXPORT")


def bare_import(bench: Bench, folder: str) -> str:
    """The error of the bare import; empty when it succeeds."""
    return bench.say(f"IMPORT DATABASE CSV DATA ('nodelocal://1/{folder}')").error


def restored(bench: Bench, database: str, code: str) -> Made:
    """Backed up with the finding, restored beside the original, compared by kwtui itself."""
    made = bench.backup(database)
    assert code in {f.code for f in made.plan.findings}
    done = bench.restore(made.path, target=f"{database} again")
    assert all(line["same"] for line in done["comparison"])
    assert done["doubts"] == []
    return done


def native_is_refused(bench: Bench, database: str, word: str) -> None:
    """Whoever wants KWDB's own statement is told before anything is written."""
    path = bench.backup(database, method=BackupMethod.DATABASE).path
    bench.do(f'DROP DATABASE "{database}" CASCADE')
    with pytest.raises(KwtuiError) as refused:
        bench.restore(path, strategy=RestoreStrategy.NATIVE)
    assert refused.value.exit_code in (ExitCode.REFUSED_BY_PLAN, ExitCode.META_DAMAGED)
    assert word in " ".join(refused.value.lines())
    assert database not in bench.databases()


def create(bench: Bench, database: str, *statements: str) -> None:
    bench.do(f'CREATE DATABASE "{database}"')
    bench.do(*statements, database=database)


def test_row_06_foreign_keys_are_not_in_the_export(bench: Bench) -> None:
    create(
        bench,
        "row06",
        "CREATE TABLE parent (id INT8 PRIMARY KEY)",
        "CREATE TABLE a_child (id INT8 PRIMARY KEY, p INT8 REFERENCES parent (id))",
        "INSERT INTO parent VALUES (1)",
        "INSERT INTO a_child VALUES (7, 1)",
    )
    export(bench, "row06")
    export(bench, "row06", " WITH foreign_key", folder="row06fk")
    keys = "SELECT constraint_type, validated FROM [SHOW CONSTRAINTS FROM {}.public.a_child]"

    done = restored(bench, "row06", "foreign_keys_not_exported")

    assert ("FOREIGN KEY", "t") in bench.rows(keys.format('"row06 again"'))
    assert "a_child" in {line["table"].split(".")[1] for line in done["comparison"]}
    bench.do("DROP DATABASE row06 CASCADE")
    assert bare_import(bench, "row06") == ""
    assert ("FOREIGN KEY", "t") not in bench.rows(keys.format("row06")), "gone without a word"
    bench.do("DROP DATABASE row06 CASCADE")
    assert "does not exist" in bare_import(bench, "row06fk"), "the child comes before its parent"


def test_row_07_a_default_from_a_sequence_makes_the_database_unimportable(bench: Bench) -> None:
    create(
        bench,
        "row07",
        "CREATE SEQUENCE numbers START 100",
        "CREATE TABLE inv (n INT8 PRIMARY KEY DEFAULT nextval('numbers'), v STRING)",
        "INSERT INTO inv (v) VALUES ('a'), ('b')",
    )
    export(bench, "row07")

    restored(bench, "row07", "default_needs_sequence")

    bench.do("INSERT INTO inv (v) VALUES ('c')", database="row07 again")
    assert bench.rows('SELECT n, v FROM "row07 again".public.inv ORDER BY n') == [
        ("100", "a"),
        ("101", "b"),
        ("102", "c"),
    ]
    native_is_refused(bench, "row07", "needs a sequence")
    assert 'relation "numbers" does not exist' in bare_import(bench, "row07")


def test_row_08_a_computed_column_makes_the_database_unimportable(bench: Bench) -> None:
    create(
        bench,
        "row08",
        "CREATE TABLE c (id INT8 PRIMARY KEY, a INT8, b INT8 AS (a * 2) STORED)",
        "CREATE TABLE d (id INT8 PRIMARY KEY)",
        "INSERT INTO c (id, a) VALUES (1, 21)",
        "INSERT INTO d VALUES (1)",
    )
    export(bench, "row08")

    restored(bench, "row08", "computed_column")

    bench.do("UPDATE c SET a = 4 WHERE id = 1", database="row08 again")
    assert bench.rows('SELECT * FROM "row08 again".public.c') == [("1", "4", "8")]
    native_is_refused(bench, "row08", "computed")
    assert "computed columns not supported" in bare_import(bench, "row08")
    assert "row08" not in bench.databases() or not bench.tables("row08"), "all of it is refused"


def test_row_09_a_database_name_with_a_dash_makes_an_unreadable_meta_sql(bench: Bench) -> None:
    create(bench, "row-09", "CREATE TABLE t (id INT8 PRIMARY KEY)", "INSERT INTO t VALUES (1)")
    export(bench, "row-09", folder="row09")

    restored(bench, "row-09", "database_name_unquoted")

    assert bench.rows('SELECT * FROM "row-09 again".public.t') == [("1",)]
    assert "syntax error" in bare_import(bench, "row09")
    native_is_refused(bench, "row-09", "row-09")


def test_row_10_a_table_name_with_a_slash_makes_a_tree_that_cannot_be_imported(
    bench: Bench,
) -> None:
    create(
        bench,
        "row10",
        'CREATE TABLE "sel/ect" (id INT8 PRIMARY KEY, v STRING)',
        "CREATE TABLE other (id INT8 PRIMARY KEY)",
        """INSERT INTO "sel/ect" VALUES (1, 'kept')""",
    )
    export(bench, "row10")

    restored(bench, "row10", "table_name_in_path")

    assert bench.rows('SELECT * FROM "row10 again".public."sel/ect"') == [("1", "kept")]
    with pytest.raises(KwtuiError) as refused:
        bench.backup("row10", method=BackupMethod.DATABASE)
    assert "name_with_slash" in {
        f.code for f in bench.plan_backup("row10", method=BackupMethod.DATABASE).findings
    }
    assert refused.value.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "sel/ect" in refused.value.title
    bench.do("DROP DATABASE row10 CASCADE")
    assert "no such file or directory" in bare_import(bench, "row10")


def test_row_11_a_database_of_views_exports_to_nothing(bench: Bench) -> None:
    create(
        bench,
        "row11",
        "CREATE VIEW answer AS SELECT 42 AS n",
        "CREATE VIEW twice AS SELECT n * 2 AS m FROM row11.public.answer",
    )
    bare = bench.say("EXPORT INTO CSV 'nodelocal://1/row11' FROM DATABASE row11")
    assert (bare.error, bare.tag, bare.rows) == ("", "EXPORT 0", ())

    done = restored(bench, "row11", "view_not_exported")

    assert "no_tables" in {f.code for f in bench.survey("row11").findings}
    assert done["tables"] == 0
    assert bench.one('SELECT m FROM "row11 again".public.twice') == "84"
    bench.do("DROP DATABASE row11 CASCADE")
    assert "cannot import an empty database" in bare_import(bench, "row11")


def test_row_12_a_null_in_a_table_of_one_column_is_lost(bench: Bench) -> None:
    create(
        bench,
        "row12",
        "CREATE TABLE one (x STRING)",
        "CREATE TABLE bare (x STRING)",
        "INSERT INTO one VALUES (NULL), ('a'), ('')",
        "EXPORT INTO CSV 'nodelocal://1/row12' FROM TABLE one",
    )
    said = bench.import_words("IMPORT INTO bare CSV DATA ('nodelocal://1/row12/n1.0.csv')", "row12")
    assert said == ("succeeded", 2), "of three rows"
    bench.do("DROP TABLE bare", database="row12")

    restored(bench, "row12", "one_column")

    assert sorted(bench.rows('SELECT * FROM "row12 again".public.one'), key=str) == sorted(
        [("",), ("a",), (None,)], key=str
    )
    plan = bench.plan_restore("row12", target="row12 tree")
    assert "null_rows_lost" in {f.code for f in plan.findings}, "of an export by somebody else"


def test_the_checksum_of_one_column_tells_null_from_empty(bench: Bench) -> None:
    """Row 12 again, from the other side: the comparison itself must see the difference."""
    create(
        bench,
        "row12b",
        "CREATE TABLE n (x STRING)",
        "CREATE TABLE e (x STRING)",
        "INSERT INTO n VALUES (NULL)",
        "INSERT INTO e VALUES ('')",
    )

    sums = {
        ContentChecksum(int(row[0] or 0), row[1] or "", row[2] or "")
        for name in ("n", "e")
        for row in bench.rows(content_checksum("row12b", TableName("public", name), ["x"]))
    }
    assert len(sums) == 2
