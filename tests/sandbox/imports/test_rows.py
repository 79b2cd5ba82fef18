"""Records become rows, or are refused in the node's words; time-series rows meet its defects."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog.objects import ColumnDef
from kwtui.sandbox.imports.options import ImportOptions
from kwtui.sandbox.imports.rows import RowParser, Stored, converter, parsed_rows
from kwtui.sandbox.imports.series import SeriesParser, SeriesReport, misscaled, series_rows
from kwtui.sandbox.transfer.csv_writer import Dialect
from kwtui.sandbox.values.types import type_from_text

URI = "nodelocal://1/x/n1.0.csv"


def column(name: str, type_: str, *, nullable: bool = True) -> ColumnDef:
    return ColumnDef(1, name, type_from_text(type_), nullable=nullable)


COLUMNS = [column("id", "INT8", nullable=False), column("s", "STRING")]


def read(
    tmp_path: Path,
    text: str,
    options: ImportOptions | None = None,
    *,
    columns: list[ColumnDef] | None = None,
    strips: bool = False,
    skip: int = 0,
) -> list[Stored]:
    path = tmp_path / "n1.0.csv"
    path.write_bytes(text.encode())
    chosen = options or ImportOptions()
    parser = RowParser(columns or COLUMNS, chosen, "UTC", strips_apostrophes=strips)
    return list(parsed_rows(path, URI, chosen, parser, skip))


def test_rows_keep_null_and_empty_apart(tmp_path: Path) -> None:
    assert read(tmp_path, '1,a\n2,\n3,""\n') == [("1", "a"), ("2", None), ("3", "")]


def test_a_header_line_is_a_bad_row_unless_skipped(tmp_path: Path) -> None:
    with pytest.raises(SqlError) as caught:
        read(tmp_path, "id,s\n1,a\n")
    assert caught.value.message == (
        f'{URI}: error parsing row 1: parse "id" as INT8: could not parse "id" as type int: '
        'strconv.ParseInt: parsing "id": invalid syntax (row: "id,s")'
    )
    assert read(tmp_path, "id,s\n1,a\n", skip=1) == [("1", "a")]


def test_a_record_with_too_many_fields_is_shown(tmp_path: Path) -> None:
    with pytest.raises(SqlError) as caught:
        read(tmp_path, "1,21,42\n")
    assert caught.value.message == (
        f'{URI}: error parsing row 1: expected 2 fields, got 3 (row: "1,21,42")'
    )


def test_a_missing_value_is_refused_where_one_must_be(tmp_path: Path) -> None:
    with pytest.raises(SqlError, match='null value in column "id" violates not-null constraint'):
        read(tmp_path, ",a\n")


def test_apostrophes_vanish_from_the_first_column_only(tmp_path: Path) -> None:
    columns = [column("a", "STRING"), column("b", "STRING")]
    text = "it's,it's\n"
    assert read(tmp_path, text, columns=columns, strips=True) == [("its", "it's")]
    assert read(tmp_path, text, columns=columns) == [("it's", "it's")]


def test_a_gbk_file_is_read_as_gbk(tmp_path: Path) -> None:
    path = tmp_path / "n1.0.csv"
    path.write_bytes("1,张伟\n".encode("gbk"))
    options = ImportOptions(charset="GBK")
    parser = RowParser(COLUMNS, options, "UTC", strips_apostrophes=False)
    assert list(parsed_rows(path, URI, options, parser, 0)) == [("1", "张伟")]


@pytest.mark.parametrize(
    ("type_", "given", "stored"),
    [
        (
            "TIMESTAMPTZ(3)",
            "2026-11-01 12:00:00.123",
            "2026-11-01 12:00:00.123",
        ),
        (
            "TIMESTAMPTZ(6)",
            "2026-11-01 12:00:00.123456",
            "1970-01-21 18:12:14.400123",
        ),
        (
            "TIMESTAMPTZ(9)",
            "2026-11-01 12:00:00.123456789",
            "1970-01-01 00:29:53.534400123",
        ),
        ("TIMESTAMP(6)", "2026-11-01 12:00:00.654321", "1970-01-21 18:12:14.400654"),
    ],
)
def test_fine_times_are_stored_at_the_wrong_scale(type_: str, given: str, stored: str) -> None:
    assert misscaled(type_from_text(type_), given) == stored


SENSOR = [
    column("ts", "TIMESTAMPTZ(3)", nullable=False),
    column("temp", "FLOAT8"),
    column("site", "INT4", nullable=False),
]


def read_series(
    tmp_path: Path, text: str, options: ImportOptions | None = None, oldest: str | None = None
) -> tuple[list[Stored], SeriesReport]:
    path = tmp_path / "n1.0.csv"
    path.write_text(text)
    report = SeriesReport()
    parser = SeriesParser(SENSOR, "UTC", into=True)
    chosen = options or ImportOptions()
    return list(series_rows([(path, URI)], chosen, parser, report, oldest)), report


def test_a_bad_row_is_rejected_with_its_reason(tmp_path: Path) -> None:
    text = "2024-06-01 00:00:00+00:00,notanumber,1\n2024-06-01 00:00:01+00:00,1.5,1\n"
    rows, report = read_series(tmp_path, text)
    assert rows == [("2024-06-01 00:00:01", "1.5", "1")]
    assert (report.rows, report.rejected) == (1, 1)
    assert report.rejects == [
        "2024-06-01 00:00:00+00:00,notanumber,1",
        'could not parse "notanumber" as type float: strconv.ParseFloat: '
        'parsing "notanumber": invalid syntax',
    ]


def test_a_header_line_is_rejected_too(tmp_path: Path) -> None:
    rows, report = read_series(tmp_path, "ts,temp,site\n2024-06-01 00:00:01+00:00,1.5,1\n")
    assert (len(rows), report.rejected) == (1, 1)


def test_rows_older_than_the_retention_are_counted_and_gone(tmp_path: Path) -> None:
    text = "2024-05-01 00:00:00+00:00,1.0,1\n2026-11-01 00:00:00+00:00,2.0,1\n"
    rows, report = read_series(tmp_path, text, oldest="2026-01-01 00:00:00")
    assert (len(rows), report.rows) == (1, 2)


def test_an_empty_file_ends_the_import_of_its_table(tmp_path: Path) -> None:
    empty, full = tmp_path / "n1.0.csv", tmp_path / "n1.1.csv"
    empty.touch()
    full.write_text("2024-06-01 00:00:01+00:00,1.5,1\n")
    report = SeriesReport()
    parser = SeriesParser(SENSOR, "UTC", into=False)
    files = [(empty, URI), (full, URI)]
    assert list(series_rows(files, ImportOptions(), parser, report, None)) == []


def test_several_threads_cannot_read_a_field_with_a_line_break(tmp_path: Path) -> None:
    text = '2024-06-01 00:00:01+00:00,"line one\nline two",1\n'
    columns = [SENSOR[0], column("note", "VARCHAR(40)"), SENSOR[2]]
    path = tmp_path / "n1.0.csv"
    path.write_text(text)
    parser = SeriesParser(columns, "UTC", into=True)

    def read_with(threads: int) -> list[Stored]:
        options = ImportOptions(threads=threads)
        return list(series_rows([(path, URI)], options, parser, SeriesReport(), None))

    assert read_with(1)[0][1] == "line one\nline two"
    with pytest.raises(SqlError, match="contains line breaks"):
        read_with(2)


def test_the_null_text_of_a_time_series_file(tmp_path: Path) -> None:
    options = ImportOptions(dialect=Dialect(null_text="\\N"))
    rows, _ = read_series(tmp_path, "2024-06-01 00:00:01+00:00,\\N,1\n", options)
    assert rows == [("2024-06-01 00:00:01", None, "1")]


@pytest.mark.parametrize(
    ("type_", "text", "stored"),
    [
        ("TIMESTAMPTZ", "2024-01-01 00:00:00.5+00:00", "2024-01-01 00:00:00.5"),
        ("TIMESTAMPTZ", "2024-01-01 08:00:00+08:00", "2024-01-01 00:00:00"),
        ("TIMESTAMP(3)", "2024-01-01 00:00:00.1239+00:00", "2024-01-01 00:00:00.124"),
        ("TIMESTAMP", "0001-01-01 00:00:00+00:00", "0001-01-01 00:00:00"),
        ("INT4", "-7", "-7"),
        ("INT4", "0x10", "16"),
        ("BYTES", "\\x00ff", "00ff"),
        ("BOOL", "t", "true"),
    ],
)
def test_field_texts_become_storage_texts(type_: str, text: str, stored: str) -> None:
    assert converter(type_from_text(type_), "UTC")(text) == stored


@pytest.mark.parametrize(
    ("type_", "text"),
    [("TIMESTAMP", "2024-13-01 00:00:00+00:00"), ("INT2", "32768"), ("VARCHAR(2)", "abc")],
)
def test_values_out_of_range_are_refused(type_: str, text: str) -> None:
    with pytest.raises(SqlError):
        converter(type_from_text(type_), "UTC")(text)
