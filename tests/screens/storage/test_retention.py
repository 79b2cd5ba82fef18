"""A person decides how long backups stay, and takes away what interrupted runs left."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kwtui.controller.events import Events
from kwtui.model.retention import RetentionPolicies, RetentionPolicy
from kwtui.operations.plan import PlanKind
from kwtui.screens.storage.retention_rows import month_lines
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_storage import FakeRetention, FakeStorage
from tests.screens.staged import NOW, nightly


async def to_retention(person: Driver, backups: str) -> None:
    await person.press("4")
    await person.until_shown(backups)
    await person.press("t")
    await person.until_shown("4 Storage: retention")


async def test_the_preview_says_of_each_day_what_stays_and_why(connected: FakeController) -> None:
    connected.storage.entries = nightly(10)
    async with opened(connected) as person:
        await to_retention(person, "10 backups")
        await person.until_shown("2 backups stay, 8 go: 7.6 MiB")
        text = person.text()
        assert "2026-11-22 stays 02:00" in text
        assert "2026-11-20 GOES" in text
        await person.press("j")
        await person.until_shown("newest of the day 2026-11-21")


async def test_a_changed_rule_is_previewed_at_once_and_saved_when_told(
    connected: FakeController,
) -> None:
    connected.storage.entries = nightly(10)
    async with opened(connected) as person:
        await to_retention(person, "10 backups")
        await person.until_shown("8 go")
        await person.press("e")
        await person.until_shown("What stays of every database")
        await person.press("down", "ctrl+u")
        await person.type("5")
        await person.press("enter")
        await person.until_shown("5 backups stay, 5 go")
        await person.until_shown("NOT SAVED")
        await person.press("s")
        await person.until_shown("Save the changed rule first")
        await person.press("w")
        await person.until(lambda: "NOT SAVED" not in person.text())
        assert connected.retention.saved.default == RetentionPolicy(1, 5, 0, 2)


async def test_a_rule_of_one_database_leaves_the_others_alone(connected: FakeController) -> None:
    other = tuple(
        replace(each, path=each.path.replace("shop", "plant"), database="plant")
        for each in nightly(3)
    )
    connected.storage.entries = (*nightly(3), *other)
    async with opened(connected) as person:
        await to_retention(person, "6 backups")
        await person.until_shown("All databases: keep last 1, daily 2, monthly 2")
        await person.press("right_square_bracket")
        await person.until_shown("plant, by the rule for all")
        await person.press("e")
        await person.until_shown("What stays of plant")
        await person.press("ctrl+u")
        await person.type("3")
        await person.press("enter")
        await person.until_shown("plant, by its own rule: keep last 3")
        await person.until_shown("3 backups stay, 0 go")
        await person.press("w", "right_square_bracket")
        await person.until_shown("shop, by the rule for all")
        assert connected.retention.saved.databases == {"plant": RetentionPolicy(3, 2, 0, 2)}
        await person.press("left_square_bracket", "z", "w")
        await person.until(lambda: connected.retention.saved.databases == {})


async def test_what_goes_goes_by_a_plan(connected: FakeController) -> None:
    connected.storage.entries = nightly(4)
    async with opened(connected) as person:
        await to_retention(person, "4 backups")
        await person.until_shown("2 go")
        await person.press("s")
        await person.until_shown("Remove 2 backups that retention lets go")
        await person.press("s")
        await person.until_shown("cannot be brought back")
        await person.press("right", "enter")
        await person.until_shown("6 Runs")
        assert [plan.kind for plan in connected.runs.plans.values()] == [PlanKind.PRUNE]


async def test_where_nothing_goes_there_is_no_plan(connected: FakeController) -> None:
    connected.retention.saved = RetentionPolicies()
    connected.storage.entries = nightly(4)
    async with opened(connected) as person:
        await to_retention(person, "4 backups")
        await person.until_shown("All databases: no rule: everything stays")
        await person.press("s")
        await person.until_shown("Nothing goes.")


async def test_leaving_with_a_changed_rule_asks(connected: FakeController) -> None:
    connected.storage.entries = nightly(4)
    async with opened(connected) as person:
        await to_retention(person, "4 backups")
        await person.until_shown("2 go")
        await person.press("z", "escape")
        await person.until_shown("Leave without saving?")
        await person.press("enter")
        await person.until_shown("no rule: everything stays")
        await person.press("escape", "right", "enter")
        await person.until_shown("in extern")


async def test_a_rule_that_keeps_nothing_is_refused(connected: FakeController) -> None:
    connected.storage.entries = nightly(2)
    async with opened(connected) as person:
        await to_retention(person, "2 backups")
        await person.press("e")
        await person.until_shown("Keep yearly")
        for _ in range(4):
            await person.press("ctrl+u", "down")
        await person.type("x")
        await person.press("enter")
        await person.until_shown("Write a number; 0 or nothing for none.")
        await person.press("ctrl+u", "enter")
        await person.until_shown("At least one count is needed")


async def test_the_months_stand_beside_the_list_or_in_its_place(connected: FakeController) -> None:
    connected.storage.entries = nightly(4)
    async with opened(connected) as person:
        await to_retention(person, "4 backups")
        await person.until_shown("2 go")
        await person.press("m")
        await person.until_shown("November 2026")
        assert "22+" in person.text()
        assert "19-" in person.text()
        await person.press("escape")
        await person.until_shown("newest of the day")
    async with opened(connected, size=(120, 40)) as person:
        await to_retention(person, "4 backups")
        await person.until_shown("November 2026")
        await person.until_shown("newest of the day")


async def test_a_day_on_which_one_stays_and_one_goes_says_both() -> None:
    storage = FakeStorage(Events())
    night = nightly(1)[0]
    earlier = replace(night, path="kwtui/shop/20261121T210000Z", started=NOW - timedelta(hours=11))
    storage.entries = (night, earlier)
    preview = await FakeRetention(storage).preview()
    assert any("22*" in each.text for each in month_lines(preview.days))


# -- leftovers ------------------------------------------------------------------------------------


async def test_what_runs_of_this_account_left_is_chosen_from_the_start(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("l")
        await person.until_shown("3 leftovers, 1 chosen, 878.9 KiB.")
        await person.press("G", "space")
        await person.until_shown("It may be in use: run 20261122T115900Z-cd34 works in it.")
        await person.press("k")
        await person.until_shown("Another account may need it: ask before.")
        await person.press("space")
        await person.until_shown("2 chosen")
        await person.press("s")
        await person.until_shown("Drop the database shop_kwtui_restoring")
        await person.until_shown("DROP DATABASE")
        await person.press("escape", "z", "s")
        await person.until_shown("Nothing is chosen")


async def test_nothing_left_is_said(connected: FakeController) -> None:
    connected.leftovers.left = ()
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("l")
        await person.until_shown("Interrupted runs left nothing.")
