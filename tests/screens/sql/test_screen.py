"""A DBA checks data after a restore, and does not change any by accident."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.config.profiles import Environment
from kwtui.errors import KwtuiError
from kwtui.widgets.field import QuietInput
from kwtui.widgets.sql_editor import SqlEditor
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.hostile import HOSTILE


async def write(driver: Driver, sql: str) -> None:
    await driver.press("8")
    await driver.until_shown("reads only")
    await driver.press("i")
    editor = driver.app.screen.query_one(SqlEditor)
    editor.load_text(sql)
    editor.move_cursor(editor.document.end)


async def test_a_result_is_shown_with_its_limits(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await write(driver, "SELECT * FROM shop.public.orders")
        await driver.press("f5")
        await driver.until_shown("the first 1,000 rows (F6: more), 3 columns in 0.012 s")
        await driver.type("m")
        editor = driver.app.screen.query_one(SqlEditor)
        assert editor.text.endswith("ordersm"), "what is typed next is no command"
        await driver.press("backspace", "escape", "enter")
        await driver.until_shown("Row 1")
        assert "NULL" in driver.text()
        await driver.press("escape", "i", "f6")
        await driver.until_shown("1,200 rows, 3 columns in 0.012 s")
        await driver.press("escape")
        await driver.press("m")
        await driver.until_shown("Everything is shown")


async def test_only_the_statement_at_the_cursor_is_run(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await write(driver, "DROP TABLE t;\nSELECT 2")
        await driver.press("f5")
        await driver.until_shown("1,000 rows")
        assert connected.sql.console.ran == ["SELECT 2"]


async def test_an_error_is_told_with_its_place_and_the_cursor_goes_there(
    connected: FakeController,
) -> None:
    connected.sql.console.problem = KwtuiError(
        "There is no such column.", cause='column "nix" does not exist [42703]'
    )
    async with opened(connected) as driver:
        await write(driver, "SELECT 1;\nSELECT id,\n  nix FROM t")
        await driver.press("f5")
        await driver.until_shown("There is no such column.")
        assert "SELECT 1;" in driver.text(), "the error stands under the editor, not over it"
        await driver.until_shown("failed at line 2, column 3")
        assert driver.app.screen.query_one(SqlEditor).cursor_location == (2, 2)
        assert "Nothing was read." in driver.text()
        await driver.press("escape", "e")
        await driver.until_shown("Explain")
        await driver.press("escape")
        connected.sql.console.problem = None
        await driver.press("f5")
        await driver.until_shown("1,000 rows")
        assert "There is no such column." not in driver.text()


async def test_statements_are_coloured_as_they_are_typed(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("8", "i")
        await driver.type("select 'a' x")
        editor = driver.app.screen.query_one(SqlEditor)
        keyword = editor.get_component_rich_style("role--keyword", partial=True)
        found = {span.style: (span.start, span.end) for span in editor.get_line(0).spans}
        assert found[keyword] == (0, 6)
        assert len(found) == 2


async def test_typing_is_plain_text_and_keys_of_the_screen_do_nothing(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        await driver.press("8", "i")
        await driver.type("wq7")
        await driver.until_shown(" wq7")
        assert "8 SQL" in driver.header()
        await driver.press("escape", "7")
        await driver.until_shown("7 Server")


async def test_what_writes_is_refused_with_the_reason(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await write(driver, "EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE t")
        await driver.press("f5")
        await driver.until_shown("writing is locked")
        await driver.until_shown("EXPORT is not known")
        assert connected.sql.console.ran == []


@pytest.mark.parametrize("environment", [Environment.PROD, None])
async def test_unlocking_takes_the_typed_name(
    connected: FakeController, environment: Environment | None
) -> None:
    async with opened(connected) as driver:
        target = await connected.connection.start_sandbox()
        driver.app.set_target(replace(target, environment=environment))
        await driver.press("8", "w")
        await driver.until_shown("Type 5c1f2e9a")
        await driver.type("shop")
        await driver.press("enter")
        await driver.until_shown("nothing was unlocked")
        assert not connected.sql.console.unlocked
        await driver.press("w")
        await driver.type("5c1f2e9a")
        await driver.press("enter")
        await driver.until_shown("WRITING IS UNLOCKED")
        await driver.press("w")
        await driver.until_shown("reads only")
        assert not connected.sql.console.unlocked


async def test_on_a_test_server_a_yes_is_enough(connected: FakeController) -> None:
    async with opened(connected) as driver:
        target = await connected.connection.start_sandbox()
        driver.app.set_target(replace(target, environment=Environment.TEST))
        await driver.press("8", "w")
        await driver.until_shown("Unlock writing?")
        await driver.press("enter")
        assert not connected.sql.console.unlocked, "the harmless answer has the focus"
        await driver.press("w", "right", "enter")
        await driver.until_shown("WRITING IS UNLOCKED")


async def test_a_lost_connection_locks_again(connected: FakeController) -> None:
    async with opened(connected) as driver:
        target = await connected.connection.start_sandbox()
        driver.app.set_target(replace(target, environment=Environment.TEST))
        await driver.press("8", "w", "right", "enter")
        await driver.until_shown("WRITING IS UNLOCKED")
        connected.connection.lose()
        await driver.until_shown("reads only")
        await driver.press("r")
        await driver.until_shown("There is no connection")


@pytest.mark.parametrize("key", ["f4", "escape"])
async def test_a_running_statement_is_cancelled_by_key(connected: FakeController, key: str) -> None:
    connected.sql.console.hold = True
    async with opened(connected) as driver:
        await write(driver, "SELECT count(*) FROM t")
        await driver.press("f5")
        await driver.until_shown("running since 12:00:00 UTC, F4 cancels")
        await driver.press("f5")
        await driver.until_shown("A statement is running")
        await driver.press(key)
        await driver.until_shown("· cancelled")


async def test_every_row_is_saved_also_those_not_shown(
    connected: FakeController, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    async with opened(connected) as driver:
        await write(driver, "SELECT 1")
        await driver.press("f5")
        await driver.until_shown("F6: more")
        await driver.press("escape", "s")
        await driver.until_shown("Save every row as CSV in")
        driver.app.screen.query_one("#prompt-input", QuietInput).value = str(path)
        await driver.press("enter")
        await driver.until(path.exists, "the file is there")
        await driver.until(lambda: path.read_text().count("\n") == 1201, "all rows are in it")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_statements_of_before_come_back(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await write(driver, "SELECT 11")
        await driver.press("f5")
        await driver.until_shown("1,000 rows")
        await driver.press("escape")
        await write(driver, "SELECT 22")
        await driver.press("f5", "f3")
        await driver.until_shown("Statements of before")
        await driver.type("11")
        await driver.press("enter")
        editor = driver.app.screen.query_one(SqlEditor)
        await driver.until(lambda: editor.text == "SELECT 11", "it is in the editor")


async def test_foreign_text_in_results_and_pasted_text_is_only_shown(
    connected: FakeController,
) -> None:
    connected.sql.console.text = HOSTILE
    async with opened(connected) as driver:
        await write(driver, "SELECT 1")
        await driver.press("f5")
        await driver.until_shown("1,000 rows")
        assert "[bold red]" in driver.text()
        await driver.press("escape", "enter")
        await driver.until_shown("Row 1")
        assert not set(driver.text()) & set("\x1b\x07\x9b\x7f\u202e\x08")
        await driver.press("escape", "i")
        editor = driver.app.screen.query_one(SqlEditor)
        editor.insert(HOSTILE + "\r\nSELECT\t2")
        await driver.pilot.pause()
        assert not set(editor.text) & set("\x1b\x07\x9b\x7f\u202e\x08\r\t")
        assert editor.document.line_count == 2


async def test_leaving_from_the_editor_asks_while_a_statement_runs(
    connected: FakeController,
) -> None:
    connected.sql.console.hold = True
    async with opened(connected) as driver:
        await write(driver, "SELECT count(*) FROM t")
        await driver.press("f5")
        await driver.until_shown("running since")
        await driver.press("i", "ctrl+c")
        await driver.until_shown("A statement is running on the SQL page")
        await driver.press("escape", "f4")
        await driver.until_shown("· cancelled")
