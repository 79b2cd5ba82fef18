"""A DBA looks at nodes, settings, rights, sessions and WAL, and changes the WAL's level."""

from __future__ import annotations

from dataclasses import replace

from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import FACTS

SETTINGS, RIGHTS, SESSIONS, WAL = range(1, 5)


async def page(driver: Driver, number: int) -> None:
    await driver.press("7")
    await driver.until_shown("as of 12:00:00 UTC")
    await driver.press(*["right_square_bracket"] * number)


async def test_the_overview_tells_nodes_and_databases(connected: FakeController) -> None:
    async with opened(connected, size=(80, 50)) as driver:
        await page(driver, 0)
        await driver.until_shown("start-single-node")
        assert "[Overview]" in driver.text()
        assert "what is sold" in driver.text()
        assert "kwtui server" in driver.text()


async def test_it_tells_of_each_node_whether_its_files_can_be_seen(
    connected: FakeController,
) -> None:
    connected.server.visible_stores = {1: "/kaiwudb/store"}
    async with opened(connected, size=(80, 50)) as driver:
        await page(driver, 0)
        await driver.until_shown("Its files are on this machine: /kaiwudb/store")
    connected.server.visible_stores = {2: "/kaiwudb/store2"}
    async with opened(connected, size=(80, 50)) as driver:
        await page(driver, 0)
        await driver.until_shown("Its files are not visible from here")


async def test_settings_that_touch_backups_and_any_other(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await page(driver, SETTINGS)
        await driver.until_shown("30 of 246 settings that touch backups")
        assert "audit.enabled" in driver.text()
        assert "leave an audit line" in driver.words()
        await driver.press("slash")
        await driver.type("slow threshold")
        await driver.until_shown("sql.log.slow_query.latency")
        await driver.press("enter", "escape")
        await driver.until_shown("touch backups")
        await driver.press("escape")
        await driver.until_shown("[Overview]")


async def test_a_dangerous_setting_is_marked_from_afar(connected: FakeController) -> None:
    connected.server.level = 0
    async with opened(connected) as driver:
        await page(driver, 0)
        await driver.until_shown("Settings!")
        assert "WAL!" in driver.text()
        await page(driver, SETTINGS)
        assert "lost when the server dies" in driver.words()


async def test_without_the_admin_role_each_page_says_what_was_kept_back(
    controller: FakeController,
) -> None:
    controller.connection.server_facts = replace(FACTS, user="teller", is_admin=False)
    controller.server.refused = (
        "only users with the admin role are allowed to SHOW CLUSTER SETTINGS"
    )
    controller.connection.set_connected()
    async with opened(controller, size=(80, 40)) as driver:
        await driver.press("7")
        await driver.until_shown("Not told")
        await driver.press("right_square_bracket")
        await driver.until_shown("only users with the admin role")
        await driver.press("right_square_bracket")
        await driver.until_shown("GRANT admin TO teller")
        assert "✗ Back up: the admin role" in driver.text()
        assert "✓ Verify a backup" in driver.text()
        await driver.press("right_square_bracket")
        await driver.until_shown("of this user (admins see all)")
        await driver.press("right_square_bracket", "e")
        await driver.until_shown("Only the admin role may change cluster settings")


async def test_a_query_is_cancelled_only_after_a_yes(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await page(driver, SESSIONS)
        await driver.until_shown("SHOW CLUSTER SESSIONS")
        await driver.press("c")
        await driver.until_shown("Cancel this query?")
        await driver.press("enter")
        assert connected.server.requests == []
        await driver.press("c", "right", "enter")
        await driver.until(lambda: bool(connected.server.requests), "the query is cancelled")
        assert connected.server.requests == [("cancel query", "18ea5039115d2f240000000000000001")]


async def test_the_wal_is_told_with_this_nodes_numbers(connected: FakeController) -> None:
    async with opened(connected, size=(80, 40)) as driver:
        await page(driver, WAL)
        await driver.until_shown("If the node died now")
        assert "16.0 KiB" in driver.text()
        assert "40 s ago" in driver.words()


async def test_changing_the_level_takes_a_plan_and_the_typed_name(
    connected: FakeController,
) -> None:
    async with opened(connected) as driver:
        await page(driver, WAL)
        await driver.until_shown("2 (flush)")
        await driver.press("e")
        await driver.until_shown("Change the WAL")
        await driver.press("enter")
        await driver.until_shown("Nothing differs")
        await driver.press("backspace", "7", "enter")
        await driver.until_shown("Write 0, 1, 2 or 3")
        await driver.press("backspace", "0", "enter")
        await driver.until_shown("Notes")
        await driver.press("pagedown")
        await driver.until_shown("$ kwtui")
        await driver.type("wrong")
        await driver.press("enter")
        await driver.until_shown("Type 5c1f2e9a to allow it")
        assert connected.runs.plans == {}
        await driver.press(*["backspace"] * 5)
        await driver.type("5c1f2e9a")
        await driver.press("enter")
        await driver.until(lambda: bool(connected.runs.plans), "the plan runs")
        (plan,) = connected.runs.plans.values()
        assert plan.steps[0].sql == ("SET CLUSTER SETTING ts.wal.wal_level = 0",)


async def test_a_read_only_profile_changes_nothing(connected: FakeController) -> None:
    async with opened(connected) as driver:
        await page(driver, WAL)
        target = await connected.connection.start_sandbox()
        driver.app.set_target(replace(target, read_only=True))
        await driver.press("e")
        await driver.until_shown("read-only")
