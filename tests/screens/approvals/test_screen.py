"""A person decides on what an agent planned: all of it is seen, and a name and a secret asked."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.screens.driving import Driver, opened
from tests.screens.fake_approvals import PASSPHRASE
from tests.screens.fake_controller import FakeController
from tests.screens.hostile import HOSTILE, OBEYED
from tests.screens.staged import NOW


async def to_approvals(person: Driver) -> None:
    await person.press("6")
    await person.until_shown("Nothing has run yet")
    await person.press("a")
    await person.until_shown("2 waiting")


async def test_a_plan_is_seen_whole_and_approved_with_name_and_passphrase(
    connected: FakeController,
) -> None:
    async with opened(connected, size=(100, 40)) as person:
        await to_approvals(person)
        await person.press("enter")
        await person.until_shown("IMPORT INTO shop_copy.public.orders")
        shown = person.words()
        for each in (
            "night-agent 1.2 (as it calls itself)",
            "12:55:00 UTC, in 55",
            "CREATE DATABASE shop_copy",
            "21,500 rows, 3.2 MiB",
            "Passwords of users",
        ):
            assert each in shown, each
        await person.press("a")
        await person.until_shown("Type shop_copy to approve it.")
        await person.paste("shop")
        await person.press("enter")
        await person.until_shown("Not approved: that is another name.")
        await person.press("a")
        await person.paste("shop_copy")
        await person.press("enter")
        await person.until_shown("Its passphrase is used once")
        await person.paste("wrong")
        await person.press("enter")
        await person.until_shown("The passphrase is wrong")
        assert connected.approvals.approved == []
        await person.press("escape", "a")
        await person.paste("shop_copy")
        await person.press("enter")
        await person.paste(PASSPHRASE)
        assert PASSPHRASE not in person.text()
        await person.press("enter")
        await person.until_shown("1 waiting")
        await person.until_shown("It runs when the agent asks for it.")
    assert connected.approvals.approved == ["5f0c1a2b3c4d"]


async def test_a_statement_is_refused(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_approvals(person)
        await person.press("slash")
        await person.type("delete")
        await person.until_shown("1 of 2 with “delete”")
        await person.press("escape", "g", "j", "enter")
        await person.until_shown("DELETE FROM orders WHERE state = 'old'")
        await person.until_shown("What it costs, and what is lost")
        await person.press("x")
        await person.until_shown("Refuse this plan?")
        await person.press("y")
        await person.until_shown("1 waiting")
    assert connected.approvals.refused == ["aa11bb22cc33"]


async def test_an_agents_words_are_no_commands_of_the_terminal(connected: FakeController) -> None:
    (first, *_) = connected.approvals.proposals
    odd = msgspec.structs.replace(first, asked_by=HOSTILE, title=HOSTILE, server=HOSTILE)
    connected.approvals.proposals = [odd]
    async with opened(connected) as person:
        await person.press("6", "a")
        await person.until_shown("1 waiting")
        await person.press("enter")
        await person.until_shown("as it calls itself")
        await person.press("a")
        await person.paste("shop_copy")
        await person.press("enter")
        await person.paste(PASSPHRASE)
        await person.press("enter")
        await person.until_shown("Approved:")
        shown = person.text().encode()
        assert not [each for each in OBEYED if each in shown]
        assert "\x1b" not in person.text()


async def test_what_expired_cannot_be_approved(connected: FakeController) -> None:
    (first, *_) = connected.approvals.proposals
    late = msgspec.structs.replace(first, expires_at=NOW - timedelta(seconds=1))
    connected.approvals.proposals = [late]
    async with opened(connected) as person:
        await person.press("6", "a")
        await person.until_shown("1 waiting")
        await person.press("enter")
        await person.until_shown("EXPIRED")
        await person.press("a")
        await person.until_shown("It has expired.")


@pytest.mark.slow
async def test_the_approvers_key_is_made_here(connected: FakeController) -> None:
    connected.approvals.key = False
    async with opened(connected) as person:
        await person.press("6", "a")
        await person.until_shown("There is no approver's key yet: n makes one.")
        await person.press("n")
        await person.until_shown("It needs 12 characters or more")
        await person.paste(PASSPHRASE)
        await person.press("enter")
        await person.until_shown("Once more")
        await person.paste(PASSPHRASE)
        await person.press("enter")
        await person.until(lambda: connected.approvals.key, "the key")
        await person.until_shown("approver.pub")
