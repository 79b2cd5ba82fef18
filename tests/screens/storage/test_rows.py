"""Two backups of one database are told apart by what stands in their rows, on any terminal."""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.proof import ProofLevel
from kwtui.screens.storage.rows import (
    COLUMNS,
    ORDERS,
    DatabaseGroup,
    arranged,
    cells,
    containing,
    entry_page,
    grouped,
    newest_sets,
    row_cells,
)
from kwtui.widgets.paint import part
from kwtui.widgets.virtual_list import layout
from tests.screens.staged import NOW, SETS, nightly


def shown(width: int) -> list[str]:
    return [COLUMNS[index].title for index, _ in layout(COLUMNS, width)]


def test_time_label_proof_and_marks_stay_in_sight_at_80_columns() -> None:
    assert shown(78) == ["Database", "Written", "Label", "Age", "Bytes", "Proof", "Mark"]


def test_a_mark_and_a_pin_stand_in_the_row() -> None:
    entry = replace(SETS[0], pinned=True, label="before the upgrade")
    mark = [column.title for column in COLUMNS].index("Mark")
    assert cells(entry, NOW)[mark] == ("pin", "accent")
    assert cells(entry, NOW, entry.path)[mark] == ("mark", "warning")
    assert "before the upgrade" in cells(entry, NOW)


def test_a_copy_is_marked_and_found_by_its_mark() -> None:
    entry = replace(SETS[0], copy_of="kwtui/shop/20261101T000000Z")
    mark = [column.title for column in COLUMNS].index("Mark")
    assert cells(entry, NOW)[mark] == ("copy", "warning")
    assert containing([*SETS, entry], "mark:copy") == [entry]
    (group,) = grouped([replace(entry, proof=ProofLevel.P4)], {"shop"})
    assert ("0 P2+", "warning") in row_cells(group, NOW), "its proof is another's"


def test_a_proof_is_a_circle_that_fills_up() -> None:
    proof = [column.title for column in COLUMNS].index("Proof")
    told = [cells(entry, NOW)[proof] for entry in SETS]
    assert told == [("◑ P2", "good"), ("export", "accent"), ("◔ P1", "warning"),
                    ("UNFINISHED", "error")]  # fmt: skip


def test_each_database_has_a_bar_of_the_space_that_it_takes() -> None:
    rows = [
        row for row in grouped(SETS, {"shop", "tsdb", "仓库"}) if isinstance(row, DatabaseGroup)
    ]
    label = [column.title for column in COLUMNS].index("Label")
    bars = {row.database: row_cells(row, NOW)[label][0] for row in rows}
    assert bars == {"shop": "█" * 12, "tsdb": "█", "仓库": "█"}


def test_beside_the_list_the_sizes_of_its_database_are_drawn() -> None:
    entries = tuple(
        replace(entry, bytes=1_000_000 * (n + 1)) for n, entry in enumerate(nightly(30))
    )
    lines = entry_page(entries[0], newest_sets((*entries, SETS[1]))["shop"], NOW, 70)
    text = [line.text for line in lines]
    assert text[0] == entries[0].path
    assert any("4 tables, 21,500 rows, 9 files" in row for row in text)
    bars = [line for line in lines if "█" in line.text]
    assert len(bars) == 20
    lengths = [line.text.count("█") for line in bars]
    assert lengths == sorted(lengths)
    assert [role for _, role in bars[0].parts][-1] == "accent"
    assert max(len(part(line.text)[0]) for line in bars) <= 70


def test_a_filter_asks_one_column_and_puts_the_name_that_was_typed_first() -> None:
    shop, tsdb, _, broken = SETS
    shops = replace(tsdb, path="kwtui/shops", database="shops", started=NOW)
    entries = (shops, *SETS)
    newest = ORDERS[0]
    assert arranged(entries, newest, "shop") == [shop, broken, shops]
    assert containing(entries, "proof:p2") == [shop]
    assert containing(entries, "database:shop proof:unfinished") == [broken]
    assert containing(entries, "written:2026-11-22") == [shops, shop]
    assert containing(entries, "label:shop") == []
    assert containing(entries, "nothing:shop") == []
