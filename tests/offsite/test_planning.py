"""Which parts are planned: every byte of every file once, one table a part, none too large."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.manifest import FileEntry, Manifest, TableEntry, totals_of
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.schema import Engine, TableName
from kwtui.offsite.archive import Archive, ArchivePart
from kwtui.offsite.planning import CopyPlan, known_contents, plan_copy
from tests.backups.builder import STARTED

FOLDER = "kwtui/shop/20261122T082035Z"
MOST = 100
contents = st.builds(
    lambda kind, size: (f"{kind:064x}", size), st.integers(0, 30), st.integers(0, 350)
)


def manifest_of(tables: list[list[tuple[str, int]]]) -> Manifest:
    """A table for each list of contents, by SHA-256 and size."""
    entries = []
    for number, files in enumerate(tables):
        folder = f"public/t{number}"
        entries.append(
            TableEntry(
                TableName("public", f"t{number}"),
                folder,
                ("id",),
                tuple(
                    # Equal contents have one size.
                    FileEntry(f"data/{folder}/n1.{n}.csv", int(sha, 16) * 11 % 350, sha)
                    for n, (sha, _) in enumerate(files)
                ),
            )
        )
    others = (FileEntry("schema.json", 7, "e" * 64),)
    return Manifest(
        FOLDER,
        "shop",
        Engine.RELATIONAL,
        BackupMethod.SNAPSHOT,
        STARTED,
        STARTED,
        "c",
        1,
        "V3.2.1",
        "0.1.0",
        Dialect(),
        tuple(entries),
        totals_of(tuple(entries), others),
        others,
    )


def archive_of(manifest: Manifest, plan: CopyPlan, recipients: tuple[str, ...] = ()) -> Archive:
    stored = {
        part.path: ArchivePart(part.path, part.raw_bytes + 1, "a" * 64, part.raw_bytes)
        for part in plan.parts
    }
    parts, files = plan.archived(stored)
    return Archive(
        plan.folder,
        "shop",
        Engine.RELATIONAL,
        STARTED,
        STARTED,
        STARTED,
        ProofLevel.P2,
        len(manifest.tables),
        None,
        manifest.totals.bytes,
        "f" * 64,
        parts,
        files,
        recipients=recipients,
    )


def planned(manifest: Manifest, folder: str = FOLDER, **options: object) -> CopyPlan:
    return plan_copy(manifest, folder, {}, {}, encrypted=False, most=MOST, **options)  # type: ignore[arg-type]


@given(st.lists(st.lists(contents, max_size=6), max_size=4))
def test_every_byte_goes_once_in_order_and_no_part_is_too_large(
    tables: list[list[tuple[str, int]]],
) -> None:
    manifest = manifest_of(tables)
    plan = planned(manifest)
    sent = {s.member: s for part in plan.parts for s in part.stretches}

    for part in plan.parts[:-1]:
        assert 0 <= part.raw_bytes <= MOST
        assert len({s.path.rpartition("/")[0] for s in part.stretches}) == 1
    assert len({part.path for part in plan.parts}) == len(plan.parts)
    for file in plan.files:
        pieces = [sent[piece.member] for piece in file.pieces]
        assert sum(piece.bytes for piece in pieces) == file.bytes
        assert [piece.offset for piece in pieces] == [n * MOST for n in range(len(pieces))]
    named = Counter(file.path for file in plan.files)
    entries = [*manifest.files, *(f for table in manifest.tables for f in table.files)]
    assert named == Counter(entry.path for entry in entries)


@given(
    st.lists(st.lists(contents, max_size=5), max_size=3),
    st.lists(st.lists(contents, max_size=5), max_size=3),
)
def test_what_an_earlier_copy_holds_is_not_sent_and_all_is_found(
    before: list[list[tuple[str, int]]], after: list[list[tuple[str, int]]]
) -> None:
    old = manifest_of(before)
    earlier = archive_of(old, planned(old))
    there = {part.path: part.bytes for part in earlier.parts}
    manifest = manifest_of(after)
    known = known_contents([earlier], there, ())
    folder = "kwtui/shop/20261123T082035Z"

    plan = plan_copy(manifest, folder, {}, known, encrypted=False, most=MOST)
    archive = archive_of(manifest, plan)

    held = {(f.sha256, f.bytes) for f in earlier.files if f.table and f.bytes}
    digests = {file.path: file.sha256 for file in plan.files}
    sent = {(digests[s.path], s.bytes) for part in plan.parts[:-1] for s in part.stretches}
    assert not {(sha, size) for sha, size in sent if (sha, size) in held}
    at = [part.path for part in archive.parts]
    for file in archive.files:
        indexes = [piece.part for piece in file.pieces]
        # Whoever reads parts in their order meets the pieces of a file in theirs.
        assert indexes == sorted(indexes)
        assert all(at[index].startswith(("kwtui/shop/",)) for index in indexes)


def test_nothing_is_shared_with_those_who_cannot_open_it() -> None:
    manifest = manifest_of([[(f"{5:064x}", 0)]])
    plan = planned(manifest)
    for theirs, ours, shares in (
        (("age1a",), ("age1a",), True),
        (("age1a", "age1b"), ("age1a",), True),
        (("age1a",), ("age1a", "age1b"), False),
        ((), ("age1a",), False),
        (("age1a",), (), False),
    ):
        archive = archive_of(manifest, plan, theirs)
        there = {part.path: part.bytes for part in archive.parts}
        assert bool(known_contents([archive], there, ours)) is shares, (theirs, ours)


def test_a_part_that_is_gone_or_has_another_size_is_not_relied_on() -> None:
    manifest = manifest_of([[(f"{5:064x}", 0)]])
    archive = archive_of(manifest, planned(manifest))
    assert known_contents([archive], {}, ()) == {}
    assert known_contents([archive], {p.path: p.bytes + 1 for p in archive.parts}, ()) == {}


def test_the_newest_copy_that_holds_a_content_counts() -> None:
    manifest = manifest_of([[(f"{5:064x}", 0)]])
    old = archive_of(manifest, planned(manifest))
    newer = replace(
        archive_of(manifest, planned(manifest, "kwtui/shop/20261123T000000Z")),
        made=STARTED + timedelta(days=1),
    )
    there = {part.path: part.bytes for archive in (old, newer) for part in archive.parts}
    (pieces,) = known_contents([newer, old], there, ()).values()
    assert pieces[0].part.startswith("kwtui/shop/20261123")


def test_names_that_other_copies_need_are_not_taken() -> None:
    manifest = manifest_of([[(f"{5:064x}", 0)]])
    first = planned(manifest).parts[0].path
    assert planned(manifest, taken={first}).parts[0].path != first
