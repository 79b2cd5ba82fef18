"""The server says success; these are the ways in which that was not true (live-findings, 1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupMethod
from kwtui.model.schema import TableName
from kwtui.operations.backup.execution import reconcile
from kwtui.operations.backup.execution.exporting import (
    RecordLengths,
    csv_files,
    read_answer,
    table_of_subject,
)
from kwtui.operations.backup.execution.state import TableExport
from kwtui.operations.restore.execution import importing
from kwtui.server.connection.results import Column, ResultSet, StatementResult
from tests.files.foreign.accounts import OTHER
from tests.operations.conftest import CHILD, INV, SHOP

EXPORT_COLUMNS = tuple(Column(n, 25) for n in ("filename", "rows", "node_id", "file_num"))
IMPORT_COLUMNS = tuple(
    Column(n, 25)
    for n in (
        "job_id",
        "status",
        "fraction_completed",
        "rows",
        "abandon_rows",
        "reject_rows",
        "note",
    )
)


def exported(*rows: tuple[str, str, str, str]) -> StatementResult:
    return StatementResult("EXPORT", (ResultSet(EXPORT_COLUMNS, rows),))


def imported(rows: str, abandoned: str = "0", rejected: str = "0") -> StatementResult:
    row = ("1", "succeeded", "1", rows, abandoned, rejected, "None")
    return StatementResult("IMPORT 1", (ResultSet(IMPORT_COLUMNS, (row,)),))


def tables(*exports: TableExport) -> dict[TableName, TableExport]:
    return {export.spec.name: export for export in exports}


def test_rows_are_summed_over_the_nodes_that_wrote() -> None:
    answer = read_answer(
        exported(
            ("TABLE cl.public.t", "40001", "3", "1"),
            ("TABLE cl.public.t", "79999", "1", "1"),
            ("meta.sql", "1", "1", "1"),
        )
    )

    assert answer.rows == {"TABLE cl.public.t": 120000}
    assert answer.rows_total == 120000
    assert answer.files == {"TABLE cl.public.t": 2}


def test_an_export_of_a_database_without_tables_answers_nothing_at_all() -> None:
    answer = read_answer(StatementResult("EXPORT 0"))

    assert answer.rows_total == 0


def test_a_time_series_export_that_says_fail_is_a_failure() -> None:
    word = ResultSet((Column("result", 25),), (("fail",),))

    with pytest.raises(KwtuiError) as error:
        reconcile.check_word(read_answer(StatementResult("EXPORT 1", (word,))), "plant")

    assert error.value.exit_code is ExitCode.BACKUP_INCOMPLETE


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("TABLE shop.public.orders", TableName("public", "orders")),
        ('TABLE "my-db".public."Mixed Case"', TableName("public", "Mixed Case")),
        ("TABLE trap.public.表", TableName("public", "表")),
        ('TABLE t.public."a"".b"', TableName("public", 'a".b')),
        ("SELECT n FROM src.public.inv AS OF SYSTEM TIME '-10ms'", None),
    ],
)
def test_the_table_is_read_from_the_servers_own_words(
    subject: str, expected: TableName | None
) -> None:
    assert table_of_subject(subject) == expected


def test_a_table_that_the_answer_leaves_out_counts_as_empty() -> None:
    known = tables(TableExport(INV, "public/inv"), TableExport(CHILD, "archive/child"))

    answer = read_answer(exported(("TABLE shop.public.inv", "3", "1", "1")))
    reconcile.take_database_answer(answer, known, "EXPORT ...")

    assert known[INV.name].rows_reported == 3
    assert known[CHILD.name].rows_reported == 0


def test_files_that_the_server_counted_and_that_are_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "public/inv").mkdir(parents=True)
    (tmp_path / "public/inv/n1.0.csv").write_text("1,a\n")
    inv = TableExport(INV, "public/inv", rows_reported=3, files_reported=1)
    child = TableExport(CHILD, "archive/child", rows_reported=2, files_reported=1)

    problems = list(reconcile.missing_files(tmp_path, [inv, child]))

    assert problems == ["archive.child: the server wrote 1 file and 0 are there"]


def test_a_cut_file_shows_in_its_records() -> None:
    inv = TableExport(INV, "public/inv", rows_reported=120000)

    (problem,) = reconcile.differing_counts({INV.name: 45013}, [inv])

    assert problem == "public.inv: the server says 120,000 rows, the files hold 45,013"
    assert list(reconcile.differing_counts({}, [TableExport(CHILD, "x", rows_reported=0)])) == []
    assert list(reconcile.differing_counts({}, [TableExport(CHILD, "x")])) == []


def test_what_changed_while_the_backup_ran_is_named() -> None:
    altered = replace(CHILD, columns=CHILD.columns[:1])
    new = replace(INV, name=TableName("public", "new"))
    names = [INV.name, CHILD.name]

    after = replace(SHOP, tables=(altered, new))
    problems = list(reconcile.catalogue_differences(SHOP, after, names, whole=True))

    assert problems == [
        "archive.child was changed while the backup ran",
        "public.inv was dropped while the backup ran",
        "public.new was created while the backup ran",
    ]
    assert list(reconcile.catalogue_differences(SHOP, SHOP, names, whole=True)) == []


def test_row_counts_of_a_survey_are_no_change_of_definition() -> None:
    grown = replace(SHOP, tables=tuple(replace(t, rows=99, bytes=1) for t in SHOP.tables))

    assert list(reconcile.catalogue_differences(SHOP, grown, [INV.name], whole=False)) == []


def test_folders_are_ours_or_kwdbs_by_method() -> None:
    odd = TableName("public", "we ird")

    assert reconcile.data_folder(odd, BackupMethod.DATABASE) == "public/we ird"
    assert reconcile.data_folder(odd, BackupMethod.SNAPSHOT) == "public/we=20ird"


def test_growing_files_are_measured_while_they_come_and_go(tmp_path: Path) -> None:
    assert csv_files(tmp_path / "does not exist yet") == []
    (tmp_path / "t").mkdir()
    (tmp_path / "t/n1.0.csv").write_bytes(b"12345")
    (tmp_path / "t/meta.sql").write_bytes(b"CREATE TABLE")

    assert [(path.name, size) for path, size in csv_files(tmp_path)] == [("n1.0.csv", 5)]


def test_rows_that_nobody_counts_are_told_from_the_first_records(tmp_path: Path) -> None:
    lengths, file = RecordLengths(), tmp_path / "n1.0.csv"
    assert lengths.rows_in([]) is None
    file.write_bytes(b"1,2")
    assert lengths.rows_in([(file, 3)]) is None, "no record is whole yet"
    file.write_bytes(b"1,2\n3,4\n5,6")

    assert lengths.rows_in([(file, 11)]) == 3
    assert lengths.rows_in([(file, 4_000), (tmp_path / "n1.1.csv", 400)]) == 1_100


def test_rejected_rows_fail_a_restore_that_the_server_calls_succeeded() -> None:
    answer = importing.read_answer(imported("4", rejected="1"))

    with pytest.raises(KwtuiError) as error:
        importing.check_answer(answer, "public.sensors", ("2024,x", "x is no number"), 5)

    assert error.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "x is no number" in error.value.cause


def test_rows_that_are_left_out_as_known_are_no_loss_where_rows_were() -> None:
    answer = importing.ImportAnswer("1", "succeeded", 3, abandoned=2, rejected=0, note="")

    with pytest.raises(KwtuiError, match="left out as duplicates"):
        importing.check_answer(answer, "public.sensors", (), 5)
    importing.check_answer(answer, "public.sensors", (), 5, adds=True)
    with pytest.raises(KwtuiError, match="hold 6 rows, 3 were imported"):
        importing.check_answer(answer, "public.sensors", (), 6, adds=True)


def test_fewer_rows_than_the_files_hold_fail_a_restore() -> None:
    with pytest.raises(KwtuiError, match="hold 6 rows, 2 were imported"):
        importing.check_answer(importing.read_answer(imported("2")), "public.orders", (), 6)

    importing.check_answer(importing.read_answer(imported("6")), "public.orders", (), 6)
    importing.check_answer(importing.read_answer(imported("6")), "public.orders", (), None)


@pytest.fixture
def closed_export(tmp_path: Path) -> Iterator[SetLocation]:
    """A node writes as another account, into a folder that it keeps to itself."""
    extern = tmp_path / "extern"
    location = new_location(extern, "kwtui/shop/20261130T100000Z", tmp_path / "state")
    table = location.data / "public" / "orders"
    table.mkdir(parents=True)
    (table / "n1.0.csv").write_text("1\n")
    if os.geteuid() == 0:
        # root itself works in extern with the rights of its owner.
        for path in (extern, *extern.rglob("*")):
            if path != table and path.parent != table:
                os.chown(path, OTHER, OTHER)
    table.chmod(0o700 if os.geteuid() == 0 else 0)
    yield location
    table.chmod(0o755)


def test_files_that_cannot_be_read_are_not_taken_for_another_folder(
    closed_export: SetLocation, tmp_path: Path
) -> None:
    answer = read_answer(exported(("TABLE shop.public.orders", "1", "1", "1")))
    elsewhere = new_location(tmp_path / "empty", "kwtui/shop/x", tmp_path / "state")

    with pytest.raises(KwtuiError) as closed:
        reconcile.check_whose_extern(answer, closed_export, 1, closed_export.data)
    with pytest.raises(KwtuiError) as away:
        reconcile.check_whose_extern(answer, elsewhere, 1, elsewhere.data)

    assert closed.value.exit_code is ExitCode.EXTERN_NOT_READABLE
    assert "cannot be read" in closed.value.title
    assert "public/orders: Permission denied" in closed.value.cause
    assert away.value.exit_code is ExitCode.EXTERN_NOT_FOUND
