"""Two sets side by side: what came, what went, what changed, and what cannot be told."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.backups.difference import Change, Content, SetDifference, compare_sets
from kwtui.backups.listing.contents import SetDetails, open_set
from kwtui.backups.listing.presence import look_at_presence
from kwtui.backups.manifest import Manifest, Proof
from kwtui.commands.compare import difference_lines
from kwtui.model.proof import ContentChecksum, ProofLevel
from kwtui.model.schema import (
    ColumnSpec,
    CommentSpec,
    DatabaseSchema,
    GrantSpec,
    SequenceSpec,
    TableName,
    ViewSpec,
)
from kwtui.screens.storage.compare_rows import summary_words
from kwtui.sql.session import FORMER_TEXT_SETTINGS, TEXT_SETTINGS
from tests.backups.builder import (
    CONTENT,
    EMPTY,
    ODD,
    ORDERS,
    STARTED,
    make_set,
    write_recorded_tree,
)

NEW = TableName("public", "new")


@pytest.fixture
def first(tmp_path: Path) -> SetDetails:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    return open_set(tmp_path / "extern", location.path)


def other(tmp_path: Path, content: dict[TableName, list[list[str | None]]]) -> SetDetails:
    started = STARTED + timedelta(hours=1)
    location = make_set(tmp_path / "extern", tmp_path / "state", content, started=started)
    return open_set(tmp_path / "extern", location.path)


def changes(found: SetDifference) -> dict[str, Change]:
    return {str(t.name): t.change for t in found.tables}


def manifest_of(details: SetDetails) -> Manifest:
    assert details.manifest is not None
    return details.manifest


def schema_of(details: SetDetails) -> DatabaseSchema:
    assert details.schema is not None
    return details.schema


def with_checksum(details: SetDetails, name: TableName, checksum: ContentChecksum) -> SetDetails:
    manifest = manifest_of(details)
    tables = tuple(replace(t, checksum=checksum) if t.name == name else t for t in manifest.tables)
    return replace(details, manifest=replace(manifest, tables=tables))


def test_a_set_is_the_same_as_itself(first: SetDetails) -> None:
    found = compare_sets(first, first)

    assert found.is_same
    assert {t.content for t in found.tables} == {Content.SAME}
    assert found.unknown == ()


def test_checksums_that_were_read_under_other_settings_tell_nothing_of_floats(
    first: SetDetails,
) -> None:
    former = dict(FORMER_TEXT_SETTINGS)
    with_floats = first
    for kind in ("INT8", "FLOAT8"):
        table = replace(first.tables[0].columns[0], type=kind)
        changed = replace(first.tables[0], columns=(table, *first.tables[0].columns[1:]))
        with_floats = replace(first, tables=(changed, *first.tables[1:]))
        name = changed.name
        now = with_checksum(with_floats, name, ContentChecksum(4, "1", "2"))
        now = replace(now, manifest=replace(manifest_of(now), text_settings=dict(TEXT_SETTINGS)))
        old = with_checksum(with_floats, name, ContentChecksum(4, "1", "2"))
        old = replace(old, manifest=replace(manifest_of(old), text_settings=former))
        other = with_checksum(old, name, ContentChecksum(4, "3", "4"))

        found = {t.name: t.content for t in compare_sets(other, now).tables}[name]
        # The files are the very same; only the checksum of another kind is left aside.
        assert found is (Content.DIFFERENT if kind == "INT8" else Content.SAME)


def test_tables_that_came_and_went(first: SetDetails, tmp_path: Path) -> None:
    content = {k: v for k, v in CONTENT.items() if k != ODD} | {NEW: [["1", "x"]]}

    found = compare_sets(first, other(tmp_path, content))

    assert changes(found) == {
        str(EMPTY): Change.SAME,
        str(NEW): Change.ADDED,
        str(ORDERS): Change.SAME,
        str(ODD): Change.REMOVED,
    }
    added = next(t for t in found.tables if t.name == NEW)
    assert (added.rows_before, added.rows_after) == (None, 1)


def test_other_rows_are_seen_by_number_and_by_checksum(first: SetDetails, tmp_path: Path) -> None:
    more = compare_sets(first, other(tmp_path, {**CONTENT, ODD: [["7", "值"], ["8", "x"]]}))

    assert changes(more)[str(ODD)] is Change.CHANGED
    assert more.changed[0].content is Content.DIFFERENT

    one = with_checksum(first, ORDERS, ContentChecksum(4, "1", "2"))
    two = with_checksum(first, ORDERS, ContentChecksum(4, "1", "3"))
    assert changes(compare_sets(one, two))[str(ORDERS)] is Change.CHANGED
    assert compare_sets(one, one).is_same


def test_as_many_rows_without_a_checksum_prove_nothing(first: SetDetails, tmp_path: Path) -> None:
    second = other(tmp_path, {**CONTENT, ODD: [["7", "another"]]})

    found = compare_sets(first, second)

    table = next(t for t in found.tables if t.name == ODD)
    assert (table.change, table.content) == (Change.SAME, Content.UNKNOWN)
    assert any(str(ODD) in words for words in found.unknown)


def test_columns_and_definitions(first: SetDetails) -> None:
    schema = schema_of(first)
    columns = (
        ColumnSpec("id", "INT4", nullable=False),
        ColumnSpec("extra", "STRING", default="'x'"),
    )
    changed = replace(schema.tables[0], columns=columns, create_statement="CREATE TABLE x")
    second = replace(
        first,
        schema=replace(schema, tables=(changed, *schema.tables[1:])),
        tables=tuple(
            replace(t, create_statement="CREATE TABLE x") if t.name == changed.name else t
            for t in first.tables
        ),
    )

    (found,) = compare_sets(first, second).changed

    assert [(c.name, c.change, c.before, c.after) for c in found.columns] == [
        ("id", Change.CHANGED, "INT8 NOT NULL", "INT4 NOT NULL"),
        ("name", Change.REMOVED, "STRING", ""),
        ("extra", Change.ADDED, "", "STRING DEFAULT 'x'"),
    ]
    assert "+CREATE TABLE x" in found.definition
    assert not any(line.startswith("---") for line in found.definition)


def test_everything_beside_tables(first: SetDetails) -> None:
    schema = schema_of(first)
    richer = replace(
        schema,
        views=(ViewSpec(TableName("public", "v"), "CREATE VIEW v AS SELECT 1"),),
        sequences=(SequenceSpec(TableName("public", "s"), "CREATE SEQUENCE s", 5),),
        comments=(CommentSpec("TABLE public.orders", "sold"),),
        grants=(GrantSpec("TABLE public.orders", "clerk", ("SELECT",)),),
        retention="30d",
    )
    before, after = first, replace(first, schema=richer)

    added = compare_sets(before, after).objects
    removed = compare_sets(after, before).objects

    assert {o.what for o in added} == {"database", "view", "sequence", "comment", "grant"}
    assert {o.change for o in added} == {Change.ADDED}
    assert {o.change for o in removed} == {Change.REMOVED}
    later = replace(
        richer, sequences=(SequenceSpec(TableName("public", "s"), "CREATE SEQUENCE s", 9),)
    )
    (moved,) = compare_sets(after, replace(first, schema=later)).objects
    assert (moved.what, moved.change) == ("sequence", Change.CHANGED)


def test_an_export_of_others_is_compared_as_far_as_it_can_be(
    first: SetDetails, tmp_path: Path
) -> None:
    write_recorded_tree(tmp_path / "extern/old", "03-relational-export", "db_default")
    tree = open_set(tmp_path / "extern", "old")

    found = compare_sets(first, tree)

    assert any("schema.json" in words for words in found.unknown)
    assert found.objects == ()


def test_columns_that_one_side_does_not_know_are_not_called_removed(first: SetDetails) -> None:
    broken_off = replace(
        first,
        manifest=None,
        schema=None,
        tables=tuple(replace(t, columns=(), rows=None) for t in first.tables),
    )

    found = compare_sets(first, broken_off)

    assert [table.columns for table in found.tables] == [()] * len(first.tables)
    assert {table.change for table in found.tables} == {Change.UNKNOWN}
    assert not found.differs
    assert any("tells no columns" in words for words in found.unknown)


def test_what_a_manifest_says_of_files_that_are_gone_is_no_content(
    tmp_path: Path, first: SetDetails
) -> None:
    second = other(tmp_path, dict(CONTENT))
    table = manifest_of(second).tables[0]
    (second.location.root / table.files[0].path).unlink()

    found = compare_sets(
        first,
        second,
        look_at_presence(first.location, first.manifest),
        look_at_presence(second.location, second.manifest),
    )
    turned = compare_sets(
        second,
        first,
        look_at_presence(second.location, second.manifest),
        look_at_presence(first.location, first.manifest),
    )

    contents = {t.name: t.content for t in found.tables}
    assert contents.pop(table.name) is Content.UNKNOWN
    assert set(contents.values()) == {Content.SAME}
    assert {t.name: t.content for t in turned.tables}[table.name] is Content.UNKNOWN
    (words,) = found.unknown
    assert f"{second.entry.path} is damaged: files of {table.name} are missing" in words
    assert turned.unknown == found.unknown


def test_a_set_that_failed_its_check_is_never_the_same(first: SetDetails) -> None:
    bad = Proof(
        at=STARTED + timedelta(hours=2),
        level=ProofLevel.P0,
        wanted=ProofLevel.P2,
        ok=False,
        problems=("data/public/orders/n1.0.csv: has changed since the backup was sealed",),
    )
    failed = replace(first, proofs=(bad,))

    found = compare_sets(failed, first)

    assert not found.is_same
    assert not found.differs
    assert found.damaged == (first.entry.path,)
    assert set(changes(found).values()) == {Change.UNKNOWN}
    assert {t.content for t in found.tables} == {Content.UNKNOWN}
    assert "failed its last check" in found.unknown[0]
    assert found.compared_nothing
    assert summary_words(found, everything=True) == "Nothing could be compared."
    assert "Nothing could be compared." in "\n".join(difference_lines(found))


def test_rows_in_a_form_that_is_not_read_are_not_called_the_same(tmp_path: Path) -> None:
    write_recorded_tree(tmp_path / "extern/old", "03-relational-export", "db_default")
    write_recorded_tree(tmp_path / "extern/packed", "03-relational-export", "db_default")
    file = next((tmp_path / "extern/packed").rglob("orders/*.csv"))
    file.rename(f"{file}.gz")
    old, packed = (open_set(tmp_path / "extern", name) for name in ("old", "packed"))

    found = compare_sets(old, packed)

    assert changes(found)["public.orders"] is Change.UNKNOWN
    assert any("is packed with gzip, so its rows are not compared" in w for w in found.unknown)


def test_two_exports_without_tables_are_not_called_the_same(tmp_path: Path) -> None:
    write_recorded_tree(tmp_path / "extern/old", "03-relational-export", "db_default")
    tree = open_set(tmp_path / "extern", "old")

    assert not compare_sets(replace(tree, tables=()), replace(tree, tables=())).is_same
