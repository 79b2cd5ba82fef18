"""Copies are all that is left: found wherever one points, ranked, and taken out by the table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.listing.contents import open_set
from kwtui.backups.proof.verify import verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.model.proof import ProofLevel
from kwtui.model.schema import TableName
from kwtui.offsite.copies import Copy
from kwtui.offsite.rescue import (
    bring_copy,
    find_copies,
    find_copies_in,
    ranked,
    table_of,
    tables_of,
    take_table,
)
from tests.backups.builder import EMPTY, ODD, ORDERS, make_set
from tests.offsite.copying import files_in, push, target_in, two_sets


@pytest.fixture
def away(tmp_path: Path) -> Path:
    """A folder with a # in its name, in one that holds other things."""
    (tmp_path / "mnt").mkdir()
    (tmp_path / "mnt" / "notes.txt").write_text("not a copy")
    return tmp_path / "mnt" / "vault #2"


@pytest.fixture
def sent(tmp_path: Path, away: Path) -> SetLocation:
    """The newer of two copies; it needs parts of the older one."""
    (tmp_path / "extern").mkdir()
    older, newer = two_sets(tmp_path / "extern", tmp_path / "state")
    for location in (older, newer):
        push(target_in(away), location, tmp_path / "state")
    return newer


@pytest.mark.parametrize("at", ["above", "target", "prefix", "copy"])
def test_copies_are_found_from_wherever_one_points(away: Path, sent: SetLocation, at: str) -> None:
    places = {"above": away.parent, "target": away, "prefix": away / "kwtui"}
    found = find_copies_in(places.get(at, away / sent.path))
    assert found is not None
    entries = found.entries
    assert entries[0].path == sent.path, "the newest first"
    assert len(entries) == (1 if at == "copy" else 2)
    assert not any(entry.problem for entry in entries), "parts of the other copy are seen too"
    assert entries[0].note == "off-site copy, not encrypted"


def test_where_no_copy_lies_none_is_found(tmp_path: Path, away: Path) -> None:
    assert find_copies_in(away.parent) is None
    with pytest.raises(KwtuiError) as raised:
        find_copies(TargetSettings(f"file://{tmp_path}/gone"))
    assert raised.value.exit_code is ExitCode.NOT_FOUND


def test_an_archive_that_cannot_be_read_is_told_and_the_rest_is_found(
    away: Path, sent: SetLocation
) -> None:
    (away / sent.path / "archive.json").write_text("{")
    found = find_copies_in(away)
    assert found is not None
    assert sent.path not in [entry.path for entry in found.entries]
    assert found.problem.startswith(f"1 copy cannot be used. {sent.path}: ")


def test_the_best_copy_of_each_database_comes_first(away: Path, sent: SetLocation) -> None:
    found = find_copies_in(away)
    assert found is not None
    newest, older = found.copies
    assert newest.archive is not None

    def copy(path: str, days: int, **more: object) -> Copy:
        assert newest.archive is not None
        archive = replace(newest.archive, started=newest.archive.started + timedelta(days=days))
        return replace(newest, path=path, archive=archive, **more)  # type: ignore[arg-type]

    part = copy("kwtui/shop/20261126T000000Z", 2)
    part = replace(part, archive=replace(newest.archive, only=("orders",)))
    damaged = copy("kwtui/shop/20261127T000000Z", 3, problem="a part is missing")
    other = copy("kwtui/plant/20261120T000000Z", -9)
    leftover = replace(newest, path="kwtui/shop/20261128T000000Z", archive=None)
    order = [other, newest, older, part, damaged]
    assert list(ranked([damaged, leftover, older, part, newest, other])) == order


def test_one_table_is_taken_out_though_the_rest_is_lost(
    away: Path, sent: SetLocation, tmp_path: Path
) -> None:
    found = find_copies_in(away)
    assert found is not None
    archive = found.archive(sent.path)
    assert tables_of(archive) == (ORDERS, ODD), "a table without rows has no part"
    for name in ("orders", "public.orders"):
        assert table_of(archive, name) == ORDERS
    with pytest.raises(KwtuiError, match=f"no rows of a table {EMPTY.name}"):
        table_of(archive, EMPTY.name)
    for part in away.rglob("*sel*"):
        part.unlink()
    (tmp_path / "work").mkdir()
    read: list[tuple[int, int]] = []
    take_table(found, sent.path, ORDERS, tmp_path / "work", (), lambda *each: read.append(each))
    details = open_set(tmp_path / "work", sent.path)
    assert [table.name for table in details.tables] == [ORDERS]
    assert details.tables[0].rows == 4
    assert read[-1][0] == read[-1][1] < sum(part.bytes for part in archive.parts)


def test_a_dot_in_the_name_of_a_schema_or_table_ends_neither(tmp_path: Path, away: Path) -> None:
    schema, table = TableName("a.b", "c"), TableName("a", "x.y")
    (tmp_path / "extern").mkdir()
    content: dict[TableName, list[list[str | None]]] = {
        schema: [["1", "x"]],
        table: [["2", "y"], ["3", "z"]],
    }
    location = make_set(tmp_path / "extern", tmp_path / "state", content)
    push(target_in(away), location, tmp_path / "state")
    found = find_copies_in(away)
    assert found is not None
    archive = found.archive(location.path)
    assert set(tables_of(archive)) == {schema, table}
    assert table_of(archive, "c") == schema
    assert table_of(archive, "x.y") == table
    (tmp_path / "work").mkdir()
    take_table(found, location.path, schema, tmp_path / "work", ())
    (taken,) = open_set(tmp_path / "work", location.path).tables
    assert (taken.name, taken.rows) == (schema, 1)


def test_a_copy_is_brought_into_extern_once(away: Path, sent: SetLocation, tmp_path: Path) -> None:
    node = tmp_path / "node"
    node.mkdir()
    found = find_copies_in(away)
    assert found is not None
    assert bring_copy(found, sent.path, node, tmp_path / "state", ()) == sent.path
    assert verify(node, sent.path, ProofLevel.P2, record=False).ok
    before = files_in(node)
    for part in away.rglob("*.tar.zst"):
        part.unlink()
    assert bring_copy(found, sent.path, node, tmp_path / "state", ()) == sent.path
    assert files_in(node) == before, "the same set is there: nothing is read"
    (node / sent.path / "manifest.json").write_text("{}")
    with pytest.raises(KwtuiError) as raised:
        bring_copy(found, sent.path, node, tmp_path / "state", ())
    assert raised.value.exit_code is ExitCode.NAME_TAKEN


def test_a_node_that_never_exported_gets_its_extern(
    away: Path, sent: SetLocation, tmp_path: Path
) -> None:
    found = find_copies_in(away)
    assert found is not None
    store = tmp_path / "store"
    store.mkdir()
    assert bring_copy(found, sent.path, store / "extern", tmp_path / "state", ()) == sent.path
    assert verify(store / "extern", sent.path, ProofLevel.P2, record=False).ok
    with pytest.raises(KwtuiError):
        bring_copy(found, sent.path, store / "etxern", tmp_path / "state", ())
    assert [each.name for each in store.iterdir()] == ["extern"], "a slip of the pen makes nothing"
