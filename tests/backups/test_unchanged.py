"""What is not clear counts as a change: a table is linked only if nothing speaks against it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.backups.manifest import FileEntry, TableEntry
from kwtui.backups.unchanged import is_same_table, nanoseconds, origin_of, was_written
from kwtui.model.proof import TableOrigin
from kwtui.model.schema import TableName

EXPORTED = "1796014386196093951.0000000000"
DEFINITION = "CREATE TABLE a (id INT8 NOT NULL, s STRING NULL)"
ORIGIN = origin_of("1591", "3", DEFINITION, EXPORTED)
COLUMNS = ("id", "s")
FILE = FileEntry("data/public/a/n1.0.csv", 10, "00", 2)


def entry(origin: TableOrigin | None = ORIGIN) -> TableEntry:
    return TableEntry(
        TableName("public", "a"),
        "public/a",
        COLUMNS,
        (FILE,),
        rows_reported=2,
        rows_counted=2,
        origin=origin,
    )


@pytest.mark.parametrize(
    ("last_updates", "written"),
    [
        (["1796014386196093950"], False),
        (["1796014386196093951"], True),
        (["1796014386196093952"], True),
        (["1", "1796014386196093950"], False),
        (["1", "1796014388653795336"], True),
        ([None], True),
        (["1", None], True),
        (["0"], True),
        (["-5"], True),
        (["1.5"], True),
        ([""], True),
        ([], True),
    ],
)
def test_a_table_was_written_unless_every_range_says_no(
    last_updates: list[str | None], written: bool
) -> None:
    assert ORIGIN is not None
    assert was_written(ORIGIN, last_updates) is written


def test_nothing_is_known_without_the_instant_of_the_export() -> None:
    assert ORIGIN is not None
    assert was_written(replace(ORIGIN, exported_at=""), ["1"])


@pytest.mark.parametrize(
    "now",
    [
        origin_of("1592", "3", DEFINITION, EXPORTED),
        origin_of("1591", "4", DEFINITION, EXPORTED),
        origin_of("1591", "3", DEFINITION.replace("STRING", "STRING(5)"), EXPORTED),
        None,
    ],
    ids=["made anew", "changed or imported into", "defined otherwise", "not told"],
)
def test_another_table_of_the_same_name(now: TableOrigin | None) -> None:
    assert not is_same_table(entry(), now, COLUMNS)


@pytest.mark.parametrize(
    "then",
    [
        entry(None),
        replace(entry(), columns=("id",)),
        replace(entry(), files=()),
        replace(entry(), rows_reported=None),
        replace(entry(), rows_counted=3),
    ],
    ids=["of a former kwtui", "other columns", "without files", "not counted", "other counts"],
)
def test_an_earlier_entry_that_tells_too_little(then: TableEntry) -> None:
    assert not is_same_table(then, ORIGIN, COLUMNS)


def test_the_same_table_at_a_later_instant() -> None:
    assert is_same_table(entry(), origin_of("1591", "3", DEFINITION, "1796014399.1"), COLUMNS)


@pytest.mark.parametrize(
    ("table_id", "version", "definition", "timestamp"),
    [
        (None, "3", DEFINITION, EXPORTED),
        ("1591", None, DEFINITION, EXPORTED),
        ("1591", "3", f"{DEFINITION} INTERLEAVE IN PARENT b (id)", EXPORTED),
        ("1591", "3", DEFINITION, ""),
    ],
)
def test_what_the_server_does_not_tell(
    table_id: str | None, version: str | None, definition: str, timestamp: str
) -> None:
    assert origin_of(table_id, version, definition, timestamp) is None


def test_the_clock_s_part_of_a_timestamp() -> None:
    assert nanoseconds(EXPORTED) == 1796014386196093951
    assert nanoseconds("0.1") is None
    assert nanoseconds("now") is None
