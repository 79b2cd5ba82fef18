"""Manifests and proofs: whole or not there, and damage is named."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from kwtui.backups.layout.location import all_proofs, find_location, new_location, record_proof
from kwtui.backups.manifest import (
    Manifest,
    Proof,
    Segment,
    TableEntry,
    decode_manifest,
    encode_manifest,
    read_manifest,
    standing_proof,
)
from kwtui.backups.schema_file import read_schema, write_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files import durable
from kwtui.files.durable import write_file
from kwtui.model.proof import ContentChecksum, ProofLevel
from kwtui.model.schema import TableName
from tests.backups.builder import CONTENT, STARTED, make_set, schema_of
from tests.growth import assert_linear


def proof(level: ProofLevel, days: int, *, ok: bool = True) -> Proof:
    return Proof(STARTED + timedelta(days=days), level, level, ok)


def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    manifest = read_manifest(location.manifest)
    assert decode_manifest(encode_manifest(manifest), "x") == manifest
    assert manifest.totals.rows == 5
    assert manifest.totals.tables == 3
    assert read_schema(location.schema) == schema_of(CONTENT)
    mode = location.manifest.stat().st_mode & 0o777
    assert mode & 0o007 == 0, "nobody else may read it"
    assert b"\n" in location.manifest.read_bytes()[:100], "people can read it"


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xff", b'{"format": 1}', b'{"format": 1, "set_id": 7}']
)
def test_a_damaged_manifest_says_so(content: bytes) -> None:
    with pytest.raises(KwtuiError) as caught:
        decode_manifest(content, "shop/manifest.json")
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "shop/manifest.json is damaged" in caught.value.title


def _again(table: TableEntry, **changes: object) -> TableEntry:
    return replace(table, **changes)  # type: ignore[arg-type]


def _repeated(manifest: Manifest) -> dict[str, Manifest]:
    """Manifests that say something twice, or less than nothing."""
    full = next(table for table in manifest.tables if table.files)
    other = _again(full, name=TableName("public", "other"), folder="public/other", files=())
    file = full.files[0]
    changed = {
        "the table": (full, _again(full, folder="public/b", files=())),
        "the folder": (full, _again(other, folder=full.folder)),
        "the file": (_again(full, files=(file, file)),),
        "the file of two tables": (full, _again(other, files=(file,))),
        "the column": (_again(full, columns=("a", "a")),),
        "the file of a segment": (
            _again(full, segments=(Segment("", "1", (file.path,)), Segment("1", "", (file.path,)))),
        ),
        "a segment": (_again(full, segments=(Segment("", "", ("data/other.csv",)),)),),
    }
    return {what: replace(manifest, tables=tables) for what, tables in changed.items()}


def test_what_stands_twice_in_a_manifest_is_no_manifest(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    for what, manifest in _repeated(read_manifest(location.manifest)).items():
        with pytest.raises(KwtuiError) as caught:
            decode_manifest(encode_manifest(manifest), "x")
        assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED
        assert " ".join(what.split()[:2]) in (caught.value.cause or ""), what
    both = read_manifest(location.manifest)
    listed = replace(both, files=(*both.files, both.tables[0].files[0]))
    with pytest.raises(KwtuiError):
        decode_manifest(encode_manifest(listed), "x")


def test_a_dot_in_a_name_makes_no_two_tables_one(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    manifest, schema = read_manifest(location.manifest), read_schema(location.schema)
    names = TableName("a.b", "c"), TableName("a", "b.c")
    entry, table = manifest.tables[0], schema.tables[0]
    entries = tuple(_again(entry, name=n, folder=f"f{n.schema}", files=()) for n in names)
    both = replace(manifest, tables=entries)

    decode_manifest(encode_manifest(both), "x")
    write_schema(
        location.schema, replace(schema, tables=tuple(replace(table, name=n) for n in names))
    )

    assert {t.name for t in read_schema(location.schema).tables} == set(names)


@pytest.mark.parametrize("field", [b'"rows": ', b'"bytes": '])
def test_counts_are_not_negative(tmp_path: Path, field: bytes) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    manifest = read_manifest(location.manifest)
    table = replace(manifest.tables[0], checksum=ContentChecksum(0, "0", "0"))
    text = encode_manifest(replace(manifest, tables=(table, *manifest.tables[1:])))
    assert field in text
    lines = re.sub(re.escape(field) + rb"\d+", field + b"-1", text).splitlines(keepends=True)
    seal = hashlib.sha256(b"".join((lines[0], *lines[2:]))).hexdigest()
    lines[1] = f' "sha256": "{seal}",\n'.encode()
    with pytest.raises(KwtuiError) as caught:
        decode_manifest(b"".join(lines), "x")
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED


def test_a_schema_has_each_thing_once(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    schema = read_schema(location.schema)
    table = schema.tables[0]
    for odd in (
        replace(schema, tables=(table, table)),
        replace(schema, tables=(replace(table, columns=table.columns * 2),)),
    ):
        write_schema(location.schema, odd)
        with pytest.raises(KwtuiError) as caught:
            read_schema(location.schema)
        assert "occurs in it twice" in (caught.value.cause or "")


def test_a_manifest_of_a_newer_kwtui_says_so() -> None:
    with pytest.raises(KwtuiError) as caught:
        decode_manifest(b'{"format": 99}', "shop/manifest.json")
    assert "newer kwtui" in caught.value.title


def test_every_cut_of_a_manifest_is_noticed(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    whole = location.manifest.read_bytes().rstrip()
    for length in range(0, len(whole), 97):
        with pytest.raises(KwtuiError):
            decode_manifest(whole[:length], "x")


def test_a_write_that_fails_leaves_the_old_file_and_no_leftover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "manifest.json"
    write_file(file, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("kwtui.files.durable.os.fsync", full)
    with pytest.raises(KwtuiError) as caught:
        write_file(file, b"new")
    assert caught.value.exit_code is ExitCode.DISK_FULL
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_what_stands_is_the_best_proof_since_the_last_bad_one() -> None:
    p1, p2, p4 = ProofLevel.P1, ProofLevel.P2, ProofLevel.P4
    assert standing_proof(p2, STARTED, []).level is p2
    assert standing_proof(p2, STARTED, [proof(p4, 1), proof(p1, 2)]).level is p4
    bad = standing_proof(p2, STARTED, [proof(p4, 1), proof(p1, 2, ok=False)])
    assert not bad.ok
    healed = standing_proof(p2, STARTED, [proof(p1, 2, ok=False), proof(p2, 3)])
    assert (healed.ok, healed.level) == (True, p2)


def test_where_extern_may_not_be_written_the_sidecars_lie_in_the_state_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extern, state = tmp_path / "extern", tmp_path / "state"
    monkeypatch.setattr(
        "kwtui.backups.layout.location.may",
        lambda path, rights: extern not in [path, *path.parents],
    )
    location = make_set(extern, state)
    assert not location.beside
    assert location.manifest.is_relative_to(state)
    assert location.data.is_relative_to(extern)
    assert find_location(extern, location.path, state) == location
    assert not find_location(extern, location.path).manifest.exists()


def test_a_new_set_lies_beside_its_export_where_that_can_be_written(tmp_path: Path) -> None:
    location = new_location(tmp_path / "extern", "kwtui/shop/20261122T082035Z", tmp_path / "state")
    assert location.beside
    assert location.data == tmp_path / "extern/kwtui/shop/20261122T082035Z/data"


def test_a_proof_goes_to_the_state_directory_if_the_set_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    mirror = tmp_path / "state/sets/x"
    record_proof(location, mirror, proof(ProofLevel.P1, 1))

    def closed(path: Path, make: Callable[[bytes], bytes]) -> None:
        if path.is_relative_to(location.extern):
            raise KwtuiError("closed", exit_code=ExitCode.EXTERN_NOT_READABLE)
        durable.append_after(path, make)

    monkeypatch.setattr("kwtui.backups.layout.proof_log.append_after", closed)
    written = record_proof(location, mirror, replace(proof(ProofLevel.P2, 2)))
    assert written.is_relative_to(mirror)
    assert [p.level for p in all_proofs(location, mirror)] == [ProofLevel.P1, ProofLevel.P2]


def test_a_full_disk_is_told_although_the_proof_is_kept_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log beside the set was called unusable, and to be removed: it held the older proofs."""
    location = make_set(tmp_path / "extern", tmp_path / "state")
    mirror = tmp_path / "state/sets/x"

    def full(path: Path, make: Callable[[bytes], bytes]) -> None:
        if path.is_relative_to(location.extern):
            raise KwtuiError("No space is left.", exit_code=ExitCode.DISK_FULL)
        durable.append_after(path, make)

    monkeypatch.setattr("kwtui.backups.layout.proof_log.append_after", full)
    with pytest.raises(KwtuiError, match="No space is left") as told:
        record_proof(location, mirror, proof(ProofLevel.P1, 1, ok=False))
    assert told.value.exit_code is ExitCode.DISK_FULL
    assert [p.ok for p in all_proofs(location, mirror)] == [False]


def test_every_changed_bit_of_a_manifest_is_noticed(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    whole = location.manifest.read_bytes()
    for position in range(0, len(whole) * 8, 101):
        changed = bytearray(whole)
        changed[position // 8] ^= 1 << position % 8
        with pytest.raises(KwtuiError) as caught:
            decode_manifest(bytes(changed), "x")
        assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED


def test_a_manifest_can_be_checked_by_hand(tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    first, seal, *others = location.manifest.read_bytes().splitlines(keepends=True)

    assert hashlib.sha256(b"".join([first, *others])).hexdigest().encode() in seal


def test_a_table_is_found_among_many_without_a_search(tmp_path: Path) -> None:
    """Looking each of them up took a minute of sixty thousand tables."""
    manifest = read_manifest(make_set(tmp_path, tmp_path / "state").manifest)
    (first, *_) = manifest.tables

    def look_up_all(count: int) -> None:
        names = [TableName("public", f"t{number}") for number in range(count)]
        whole = replace(manifest, tables=tuple(replace(first, name=name) for name in names))
        assert all(whole.table(name) is not None for name in names)

    assert_linear(look_up_all, 250)
