"""Names are completed while a statement is written, with the keyboard alone."""

from __future__ import annotations

from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec, TableName
from kwtui.widgets.sql_editor import SqlEditor
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


async def begin(driver: Driver, text: str) -> SqlEditor:
    """Write a text, as if it was pasted."""
    await driver.press("8")
    await driver.until_shown("reads only")
    await driver.press("i")
    editor = driver.app.screen.query_one(SqlEditor)
    editor.load_text(text)
    editor.move_cursor(editor.document.end)
    return editor


async def test_tab_completes_a_table_and_then_its_columns(connected: FakeController) -> None:
    connected.sql.console.database = "shop"
    async with opened(connected) as driver:
        editor = await begin(driver, "SELECT * FROM shop.public.ord")
        await driver.press("tab")
        await driver.until(lambda: "order_lines" in driver.text())
        assert "SELECT * FROM shop.public.ord" in driver.text(), "the statement stays in sight"
        await driver.press("down", "up", "down", "enter")
        assert editor.text == "SELECT * FROM shop.public.orders"
        await driver.type(" o WHERE o.n")
        await driver.press("ctrl+@")
        assert editor.text == "SELECT * FROM shop.public.orders o WHERE o.name"
        await driver.press("tab")
        assert not editor.has_focus, "with nothing to complete, Tab leaves the editor"


async def test_what_is_typed_narrows_the_choices_and_esc_closes_them(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        editor = await begin(driver, "select * from shop.")
        await driver.press("ctrl+@")
        await driver.until_shown("customers table")
        await driver.type("ord")
        await driver.until(lambda: "customers" not in driver.text())
        await driver.press("escape")
        assert "order_lines" not in driver.text()
        assert editor.has_focus, "Esc closed the choices and did not leave the editor"
        assert editor.text == "select * from shop.ord"
        await driver.press("escape")
        assert not editor.has_focus


async def test_names_are_read_once_until_they_are_asked_for_again(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        await begin(driver, "SELECT * FROM shop.")
        await driver.press("ctrl+@")
        await driver.until_shown("customers table")
        await driver.press("escape", "escape", "7", "8", "i", "ctrl+@")
        await driver.until_shown("customers table")
        assert connected.sql.names_read == ["shop"]
        connected.sql.names["shop"][TableName("public", "added")] = (ColumnSpec("id", "INT8"),)
        await driver.press("escape", "escape", "u", "i", "ctrl+@")
        await driver.until_shown("added table")
        assert connected.sql.names_read == ["shop", "shop"]


async def test_names_that_cannot_be_read_hinder_nobody(connected: FakeController) -> None:
    connected.sql.names_problem = KwtuiError("Not allowed.", cause="user x has no privilege")
    async with opened(connected) as driver:
        editor = await begin(driver, "SELECT * FROM o")
        await driver.press("ctrl+@")
        await driver.until_shown("offset keyword")
        await driver.press("escape")
        await driver.type("x, shop.")
        await driver.press("ctrl+@")
        await driver.until_shown("user x has no privilege")
        await driver.type("y")
        assert editor.text == "SELECT * FROM ox, shop.y"
        await driver.press("f5")
        await driver.until_shown("1,000 rows")
