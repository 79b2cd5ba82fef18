"""Which tables there are stands beside the statement, and a name is one key away."""

from __future__ import annotations

import pytest

from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec, TableName
from kwtui.screens.sql.tree import NamesTree, nodes
from kwtui.sql.completion import Tables
from kwtui.widgets.sql_editor import SqlEditor
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.hostile import HOSTILE

WIDE = (120, 40)


def test_only_what_is_open_has_rows() -> None:
    table = TableName("public", "t")
    tables: dict[str, Tables] = {
        "a": {table: (ColumnSpec("id", "INT8"), ColumnSpec("rowid", "INT8", hidden=True))},
        "b": {table: ()},
    }
    databases = ("a", "b", "c", "d")

    def rows(*opened: tuple[str, ...]) -> list[tuple[tuple[str, ...], str]]:
        found = nodes(databases, tables, {"d": "not allowed"}, set(opened))
        return [(node.path, node.note or node.detail) for node in found]

    assert rows() == [(("a",), ""), (("b",), ""), (("c",), ""), (("d",), "")]
    assert rows(("a",), ("a", "public"), ("a", "public", "t"))[1:4] == [
        (("a", "public"), "1"),
        (("a", "public", "t"), ""),
        (("a", "public", "t", "id"), "INT8"),
    ]
    assert rows(("b",), ("b", "public"), ("b", "public", "t"))[4] == (
        ("b", "public", "t", ""),
        "columns are not told",
    )
    assert rows(("c",), ("d",))[3:] == [
        (("c", ""), "reading …"),
        (("d",), ""),
        (("d", ""), "not allowed"),
    ]


async def to_shop(driver: Driver) -> None:
    """Open shop in the tree, with the keys alone."""
    await driver.press("8")
    await driver.until_shown("reads only")
    await driver.press("f2")
    await driver.until_shown("▸ shop")
    tree = driver.app.screen.query_one(NamesTree)
    tree.move_to([node.path for node in tree.rows].index(("shop",)))
    await driver.press("right")
    await driver.until_shown("▸ orders")


async def test_enter_puts_a_table_and_then_a_column_into_the_editor(
    connected: FakeController,
) -> None:
    connected.sql.names["shop"][TableName("public", "Odd one")] = (ColumnSpec("order", "INT8"),)
    async with opened(connected, size=WIDE) as driver:
        await to_shop(driver)
        editor = driver.app.screen.query_one(SqlEditor)
        editor.load_text("SELECT * FROM")
        editor.move_cursor(editor.document.end)
        await driver.press("down", "down", "enter")
        assert editor.text == 'SELECT * FROM shop.public."Odd one"'
        assert editor.has_focus
        await driver.type(" where")
        await driver.press("f2", "right", "down", "enter")
        assert editor.text == 'SELECT * FROM shop.public."Odd one" where "order"'


async def test_a_narrow_terminal_shows_the_tree_on_a_key(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("8")
        await driver.until_shown("reads only")
        assert "▸ shop" not in driver.text()
        await to_shop(driver)
        await driver.press("escape")
        assert "▸ orders" not in driver.text()
        await driver.press("o", "left")
        await driver.until_shown("▸ shop")
        assert "▸ orders" not in driver.text()


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_why_names_are_missing_stands_in_the_tree(
    connected: FakeController, size: tuple[int, int]
) -> None:
    connected.sql.names_problem = KwtuiError("Not allowed.", cause="user x has no privilege")
    async with opened(connected, size=size) as driver:
        await driver.press("8", "f2")
        await driver.until_shown("▸ shop")
        tree = driver.app.screen.query_one(NamesTree)
        tree.move_to([node.path for node in tree.rows].index(("shop",)))
        await driver.press("right")
        await driver.until_shown("Not allowed.")
        await driver.press("down", "enter")
        await driver.until_shown("user x has no privilege")


async def test_a_hostile_name_is_shown_harmless_and_not_written(
    connected: FakeController,
) -> None:
    connected.sql.names["shop"] = {TableName("public", HOSTILE): ()}
    async with opened(connected, size=WIDE) as driver:
        await driver.press("8", "f2")
        await driver.until_shown("▸ shop")
        tree = driver.app.screen.query_one(NamesTree)
        tree.move_to([node.path for node in tree.rows].index(("shop",)))
        await driver.press("right", "down", "down", "enter")
        await driver.until_shown("an editor cannot hold")
        assert "\x1b" not in driver.text()
        assert driver.app.screen.query_one(SqlEditor).text == ""
