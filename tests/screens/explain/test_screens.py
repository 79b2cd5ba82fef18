"""Something is wrong at night: what it means, what to check, what to do; and the doctor."""

from __future__ import annotations

from dataclasses import replace

from kwtui.doctor import CheckState
from kwtui.errors import KwtuiError
from kwtui.operations.plan import PlanKind, Step, StepKind
from kwtui.runs.events import RunFinished, RunStatus
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import at

MISSING = 'ERROR: relation "orders" does not exist (SQLSTATE 42P01)'


async def paste_page(person: Driver) -> None:
    await person.press("colon")
    await person.until_shown("All actions")
    await person.type("explain an")
    await person.press("enter")
    await person.until_shown("Paste an error here")


async def test_a_pasted_error_is_explained_and_its_checks_are_asked(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await paste_page(person)
        await person.type("42P01")
        await person.until_shown("There is no such table")
        await person.press("escape", "A")
        await person.until_shown("answer to databases")
        assert connected.doctor.asked == ["databases"]
        await person.press("r")
        await person.until(lambda: len(connected.doctor.asked) > 2)
        await person.press("F")
        await person.until_shown("There is no check F here.")


async def test_several_errors_are_turned_through(connected: FakeController) -> None:
    text = f"{MISSING}\nERROR: no space left on device"
    async with opened(connected) as person:
        person.app.explain(text)
        await person.until_shown("Error 1 of 2")
        await person.press("right_square_bracket")
        await person.until_shown("Error 2 of 2")
        await person.press("escape")
        await person.until_shown("1 Connection")


async def test_what_is_not_known_is_called_so(connected: FakeController) -> None:
    async with opened(connected) as person:
        person.app.explain("ERROR: the frobnicator refused the grommet")
        await person.until_shown("Not known. kwtui does not guess what it means.")
        await person.press("A")
        await person.until_shown("There is nothing to check.")


async def test_from_the_dialog_of_a_problem(connected: FakeController) -> None:
    async with opened(connected) as person:
        person.app.show_problem(KwtuiError("The server refused it.", cause=MISSING))
        await person.until_shown("Explain (e)")
        await person.press("e")
        await person.until_shown("There is no such table")
        await person.press("escape")
        await person.until_shown("1 Connection")


async def test_from_a_run_that_failed(connected: FakeController) -> None:
    steps = (Step("one", StepKind.SQL, "Create shop"),)
    plan = connected.plans.make_plan(PlanKind.RESTORE, "Restore shop", "shop", steps)
    await connected.runs.start(plan)
    failed = RunFinished(at=at(9), status=RunStatus.FAILED, summary="It failed.", cause=MISSING)
    connected.runs.add_event(plan.id, failed)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Restore shop")
        await person.press("e")
        await person.until_shown("There is no such table")


async def test_a_run_that_did_not_fail_has_nothing_to_explain(connected: FakeController) -> None:
    steps = (Step("one", StepKind.SQL, "Create shop"),)
    await connected.runs.start(connected.plans.make_plan(PlanKind.BACKUP, "Back up", "shop", steps))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Back up")
        await person.press("e")
        await person.until_shown("It did not fail.")


async def test_from_a_job_that_failed(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("6", "s")
        await person.until_shown("Jobs of the server")
        await person.until_shown("EXPORT")
        await person.press("e")
        await person.until_shown("The server tells no error of this job.")
        await person.press("G", "e")
        await person.until_shown("no space left on device")
        await person.until_shown("The disk of the node is full")


async def test_from_a_line_of_the_log(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("5")
        await person.until_shown("ts engine")
        await person.press("enter")
        await person.until_shown("following")
        line = f"E261122 09:00:00.000000 1 x.go:1  [n1] {MISSING}"
        connected.logs.log.grow(line)
        await person.until_shown("does not exist")
        await person.press("e")
        await person.until_shown("There is no such table")


# -- the doctor -----------------------------------------------------------------------------------


async def test_the_doctor_is_reached_from_the_server_and_lists_what_is_wrong(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("7")
        await person.until_shown("Nodes")
        await person.press("d")
        await person.until_shown("4 checks: 1 failed, 1 warning")
        await person.press("slash")
        await person.type("state:failed")
        await person.until_shown("1 with “state:failed” of 4 checks")
        await person.press("escape", "f")
        await person.until_shown("only what is not ok")
        await person.until_shown("Add this account to the group kaiwudb.")
        await person.press("enter")
        await person.until_shown("/var/lib/kaiwudb/extern is 0700")
        await person.press("escape", "escape")
        await person.until_shown("7 Server")


async def test_one_check_is_looked_at_again(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("colon")
        await person.type("doctor")
        await person.press("enter")
        await person.until_shown("1 failed")
        await person.press("j")
        mended = [replace(c, state=CheckState.OK) for c in connected.doctor.found]
        connected.doctor.found = tuple(mended)
        await person.press("r")
        await person.until_shown("extern: ok, it was failed")
        assert connected.doctor.asked_again == ["extern"]
        assert "1 warning" in person.text()
