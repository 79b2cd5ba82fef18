"""Counting and checking records: exact whatever is in the values, wherever blocks end."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.csv.record_scan import RecordChecker, RecordCounter, scan_file
from kwtui.model.requests import Dialect
from tests.backups.csvwriter import write_csv

DEFAULT = Dialect()
BACKSLASH = Dialect(enclosed="'", escaped="\\", delimiter="|", null_text="NULL")
DIALECTS = [
    DEFAULT,
    Dialect(null_text=""),
    Dialect(delimiter=";", enclosed="'", escaped="'"),
    Dialect(escaped="\\"),
    BACKSLASH,
]

nasty_text = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\"',;|\\\n\r\t N")),
        st.characters(codec="utf-8", exclude_characters="\0"),
    ),
    max_size=12,
)
tables = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.lists(st.one_of(st.none(), nasty_text), min_size=width, max_size=width), max_size=12
    )
)


def blocks_of(data: bytes, size: int) -> list[bytes]:
    return [data[i : i + size] for i in range(0, len(data), size)]


@given(tables, st.sampled_from(DIALECTS), st.integers(1, 40))
def test_every_record_is_counted_wherever_blocks_end(
    records: list[list[str | None]], dialect: Dialect, size: int
) -> None:
    counter = RecordCounter(dialect)
    for block in blocks_of(write_csv(records, dialect).encode(), size):
        counter.feed(block)
    assert counter.total == len(records)
    assert not counter.torn_end


@given(tables, st.sampled_from(DIALECTS), st.integers(1, 40))
def test_well_formed_records_pass_the_check(
    records: list[list[str | None]], dialect: Dialect, size: int
) -> None:
    checker = RecordChecker(dialect, len(records[0]) if records else 1)
    for block in blocks_of(write_csv(records, dialect).encode(), size):
        checker.feed(block)
    checker.finish()
    assert checker.problems == []


@given(tables)
def test_the_count_is_the_csv_modules_count(records: list[list[str | None]]) -> None:
    text = write_csv(records, DEFAULT)
    # The csv module takes a lone CR for a line end; KWDB does not, and always quotes it.
    expected = sum(1 for _ in csv.reader(io.StringIO(text, newline="")))
    counter = RecordCounter(DEFAULT)
    counter.feed(text.encode())
    assert counter.total == expected


@given(tables, st.integers(0, 11), st.integers(1, 40))
def test_a_record_with_one_field_more_is_found(
    records: list[list[str | None]], where: int, size: int
) -> None:
    if not records:
        return
    width = len(records[0])
    where %= len(records)
    records[where] = [*records[where], "extra"]
    checker = RecordChecker(DEFAULT, width)
    for block in blocks_of(write_csv(records, DEFAULT).encode(), size):
        checker.feed(block)
    checker.finish()
    assert checker.malformed == 1
    assert checker.problems == [f"record {where + 1:,}: {width + 1} fields instead of {width}"]


def test_one_field_is_told_as_one() -> None:
    checker = RecordChecker(DEFAULT, 2)
    checker.feed(b"1;a\n")
    checker.finish()
    assert checker.problems == ["record 1: 1 field instead of 2"]


@pytest.mark.parametrize("size", [1, 2, 3, 64])
@pytest.mark.parametrize("line", ['a"b,c', '"a"b,c', 'x,"a" ', ' "a",b'])
def test_a_quote_inside_a_plain_value_is_found(line: str, size: int) -> None:
    checker = RecordChecker(DEFAULT, 2)
    for block in blocks_of(f'1,2\n{line}\n"",""\n'.encode(), size):
        checker.feed(block)
    checker.finish()
    assert checker.malformed >= 1
    assert checker.problems[0].startswith("record 2: a quote inside")


def test_a_file_of_single_nulls_in_the_default_dialect_has_blank_records(tmp_path: Path) -> None:
    # live-findings, row 12: a one-column table whose second of three rows is NULL.
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b'a\n\n""\n')
    scan = scan_file(file, Dialect(null_text=""), fields=1)
    assert (scan.records, scan.malformed) == (3, 0)
    assert scan.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


def test_a_cut_file_says_so(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"1,a\n2,b")
    assert scan_file(file, DEFAULT).torn_end
    assert scan_file(file, DEFAULT).records == 2
    file.write_bytes(b'1,a\n2,"b\n')
    scan = scan_file(file, DEFAULT)
    assert scan.open_quote
    assert scan.records == 2


def test_a_header_is_no_record(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"id,name\n1,a\n")
    assert scan_file(file, Dialect(header=True)).records == 1
    file.write_bytes(b"")
    assert scan_file(file, Dialect(header=True)).records == 0


@pytest.mark.parametrize("charset", ["gbk", "gb18030", "big5"])
def test_chinese_charsets_hide_no_delimiter_in_their_second_bytes(
    tmp_path: Path, charset: str
) -> None:
    # 0x5C and 0x7C are second bytes of common characters in these charsets.
    dialect = Dialect(delimiter="|", enclosed="'", escaped="\\", charset=charset.upper())
    second_bytes = (
        "功許餐枯" if charset == "big5" else "誠乗瀄亅" if charset == "gb18030" else "誠乗瀄"
    )
    records: list[list[str | None]] = [
        ["1", second_bytes],
        ["2", "a'b\n" + second_bytes],
        ["3", None],
    ]
    file = tmp_path / "n1.0.csv"
    file.write_bytes(write_csv(records, dialect).encode(charset))
    scan = scan_file(file, dialect, fields=2)
    assert (scan.records, scan.problems) == (3, ())


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"1,ok\n2,\xff\xfe\n")
    scan = scan_file(file, DEFAULT, fields=2)
    assert scan.malformed == 1
    assert "utf-8" in scan.problems[0]


def test_a_scan_can_be_stopped(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"1\n" * 300_000)
    seen: list[int] = []

    def stop_after_the_first(count: int) -> None:
        seen.append(count)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        scan_file(file, DEFAULT, tick=stop_after_the_first)
    assert len(seen) == 1
