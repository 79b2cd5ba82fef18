"""The guide: from demands to a strategy, and to the policy that keeps it."""

from __future__ import annotations

from kwtui.config.policies import load_policy, policy_names
from kwtui.model.schema import Engine
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController


async def guide(person: Driver) -> None:
    await person.until_shown("plant was never backed up")
    await person.press("g")
    await person.until_shown("What must your backups keep?")


async def test_the_chosen_database_gets_a_strategy_and_a_policy(connected: FakeController) -> None:
    async with opened(connected, start="board", size=(100, 40)) as person:
        await person.until_shown("plant was never backed up")
        await person.press("j", "space")
        await person.until_shown("1 chosen")
        await guide(person)
        await person.press("enter")
        await person.until_shown("Strategy for shop")
        await person.until_shown("RPO 26h: is kept")
        assert policy_names() == [], "nothing is written before it was seen"
        await person.press("enter")
        await person.until_shown("Of shop.")
        await person.press("enter")
        await person.until_shown("This is its file")
        await person.press("s")
        await person.until_shown("guided is written")
        policy = load_policy("guided")
        assert policy.databases == ("shop",)
        assert policy.retention is not None
        assert connected.recovery.kept == ["shop"], "its recovery plan lies beside its backups"


async def test_a_group_of_databases_has_answers_and_a_policy_of_its_own(
    connected: FakeController,
) -> None:
    async with opened(connected, start="board", size=(100, 40)) as person:
        await guide(person)
        await person.press("enter")
        await person.until_shown("Which need other answers?")
        await person.press("down", "space")
        await person.until_shown("[x] shop")
        await person.press("m")
        await person.until_shown("What must backups of shop keep?")
        await person.press("right", "down")
        await person.until_shown("A backup a day needs more than 24h.")
        await person.press(*["backspace"] * 3)
        await person.type("soon")
        await person.press("enter")
        await person.until_shown("May be lost: write 26h, 90min or 7d.")
        await person.press(*["backspace"] * 4)
        await person.type("4h")
        await person.press("enter")
        await person.until_shown("critical 4h")
        await person.press("enter")
        await person.until_shown("Strategy for shop")
        await person.until_shown("Strategy for plant")
        await person.until_shown("No retention for plant: see Disk.")
        await person.press("G")
        await person.until_shown("--for 'shop: importance=critical rpo=4h' --profile shop-test")


async def test_what_cannot_be_used_or_kept_is_told(connected: FakeController) -> None:
    async with opened(connected, start="board", size=(100, 40)) as person:
        await guide(person)
        await person.type("nowhere")
        await person.press("down", "down")
        await person.press(*["backspace"] * 3)
        await person.type("soon")
        await person.until_shown("May be lost: write 26h, 90min or 7d.")
        await person.press(*["backspace"] * 4)
        await person.type("10min")
        await person.press("enter")
        await person.until_shown("No database and no backup is named 'nowhere'.")
        await person.press("escape", "escape")
        await person.until_shown("What must your backups keep?")
        await person.press(*["backspace"] * 7)
        await person.type("shop")
        await person.press("enter")
        await person.until_shown("! shop: an RPO of 10min cannot be kept")


async def test_a_probe_is_made_only_when_it_is_asked_for(connected: FakeController) -> None:
    probe = ("probe", Engine.TIME_SERIES)
    async with opened(connected, start="board", size=(110, 60)) as person:
        await guide(person)
        await person.press("enter")
        await person.until_shown("Which need other answers?")
        await person.press("enter")
        await person.until_shown("least from 00:00 to 03:00 UTC")
        await person.until_shown("“Backups begin”: 00:00-03:00")
        assert probe not in connected.server.requests
        await person.press("escape", "escape")
        await person.until_shown("Measure speed")
        await person.press(*["down"] * 8, "right")
        await person.until_shown("by a probe")
        await person.press("enter")
        await person.until_shown("Which need other answers?")
        await person.press("enter")
        await person.until_shown("RPO 26h: is kept")
        await person.until(lambda: probe in connected.server.requests)
