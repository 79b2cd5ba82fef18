"""What the server says of its jobs, what that is worth, and what may be done with them."""

from __future__ import annotations

from kwtui.server.state.activity import Query
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_server import EXPORTED
from tests.screens.staged import NOW


async def jobs(driver: Driver) -> None:
    await driver.press("6", "s")
    await driver.until_shown("Jobs of the server")
    await driver.until_shown("4 of 5 jobs")


async def test_the_servers_word_is_told_with_its_worth(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await jobs(driver)
        text = driver.text()
        assert "abandoned" in text
        assert "says done" in text
        assert "succeeded" not in text
        assert "SCHEMA CHANGE GC" not in text
        await driver.press("a")
        await driver.until_shown("waiting")
        await driver.press("g", "j")
        await driver.until_shown("the export is dead")


async def test_an_import_is_cancelled_after_its_consequences_were_read(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        await jobs(driver)
        await driver.press("c")
        await driver.until_shown("rolls back every row")
        await driver.press("right", "enter")
        await driver.until(lambda: bool(connected.server.requests), "the job is cancelled")
        assert connected.server.requests == [("cancel", 5)]


async def test_an_export_cannot_be_paused_and_a_dead_one_not_even_cancelled(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        await jobs(driver)
        await driver.press("j", "c")
        await driver.until_shown("nothing to stop")
        assert connected.server.requests == []


async def test_of_a_living_export_the_query_is_cancelled(connected: FakeController) -> None:
    connected.server.query_list = (
        Query("18ea", 1, "s", "root", EXPORTED, "127.0.0.1:1", "kwtui", "executing", NOW),
    )
    async with opened(connected) as driver:
        await jobs(driver)
        await driver.press("j", "p")
        await driver.until_shown("not controllable")
        await driver.press("c")
        await driver.until_shown("then closes the connection")
        await driver.press("enter")
        assert connected.server.requests == []


async def test_everything_about_one_job(connected: FakeController) -> None:
    async with opened(connected, size=(80, 50)) as driver:
        await jobs(driver)
        await driver.press("j", "j", "j", "enter")
        await driver.until_shown("What can be done")
        assert "no space left on device" in driver.words()
        await driver.press("escape", "slash")
        await driver.type("space left")
        await driver.until_shown("1 of 5 jobs")
        await driver.press("enter", "escape")
        await driver.until_shown("4 of 5 jobs")
        await driver.press("s")
        await driver.until_shown("Nothing has run yet")
