"""A definition is accepted by a name that the backup has, written as for ``--tables``."""

from __future__ import annotations

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.restore.accepting import check_accepted, check_nothing_accepted, meant
from tests.operations.conftest import SHOP


def test_a_name_without_a_schema_is_of_public() -> None:
    assert ("public", "orders") in meant("orders")
    assert ("public", "orders", "note") in meant("orders.note")
    assert meant('s2."a.b".c') == {("s2", "a.b", "c")}


def test_a_name_that_the_backup_does_not_have_is_refused() -> None:
    table = SHOP.tables[0]
    column = f"{table.name.as_option}.{table.columns[0].name}"
    check_accepted(SHOP, [table.name.as_option, table.name.name, column], "kwtui/shop/x")
    with pytest.raises(KwtuiError) as caught:
        check_accepted(SHOP, [table.name.name, "nothing.here"], "kwtui/shop/x")
    assert caught.value.exit_code is ExitCode.NOT_FOUND
    assert "nothing.here" in caught.value.title


def test_of_an_export_of_others_nothing_can_be_accepted() -> None:
    check_nothing_accepted(())
    with pytest.raises(KwtuiError) as caught:
        check_nothing_accepted(["orders"])
    assert caught.value.exit_code is ExitCode.USAGE
