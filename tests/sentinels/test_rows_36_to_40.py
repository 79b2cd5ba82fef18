"""Live-findings, rows 36 to 40: names that break statements, definitions that print otherwise."""

from __future__ import annotations

from tests.faults.bench import Bench

SERIES = "(ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"


def make_series(bench: Bench, database: str, name: str) -> None:
    bench.do(f"CREATE TS DATABASE {database}")
    bench.do(
        f'CREATE TABLE "{name}" {SERIES}',
        f"INSERT INTO \"{name}\" VALUES ('2026-11-01 00:00:00', 5, 3)",
        database=database,
    )


def test_row_36_export_does_not_find_a_series_whose_name_needs_quotes(bench: Bench) -> None:
    make_series(bench, "row36", "sel/ect")
    into = "EXPORT INTO CSV 'nodelocal://1/row36_{n}' FROM {what}"
    gone = bench.say(into.format(n=1, what='TABLE "sel/ect"'), "row36").error
    assert 'table "sel/ect" maybe has been deleted' in gone
    assert not bench.data_files("row36_1"), "and nothing was written"
    bench.do(into.format(n=2, what='SELECT ts, v, id FROM "sel/ect"'), database="row36")
    (file,) = bench.data_files("row36_2").values()
    assert file.read_text() == "2026-11-01 00:00:00+00:00,5,3\n"


def test_row_37_show_tags_does_not_parse_its_own_query_for_an_apostrophe(bench: Bench) -> None:
    make_series(bench, "row37", "it's")
    assert 'at or near "s": syntax error' in bench.say('SHOW TAGS FROM "it\'s"', "row37").error
    columns = bench.rows('SELECT column_name, is_tag FROM [SHOW COLUMNS FROM "it\'s"]', "row37")
    assert columns == [("ts", "f"), ("v", "f"), ("id", "t")]
    assert bench.rows('SHOW TAG VALUES FROM "it\'s"', "row37") == [("3",)]


def test_row_38_an_inherited_retention_is_printed_as_one_of_its_own(bench: Bench) -> None:
    bench.do("CREATE TS DATABASE row38 RETENTIONS 100d")
    bench.do(
        f"CREATE TABLE d {SERIES}", f"CREATE TABLE e {SERIES} RETENTIONS 50d", database="row38"
    )
    own = [bench.rows(f"SHOW RETENTIONS ON TABLE {name}", "row38")[0][1] for name in "de"]
    assert own == [None, "50d"]
    shown = bench.rows("SHOW CREATE TABLE d", "row38")[0][1] or ""
    assert shown.endswith("retentions 8640000s")
    bench.do(shown.replace("CREATE TABLE d", "CREATE TABLE typed_back"), database="row38")
    assert bench.rows("SHOW RETENTIONS ON TABLE typed_back", "row38")[0][1] == "8640000s"

    # KWDB 3.2, sql/create_table.go and sql/alter_ts_database.go.
    bench.do("ALTER TS DATABASE row38 SET RETENTIONS = 7d")
    shown = bench.rows("SHOW CREATE TABLE d", "row38")[0][1] or ""
    assert shown.endswith("retentions 8640000s"), "it was inherited once, when the table was made"


def test_row_39_a_typed_array_gets_one_more_type_each_time(bench: Bench) -> None:
    bench.do("CREATE DATABASE row39")
    bench.do(
        "CREATE TABLE arr (id INT8 PRIMARY KEY, a INT4[] DEFAULT ARRAY[1, 2]:::INT4[])",
        "INSERT INTO arr (id) VALUES (1)",
        database="row39",
    )
    printed = []
    for _ in range(3):
        ((_, text),) = bench.rows(
            "SELECT column_name, column_default FROM [SHOW COLUMNS FROM arr] WHERE column_name ="
            " 'a'",
            "row39",
        )
        printed.append(text)
        bench.do(f"ALTER TABLE arr ALTER COLUMN a SET DEFAULT {text}", database="row39")
    assert printed == [
        "ARRAY[1:::INT8, 2:::INT8]:::INT4[]:::INT4[]",
        "ARRAY[1:::INT8, 2:::INT8]:::INT8[]:::INT4[]:::INT4[]",
        "ARRAY[1:::INT8, 2:::INT8]:::INT8[]:::INT8[]:::INT4[]:::INT4[]",
    ]
    bench.do("INSERT INTO arr (id) VALUES (2)", database="row39")
    assert bench.rows("SELECT DISTINCT a FROM arr", "row39") == [("{1,2}",)], "the same default"


def test_row_40_hash_and_hash_points_of_a_series_are_printed_nowhere(bench: Bench) -> None:
    bench.do("CREATE TS DATABASE row40")
    bench.do(
        f"CREATE TABLE plain {SERIES}",
        f"CREATE TABLE hashed {SERIES} WITH HASH(100)",
        "ALTER TABLE hashed PARTITION BY HASHPOINT (PARTITION p1 VALUES FROM (0) TO (1000),"
        " PARTITION p2 VALUES FROM (1000) TO (2000))",
        database="row40",
    )
    for show in ("SHOW CREATE TABLE", "SHOW PARTITIONS FROM TABLE", "SHOW COLUMNS FROM"):
        plain, hashed = (bench.rows(f"{show} {name}", "row40") for name in ("plain", "hashed"))
        assert plain == [
            tuple(cell and cell.replace("hashed", "plain") for cell in row) for row in hashed
        ], show
