"""A person looks after backups: pins, notes, drills, compares, deletes; and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.listing.entries import EntryKind
from kwtui.config.profiles import Environment
from kwtui.model.proof import ProofLevel
from kwtui.operations.plan import PlanKind, Step, StepKind
from kwtui.runs.events import RunFinished, RunStatus
from kwtui.screens.runs.result_page import result_lines
from kwtui.server.connection.target import Target
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import SETS, at, nightly

SHOP = "kwtui/shop/20261122T110000Z"


async def to_storage(person: Driver) -> None:
    await person.press("4")
    await person.until_shown("tsdb")


def make_production(person: Driver) -> None:
    person.app.set_target(Target(environment=Environment.PROD))


# -- what people say ------------------------------------------------------------------------------


async def test_a_pin_is_set_and_taken_away_with_one_key(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("p")
        await person.until_shown("Pinned: retention keeps it")
        await person.until(lambda: "pin" in person.text().splitlines()[4])
        await person.press("x")
        await person.until_shown("It is pinned; p takes the pin away.")
        await person.press("p")
        await person.until(lambda: connected.storage.annotated[-1] == (SHOP, {"pinned": False}))


async def test_label_and_note_are_changed_together(connected: FakeController) -> None:
    async with opened(connected, size=(160, 40)) as person:
        await to_storage(person)
        await person.press("a")
        await person.until_shown(f"About {SHOP}")
        await person.type("before 3.3")
        await person.press("tab")
        await person.type("keep me")
        await person.press("enter")
        await person.until_shown("Note     keep me")
        assert connected.storage.annotated == [(SHOP, {"label": "before 3.3", "remark": "keep me"})]


async def test_a_note_given_up_changes_nothing(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("a")
        await person.type("x")
        await person.press("escape")
        await person.until_shown("2 backups")
        assert connected.storage.annotated == []


# -- the list -------------------------------------------------------------------------------------


async def test_the_list_by_database_folds(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("b")
        await person.until_shown("- shop")
        assert "- 仓库" in person.text()
        await person.press("g", "x")
        await person.until_shown("This is a heading")
        await person.press("enter")
        await person.until_shown("+ shop")
        assert "UNFINISHED" not in person.text()
        await person.press("enter", "b")
        await person.until_shown("UNFINISHED")


async def test_what_is_free_and_what_is_left_over_is_said_above(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.until_shown("4.2 MiB in extern, 37.3 GiB free; 1 leftover, 878.9 KiB: l")


# -- comparing ------------------------------------------------------------------------------------


async def test_two_sets_are_compared_the_older_one_first(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("c")
        await person.until_shown("Mark the one to compare with first (m).")
        await person.press("m")
        await person.until_shown("Marked shop/20261122T110000Z")
        await person.press("c")
        await person.until_shown("This is the marked one")
        await person.press("j", "c")
        await person.until_shown("2 of 3 tables differ, 1 other object")
        assert "customers" not in person.text()
        assert "From kwtui/仓库" in person.words()
        await person.press("f")
        await person.until_shown("customers")
        await person.press("enter")
        await person.until_shown("STRING NOT NULL")
        assert "+id INT8 NOT NULL" in person.text()
        await person.press("escape", "escape")
        await person.until_shown("Marked")
        await person.press("escape")
        await person.until(lambda: "Marked" not in person.text())


# -- sealing --------------------------------------------------------------------------------------


async def test_an_unsealed_backup_is_sealed_with_its_draft(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("f")
        await person.until_shown("Only a backup without a manifest")
        await person.press("slash")
        await person.type("UNFINISHED")
        await person.press("enter")
        await person.press("f")
        await person.until_shown("The draft that its run wrote:")
        await person.press("end")
        await person.type(".here")
        await person.press("enter")
        await person.until_shown("Seal kwtui/")
        (path, draft) = connected.plans.seals[-1]
        assert draft.name.endswith(f"{path.rpartition('/')[2]}.kwtui-draft.json.here")
        await person.press("s")
        await person.until_shown("6 Runs")


# -- drills ---------------------------------------------------------------------------------------


async def test_a_drill_is_chosen_planned_and_run(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("d")
        await person.until_shown("P4: the data too")
        await person.press("right", "enter")
        await person.until_shown(f"Drill {SHOP} to P3")
        assert connected.plans.drills[-1].level is ProofLevel.P3
        assert not connected.plans.drills[-1].on_sandbox
        await person.press("s")
        await person.until_shown("6 Runs")


async def test_a_drill_accepts_a_difference_by_its_name(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("d")
        await person.until_shown("Accept")
        await person.press("tab", "tab", "tab")
        await person.until_shown("with another definition than captured")
        await person.type("public.orders 'x")
        await person.press("enter")
        await person.until_shown("A quote is not closed.")
        await person.type("'")
        await person.press("enter")
        await person.until_shown(f"Drill {SHOP} to P4")

    assert connected.plans.drills[-1].accept == ("public.orders", "x")


async def test_without_a_server_a_drill_is_offered_on_a_sandbox(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        connected.connection.lose()
        await person.press("d")
        await person.until_shown("a private sandbox")
        assert "the connected server" not in person.text()
        await person.press("enter")
        await person.until(lambda: bool(connected.plans.drills))
        assert connected.plans.drills[-1].on_sandbox


async def test_a_drill_of_an_adopted_tree_asks_how_it_was_written(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("s", "s", "s", "s", "G")
        await person.until_shown("made by somebody else")
        connected.storage.fileless = ("orders",)
        await person.press("d")
        await person.until_shown("Written with")
        await person.press("tab", "tab", "tab", "tab", "right")
        await person.until_shown("They had no rows")
        await person.press("enter")
        await person.until(lambda: bool(connected.plans.drills))
        assert connected.plans.drills[-1].dialect is not None
        assert [str(name) for name in connected.plans.drills[-1].empty] == ["public.orders"]


# -- deleting -------------------------------------------------------------------------------------


async def test_deleting_shows_what_goes_and_asks_with_the_harmless_answer_ready(
    connected: FakeController,
) -> None:
    connected.storage.entries = nightly(3)
    async with opened(connected, size=(100, 40)) as person:
        await person.press("4")
        await person.until_shown("3 backups")
        await person.press("x")
        await person.until_shown("Frees")
        for words in ("9 files, 976.6 KiB, proven to P2", "public.orders", "kwtui "):
            assert words in person.text()
        await person.press("s")
        await person.until_shown("What is removed cannot be brought back.")
        await person.press("enter")
        await person.until(lambda: "cannot be brought back" not in person.text())
        assert connected.runs.plans == {}
        await person.press("s", "right", "enter")
        await person.until_shown("6 Runs")
        assert [plan.kind for plan in connected.runs.plans.values()] == [PlanKind.DELETE]


async def test_the_last_proven_backup_goes_only_when_its_name_is_typed(
    connected: FakeController,
) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("x")
        await person.until_shown("Type its name to confirm")
        await person.press("s")
        await person.until_shown("Nothing as good as this")
        await person.type("20261122")
        await person.press("enter")
        await person.until_shown("Not started: that is another name.")
        assert connected.runs.plans == {}
        await person.press("s")
        await person.until_shown("Nothing as good as this")
        await person.type("20261122T110000Z")
        await person.press("enter")
        await person.until_shown("6 Runs")
        plan = next(iter(connected.runs.plans.values()))
        assert plan.request["confirmed"] == "20261122T110000Z"


async def test_on_production_every_removal_needs_a_name(connected: FakeController) -> None:
    connected.storage.entries = nightly(2)
    async with opened(connected) as person:
        make_production(person)
        await person.press("4")
        await person.until_shown("2 backups")
        await person.press("x")
        await person.until_shown("Frees")
        await person.press("s")
        await person.until_shown("This is a PRODUCTION server")


async def test_a_read_only_profile_deletes_nothing(connected: FakeController) -> None:
    async with opened(connected) as person:
        person.app.set_target(Target(read_only=True))
        await to_storage(person)
        await person.press("x")
        await person.until_shown("read-only")


async def test_what_kwtui_did_not_make_is_not_deleted(connected: FakeController) -> None:
    connected.storage.entries = tuple(e for e in SETS if e.kind is EntryKind.TREE)
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("x")
        await person.until_shown("It was not made by kwtui")


async def test_an_unfinished_backup_goes_by_a_cleanup(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("j", "j", "x")
        await person.until_shown("Remove the leftovers of interrupted runs")
        await person.until_shown("Remove kwtui/shop/20261120T020000Z")


# -- taking away ----------------------------------------------------------------------------------


async def test_a_report_is_written_where_one_says(
    connected: FakeController, tmp_path: Path
) -> None:
    file = tmp_path / "shop.md"
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("w", "ctrl+u")
        await person.type(str(file))
        await person.press("enter")
        await person.until_shown("The report is in")
        assert connected.storage.reports == [(SHOP, file)]


async def test_a_path_or_a_command_is_copied(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("y")
        await person.until_shown("Command: restore")
        await person.press("j", "enter")
        await person.until(lambda: person.app.clipboard == f"/var/lib/kaiwudb/extern/{SHOP}")


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [PlanKind.PRUNE, PlanKind.CLEANUP, PlanKind.DELETE])
def test_the_result_of_a_removal_names_what_went(kind: PlanKind) -> None:
    step = Step("remove:a", StepKind.REMOVE, "Remove a")
    plan = FakeController().plans.make_plan(kind, "Remove", "shop", (step,), "")
    result = {"removed": ["kwtui/a", "kwtui/b"], "left": [], "files": 3, "bytes": 10, "doubts": []}
    text = "\n".join(each.text for each in result_lines(plan, result))
    assert "Removed        kwtui/a" in text
    assert "kwtui/b" in text
    assert "Folder" not in text


def test_the_result_of_a_drill_says_the_level_and_where() -> None:
    plan = FakeController().plans.make_plan(PlanKind.DRILL, "Drill", "shop", (), "kwtui/a")
    result = {"path": "kwtui/a", "level": 3, "wanted": 4, "where": "a private sandbox", "tables": 4}
    text = "\n".join(each.text for each in result_lines(plan, result))
    for words in ("a private sandbox", "P4", "P3: the schema was restored"):
        assert words in text


async def test_inside_a_set_the_run_that_made_it_is_told(connected: FakeController) -> None:
    step = (Step("one", StepKind.EXPORT_TABLE, "Export public.orders", sql=("EXPORT …",)),)
    plan = connected.plans.make_plan(PlanKind.BACKUP, "Back up shop", "shop", step, SHOP)
    await connected.runs.start(plan)
    done = RunFinished(at=at(9), status=RunStatus.SUCCEEDED, summary="4 tables.")
    connected.runs.add_event(plan.id, done)
    connected.storage.made_by = plan.id
    async with opened(connected, size=(120, 40)) as person:
        await to_storage(person)
        await person.press("enter")
        await person.until_shown("Its journal")
        await person.press(*["j"] * 14)
        await person.until_shown("succeeded")
        await person.press("j")
        await person.until_shown("What will be done, in 1 step")
        await person.press("j")
        await person.until_shown("12:00:09 Run succeeded: 4 tables.")


async def test_inside_a_set_a_run_of_somebody_else_is_told_from_the_manifest(
    connected: FakeController,
) -> None:
    connected.storage.made_by = "20261101T000000Z-beef"
    async with opened(connected, size=(120, 40)) as person:
        await to_storage(person)
        await person.press("enter")
        await person.until_shown("Its journal")
        await person.press(*["j"] * 14)
        await person.until_shown("was run by another account or on another machine")


async def test_pinning_inside_a_set_is_shown_there(connected: FakeController) -> None:
    async with opened(connected) as person:
        await to_storage(person)
        await person.press("enter")
        await person.until_shown("P2: every record")
        await person.press("p")
        await person.until_shown("Pinned retention keeps it")
        connected.storage.entries = tuple(
            replace(e, pinned=False) for e in connected.storage.entries
        )
