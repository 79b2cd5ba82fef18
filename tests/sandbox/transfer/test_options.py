"""A person mistypes an option of EXPORT or IMPORT and reads the node's own words."""

from __future__ import annotations

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.exports.options import parse_export_options
from kwtui.sandbox.imports.options import parse_import_options
from kwtui.sandbox.transfer.copy_options import memory_size
from kwtui.sandbox.transfer.csv_writer import Dialect

RawOptions = list[tuple[str, str | None]]


def export_error(options: RawOptions, *, sql: bool = False, query: bool = False) -> SqlError:
    with pytest.raises(SqlError) as caught:
        parse_export_options(options, sql_format=sql, query=query)
    return caught.value


@pytest.mark.parametrize(
    ("options", "sqlstate", "message"),
    [
        ([("delimiter", ",,")], "22023", "invalid delimiter value: must be only one character"),
        ([("delimiter", '"')], "22023", "delimiter can't be \""),
        ([("delimiter", "，")], "22023", "delimiter exceeds the limit of the char type"),
        ([("chunk_rows", "100001")], "XXUUU", "The chunk size must be less than 100000"),
        ([("chunk_rows", "-1")], "22023", "invalid csv chunk size"),
        ([("chunk_rows", "many")], "22023", 'strconv.Atoi: parsing "many": invalid syntax'),
        ([("nullas", "nil")], "XXUUU", "options nullas/nullif cannot be nil"),
        ([("enclosed", ",")], "22023", "enclosed can't be ,"),
        ([("escaped", "x")], "22023", "escaped can't be x"),
        (
            [("charset", "latin1")],
            "22023",
            "invalid charset value, value must be 'GBK''GB18030''BIG5''UTF-8'",
        ),
        ([("compression", "gzip")], "XXUUU", 'invalid option "compression"'),
        ([("delimiter", None)], "XXUUU", 'option "delimiter" requires a value'),
        ([("comment", "x")], "XXUUU", 'option "comment" does not take a value'),
        (
            [("nullas", ""), ("nullas", "")],
            "XXUUU",
            'specifying the same option "nullas" is not supported',
        ),
        (
            [("meta_only", None), ("data_only", None)],
            "XXUUU",
            "can't use meta_only and data_only at the same time",
        ),
        (
            [("thread_concurrency", "1025")],
            "XXUUU",
            "thread_concurrency must be between 0 and 1024, got 1025",
        ),
        ([("limit_memory", "lots")], "XXUUU", "invalid memory size format: lots"),
    ],
)
def test_a_bad_value_is_named(options: RawOptions, sqlstate: str, message: str) -> None:
    error = export_error(options)
    assert (error.sqlstate, error.message) == (sqlstate, message)


def test_a_query_export_takes_no_metadata_options() -> None:
    error = export_error([("meta_only", None)], query=True)
    assert error.message == "cannot use option in query export"


def test_the_sql_format_takes_no_csv_options() -> None:
    error = export_error([("column_name", None)], sql=True)
    assert error.message == "Export support SQL cannot be used in conjunction with colname"


def test_empty_values_mean_the_defaults() -> None:
    options, notices = parse_export_options(
        [("delimiter", ""), ("enclosed", ""), ("nullas", "")], sql_format=False, query=False
    )
    assert (options.dialect, notices) == (Dialect(), [])


def test_meta_only_makes_chunk_rows_pointless_and_says_so() -> None:
    _, notices = parse_export_options(
        [("meta_only", None), ("chunk_rows", "5")], sql_format=False, query=False
    )
    assert [(n.severity, n.message) for n in notices] == [
        ("WARNING", "chunk_rows doesn't work with only_meta")
    ]


@pytest.mark.parametrize(
    ("text", "size"), [("64MB", 64 * 1024**2), ("1.5kb", 1536), ("7", 7), ("0", 0)]
)
def test_memory_sizes(text: str, size: int) -> None:
    assert memory_size(text) == size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([("skip", "-1")], "skip must be >= 0"),
        ([("skip", "one")], "invalid skip value"),
        ([("batch_rows", "x")], "invalid batch_rows value"),
        (
            [("charset", "utf8")],
            "invalid charset value: charset value must be 'UTF-8''GBK''GB18030''BIG5'",
        ),
        (
            [("comment", None)],
            "'WITH COMMENT' can only be used for the 'IMPORT CREATE USING' and "
            "'IMPORT DATABASE', the current syntax is 'IMPORT INTO'",
        ),
    ],
)
def test_a_bad_import_option_is_named(options: RawOptions, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        parse_import_options(options, into=True)
    assert caught.value.message == message


def test_nullif_may_be_any_text() -> None:
    assert parse_import_options([("nullif", "nil")], into=True).dialect.null_text == "nil"
