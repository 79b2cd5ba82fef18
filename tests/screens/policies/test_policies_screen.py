"""The policies in the interface, with the keyboard alone."""

from __future__ import annotations

import pytest

from kwtui.config.policies import load_policy, policy_names
from kwtui.config.policy_file import PolicyDraft, new_policy, text_of
from kwtui.unattended.history import PolicyEvent
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_policies import FAILED
from tests.screens.staged import NOW


async def wizard(person: Driver) -> None:
    await person.press("9")
    await person.until_shown("makes one, step by step")
    await person.until_shown("A policy says which databases are backed up")
    await person.press("a")
    await person.until_shown("Which databases, of which server?")


async def test_a_policy_is_made_by_pressing_enter(connected: FakeController) -> None:
    async with opened(connected) as person:
        await wizard(person)
        await person.until_shown("It matches now:")
        await person.press("enter")
        await person.until_shown("It would run next: 2026-11-23 01:15Z")
        await person.press("enter")
        await person.until_shown("How is it proven")
        await person.press("enter")
        await person.until_shown("Nobody is notified when it fails.")
        await person.press("enter")
        await person.until_shown("Warnings")
        assert policy_names() == [], "nothing is written before it was seen"
        assert "s Write" in person.footer()
        await person.press("s")
        await person.until_shown("nothing starts it on this host")
        policy = load_policy("nightly")
        assert policy.profile == "shop-test"
        assert policy.schedule.on_calendar == "*-*-* 01:15:00"
        assert policy.retention is not None


async def test_answers_arrive_and_what_cannot_be_used_is_told(connected: FakeController) -> None:
    async with opened(connected) as person:
        await wizard(person)
        await person.type(" ?")
        await person.until_shown("The name: letters, digits")
        await person.press("backspace", "backspace", "down", "backspace")
        await person.until_shown("Which databases?")
        await person.type("shop,gone")
        await person.until_shown("There is no database gone: the run would fail.")
        await person.press("enter")
        await person.until_shown("When does it run")
        await person.press("right", "right", "down", "right")
        await person.until_shown("cron")
        await person.press("enter")
        await person.until_shown("How is it proven")
        await person.press("enter")
        await person.until_shown("Who is notified")
        await person.type("echo 'x")
        await person.until_shown("a quote is open")
        await person.type("'")
        await person.press("enter")
        await person.until_shown("This is its file.")
        await person.press("G")
        await person.until_shown('command = ["echo", "x"]')
        await person.press("s")
        await person.until_shown("nightly is written.")
        policy = load_policy("nightly")
        assert (policy.databases, policy.schedule.cron) == (("shop", "gone"), "15 */6 * * *")
        assert policy.proof.max_age.total_seconds() == 8 * 3600, "it follows the schedule"


@pytest.fixture
def nightly() -> None:
    new_policy("nightly", text_of(PolicyDraft(profile="shop-test")))


@pytest.mark.usefixtures("nightly")
async def test_a_policy_is_looked_at_checked_run_and_removed(connected: FakeController) -> None:
    connected.policies.events["nightly"] = [FAILED]
    async with opened(connected) as person:
        await person.press("9")
        await person.until_shown("FAILED")
        assert "shop failed" in person.text()
        await person.press("enter")
        await person.until_shown("The disk is full")
        await person.press("escape", "v")
        await person.until_shown("The file can be used.")
        assert "It would back up now:" in person.words()
        await person.press("escape", "s")
        await person.until_shown("Run nightly now?")
        await person.press("right", "enter")
        await person.until(lambda: connected.policies.started == ["nightly"])
        await person.press("t")
        await person.until_shown("Let this host run nightly by itself?")
        await person.press("right", "enter")
        await person.until_shown("systemd")
        await person.press("t")
        await person.until_shown("Stop running nightly by itself?")
        await person.press("escape", "x")
        await person.until_shown("Remove nightly?")
        await person.press("escape")
        assert policy_names() == ["nightly"], "Esc removes nothing"
        await person.press("y")
        assert person.app.clipboard.endswith("policy run nightly --profile shop-test")


@pytest.mark.usefixtures("nightly")
async def test_a_broken_file_is_told_and_can_only_be_edited(connected: FakeController) -> None:
    from kwtui.config.policies import policy_path

    path = policy_path("nightly")
    path.write_text(path.read_text().replace("exclude", "exclud"))
    async with opened(connected) as person:
        await person.press("9")
        await person.until_shown("INVALID")
        await person.until_shown("unknown key 'exclud'")
        await person.press("s")
        await person.until_shown("Its file cannot be used: e changes it.")


async def test_an_editor_needs_a_terminal(connected: FakeController) -> None:
    new_policy("nightly", text_of(PolicyDraft()))
    async with opened(connected) as person:
        await person.press("9")
        await person.until_shown("nightly")
        await person.press("e")
        await person.until_shown("Here no editor can be opened: kwtui policy edit nightly")


@pytest.mark.usefixtures("nightly")
async def test_the_end_of_one_at_work_is_seen_without_a_key(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kwtui.screens.policies.screen._WHILE_AT_WORK", 0.05)
    connected.policies.events["nightly"] = [PolicyEvent(NOW, "began")]
    async with opened(connected) as person:
        await person.press("9")
        await person.until_shown("at work")
        await person.press("s")
        await person.until_shown("It is at work.")
        connected.policies.events["nightly"].append(FAILED)
        await person.until_shown("FAILED")
