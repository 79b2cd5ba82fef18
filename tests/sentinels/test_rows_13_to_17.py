"""Live-findings, rows 13 to 17: time series that come back wrong, and files that do not belong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.proof.findings import Fault
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, Dialect, RestoreStrategy
from tests.faults.bench import Bench
from tests.faults.resealing import reseal


def series(bench: Bench, database: str, *statements: str, options: str = "") -> None:
    bench.do(f"CREATE TS DATABASE {database}{options}")
    bench.do(*statements, database=database)


@pytest.mark.parametrize(
    ("digits", "moment"),
    [(6, "2026-11-01 12:00:00.123456"), (9, "2026-11-01 12:00:00.123456789")],
)
def test_row_13_fine_times_are_imported_as_1970(bench: Bench, digits: int, moment: str) -> None:
    name = f"row13_{digits}"
    table = f"CREATE TABLE p (ts TIMESTAMP({digits}) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
    series(
        bench,
        name,
        table + "PRIMARY TAGS (id)",
        f"INSERT INTO p VALUES ('{moment}', 1, 1)",
        f"EXPORT INTO CSV 'nodelocal://1/{name}' FROM TABLE p",
        "CREATE TABLE bare " + table.removeprefix("CREATE TABLE p ") + "PRIMARY TAGS (id)",
    )
    said = bench.import_words(f"IMPORT INTO bare CSV DATA ('nodelocal://1/{name}')", name)
    assert said == ("succeeded", 1)
    wrong = bench.one("SELECT ts FROM bare", name) or ""
    assert wrong.startswith("1970-01-"), wrong
    bench.do("DROP TABLE bare", database=name)

    made = bench.backup(name)
    done = bench.restore(made.path, target=f"{name}_again")

    assert "time_precision" in {f.code for f in made.plan.findings}
    assert "rows_inserted" in {f.code for f in done.plan.findings}
    assert (bench.one("SELECT ts FROM p", f"{name}_again") or "").startswith(moment)
    assert all(line["checksum"] == "the same" for line in done["comparison"])


def test_devices_that_an_import_may_take_for_one_are_inserted(bench: Bench) -> None:
    series(
        bench,
        "devices",
        "CREATE TABLE p (ts TIMESTAMPTZ(3) NOT NULL, v INT4) TAGS (a INT4 NOT NULL, b INT4 NOT "
        "NULL) PRIMARY TAGS (a, b)",
        "INSERT INTO p VALUES ('2026-11-01 12:00:00', 1, 1, 11)",
        "INSERT INTO p VALUES ('2026-11-01 12:00:00', 2, 11, 1)",
    )

    made = bench.backup("devices")
    done = bench.restore(made.path, target="devices_again")

    assert any("(1, 11) and (11, 1)" in words for words in done.story.notices)
    script = (bench.extern / made.path / "restore.sh").read_text()
    assert "KW_TAGS='3 4'" in script, "no statement of restore.sh holds both"
    assert done["rows"] == 2
    assert all(line["checksum"] == "the same" for line in done["comparison"])


def test_row_14_rows_older_than_the_retention_vanish_after_a_succeeded_import(
    bench: Bench,
) -> None:
    now = datetime.now(UTC)
    old, new = (f"{now - timedelta(days=days):%Y-%m-%d %H:%M:%S}" for days in (400, 1))
    table = "(ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    series(
        bench,
        "row14",
        f"CREATE TABLE s {table}",
        f"INSERT INTO s VALUES ('{old}', 1.0, 1), ('{new}', 2.0, 1)",
        "EXPORT INTO CSV 'nodelocal://1/row14' FROM TABLE s",
    )
    series(bench, "row14_short", f"CREATE TABLE s {table}", options=" RETENTIONS 30d")
    said = bench.import_words("IMPORT INTO s CSV DATA ('nodelocal://1/row14')", "row14_short")
    assert said == ("succeeded", 2)
    assert bench.one("SELECT count(*) FROM s", "row14_short") == "1"

    aged = f"INSERT INTO s VALUES ('{new}', 3.0, 2)"
    bench.do(aged, database="row14_short")
    made = bench.backup("row14_short")
    assert "retention" in {f.code for f in made.plan.findings}
    # Time cannot be turned, so the file is: a row of it is as old as it would be next year.
    reseal(bench, made.path, "row14_aged", lambda text: text.replace(new, old, 1))
    done = bench.restore("row14_aged", target="row14_again")

    assert done["expired"] == {"public.s": 1}
    assert "1 row of public.s older than its retention" in " ".join(done.story.notices)
    assert [line["rows_found"] for line in done["comparison"]] == [1]


def test_row_14_the_retention_of_the_table_that_rows_are_added_to_counts(bench: Bench) -> None:
    old, new = (f"{datetime.now(UTC) - timedelta(days=d):%Y-%m-%d %H:%M:%S}" for d in (20, 1))
    table = "(ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    series(
        bench,
        "row14_long",
        f"CREATE TABLE s {table}",
        f"INSERT INTO s VALUES ('{old}', 1.0, 1), ('{new}', 2.0, 1)",
    )
    made = bench.backup("row14_long")
    series(bench, "row14_kept", f"CREATE TABLE s {table} RETENTIONS 5d")

    done = bench.restore(made.path, target="row14_kept", strategy=RestoreStrategy.DATA_ONLY)

    assert done["expired"] == {"public.s": 1}
    assert [line["rows_found"] for line in done["comparison"]] == [1]


def test_row_15_a_bad_row_is_a_succeeded_import_and_a_file_in_the_backup(bench: Bench) -> None:
    series(
        bench,
        "row15",
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES ('2026-05-01 00:00:00', 1.0, 1)",
        "EXPORT INTO CSV 'nodelocal://1/row15' FROM DATABASE row15",
    )
    made = bench.backup("row15")
    bad = "2026-05-02 00:00:00+00:00,notanumber,1\n"
    for path in ("row15/public/s/n1.0.csv", f"{made.path}/data/public/s/n1.0.csv"):
        with (bench.extern / path).open("a") as file:
            file.write(bad)
    series(
        bench,
        "row15_bare",
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
    )
    said = bench.say("IMPORT INTO s CSV DATA ('nodelocal://1/row15/public/s')", "row15_bare")
    (words,) = said.dicts
    assert (words["status"], words["reject_rows"]) == ("succeeded", "1")
    reject = bench.extern / "row15/public/s/reject.n1.0.txt"
    assert reject.exists(), "in the folder of the backup itself"
    reject.unlink()

    with pytest.raises(KwtuiError) as refused:
        bench.restore(made.path, target="row15_again")
    assert refused.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "reject_files" in {f.code for f in made.plan.findings}

    with pytest.raises(KwtuiError) as unreadable:
        bench.restore("row15", target="row15_tree", dialect=Dialect(null_text=""))
    assert unreadable.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "record 2: 'notanumber' is no FLOAT8 (column v)" in " ".join(unreadable.value.lines())

    # A number of the right form that the column has no room for.
    data = bench.extern / "row15/public/s/n1.0.csv"
    data.write_text(data.read_text().replace("notanumber,1", f"1.5,{'9' * 20}"))
    before = contents(bench.extern / "row15")
    with pytest.raises(KwtuiError) as rejected:
        bench.restore("row15", target="row15_tree", dialect=Dialect(null_text=""))
    assert rejected.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "is too large for INT4 (column id)" in " ".join(rejected.value.lines())
    assert "row15_tree" not in bench.databases()
    assert contents(bench.extern / "row15") == before, "nothing is written into the source"


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_row_16_a_time_series_export_forgets_retention_and_partition(bench: Bench) -> None:
    series(
        bench,
        "row16",
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES (now(), 1.0, 1)",
        options=" RETENTIONS 90d PARTITION INTERVAL 3d",
    )
    show = "SHOW CREATE DATABASE {}"
    before = bench.rows(show.format("row16"))[0][1] or ""
    bare = bench.say("EXPORT INTO CSV 'nodelocal://1/row16' FROM DATABASE row16")
    assert bare.rows == (("succeed",),)
    made = bench.backup("row16")
    bench.restore(made.path, target="row16_again")
    bench.do("DROP DATABASE row16 CASCADE")

    assert bench.say("IMPORT DATABASE CSV DATA ('nodelocal://1/row16')").error == ""
    assert bench.rows(show.format("row16"))[0][1] != before, "both are gone"
    assert "database_settings" in {f.code for f in made.plan.findings}
    again = (bench.rows(show.format("row16_again"))[0][1] or "").replace("row16_again", "row16")
    assert again == before


@pytest.mark.parametrize("stray", ["notes.txt", ".hidden", "public/notes"])
def test_row_17_a_stray_file_makes_an_export_unimportable(bench: Bench, stray: str) -> None:
    name = f"row17_{abs(hash(stray)) % 1000}"
    bench.do(
        f"CREATE DATABASE {name}",
        f"CREATE TABLE {name}.public.t (id INT8 PRIMARY KEY)",
        f"INSERT INTO {name}.public.t VALUES (1)",
        f"EXPORT INTO CSV 'nodelocal://1/{name}' FROM DATABASE {name}",
    )
    made = bench.backup(name, method=BackupMethod.DATABASE)
    for root in (bench.extern / name, bench.extern / made.path / "data"):
        (root / stray).write_text("hello")
    bench.do(f"DROP DATABASE {name} CASCADE")

    assert bench.say(f"IMPORT DATABASE CSV DATA ('nodelocal://1/{name}')").error

    for path, subject in ((made.path, f"data/{stray}"), (name, stray)):
        report = bench.verify(path)
        assert (Fault.STRAY, subject) in {(f.fault, f.subject) for f in report.findings}
    for strategy in (RestoreStrategy.NATIVE, RestoreStrategy.EXACT):
        # KWDB's own statement reads the set's own files from a folder of links to them.
        bench.restore(made.path, strategy=strategy)
        assert bench.rows(f"SELECT * FROM {name}.public.t") == [("1",)]
        bench.do(f"DROP DATABASE {name} CASCADE")
