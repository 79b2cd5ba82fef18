"""Live-findings, rows 31 to 35: locations that are passed over, silent devices, text of floats."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.requests import RestoreStrategy
from tests.faults.bench import Bench

SERIES = (
    "(ts TIMESTAMPTZ(3) NOT NULL, v INT4{more}) TAGS (id INT4 NOT NULL, name VARCHAR(20))"
    " PRIMARY TAGS (id)"
)
WINDOWS = {
    "w1": ("2026-11-01 00:00:00", "2026-11-02 00:00:00"),
    "w2": ("2026-11-02 00:00:00", "2026-11-03 00:00:00"),
}


def make_windows(bench: Bench, database: str) -> Path:
    """A series of three rows in two days, each day exported into a folder of its own."""
    bench.do(f"CREATE TS DATABASE {database}")
    bench.do(
        f"CREATE TABLE m {SERIES.format(more='')}",
        "INSERT INTO m VALUES ('2026-11-01 06:00:00', 1, 7, 'a'), ('2026-11-01 18:00:00', 2, 7,"
        " 'a'), ('2026-11-02 06:00:00', 3, 8, 'b')",
        *(
            f"EXPORT INTO CSV 'nodelocal://1/{database}/{window}' FROM SELECT ts, v, id, name FROM"
            f" m WHERE ts >= '{begins}+00:00' AND ts < '{ends}+00:00' WITH nullas = '\\N'"
            for window, (begins, ends) in WINDOWS.items()
        ),
        f"CREATE TABLE back {SERIES.format(more='')}",
        f"CREATE TABLE wider {SERIES.format(more=', extra INT4')}",
        database=database,
    )
    return bench.extern / database


def test_row_31_of_two_locations_only_the_first_is_read(bench: Bench) -> None:
    folder = make_windows(bench, "row31")
    both = ", ".join(f"'nodelocal://1/row31/{window}'" for window in WINDOWS)
    said = bench.import_words(f"IMPORT INTO back CSV DATA ({both}) WITH nullif = '\\N'", "row31")
    assert said == ("succeeded", 2)
    assert bench.one("SELECT count(*) FROM back", "row31") == "2", "and the third is nowhere"

    whole = folder / "whole"
    whole.mkdir()
    for window in WINDOWS:
        (whole / f"{window}.n1.0.csv").hardlink_to(folder / window / "n1.0.csv")
    one = "IMPORT INTO back CSV DATA ('nodelocal://1/row31/whole') WITH nullif = '\\N'"
    assert bench.import_words(one, "row31") == ("succeeded", 3), "files of any name in one folder"
    assert bench.one("SELECT count(*) FROM back", "row31") == "3"

    made = bench.backup("row31")
    done = bench.restore(made.path, target="row31_again")
    assert (made["rows"], done["rows"]) == (6, 6)


def test_row_32_files_from_before_a_column_was_added_bring_nothing(bench: Bench) -> None:
    folder = make_windows(bench, "row32")
    older = "IMPORT INTO wider CSV DATA ('nodelocal://1/row32/w1') WITH nullif = '\\N'"
    (row,) = bench.say(older, "row32").dicts
    assert (row["status"], row["rows"], row["reject_rows"]) == ("succeeded", "0", "2")
    assert bench.one("SELECT count(*) FROM wider", "row32") == "0"
    assert (folder / "w1" / "reject.n1.0.txt").exists(), "written into the export"

    bench.do("DROP TABLE wider", "DROP TABLE back", database="row32")
    made = bench.backup("row32")
    bench.do("CREATE TS DATABASE row32_wider")
    bench.do(f"CREATE TABLE m {SERIES.format(more=', extra INT4')}", database="row32_wider")
    with pytest.raises(KwtuiError):
        bench.restore(made.path, target="row32_wider", strategy=RestoreStrategy.DATA_ONLY)


def test_row_33_devices_without_readings_are_in_no_export(bench: Bench) -> None:
    bench.do("CREATE TS DATABASE row33")
    bench.do(
        f"CREATE TABLE d {SERIES.format(more='')}",
        "INSERT INTO d (id, name) VALUES (1, 'silent'), (2, NULL)",
        "INSERT INTO d VALUES ('2026-11-01 00:00:00', 5, 3, 'loud')",
        database="row33",
    )
    assert bench.rows("SELECT id, name FROM d", "row33") == [("3", "loud")]
    everyone = [("1", "silent"), ("2", None), ("3", "loud")]
    assert bench.rows("SHOW TAG VALUES FROM d", "row33") == everyone
    assert bench.rows("SELECT DISTINCT id, name FROM d ORDER BY id", "row33") == everyone
    assert bench.rows("SELECT id, name FROM d GROUP BY id, name ORDER BY id", "row33") == everyone

    bench.do("EXPORT INTO CSV 'nodelocal://1/row33' FROM TABLE d", database="row33")
    (file,) = bench.data_files("row33").values()
    assert len(file.read_text().splitlines()) == 1

    bench.do("INSERT INTO d VALUES ('2026-11-02 00:00:00', 6, 1, 'another name')", database="row33")
    bench.do("DELETE FROM d WHERE ts < '2026-12-01 00:00:00+00:00'", database="row33")
    assert bench.rows("SHOW TAG VALUES FROM d", "row33") == everyone, "they outlive their readings"


def test_row_34_the_text_of_a_float_depends_on_the_session(bench: Bench) -> None:
    bench.do("CREATE DATABASE row34")
    bench.do(
        "CREATE TABLE f (id INT8 PRIMARY KEY, x FLOAT8)",
        "INSERT INTO f VALUES (1, 0.30000000000000004), (2, 0.3)",
        database="row34",
    )
    text = "SELECT x::STRING, fnv64(x::STRING) FROM f ORDER BY id"
    (first, second) = bench.rows(text, "row34")
    assert first == second, "one text for two numbers"
    assert first[0] == "0.3"
    *_, exact = bench.session(["SET extra_float_digits = 3", text], "row34")
    assert [row[0] for row in exact.rows] == ["0.30000000000000004", "0.3"]
    bench.do("EXPORT INTO CSV 'nodelocal://1/row34' FROM TABLE f", database="row34")
    (file,) = bench.data_files("row34").values()
    assert "1,0.30000000000000004\n" in file.read_text(), "an export writes all digits"

    made = bench.backup("row34")

    def round_it(step: object) -> None:
        bench.do("UPDATE f SET x = 0.3 WHERE id = 1", database="row34_rounded_kwtui_restoring")

    bench.restore(made.path, target="row34_again")
    with pytest.raises(KwtuiError) as different:
        bench.restore(made.path, target="row34_rounded", hooks={"compare": round_it})
    assert "public.f" in str(different.value.title)


def test_row_35_import_refuses_a_hash_sharded_key(bench: Bench) -> None:
    table = "(id INT8, v STRING, PRIMARY KEY (id) USING HASH WITH BUCKET_COUNT = 3)"
    bench.do("CREATE DATABASE row35")
    assert "require the experimental" in bench.say(f"CREATE TABLE h {table}", "row35").error
    allowed = "SET experimental_enable_hash_sharded_indexes = true"
    bench.do(
        allowed,
        f"CREATE TABLE h {table}",
        "INSERT INTO h VALUES (1, 'a'), (2, 'b')",
        f"CREATE TABLE h2 {table}",
        "EXPORT INTO CSV 'nodelocal://1/row35' FROM TABLE h",
        database="row35",
    )
    refused = bench.say("IMPORT INTO h2 CSV DATA ('nodelocal://1/row35/n1.0.csv')", "row35").error
    assert 'missing "kwdb_internal_id_shard_3" primary key column' in refused
    assert bench.one("SELECT count(*) FROM h2", "row35") == "0"
    bench.do("INSERT INTO h2 SELECT * FROM h", database="row35")

    shown = bench.rows("SHOW CREATE TABLE row35.public.h")[0][1]
    assert "USING HASH WITH BUCKET_COUNT = 3" in (shown or "")
    made = bench.backup("row35")
    done = bench.restore(made.path, target="row35_again")
    assert done["rows"] == 4
    assert bench.rows("SHOW CREATE TABLE row35_again.public.h")[0][1] == shown
    assert bench.rows("SELECT * FROM h ORDER BY id", "row35_again") == [("1", "a"), ("2", "b")]
