"""Names of tables that are written and read again, whatever stands in them."""

from __future__ import annotations

import pytest

from kwtui.model.schema import TableName
from kwtui.model.table_names import parse_table_names

NAMES = (
    TableName("public", "orders"),
    TableName("archive", "a.b"),
    TableName("with,comma", 'q"uote'),
    TableName("public", "blank at the end "),
)


def test_what_is_told_is_read_as_it_was() -> None:
    assert parse_table_names(",".join(name.as_option for name in NAMES)) == NAMES


@pytest.mark.parametrize("text", ["a.b.c", "a,", '"a"b', "."])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no table|whole name"):
        parse_table_names(text)
