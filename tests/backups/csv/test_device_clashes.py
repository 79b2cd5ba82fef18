"""Devices whose primary tags read the same when they are joined."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.csv.device_clashes import first_clash, joined, without_clashes
from kwtui.backups.csv.reading import Record

_RECORDS = st.lists(
    st.tuples(st.sampled_from(["", "1", "11", "a"]), st.sampled_from(["1", "11", "", None]))
)


def test_two_devices_that_join_to_the_same_are_found() -> None:
    records = [("t", "1", "2"), ("t", "1", "11"), ("t", "11", "1")]
    assert first_clash(records, [1, 2]) == ("1, 11", "11, 1")


def test_many_rows_of_one_device_are_no_clash() -> None:
    assert first_clash([("1", "11"), ("1", "11")], [0, 1]) is None


@given(_RECORDS)
def test_a_batch_is_cut_and_nothing_else(records: list[Record]) -> None:
    parts = list(without_clashes(records, [0, 1]))

    assert [record for part in parts for record in part] == records
    assert all(part and first_clash(part, [0, 1]) is None for part in parts)


@given(_RECORDS)
def test_it_is_cut_only_where_it_must_be(records: list[Record]) -> None:
    parts = list(without_clashes(records, [0, 1]))

    for before, after in pairwise(parts):
        assert joined(after[0], [0, 1]) in {joined(record, [0, 1]) for record in before}
        assert first_clash([*before, after[0]], [0, 1]) is not None


def test_without_several_tags_a_batch_stays_whole() -> None:
    assert list(without_clashes([("a",), ("b",)], ())) == [[("a",), ("b",)]]
