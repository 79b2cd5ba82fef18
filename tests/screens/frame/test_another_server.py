"""A person turns from one cluster to another: nothing of the first may stand under its header."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.app.application import KwtuiApp
from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode
from tests.screens.backup.test_wizard import start, to_the_plan
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import FACTS

OTHER = replace(FACTS, cluster_id="0ther000-0000-4000-8000-000000000000")


def turn_to_another(controller: FakeController) -> None:
    controller.connection.server_facts = OTHER
    controller.connection.set_connected("root@127.0.0.1:26999")


async def test_the_plan_of_the_first_is_gone(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        turn_to_another(connected)
        await person.until_shown("Which database is to be backed up?")
        assert "EXPORT INTO CSV" not in person.text()
        assert "its answers were for another server" in person.words()

        await person.press("1", "2")
        await person.until_shown("Which database is to be backed up?")


async def test_a_wizard_that_is_not_shown_begins_anew_too(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("1")
        turn_to_another(connected)
        await person.press("2")
        await person.until_shown("Which database is to be backed up?")
        await person.until_shown("what is sold")


async def test_the_same_server_again_keeps_every_answer(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        connected.connection.lose()
        await person.pilot.pause()
        connected.connection.set_connected()
        await person.pilot.pause()
        assert "EXPORT INTO CSV" in person.text()


async def test_a_run_goes_on_but_not_on_this_page(connected: FakeController) -> None:
    async with opened(connected) as person:
        await start(person)
        turn_to_another(connected)
        await person.until_shown("Which database is to be backed up?")
        assert "Its run continues: 6 Runs." in person.words()


async def test_what_did_not_start_is_never_said_to_run(connected: FakeController) -> None:
    async def refused(plan: object, passphrase: str | None = None) -> str:
        raise KwtuiError(
            "This plan was made for another cluster.", exit_code=ExitCode.WRONG_CLUSTER
        )

    connected.runs.start = refused  # type: ignore[method-assign]
    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("made for another cluster")
        await person.press("escape")
        await person.until_shown("It did not start, so nothing runs.")
        assert "runs by itself" not in person.text()


async def test_a_mark_in_the_storage_is_taken_off(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("m")
        await person.until_shown("Marked")
        turn_to_another(connected)
        await person.until(lambda: "Marked" not in person.text(), "the mark gone")
        await person.until_shown("tsdb")


async def test_what_another_server_answered_is_not_shown(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("8", "i")
        await person.type("SELECT 1")
        await person.press("f5")
        await person.until_shown("the first 1,000 rows")
        turn_to_another(connected)
        await person.until_shown("Results appear here.")
        assert "SELECT 1" in person.text(), "the statement is the person's"
        assert "1,000 rows in" not in person.text()


@pytest.fixture
async def real(tmp_path: Path) -> AsyncIterator[Controller]:
    controller = Controller(state=tmp_path / "state")
    yield controller
    await controller.close()


async def test_between_two_nodes(
    real: Controller, demo_sandbox: SandboxNode, sandbox: SandboxNode
) -> None:
    await real.connection.connect(resolve_target(dsn=demo_sandbox.dsn))
    app = KwtuiApp(real)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        person = Driver(app, pilot)
        await person.press("2")
        await person.until_shown("the demo shop")
        await person.press("enter")
        await person.until_shown("public.meters")
        await real.connection.connect(resolve_target(dsn=sandbox.dsn))
        await person.until_shown("Which database is to be backed up?")
        await person.until(lambda: "the demo shop" not in person.text(), "the other's list")
        await person.until_shown("defaultdb")
        await person.press("enter")
        await person.until(lambda: "public.meters" not in person.text())
