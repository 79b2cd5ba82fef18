"""A person backs a database up with the wizard: forth, back, run, detach, cancel, result."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from kwtui.model.checks import CheckLevel
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupMethod, BackupRequest
from kwtui.model.schema import TableName
from kwtui.operations.backup.destination_nodes import DestinationNode
from kwtui.operations.plan import Plan
from kwtui.runs.events import RunStatus
from kwtui.screens.backup.screen import BackupScreen
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_runs import run_end

RUN = "20261122T120000Z-1"


async def to_the_plan(person: Driver) -> None:
    await person.press("2")
    await person.until_shown("what is sold")
    await person.press("enter")
    await person.until_shown("public.orders")
    await person.press("enter")
    await person.until_shown("Table by table, one instant")
    await person.press("enter")
    await person.until_shown("node 1, connected")
    await person.press("enter")
    await person.until_shown("EXPORT INTO CSV")


async def start(person: Driver) -> None:
    await to_the_plan(person)
    await person.press("s")
    await person.until_shown("time left".capitalize())


def last_request(controller: FakeController) -> BackupRequest:
    request = controller.plans.requests[-1]
    assert isinstance(request, BackupRequest)
    return request


async def test_enter_leads_to_the_plan_and_no_further(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        text = person.text()
        assert "Nothing has been written yet" in text
        assert "Passwords of users" in text
        await person.press("enter", "enter", "enter")
        assert not connected.runs.plans, "Enter must never start a run"
        request = last_request(connected)
        assert request == BackupRequest("shop")


async def test_the_plan_shows_every_statement_and_the_command(connected: FakeController) -> None:
    async with opened(connected, size=(120, 60)) as person:
        await to_the_plan(person)
        assert person.text().count("EXPORT INTO CSV") == 4
        assert "kwtui backup shop --profile shop-test" in person.text()


async def test_s_before_the_plan_has_come_starts_it_once_it_has(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    may_plan = asyncio.Event()
    plan = connected.plans.backup

    async def backup(request: BackupRequest) -> Plan:
        await may_plan.wait()
        return replace(await plan(request), findings=())

    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("escape")
        monkeypatch.setattr(connected.plans, "backup", backup)
        await person.press("enter")
        await person.until_shown("Making the plan…")
        await person.press("s")
        await person.until_shown("It starts once it is made")
        assert not connected.runs.plans
        may_plan.set()
        await person.until(lambda: len(connected.runs.plans) == 1, "the run")


async def test_answers_stay_when_one_goes_back(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("space", "enter", "j", "enter")
        await person.until_shown("Rows per file")
        await person.press("escape", "escape", "escape")
        await person.until_shown("what is sold")
        await person.press("enter", "enter", "enter", "enter")
        await person.until_shown("EXPORT INTO CSV")
        request = last_request(connected)
        assert request.method is BackupMethod.DATABASE
        assert TableName("public", "customers") not in request.tables
        assert len(request.tables) == 3


async def test_no_table_chosen_stops_in_words(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("z", "enter", "enter", "enter")
        await person.until_shown("Choose at least one table")
        assert person.text().count("Choose at least one table: Space.") == 1
        assert isinstance(person.app.screen, BackupScreen)
        assert person.app.screen.step is person.app.screen.steps[1]


async def test_a_risky_option_says_what_it_risks(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter", "enter")
        await person.until_shown("NULL written as")
        await person.press(*["tab"] * 10, "right")
        await person.until_shown("KWDB then loses rows")
        await person.press("enter")
        await person.until_shown("EXPORT INTO CSV")
        assert last_request(connected).dialect.null_text == ""


async def test_rows_per_file_must_be_a_number(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter", "enter")
        await person.until_shown("Rows per file")
        await person.press(*["tab"] * 8)
        await person.type("x")
        await person.press("enter")
        await person.until_shown("Rows per file must be a number")


async def to_the_options(person: Driver) -> None:
    await person.press("2")
    await person.until_shown("what is sold")
    await person.press("enter")
    await person.until_shown("public.orders")
    await person.press("enter", "enter")
    await person.until_shown("Rows per file")
    await person.until_shown("node 1, connected")


async def test_the_files_go_to_the_connected_node_unless_another_is_chosen(
    connected: FakeController,
) -> None:
    connected.plans.other_nodes = (
        DestinationNode(3, "10.0.0.3:26257", False, problem="It was not found."),
        DestinationNode(2, "10.0.0.2:26257", True, problem="It was not found."),
    )
    async with opened(connected) as person:
        await to_the_options(person)
        await person.until_shown("Its files can be seen from here")
        await person.press("right")
        await person.until_shown("node 2, live, checked later")
        for told in ("Not checked: that every file is there", "stays at P0 until it is sealed"):
            assert told in person.words()
        await person.press("right")
        await person.until_shown("node 3, NOT LIVE")
        await person.press("left", "enter")
        await person.until_shown("EXPORT INTO CSV")
        request = last_request(connected)
        assert (request.node_id, request.unseen) == (2, True)
        await person.press("escape")
        await person.until_shown("node 2, live, checked later")


async def test_another_node_whose_files_are_here_is_checked(connected: FakeController) -> None:
    connected.plans.other_nodes = (
        DestinationNode(2, "127.0.0.1:26258", True, place=connected.folders.place),
    )
    async with opened(connected) as person:
        await to_the_options(person)
        await person.press("right")
        await person.until_shown("node 2, live, files seen")
        await person.press("enter")
        await person.until_shown("EXPORT INTO CSV")
        request = last_request(connected)
        assert (request.node_id, request.unseen) == (2, False)


async def test_unseen_files_of_the_connected_node_need_a_choice(connected: FakeController) -> None:
    connected.plans.not_seen = "The extern folder was not found."
    async with opened(connected) as person:
        await to_the_options(person)
        await person.until_shown("The plan will refuse")
        await person.press("right")
        await person.until_shown("node 1, connected, checked later")
        await person.press("enter")
        await person.until_shown("EXPORT INTO CSV")
        request = last_request(connected)
        assert (request.node_id, request.unseen) == (None, True)


async def test_a_refusal_is_told_and_the_run_is_not_started(connected: FakeController) -> None:
    connected.server.findings = (
        Finding(Severity.REFUSAL, "disk_full", "", "There is not enough room for the files."),
    )
    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("This cannot be started")
        assert not connected.runs.plans


async def test_progress_tells_tables_rows_bytes_and_what_it_is_estimated_from(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await start(person)
        await person.until_shown("1 of 4 tables")
        text = person.text()
        assert "1,900 of about 4,500" in text
        assert "278.3 KiB" in text
        assert "a sample of row lengths" in person.words()
        assert "slow disk" in text


async def test_leaving_the_page_does_not_stop_the_run(connected: FakeController) -> None:
    async with opened(connected) as person:
        await start(person)
        await person.press("escape", "4")
        await person.until_shown("4 Storage")
        assert not connected.runs.cancelled
        await person.press("6")
        await person.until_shown("Back up shop")
        await person.press("enter")
        await person.until_shown("1 of 4 tables")
        connected.runs.add_event(RUN, run_end(connected.runs.plans[RUN], result={"proof": 2}))
        await person.until_shown("succeeded")


async def test_cancelling_asks_first_and_says_what_happens(connected: FakeController) -> None:
    async with opened(connected) as person:
        await start(person)
        await person.press("c")
        await person.until_shown("Cancel this backup?")
        await person.press("enter")
        assert not connected.runs.cancelled
        await person.press("c")
        await person.until_shown("Cancel this backup?")
        await person.press("right", "enter")
        await person.until(lambda: connected.runs.cancelled == [RUN])
        await person.until_shown("being cancelled")


async def test_a_run_that_is_starting_says_so_and_is_cancelled_once_it_is_there(
    connected: FakeController, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, begin = asyncio.Event(), connected.runs.start

    async def start_late(plan: Plan) -> str:
        await started.wait()
        return await begin(plan)

    monkeypatch.setattr(connected.runs, "start", start_late)
    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("s")
        await person.until_shown("Starting…")
        await person.press("y")
        assert person.app.clipboard.startswith("kwtui backup shop")
        await person.press("c")
        await person.until_shown("asked about cancelling")
        assert not connected.runs.cancelled

        started.set()

        await person.until_shown("Cancel this backup?")
        await person.press("right", "enter")
        await person.until(lambda: connected.runs.cancelled == [RUN])


async def test_the_result_says_what_was_written_what_not_and_how_to_repeat_it(
    connected: FakeController,
) -> None:
    async with opened(connected, size=(100, 50)) as person:
        await start(person)
        end = run_end(
            connected.runs.plans[RUN],
            result={"path": "kwtui/shop/20261122T120000Z", "tables": 4, "rows": 21500, "proof": 2},
        )
        connected.runs.add_event(RUN, end)
        await person.until_shown("succeeded")
        text = person.text()
        assert "kwtui/shop/20261122T120000Z" in text
        assert "P2: every record parses" in text
        assert "Passwords of users" in text
        assert "kwtui backup shop --profile shop-test" in text


async def test_a_failed_run_says_which_step_why_and_what_to_do(
    connected: FakeController,
) -> None:
    async with opened(connected, size=(100, 50)) as person:
        await start(person)
        end = run_end(
            connected.runs.plans[RUN], RunStatus.FAILED, cause="Disk full.", hint="Make room."
        )
        connected.runs.add_event(RUN, end)
        await person.until_shown("FAILED")
        assert "Disk full." in person.text()
        assert "Make room." in person.text()


async def test_copying_the_command_says_honestly_what_is_known(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_the_plan(person)
        await person.press("y")
        await person.until_shown("to the terminal's clipboard")
        assert person.app.clipboard == "kwtui backup shop --profile shop-test"


async def test_quitting_with_answers_asks_first(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("space", "q")
        await person.until_shown("Leave kwtui?")
        await person.press("escape")
        await person.until_shown("public.orders")


async def test_without_a_connection_the_wizard_says_so(connected: FakeController) -> None:
    connected.connection.current = FakeController().connection.current
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("There is no connection. 1 opens the connections.")
        await person.press("enter")
        assert isinstance(person.app.screen, BackupScreen)
        assert person.app.screen.step is person.app.screen.steps[0]


async def test_the_databases_come_by_themselves_once_connected(
    controller: FakeController,
) -> None:
    async with opened(controller) as person:
        await person.press("2")
        await person.until_shown("There is no connection.")
        controller.connection.set_connected()
        await person.until_shown("what is sold")


async def test_users_settings_and_what_becomes_of_a_torso_are_asked(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_the_options(person)
        for words in ("Users and roles", "Cluster settings", "If it stops early", "Column names"):
            assert words in person.text(), f"{words} must be seen at 80x24 without scrolling"
        await person.press(*["tab"] * 3, "right", "tab", "right", "tab", "right")
        await person.until_shown("its folder goes at once")
        await person.press("enter")
        await person.until_shown("EXPORT INTO CSV")
        request = last_request(connected)
        assert (request.with_users, request.with_settings, request.sweep) == (True, True, True)


async def test_the_level_of_the_check_is_chosen_with_what_it_would_miss(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("enter")
        await person.until_shown("Content check")
        await person.press("tab")
        await person.until_shown("a sample for the others")
        await person.press("right")
        await person.until_shown("Would miss: a changed value")
        await person.press("right", "right", "right")
        await person.until_shown("several times as long as the export")
        await person.press("enter")
        await person.until_shown("Rows per file")
        await person.press("enter")
        await person.until_shown("EXPORT INTO CSV")
        assert last_request(connected) == BackupRequest("shop", check=CheckLevel.FULL)


async def test_a_database_is_found_by_typing(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("2")
        await person.until_shown("what is sold")
        await person.press("slash")
        await person.type("time")
        await person.until(lambda: "what is sold" not in person.text())
        await person.press("enter")
        await person.until_shown("Filter: “time”")
        await person.press("enter")
        await person.until_shown("public.orders")
        await person.press("escape", "escape")
        await person.until_shown("what is sold")
