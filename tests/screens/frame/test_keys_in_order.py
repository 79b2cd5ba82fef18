"""What is typed lands where it was meant and in its order, also when it comes in one burst."""

from __future__ import annotations

from textual.events import Paste
from textual.widgets import Button

from kwtui.screens.frame.dialogs import ConfirmDialog
from kwtui.widgets.field import PromptLine, QuietInput
from kwtui.widgets.sql_editor import SqlEditor
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


def field(driver: Driver, name: str) -> str:
    return driver.app.screen.query_one(f"#input-{name}", QuietInput).value


async def test_a_digit_replaces_the_one_that_backspace_takes(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("a")
        await driver.until_shown("Add a server")
        await driver.burst("tab", "tab", "end", "backspace", "8", "backspace", "backspace", "9")
        assert field(driver, "port") == "2629"


async def test_keys_after_tab_land_in_the_next_field(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("a")
        await driver.until_shown("Add a server")
        await driver.burst("d", "b", "tab", "home", "n", "1", "minus", "tab", "end", "1")
        assert field(driver, "name") == "db"
        assert field(driver, "host").startswith("n1")
        assert field(driver, "port") == "262571"


async def test_the_editor_keeps_the_order_of_a_burst(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("8")
        await driver.until_shown("reads only")
        await driver.burst(*"iSELET", "backspace", *"CT", "space", "1", "left", "2", "enter", "3")
        assert driver.app.screen.query_one(SqlEditor).text == "SELECT 2\n31"


async def test_a_key_that_opens_a_prompt_gives_it_what_follows(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("4")
        await driver.until_shown("tsdb")
        await driver.burst("slash", "1", "s", "backspace", "backspace", "t", "s")
        assert "4 Storage" in driver.header()
        assert driver.app.screen.query_one(PromptLine).query_one(QuietInput).value == "ts"


async def test_a_key_that_opens_a_dialog_gives_it_what_follows(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.burst("a", "d", "b", "4")
        await driver.until_shown("Add a server")
        assert field(driver, "name") == "db4"


async def test_what_is_pasted_keeps_its_place_between_keys(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await driver.press("8", "i")
        driver.app.post_message(Paste("SELECT 1"))
        await driver.burst("backspace", "2")
        assert driver.app.screen.query_one(SqlEditor).text == "SELECT 2"


async def test_a_second_enter_is_no_answer_to_what_the_dialog_covered(
    connected: FakeController,
) -> None:
    answers: list[object] = []
    async with opened(connected) as driver:
        dialog = ConfirmDialog("Leave?", "Words.", yes="Leave")
        driver.app.push_screen(dialog, answers.append)
        await driver.until_shown("Words.")
        await driver.burst("enter", "enter", "enter")
        await driver.until(lambda: driver.app.screen is not dialog, "the dialog closed")

    assert answers == [False]


async def test_a_dialog_is_answered_once(connected: FakeController) -> None:
    answers: list[object] = []
    async with opened(connected) as driver:
        dialog = ConfirmDialog("Leave?", "Words.", yes="Leave")
        driver.app.push_screen(dialog, answers.append)
        await driver.until_shown("Words.")
        for _ in range(3):
            dialog.query_one("#no", Button).press()
        await driver.until(lambda: driver.app.screen is not dialog, "the dialog closed")
        await driver.pilot.pause()

    assert answers == [False]
