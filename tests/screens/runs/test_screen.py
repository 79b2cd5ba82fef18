"""A person finds again what runs and what has run, whoever started it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import cast

from kwtui.controller.events import RunsChanged, StorageChanged
from kwtui.model.requests import BackupRequest, RestoreRequest
from kwtui.runs.events import RunStatus, StepProgress
from kwtui.screens.runs.screen import RunsScreen
from kwtui.text import human_duration
from tests.screens.driving import opened
from tests.screens.fake_controller import FakeController
from tests.screens.fake_runs import run_end
from tests.screens.staged import at


async def start_elsewhere(controller: FakeController) -> str:
    """A backup that the command line or a timer began."""
    return await controller.runs.start(await controller.plans.backup(BackupRequest("shop")))


async def test_a_run_that_was_started_elsewhere_appears_by_itself(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Nothing has run yet")
        await start_elsewhere(connected)
        connected.tell(RunsChanged())
        await person.until_shown("Back up shop")
        await person.until_shown("running")


async def test_its_page_is_the_same_as_in_the_wizard_and_escape_leads_back(
    connected: FakeController,
) -> None:
    run = await start_elsewhere(connected)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Back up shop")
        await person.press("enter")
        await person.until_shown("1 of 4 tables")
        connected.runs.add_event(run, run_end(connected.runs.plans[run], RunStatus.CANCELLED))
        await person.until_shown("cancelled")
        await person.press("escape")
        await person.until_shown("Newest first")


async def test_only_a_run_that_goes_on_can_be_cancelled(connected: FakeController) -> None:
    run = await start_elsewhere(connected)
    connected.runs.add_event(run, run_end(connected.runs.plans[run]))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("succeeded")
        await person.press("c")
        await person.until_shown("This run is over.")
        assert not connected.runs.cancelled


async def test_the_footer_leaves_out_what_cannot_be_done_with_a_run_that_is_over(
    connected: FakeController,
) -> None:
    run = await start_elsewhere(connected)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("running")
        assert "c Cancel" in person.footer()
        assert "r Go on" not in person.footer()
        await person.press("enter")
        await person.until_shown("1 of 4 tables")
        assert "c Cancel" in person.footer()
        connected.runs.add_event(run, run_end(connected.runs.plans[run]))
        await person.until_shown("succeeded")
        await person.until(lambda: "c Cancel" not in person.footer())
        for words in ("r Go on", "e Explain"):
            assert words not in person.footer()
        assert "y Copy command" in person.footer()


async def test_the_page_of_a_run_tells_that_its_backup_is_gone(connected: FakeController) -> None:
    run = await start_elsewhere(connected)
    connected.runs.add_event(
        run, run_end(connected.runs.plans[run], result={"path": "kwtui/shop/x"})
    )
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Back up shop")
        await person.press("enter")
        await person.until_shown("kwtui/shop/x")
        assert "not there any more" not in person.words()
        connected.runs.gone_sets.add("kwtui/shop/x")
        connected.tell(StorageChanged())
        await person.until_shown("not there any more")
        connected.runs.gone_sets.clear()
        await person.press("escape", "enter")
        await person.until(lambda: "not there any more" not in person.words())


async def test_a_run_that_was_lost_says_what_that_means(connected: FakeController) -> None:
    run = await start_elsewhere(connected)
    connected.runs.add_event(run, run_end(connected.runs.plans[run], RunStatus.LOST))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("LOST")


async def test_who_cancels_a_backup_says_what_becomes_of_it(connected: FakeController) -> None:
    run = await start_elsewhere(connected)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Back up shop")
        await person.press("c")
        await person.until_shown("Cancel this backup?")
        await person.press("escape")
        assert not connected.runs.cancelled
        await person.press("c")
        await person.until_shown("Cancel, remove")
        await person.press("tab", "enter")
        await person.until(lambda: connected.runs.cancelled == [run])
        assert connected.runs.swept == [False]
        await person.press("c")
        await person.until_shown("Cancel, remove")
        await person.press("tab", "tab", "enter")
        await person.until(lambda: connected.runs.swept == [False, True])


async def test_a_restore_that_was_stopped_goes_on_by_a_plan(connected: FakeController) -> None:
    plan = await connected.plans.restore(RestoreRequest("kwtui/shop/20261122T110000Z"))
    run = await connected.runs.start(plan)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("Restore kwtui/shop")
        await person.press("r")
        await person.until_shown("It is still at work.")
        connected.runs.add_event(run, run_end(connected.runs.plans[run], RunStatus.CANCELLED))
        connected.tell(RunsChanged())
        await person.until_shown("cancelled")
        await person.press("r")
        await person.until_shown("6 Runs: continue")
        await person.until_shown(", continued")
        await person.press("s")
        await person.until_shown("Esc: the list.")
        assert [p.title for p in connected.runs.plans.values()][-1].endswith(", continued")


async def test_a_restore_that_differs_goes_on_when_the_difference_is_accepted(
    connected: FakeController,
) -> None:
    plan = await connected.plans.restore(RestoreRequest("kwtui/shop/20261122T110000Z"))
    run = await connected.runs.start(plan)
    hint = f"accept it by name: kwtui restore --continue {run} --accept 'public.o.a b' --accept x.y"
    failed = run_end(plan, RunStatus.FAILED, hint=hint)
    connected.runs.add_event(run, failed)
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("FAILED")
        await person.press("r")
        await person.until_shown("the differences of public.o.a b, x.y")
        await person.press("escape")
        assert f"continue {run}" not in connected.plans.requests
        await person.press("r")
        await person.until_shown("the differences of public.o.a b, x.y")
        await person.press("enter")
        await person.until_shown(", continued")
        await person.press("s")
        await person.until_shown("Esc: the list.")
        plans = list(connected.runs.plans.values())
        assert plans[-1].request["accept"] == ["public.o.a b", "x.y"]


async def test_only_a_restore_can_be_continued(connected: FakeController) -> None:
    run = await start_elsewhere(connected)
    connected.runs.add_event(run, run_end(connected.runs.plans[run], RunStatus.CANCELLED))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("cancelled")
        await person.press("r")
        await person.until_shown("Only a restore can be continued.")


async def test_the_end_of_a_restore_says_what_was_left_out(connected: FakeController) -> None:
    left = "the foreign key fk_a of public.orders: public.customers is not restored"
    plan = await connected.plans.restore(RestoreRequest("kwtui/shop/20261122T110000Z"))
    run = await connected.runs.start(replace(plan, not_included=(left,)))
    connected.runs.add_event(run, run_end(connected.runs.plans[run]))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("succeeded")
        await person.press("enter")
        await person.until_shown("Not restored")
        assert "fk_a of public.orders" in person.text()


async def test_the_clock_of_a_silent_run_goes_on_and_nothing_else_is_claimed(
    connected: FakeController,
) -> None:
    """Its journal says nothing for two minutes."""
    run = await start_elsewhere(connected)
    step = connected.runs.plans[run].steps[1].id
    for second in (5, 6):
        connected.runs.add_event(
            run, StepProgress(at=at(second), step=step, bytes=90_000 * second, phase="exporting")
        )
    async with opened(connected) as person:
        person.app.clock = lambda: at(6)
        await person.press("6", "enter")
        await person.until_shown("ends about")
        for seconds in (30, 126):
            person.app.clock = partial(at, seconds)
            await person.until_shown(f"running {human_duration(seconds)}")
            await person.until_shown(f"heard of it for {human_duration(seconds - 6)}")
            await person.until_shown("Time left not known (the run sends no events)")
            assert "/s" not in person.text()
        assert "100%" not in person.text()


async def test_bars_are_as_wide_as_the_terminal(connected: FakeController) -> None:
    await start_elsewhere(connected)
    for size, least in (((80, 24), 50), ((160, 48), 130)):
        async with opened(connected, size=size) as person:
            await person.press("6", "enter")
            await person.until_shown("1 of 4 tables")
            whole = next(row for row in person.text().splitlines() if "1 of 4 tables" in row)
            assert whole.count("█") + whole.count("░") >= least
            bars = [row for row in person.text().splitlines() if "░" in row or "████" in row]
            assert len(bars) == 5, "one of the whole and one of each table"


async def test_a_run_at_work_stands_in_the_header_of_every_screen_and_6_selects_it(
    connected: FakeController,
) -> None:
    over = await start_elsewhere(connected)
    connected.runs.add_event(over, run_end(connected.runs.plans[over]))
    async with opened(connected) as person:
        await person.press("6")
        await person.until_shown("succeeded")
        assert "▸" not in person.header()
        plan = await connected.plans.backup(BackupRequest("shop"))
        run = await connected.runs.start(replace(plan, id="20261122T120000Z-9"))
        connected.tell(RunsChanged())
        for screen in "45781":
            await person.press(screen)
            await person.until(lambda: "▸ Back up shop 42%" in person.header(), "the run")
        await person.press("6")
        await person.until_shown("6 Runs")
        chosen = cast(RunsScreen, person.app.screen)._chosen_id
        await person.until(lambda: chosen() == run, "the run at work is chosen")
        connected.runs.add_event(run, run_end(connected.runs.plans[run]))
        await person.until(lambda: "▸" not in person.header(), "no run in the header")


async def test_the_page_of_a_backup_leads_to_what_is_done_next(connected: FakeController) -> None:
    made = connected.storage.entries[0].path
    run = await start_elsewhere(connected)
    async with opened(connected) as person:
        await person.press("6", "enter")
        await person.until_shown("1 of 4 tables")
        await person.press("o")
        await person.until_shown("This run has no backup to continue with.")
        connected.runs.add_event(run, run_end(connected.runs.plans[run], result={"path": made}))
        await person.until(lambda: "o Open it  d Drill it  t Restore it" in person.footer())
        await person.press("d")
        await person.until_shown("Restore it on")
        await person.press("escape")
        await person.press("6", "t")
        await person.until_shown("3 Restore")
        await person.press("6", "o")
        await person.until_shown("4 Storage")


async def test_what_was_left_out_stands_above_what_went_well(connected: FakeController) -> None:
    plan = await connected.plans.restore(RestoreRequest("kwtui/shop/20261122T110000Z"))
    plan = replace(plan, not_included=("the password of ada",))
    run = await connected.runs.start(plan)
    tables = [
        {
            "table": f"t{n}",
            "same": True,
            "rows_found": 1,
            "rows_expected": 1,
            "checksum": "the same",
        }
        for n in range(20)
    ]
    connected.runs.add_event(run, run_end(plan, result={"comparison": tables, "tables": tables}))
    async with opened(connected) as person:
        await person.press("6", "enter")
        await person.until_shown("the password of ada")
        rows = person.text().splitlines()
        assert "Not restored" in " ".join(rows[:10])
        assert "20 tables" in person.text()
