"""The time line of a database: marks, gaps, and the keys of Storage on them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.model.proof import ProofLevel
from kwtui.protection.facts import BackupFact, DatabaseFacts, RunFact
from kwtui.protection.judging import judge
from kwtui.screens.board.rows import BoardRow, cells
from kwtui.screens.board.summary import proof_part
from kwtui.screens.board.time_line_rows import (
    Mark,
    MarkKind,
    axis_lines,
    gaps_of,
    largest,
    mark_cells,
    marks_of,
)
from tests.screens import staged_board
from tests.screens.driving import Driver, opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import NOW

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def entry(age: timedelta, **more: object) -> BackupEntry:
    at = NOW - age
    found = BackupEntry(
        f"kwtui/shop/{at:%Y%m%dT%H%M%SZ}", EntryKind.SET, "shop", started=at, rows=100, bytes=1000,
        proof=ProofLevel.P2, proof_at=at,
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def row(*entries: BackupEntry, **more: object) -> BoardRow:
    backups = tuple(
        BackupFact(e.path, e.started, e.proof, e.proof_at, e.rows, e.bytes, problem=e.problem)
        for e in entries
        if e.kind is EntryKind.SET and e.started
    )
    facts = replace(DatabaseFacts("shop", backups=backups), **more)  # type: ignore[arg-type]
    return BoardRow(judge(facts, NOW), facts, entries)


def run(age: timedelta, *, succeeded: bool = True, path: str = "") -> RunFact:
    return RunFact("r", NOW - age, 75.0, succeeded, "said", path)


def kinds(marks: list[Mark]) -> list[str]:
    return [mark.kind.value for mark in marks]


def test_the_highest_level_of_proof_has_its_badge() -> None:
    best = entry(HOUR, proof=max(ProofLevel))
    assert proof_part(best) == ("● P4", "good")
    shown = cells(row(best), NOW, frozenset())
    assert any("● P4" in cell[0] for cell in shown if isinstance(cell, tuple))


def test_everything_stands_in_one_order_the_newest_first() -> None:
    good, broken = entry(HOUR), entry(3 * HOUR, kind=EntryKind.INCOMPLETE, proof=None)
    found = marks_of(
        row(
            good,
            broken,
            backup_runs=(
                run(HOUR, path=good.path),
                run(2 * HOUR, succeeded=False, path="kwtui/shop/gone"),
                run(3 * HOUR, succeeded=False, path=broken.path),
            ),
            drills=(run(HOUR / 2, path=good.path),),
            restores=(run(HOUR / 3, path=good.path),),
        ),
        {good.path: "nightly"},
        NOW,
    )
    assert kinds(found) == ["restore", "drill", "backup", "failed", "broken"]
    backup = found[2]
    assert backup.policy == "nightly"
    assert backup.run is not None
    assert backup.run.seconds == 75.0


def test_a_gap_is_the_time_in_which_no_proven_backup_was_as_young_as_promised() -> None:
    facts = row(entry(HOUR), entry(30 * HOUR, proof=ProofLevel.P0), entry(3 * DAY)).facts
    (gap,) = gaps_of(facts, NOW)
    assert gap.at == NOW - 3 * DAY + timedelta(hours=26)
    assert gap.until == NOW - HOUR
    (open_gap,) = gaps_of(row(entry(2 * DAY)).facts, NOW)
    assert open_gap.until is None
    assert open_gap.words == "no proven backup in time for 22 h"
    assert gaps_of(row().facts, NOW) == [], "of a time before the first backup nothing is known"


def test_the_axis_tells_protected_time_from_other_time() -> None:
    shown = row(entry(HOUR), entry(10 * DAY))
    marks = marks_of(shown, {}, NOW)
    lanes = axis_lines(shown, marks, marks[0], NOW, 80)
    backups = lanes[0].text.removeprefix("Backups")
    assert backups.count("◑") == 2
    assert backups.count("━") < 10, "26 hours of ten days"
    assert backups.count("┄") > 50
    assert any(role == "match" for _, role in lanes[0].parts), "the chosen mark stands out"
    damaged = row(entry(HOUR), entry(HOUR + timedelta(minutes=1), problem="gone", proof=None))
    lanes = axis_lines(damaged, marks_of(damaged, {}, NOW), None, NOW, 80)
    assert "✗" in lanes[0].text, "damage is not hidden by a good backup in the same place"


def test_bars_are_of_sizes_or_of_rows() -> None:
    large, small = entry(HOUR), entry(2 * HOUR, bytes=500, rows=100)
    marks = marks_of(row(large, small), {}, NOW)
    of_size = [mark_cells(m, largest(marks, rows=False), 10, rows=False, marked="") for m in marks]
    assert [each[3] for each in of_size] == [("▇" * 10, "accent"), ("▇" * 5, "accent")]
    of_rows = [mark_cells(m, largest(marks, rows=True), 10, rows=True, marked="") for m in marks]
    assert [each[2] for each in of_rows] == ["100", "100"]


# -- the screen -----------------------------------------------------------------------------------


async def _shop(person: Driver) -> None:
    await person.press("0")
    await person.until_shown("3 of 8 cannot")
    await person.press("slash")
    await person.type("shop")
    await person.press("enter", "enter")
    await person.until_shown("shop SAFE: 59 backups, 1 gap, 1 failure, 8 drills, 1 restore")


async def test_enter_opens_the_time_line_and_its_keys_are_those_of_storage(
    connected: FakeController,
) -> None:
    staged_board.stage(connected)
    async with opened(connected) as person:
        await _shop(person)
        await person.until_shown("kwtui/shop/20261122T022100Z")
        await person.press("m", "j", "c")
        await person.until_shown("2 of 3 tables differ")
        await person.press("escape")
        await person.until_shown("59 backups")
        await person.press("x")
        await person.until_shown("Frees")
        await person.press("escape")
        await person.until_shown("59 backups")
        await person.press("escape", "escape")
        await person.until_shown("0 Board")


async def test_a_mark_that_is_no_backup_says_so_and_opens_its_run(
    connected: FakeController,
) -> None:
    staged_board.stage(connected)
    async with opened(connected, size=(120, 40)) as person:
        await _shop(person)
        await person.press(*"jjjjjj")
        await person.until_shown("Enter opens the run")
        await person.press("v")
        await person.until_shown("This is no backup; choose one.")
        await person.press("s")
        await person.until_shown("Rows")


async def test_a_database_without_a_backup_says_what_to_do(connected: FakeController) -> None:
    async with opened(connected, start="board") as person:
        await person.until_shown("plant")
        await person.press("enter")
        await person.until_shown("Nothing is known of its backups. b on the board makes one.")
        await person.press("r")
        await person.until_shown("There is nothing in the list.")


def test_a_mark_keeps_its_place_when_the_line_is_read_again() -> None:
    marks = marks_of(row(entry(HOUR), entry(2 * HOUR)), {}, NOW)
    assert len({mark.key for mark in marks}) == len(marks)
    assert MarkKind.GAP not in {mark.kind for mark in marks}
