"""Records as multisets, against a slow exact one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.csv import multiset
from kwtui.backups.csv.multiset import BrokenRecord, Multiset, multiset_of, one_sided, splits
from kwtui.model.requests import Dialect

PLAIN = Dialect()
VALUES = st.sampled_from(
    ["", "a", "b,c", 'it"s', "two\nlines", '"', "\n", "\\N", "温度", '""\n""', "\r\n"]
)
RECORDS = st.lists(st.tuples(VALUES, VALUES), max_size=12)
Rows = list[tuple[str, str]]


def text(rows: Rows) -> bytes:
    """As EXPORT writes them: quoted where a value needs it."""

    def one(value: str) -> str:
        quoted = any(c in value for c in ',"\n\r') or value == "\\N"
        return '"' + value.replace('"', '""') + '"' if quoted else value

    return "".join(",".join(map(one, row)) + "\n" for row in rows).encode()


def written(folder: Path, name: str, rows: Rows) -> Path:
    path = folder / name
    path.write_bytes(text(rows))
    return path


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Blocks so small that every record lies across one."""
    monkeypatch.setattr(multiset, "BLOCK", request.param)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7, 1 << 18], indirect=True)
@pytest.mark.usefixtures("blocks")
@given(one=RECORDS, two=RECORDS, cut=st.integers(0, 12))
def test_it_tells_the_same_as_an_exact_multiset(
    tmp_path_factory: pytest.TempPathFactory, one: Rows, two: Rows, cut: int
) -> None:
    folder = tmp_path_factory.mktemp("m")
    here = multiset_of(written(folder, "a", one), PLAIN)
    chunks = (two[:cut], two[cut:])
    there = sum(
        (multiset_of(written(folder, f"b{i}", part), PLAIN) for i, part in enumerate(chunks)),
        Multiset(),
    )
    assert (here == there) is (Counter(one) == Counter(two))
    assert (here.records, there.records) == (len(one), len(two))


@given(one=RECORDS, two=RECORDS)
def test_what_differs_is_found(
    tmp_path_factory: pytest.TempPathFactory, one: Rows, two: Rows
) -> None:
    folder = tmp_path_factory.mktemp("m")
    files = [written(folder, "a", one)], [written(folder, "b", two)]
    found = one_sided(*files, PLAIN, 0, 100)
    here, there = Counter(one) - Counter(two), Counter(two) - Counter(one)
    assert sorted(found.only_here) == sorted(text([row]).decode()[:-1] for row in here)
    assert sorted(found.only_there) == sorted(text([row]).decode()[:-1] for row in there)


def test_one_record_of_many_is_found_in_little_memory(tmp_path: Path) -> None:
    rows = [(str(n), "x") for n in range(60_000)]
    other = [*rows[:500], ("500", "y"), *rows[501:]][::-1]
    found = one_sided(
        [written(tmp_path, "a", rows)], [written(tmp_path, "b", other)], PLAIN, 60_000, 5
    )
    assert (found.only_here, found.only_there) == (("500,x",), ("500,y",))


def test_a_value_of_several_lines_is_shown_with_them(tmp_path: Path) -> None:
    one = written(tmp_path, "a", [("two\nlines", "1")])
    two = written(tmp_path, "b", [("two lines", "1")])
    assert one_sided([one], [two], PLAIN, 1, 5).only_here == ('"two\nlines",1',)


def test_a_header_is_no_record(tmp_path: Path) -> None:
    named = written(tmp_path, "a", [("h1", "h2"), ("1", "2")])
    bare = written(tmp_path, "b", [("1", "2")])
    assert multiset_of(named, Dialect(header=True)) == multiset_of(bare, PLAIN)


def test_a_file_that_was_cut_is_not_read_as_if_it_were_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b'1,"cut')
    with pytest.raises(BrokenRecord, match="ends inside a quoted value"):
        multiset_of(path, PLAIN)


def test_a_last_record_without_a_newline_counts(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"1,2\n3,4")
    assert multiset_of(path, PLAIN).records == 2


def test_a_record_that_never_ends_takes_no_more_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(multiset, "_LONGEST", 1000)
    path = tmp_path / "a"
    path.write_bytes(b'"' + b"x" * 600_000)
    with pytest.raises(BrokenRecord, match="longer than"):
        multiset_of(path, PLAIN)


def test_other_escapes_are_left_to_others() -> None:
    assert splits(PLAIN)
    assert not splits(Dialect(escaped="\\"))
