"""INSERT statements for a script: every client must read each of them as one line, and right."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kwtui.model.schema import TableName
from kwtui.sql.insert_script import (
    MAX_CHARACTERS,
    insert_head,
    one_line,
    row_text,
    rows_of_block,
    statements_of,
)

KINDS = ("TIMESTAMPTZ(9)", "INT8", "FLOAT8", "BOOL", "VARCHAR(60)", "VARBYTES(20)")
PLAIN = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters=',"'))
NULL = st.just(r"\N")
RECORDS = st.lists(
    st.tuples(
        st.just("2026-11-01 12:00:00.123456789+00:00"),
        st.one_of(NULL, st.integers(-(2**63), 2**63 - 1).map(str)),
        st.one_of(NULL, st.sampled_from(["1.5", "1e+10", "-0.0", "NaN", "+Inf", "-Inf"])),
        st.one_of(NULL, st.sampled_from(["true", "false"])),
        st.one_of(NULL, PLAIN),
        st.one_of(NULL, st.binary(max_size=9).map(lambda b: rf"\x{b.hex()}")),
    ),
    min_size=1,
)


@given(RECORDS)
def test_a_block_gives_the_same_rows_as_its_records_one_by_one(
    records: list[tuple[str, ...]],
) -> None:
    text = "".join(f"{','.join(record)}\n" for record in records)
    values = [tuple(None if v == r"\N" else v for v in record) for record in records]

    assert rows_of_block(text, KINDS, ",", r"\N") == [row_text(v, KINDS) for v in values]


def test_a_block_that_needs_care_or_has_other_fields_is_left_to_the_reader_of_records() -> None:
    assert rows_of_block("a\tb,1\n", ("STRING", "INT8"), ",", r"\N") is None
    assert rows_of_block("a\r,1\n", ("STRING", "INT8"), ",", r"\N") is None
    assert rows_of_block("a,1\nb\n", ("STRING", "INT8"), ",", r"\N") is None


@given(st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")))
def test_no_value_breaks_a_line(value: str) -> None:
    sql = one_line(value, "STRING")

    assert not any(ord(c) < 32 or c == "\x7f" for c in sql)
    if sql.startswith("e'"):
        inner = sql[2:-1].replace("\\'", "'")
        assert inner.encode("latin-1", "backslashreplace").decode("unicode_escape") == value
    else:
        assert sql == "'" + value.replace("'", "''") + "'"


def test_the_forms_are_those_that_a_node_took() -> None:
    assert one_line("line one\nline 'two'", "STRING") == r"e'line one\nline \'two\''"
    assert one_line("\\", "STRING") == r"'\'"
    assert one_line(None, "STRING") == "NULL"
    assert insert_head(TableName("public", "p6"), ["ts", "Select"]) == (
        'INSERT INTO p6 (ts, "Select") VALUES '
    )
    assert insert_head(TableName("s 2", "t"), ["a"]) == 'INSERT INTO "s 2".t (a) VALUES '


def test_statements_are_neither_too_many_rows_nor_too_long() -> None:
    short = list(statements_of("INSERT ", ["(1)"] * 1201))
    assert [rows for _, rows in short] == [500, 500, 201]
    assert all(text.endswith(";\n") and text.count("\n") == 1 for text, _ in short)

    long = list(statements_of("INSERT ", ["(" + "x" * 40_000 + ")"] * 100))
    assert sum(rows for _, rows in long) == 100
    assert all(len(text) < MAX_CHARACTERS + 100 for text, _ in long)
