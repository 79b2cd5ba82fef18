"""Live-findings, rows 1 to 5: the statement succeeds, and rows or characters are gone."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod, Dialect, RestoreStrategy
from tests.faults.bench import Bench

GBK = Dialect(charset="GBK")


def test_row_01_a_table_that_fails_in_a_database_export_is_only_a_notice(bench: Bench) -> None:
    bench.do(
        "CREATE DATABASE row01",
        "CREATE TABLE row01.public.fine (id INT8 PRIMARY KEY)",
        "INSERT INTO row01.public.fine VALUES (1),(2)",
        "CREATE TABLE row01.public.broken (id INT8 PRIMARY KEY, v STRING)",
        "INSERT INTO row01.public.broken VALUES (1, 'no GBK: 🙂')",
    )

    bare = bench.say(
        "EXPORT INTO CSV 'nodelocal://1/row01' FROM DATABASE row01 WITH charset = 'GBK'"
    )

    assert not bare.error
    assert bare.tag.startswith("EXPORT"), "success, it says"
    assert bare.notices, "the only word about it"
    assert list(bench.data_files("row01")) == ["public/fine/n1.0.csv"]

    with pytest.raises(KwtuiError) as refused:
        bench.backup("row01", method=BackupMethod.DATABASE, dialect=GBK)
    assert refused.value.exit_code is ExitCode.BACKUP_INCOMPLETE
    assert "broken" in " ".join(refused.value.lines())
    with pytest.raises(KwtuiError):
        bench.backup("row01", dialect=GBK)
    assert bench.backup("row01")["rows"] == 3, "in UTF-8 nothing is lost"


def drop_file(path: Path) -> None:
    path.unlink()


def cut_at_a_record(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))


def change_a_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"plain", b"PLAIN"))


def lose(bench: Bench, name: str, damage: Callable[[Path], None]) -> tuple[str, str]:
    """An export and a set of the same database, both damaged the same way: their paths."""
    bench.do(
        f"CREATE DATABASE {name}",
        f"CREATE TABLE {name}.public.orders (id INT8 PRIMARY KEY, note STRING)",
        f"INSERT INTO {name}.public.orders VALUES (1, 'one'), (2, 'plain'), (3, 'three')",
        f"CREATE TABLE {name}.public.people (id INT8 PRIMARY KEY)",
        f"INSERT INTO {name}.public.people VALUES (1), (2)",
        f"EXPORT INTO CSV 'nodelocal://1/{name}' FROM DATABASE {name}",
    )
    made = bench.backup(name)
    damage(bench.extern / name / "public/orders/n1.0.csv")
    damage(bench.extern / made.path / "data/public/orders/n1.0.csv")
    bench.do(f"DROP DATABASE {name} CASCADE")
    return name, made.path


def assert_restore_names_the_file(bench: Bench, path: str, database: str) -> None:
    with pytest.raises(KwtuiError) as refused:
        bench.restore(path, target=f"{database}_again")
    assert refused.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "data/public/orders/n1.0.csv" in refused.value.title
    report = bench.verify(path)
    assert [f.subject for f in report.findings][:1] == ["data/public/orders/n1.0.csv"]
    assert not {n for n in bench.databases() if n and n.startswith(f"{database}_again")}


def test_row_02_a_missing_file_is_a_succeeded_import(bench: Bench) -> None:
    tree, path = lose(bench, "row02", drop_file)

    assert bench.import_words(f"IMPORT DATABASE CSV DATA ('nodelocal://1/{tree}')") == (
        "succeeded",
        2,
    )
    assert bench.one("SELECT count(*) FROM row02.public.orders") == "0"

    assert_restore_names_the_file(bench, path, "row02")
    report = bench.verify(tree)
    assert [f.subject for f in report.findings] == ["public.orders"], "also without a manifest"
    plan = bench.plan_restore(tree, target="row02_tree")
    (refused,) = (f for f in plan.findings if f.code == "no_data_file")
    assert refused.subject == tree
    assert "public.orders" in refused.message


def test_row_03_a_file_cut_at_a_record_is_a_succeeded_import(bench: Bench) -> None:
    tree, path = lose(bench, "row03", cut_at_a_record)

    assert bench.import_words(f"IMPORT DATABASE CSV DATA ('nodelocal://1/{tree}')") == (
        "succeeded",
        4,
    )
    assert bench.one("SELECT count(*) FROM row03.public.orders") == "2"

    assert_restore_names_the_file(bench, path, "row03")


def test_row_04_a_changed_byte_is_stored_by_a_succeeded_import(bench: Bench) -> None:
    tree, path = lose(bench, "row04", change_a_byte)

    assert bench.import_words(f"IMPORT DATABASE CSV DATA ('nodelocal://1/{tree}')") == (
        "succeeded",
        5,
    )
    assert bench.one("SELECT note FROM row04.public.orders WHERE id = 2") == "PLAIN"

    assert_restore_names_the_file(bench, path, "row04")


def test_row_05_apostrophes_leave_the_first_column(bench: Bench) -> None:
    bench.do(
        "CREATE DATABASE row05",
        "CREATE TABLE row05.public.quotes (s STRING PRIMARY KEY, x STRING)",
        "INSERT INTO row05.public.quotes VALUES ('it''s', 'a''b')",
        "EXPORT INTO CSV 'nodelocal://1/row05' FROM DATABASE row05",
        "EXPORT INTO CSV 'nodelocal://1/row05t' FROM TABLE row05.public.quotes",
    )
    native = bench.backup("row05", method=BackupMethod.DATABASE)
    made = bench.backup("row05")
    bench.do("DROP DATABASE row05 CASCADE", "CREATE DATABASE row05t")
    shutil.copytree(bench.extern / native.path / "data", bench.extern / "row05n")

    whole = "IMPORT DATABASE CSV DATA ('nodelocal://1/row05')"
    one = (
        "IMPORT TABLE CREATE USING 'nodelocal://1/row05t/meta.sql' "
        "CSV DATA ('nodelocal://1/row05t/n1.0.csv')"
    )
    assert bench.import_words(whole) == ("succeeded", 1)
    assert bench.import_words(one, "row05t") == ("succeeded", 1)
    for database in ("row05", "row05t"):
        assert bench.rows(f"SELECT * FROM {database}.public.quotes") == [("its", "a'b")]

    assert any(f.code == "first_column_text" for f in made.plan.findings)
    bench.restore(made.path, target="row05_again")
    assert bench.rows("SELECT * FROM row05_again.public.quotes") == [("it's", "a'b")]
    bench.do("DROP DATABASE row05 CASCADE")
    plan = bench.plan_restore(native.path, strategy=RestoreStrategy.NATIVE)
    assert ("first_column_text", "public.quotes") in {(f.code, f.subject) for f in plan.findings}
    with pytest.raises(KwtuiError) as refused:
        bench.run(plan)
    assert "quotes" in " ".join(refused.value.lines()), "KWDB's own statement is not believed"
    assert refused.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "row05" not in bench.databases(), "what is wrong does not stand under the name"
