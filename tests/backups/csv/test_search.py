"""A person searches a data file of any size: the right record, or the word that there is none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwtui.backups.csv import search
from kwtui.backups.csv.index import CsvIndex, Reading, ReadingStopped
from kwtui.backups.csv.reading import read_records
from kwtui.backups.csv.search import find_record
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect

Look = Callable[..., int | None]


def looking(path: Path, text: str, dialect: Dialect | None = None) -> Look:
    index = CsvIndex(path, dialect or Dialect())

    def look(start: int, *, forward: bool = True) -> int | None:
        return find_record(index, text, start, forward=forward, reading=Reading())

    return look


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "n1.0.csv"
    path.write_text('1,Ann\n2,"a ""red""\nhat, Ann"\n3,ANN\n4,数据库\n5,ann\n')
    return path


def test_it_goes_from_hit_to_hit_and_back(file: Path) -> None:
    look = looking(file, "ann")
    assert [look(-1), look(0), look(1), look(2), look(4)] == [0, 1, 2, 4, None]
    assert [look(4, forward=False), look(1, forward=False), look(0, forward=False)] == [2, 0, None]


def test_quotes_newlines_and_other_scripts_are_found_as_they_are_read(file: Path) -> None:
    assert looking(file, '"red"\nhat')(-1) == 1
    assert looking(file, "数据")(-1) == 3
    assert looking(file, "nobody")(-1) is None


def test_a_header_is_no_record(file: Path) -> None:
    file.write_text("id,name\n1,name\n")
    look = looking(file, "name", Dialect(header=True))
    assert (look(-1), look(0), look(0, forward=False)) == (0, None, None)


def test_in_gbk_half_a_character_is_no_hit(tmp_path: Path) -> None:
    """In 丄 (81 41) stands the byte of an A."""
    path = tmp_path / "n1.0.csv"
    path.write_bytes("1,丄\n2,A\n".encode("gbk"))
    assert looking(path, "A", Dialect(charset="GBK"))(-1) == 1


def test_a_file_that_is_gone_says_so(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError) as caught:
        looking(tmp_path / "n1.0.csv", "x")(-1)
    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_it_can_be_stopped(file: Path) -> None:
    with pytest.raises(ReadingStopped):
        find_record(CsvIndex(file, Dialect()), "x", -1, forward=True, reading=Reading(stopped=True))


VALUE = st.text(st.sampled_from('ab",\n\\'), max_size=6)


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(VALUE, VALUE), min_size=1, max_size=12), block=st.integers(1, 40))
def test_every_record_with_the_text_is_found_wherever_blocks_end(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], block: int
) -> None:
    def quoted(value: str) -> str:
        return '"' + value.replace('"', '""') + '"'

    path = tmp_path_factory.mktemp("search") / "n1.0.csv"
    path.write_text("".join(f"{quoted(a)},{quoted(b)}\n" for a, b in rows), newline="")
    with path.open("rb") as opened:
        records = list(read_records(opened, Dialect()))
    look = looking(path, "ab")
    expected = [n for n, values in enumerate(records) if any("ab" in (v or "") for v in values)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "_BLOCK", block)
        found, at = [], -1
        while (hit := look(at)) is not None:
            found.append(at := hit)
        back, at = [], len(records)
        while (hit := look(at, forward=False)) is not None:
            back.append(at := hit)
    assert found == expected
    assert back == expected[::-1]
