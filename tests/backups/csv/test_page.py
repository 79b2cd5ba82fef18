"""Pages of CSV files: any page of any file, NULL told from empty, whatever the dialect."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kwtui.backups.csv import index as csvindex
from kwtui.backups.csv.index import CsvIndex
from kwtui.backups.csv.page import read_page
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from tests.backups.csv.test_record_scan import BACKSLASH, DIALECTS, tables
from tests.backups.csvwriter import write_csv


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tables, st.sampled_from(DIALECTS), st.integers(3, 60), st.data())
def test_any_page_holds_the_records_that_were_written(
    tmp_path: Path,
    records: list[list[str | None]],
    dialect: Dialect,
    step: int,
    data: st.DataObject,
) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(write_csv(records, dialect).encode())
    start = data.draw(st.integers(0, len(records) + 1))
    count = data.draw(st.integers(1, 5))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csvindex, "_STEP", step)
        page = read_page(file, dialect, start, count, index=CsvIndex(file, dialect))
    assert list(page.records) == [tuple(r) for r in records[start : start + count]]
    assert page.at_end == (start + count >= len(records))
    assert page.problem == ""


def test_null_empty_and_the_word_null_are_three_things(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b'1,\\N\n2,""\n3,NULL\n4,"\\N"\n')
    page = read_page(file, Dialect(), 0, 10)
    assert [r[1] for r in page.records] == [None, "", "NULL", "\\N"]
    assert page.total == 4


def test_a_header_names_the_columns_and_is_no_record(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"id,name\n1,a\n2,b\n")
    page = read_page(file, Dialect(header=True), 1, 5)
    assert page.columns == ("id", "name")
    assert page.records == (("2", "b"),)
    assert (page.total, page.at_end) == (2, True)


def test_a_page_in_the_middle_of_a_big_file_reads_little_more_than_itself(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"".join(b'%d,"a\nb ""c"""\n' % n for n in range(200_000)))
    index = CsvIndex(file, Dialect())
    assert read_page(file, Dialect(), 199_999, 3, index=index).records == (("199999", 'a\nb "c"'),)
    offset, known = index.place_of(100_000)
    assert 100_000 - known < 40_000
    assert file.read_bytes()[offset:].startswith(b'%d,"a' % known)
    assert read_page(file, Dialect(), 100_000, 1, index=index).records[0][0] == "100000"


def test_the_index_begins_anew_when_the_file_changes(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"1\n2\n")
    index = CsvIndex(file, Dialect())
    assert read_page(file, Dialect(), 0, 9, index=index).total == 2
    file.write_bytes(b"1\n2\n3\n")
    assert read_page(file, Dialect(), 0, 9, index=index).total == 3


def test_what_cannot_be_read_ends_the_page_and_says_why(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b'1,a\n2,"b"c\n3,d\n')
    page = read_page(file, Dialect(), 0, 10)
    assert page.records == (("1", "a"),)
    assert "after the quoted value" in page.problem
    file.write_bytes(b'1,"never closed\n')
    assert "never closed" in read_page(file, Dialect(), 0, 10).problem


def test_bytes_that_are_no_text_are_kept_to_be_marked(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(b"a\xff,b\n")
    assert read_page(file, Dialect(), 0, 1).records == (("a\udcff", "b"),)


def test_chinese_charsets(tmp_path: Path) -> None:
    file = tmp_path / "n1.0.csv"
    dialect = Dialect(**{**vars(BACKSLASH), "charset": "GBK"})
    records: list[list[str | None]] = [["誠|乗", None], ["'\\", "瀄"]]
    file.write_bytes(write_csv(records, dialect).encode("gbk"))
    assert list(read_page(file, dialect, 0, 9).records) == [tuple(r) for r in records]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        read_page(tmp_path / "n1.0.csv", Dialect(), 0, 1)
    assert caught.value.exit_code is ExitCode.NOT_FOUND
