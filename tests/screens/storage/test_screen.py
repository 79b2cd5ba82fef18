"""A person looks at what lies in extern, into a backup, and at the records of its files."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.commands.storage import listed_row
from kwtui.controller.events import StorageChanged
from kwtui.model.proof import ProofLevel
from kwtui.screens.storage.rows import ORDERS, arranged, entry_lines, proof_cell
from tests.screens.driving import opened
from tests.screens.fake_controller import FakeController
from tests.screens.staged import SETS


async def test_the_list_says_what_each_entry_is_and_how_far_it_is_proven(
    connected: FakeController,
) -> None:
    async with opened(connected, size=(160, 40)) as person:
        await person.press("4")
        await person.until_shown("2 backups, 2 other entries")
        text = person.text()
        for word in ("P2", "P1", "UNFINISHED", "export", "relational", "仓库", "21,500", "3.2 MiB"):
            assert word in text
        assert "kwtui/shop/20261122T110000Z" in text
        await person.press("G")
        await person.until_shown("time series")


async def test_chinese_names_keep_the_columns_aligned(connected: FakeController) -> None:
    from rich.cells import cell_len

    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("仓库")
        lines = person.text().splitlines()
        places = set()
        for text in lines:
            if ("2026-" in text and "1 d" in text) or text.startswith(" shop "):
                places.add(cell_len(text[: text.index("2026-")]))
        assert len(places) == 1


async def test_what_does_not_hold_is_explained_under_the_list(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("UNFINISHED")
        await person.press("j", "j")
        await person.until_shown("There is no manifest: this backup did not finish")
        await person.press("r")
        await person.until_shown("there is nothing to restore")


async def test_the_filter_keeps_what_contains_all_words(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("slash")
        await person.type("relational 2026")
        await person.until(lambda: "tsdb" not in person.text())
        await person.press("enter")
        await person.until_shown("3 entries with")
        await person.press("escape")
        await person.until_shown("tsdb")


def test_a_set_of_some_tables_says_so_in_the_list_and_below_it() -> None:
    entry = BackupEntry(
        "kwtui/shop/20261122T120000Z",
        EntryKind.SET,
        database="shop",
        tables=2,
        proof=ProofLevel.P2,
        only=("public.orders", "public.stock"),
    )
    now = datetime(2026, 11, 30, tzinfo=UTC)

    assert proof_cell(entry)[0] == "◑ P2 part"
    assert proof_cell(replace(entry, only=()))[0] == "◑ P2"
    assert "partial: 2 of its tables" in str(entry_lines(entry, now))
    assert "partial: 2 of its tables" in listed_row(entry, now)


def test_the_filter_knows_what_the_proof_column_says() -> None:
    for word in ("unfinished", "export", "p2"):
        found = arranged(SETS, ORDERS[0], word)
        assert 0 < len(found) < len(SETS), word


async def test_a_change_of_the_folder_is_seen_without_a_key(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("j")
        new = replace(SETS[0], path="kwtui/plant/20261122T115900Z", database="plant")
        connected.storage.entries = (new, *SETS)
        connected.tell(StorageChanged())
        await person.until_shown("plant")
        await person.until_shown("kwtui/仓库/20261121T080000Z")


async def test_inside_a_set_meta_sql_is_shown_with_its_text(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("enter")
        await person.until_shown("P2: every record parses")
        await person.press("j", "j")
        await person.until_shown("CREATE TABLE orders")
        await person.press("enter", "slash")
        await person.type("string")
        await person.press("enter")
        await person.until_shown("name STRING NULL DEFAULT 'x'")
        await person.press("escape", "escape")
        await person.until_shown("2 backups")


async def test_records_are_shown_as_a_table_and_one_in_full(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("enter")
        await person.until_shown("P2: every record")
        await person.press("j", "j", "j")
        await person.until_shown("records 1 to 100 of 100")
        await person.press("enter", "j", "enter")
        await person.until_shown("Record 2")
        assert "it's" in person.text()


async def test_verifying_starts_a_run_and_shows_it(connected: FakeController) -> None:
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("tsdb")
        await person.press("v")
        await person.until_shown("6 Runs")
        await person.until_shown("Verify kwtui/shop")


async def test_an_empty_extern_says_what_to_do(connected: FakeController) -> None:
    connected.storage.entries = ()
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("Nothing in extern yet. Make a backup (2).")


@pytest.mark.parametrize("screen", ["3", "4"])
async def test_a_node_that_never_exported_says_where_to_begin(
    connected: FakeController, screen: str
) -> None:
    connected.storage.entries, connected.storage.awaits_export = (), True
    async with opened(connected) as person:
        await person.press(screen)
        await person.until_shown("No backup here yet: KWDB makes extern at the first export.")
        assert "Make one: 2 Backup" in person.words()
        assert "kwtui backup" not in person.text(), "a command is of no use here"


async def test_a_hundred_thousand_entries_open_and_move_at_once(
    connected: FakeController,
) -> None:
    connected.storage.entries = tuple(
        replace(SETS[0], path=f"kwtui/shop/{number:06d}") for number in range(100_000)
    )
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("100,000 backups")
        begin = time.perf_counter()
        for _ in range(10):
            await person.press("pagedown")
        each = (time.perf_counter() - begin) / 10
        assert each < 0.25, "ten times the budget's key time on a loaded machine"
        await person.press("G")
        await person.until_shown("kwtui/shop/0")


def test_orders_put_the_least_proven_first_and_the_filter_ignores_case() -> None:
    names = [order.name for order in ORDERS]
    least = ORDERS[names.index("least proven first")]
    assert arranged(SETS, least, "")[0].proof is None
    assert [entry.database for entry in arranged(SETS, ORDERS[0], "TSDB")] == ["tsdb"]


DAMAGED = BackupEntry(
    path="kwtui/shop/20261119T020000Z",
    kind=EntryKind.SET,
    database="shop",
    problem="its manifest is damaged",
)


async def test_a_damaged_manifest_is_no_dead_end(connected: FakeController) -> None:
    inside = replace(SETS[1], path=f"{DAMAGED.path}/data", database=None)
    connected.storage.entries = (DAMAGED, *SETS)
    async with opened(connected) as person:
        await person.press("4")
        await person.until_shown("DAMAGED")
        await person.press("G", "r")
        await person.until_shown("Its manifest is damaged")
        for way in ("Restore its data", "Restore by hand", "Look at its files", "Delete it"):
            assert way in person.text()

        await person.press("j", "enter")
        await person.until_shown("RESTORE.md")
        await person.press("escape", "r", "j", "j", "enter")
        await person.until_shown("Inside")
        await person.press("escape", "r", "j", "j", "j", "enter")
        await person.until_shown(f"Delete {DAMAGED.path}")

        await person.press("escape")
        await person.until_shown("DAMAGED")
        connected.storage.hidden = (inside,)
        await person.press("r", "enter")
        await person.until_shown("Which backup is to be restored?")
        await person.until_shown(f"{DAMAGED.path}/data")


async def test_the_wizard_says_where_a_damaged_backup_is_dealt_with(
    connected: FakeController,
) -> None:
    connected.storage.entries = (DAMAGED, *SETS)
    async with opened(connected) as person:
        await person.press("3")
        await person.until_shown("DAMAGED")
        await person.press("g", "enter")
        await person.until_shown("press r in 4 Storage")
        assert "Which backup is to be restored?" in person.text()
