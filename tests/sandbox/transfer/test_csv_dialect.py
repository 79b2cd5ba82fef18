"""A field goes out and comes back: NULL, emptiness and every awkward character survive."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.sandbox.transfer.csv_reader import CsvReader, CsvSyntaxError
from kwtui.sandbox.transfer.csv_writer import CsvWriter, Dialect

SAFE = Dialect(null_text="\\N")
DIALECTS = [
    Dialect(),
    SAFE,
    Dialect(delimiter="|", enclosed="'", escaped="\\", null_text="NULL"),
    Dialect(enclosed="'"),
    Dialect(escaped="\\"),
]

Field = str | None


def read(text: str, dialect: Dialect) -> list[list[Field]]:
    return [
        [
            None if position in record.nulls else field
            for position, field in enumerate(record.fields)
        ]
        for record in CsvReader(io.StringIO(text, newline="\n"), dialect)
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\\N", '"\\N"'),
        (None, "\\N"),
        ("", '""'),
        ("NULL", "NULL"),
        ("\r\n x\r", '"\r\n x\r"'),
        ("  padded  ", '"  padded  "'),
        ('""', '""""""'),
        ("\t", '"\t"'),
        ("it's", "it's"),
        ("\\", "\\"),
        (",", '","'),
    ],
)
def test_the_safe_dialect_writes_hazards_as_the_node_does(value: Field, text: str) -> None:
    assert CsvWriter(SAFE).field(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('O\'Brien, "Pat"', "'O\\'Brien, \"Pat\"'"),
        ("\\x00ff10", "'\\\\x00ff10'"),
        ("", "''"),
        ("  padded  ", "'  padded  '"),
    ],
)
def test_single_quotes_and_backslash_write_as_the_node_does(value: Field, text: str) -> None:
    assert CsvWriter(Dialect(enclosed="'", escaped="\\")).field(value) == text


@pytest.mark.parametrize("dialect", DIALECTS, ids=str)
@given(
    rows=st.lists(
        st.tuples(*[st.none() | st.text(alphabet="ab ,|\"'\\\r\n\tN中") for _ in range(2)]),
        max_size=6,
    )
)
def test_two_columns_come_back_unchanged(dialect: Dialect, rows: list[tuple[Field, ...]]) -> None:
    writer = CsvWriter(dialect)
    text = "".join(writer.line(row) for row in rows)
    assert read(text, dialect) == [list(row) for row in rows]


def test_the_null_row_of_a_one_column_table_is_lost_in_the_default_dialect() -> None:
    text = "".join(CsvWriter(Dialect()).line([value]) for value in (None, "a", ""))
    assert text == '\na\n""\n'
    assert read(text, Dialect()) == [["a"], [""]]


def test_the_null_row_survives_with_a_null_text() -> None:
    text = "".join(CsvWriter(SAFE).line([value]) for value in (None, "a", ""))
    assert read(text, SAFE) == [[None], ["a"], [""]]


def test_a_quote_inside_an_unquoted_field_says_where_it_stands() -> None:
    with pytest.raises(CsvSyntaxError, match='line 2, column 4: bare " in non-quoted-field'):
        read('1,a\n2,a"b\n', Dialect())


def test_a_file_cut_inside_quotes_is_refused() -> None:
    with pytest.raises(CsvSyntaxError, match='extraneous or missing " in quoted-field'):
        read('1,"line one\nline t', Dialect())


def test_a_record_knows_that_it_spans_lines() -> None:
    records = list(CsvReader(io.StringIO('1,"a\nb"\n2,c\n', newline="\n"), Dialect()))
    assert [record.has_line_break for record in records] == [True, False]


def test_windows_line_ends_are_no_data() -> None:
    assert read("1,a\r\n2,\r\n", Dialect()) == [["1", "a"], ["2", None]]
