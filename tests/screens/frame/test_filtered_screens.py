"""One key narrows every list, by words and by columns; Esc takes that back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.config.policy_file import PolicyDraft, new_policy, text_of
from kwtui.keys.actions import BY_ID
from kwtui.model.requests import BackupRequest
from kwtui.runs.events import RunStatus
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_runs import run_end

FILTERS = [each for each in BY_ID if each.endswith(".filter") and not each.startswith("logs.")]


async def _narrow(person: Driver, text: str) -> None:
    await person.press("slash")
    await person.type(text)
    await person.press("enter")


@pytest.mark.parametrize("action", FILTERS)
def test_the_help_of_each_says_how_one_column_is_asked(action: str) -> None:
    assert BY_ID[action].keys == "slash"
    assert " one column: " in BY_ID[action].help


async def test_runs_are_found_by_state_and_database(connected: FakeController) -> None:
    plans = [
        replace(await connected.plans.backup(BackupRequest(name)), id=f"20261122T120000Z-{number}")
        for number, name in enumerate(("shop", "plant"))
    ]
    ids = [await connected.runs.start(plan) for plan in plans]
    connected.runs.add_event(ids[0], run_end(plans[0], RunStatus.FAILED))
    connected.runs.add_event(ids[1], run_end(plans[1]))
    async with opened(connected, start="runs") as person:
        await person.until_shown("Newest first.")
        await _narrow(person, "state:failed")
        await person.until_shown("1 of 2 runs with “state:failed”")
        await person.press("escape")
        await _narrow(person, "database:plant")
        await person.until_shown("1 of 2 runs with “database:plant”")
        await person.press("slash")
        await person.type("x")
        await person.until_shown("Nothing contains “database:plantx”.")
        await person.press("escape")
        await person.until_shown("Newest first.")


async def test_policies_and_databases_are_found_by_column(connected: FakeController) -> None:
    for name, databases in (("nightly", ("shop",)), ("shop-weekly", ("plant",))):
        new_policy(name, text_of(PolicyDraft(databases=databases)))
    async with opened(connected, start="policies") as person:
        await person.until_shown("shop-weekly")
        await _narrow(person, "databases:shop")
        await person.until_shown("1 of 2 with “databases:shop”.")
        await person.press("escape", "0")
        await person.until_shown("plant")
        await _narrow(person, "state:never")
        await person.until_shown("1 with “state:never”")


async def test_sessions_are_found_by_column(connected: FakeController) -> None:
    async with opened(connected, start="server") as person:
        await person.press("left_square_bracket", "left_square_bracket")
        await person.until_shown("1 session")
        await _narrow(person, "user:nobody")
        await person.until_shown("0 with “user:nobody” of 1 session")
        await person.press("right_square_bracket", "left_square_bracket")
        await person.until_shown("1 session,")
