"""What vouches for a set: the order of its checks and its own path, and only what decodes."""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.layout.annotations import notes_name, read_annotation
from kwtui.backups.layout.location import SetLocation, all_proofs, sidecar_root
from kwtui.backups.layout.naming import set_path
from kwtui.backups.layout.proof_log import append_proof, read_proofs
from kwtui.backups.layout.unfinished import UNFINISHED_FILE, Unfinished, read_mark, write_mark
from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import (
    Proof,
    decode_manifest,
    decode_summary,
    encode_manifest,
    read_manifest,
    standing_proof,
    write_manifest,
)
from kwtui.backups.retention import Rule, decide, is_last_proven, stand_in
from kwtui.backups.schema_file import read_schema
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.moments import moment_of
from kwtui.model.proof import ProofLevel
from kwtui.model.retention import RetentionPolicy
from kwtui.runs.journal import decode_event, read_events
from tests.backups.builder import STARTED, make_set

DAY = timedelta(days=1)
NOW = STARTED + 30 * DAY


def proof(level: ProofLevel, at: datetime, *, ok: bool = True) -> Proof:
    return Proof(at, level, level, ok, summary="a check")


@pytest.fixture
def location(tmp_path: Path) -> SetLocation:
    return make_set(tmp_path / "extern", tmp_path / "state")


def listed(location: SetLocation) -> dict[str, BackupEntry]:
    found = scan(location.extern)
    return {entry.path: entry for entry in found.entries}


# -- order ----------------------------------------------------------------------------------------


def test_a_check_that_failed_stands_although_its_clock_was_behind(location: SetLocation) -> None:
    append_proof(location.proofs, proof(ProofLevel.P4, STARTED + 9 * DAY))
    append_proof(location.proofs, proof(ProofLevel.P2, STARTED + DAY, ok=False))
    proofs = all_proofs(location, None)
    assert [p.ok for p in proofs] == [True, False]
    assert not standing_proof(ProofLevel.P2, STARTED, proofs).ok
    assert "The last check failed" in listed(location)[location.path].problem

    append_proof(location.proofs, proof(ProofLevel.P2, STARTED))
    assert standing_proof(ProofLevel.P2, STARTED, all_proofs(location, None)).ok


def test_two_places_keep_the_order_of_each(location: SetLocation, tmp_path: Path) -> None:
    mirror = sidecar_root(location.extern, tmp_path / "state")
    beside, private = location.proofs, mirror / location.path / "proofs.jsonl"
    private.parent.mkdir(parents=True)
    append_proof(beside, proof(ProofLevel.P2, STARTED + 5 * DAY))
    append_proof(beside, proof(ProofLevel.P1, STARTED + DAY, ok=False))
    append_proof(private, proof(ProofLevel.P4, STARTED + 3 * DAY))
    levels = [p.level for p in all_proofs(location, mirror)]
    assert levels == [ProofLevel.P4, ProofLevel.P2, ProofLevel.P1]


def test_a_cut_last_line_makes_the_proof_unknown_until_the_next_check(
    location: SetLocation,
) -> None:
    append_proof(location.proofs, proof(ProofLevel.P4, STARTED + DAY))
    with location.proofs.open("ab") as log:
        log.write(b'{"at":"2026-12-01T00:00:0')
    entry = listed(location)[location.path]
    assert (entry.proof, "The result of the last check is lost" in entry.problem) == (None, True)
    append_proof(location.proofs, proof(ProofLevel.P2, STARTED + 2 * DAY))
    assert listed(location)[location.path].proof is ProofLevel.P2


# -- copies ---------------------------------------------------------------------------------------


def test_a_copy_under_a_name_of_kwtui_stands_for_nothing(location: SetLocation) -> None:
    copied = set_path("kwtui", "shop", STARTED + DAY)
    shutil.copytree(location.root, location.extern / copied)
    entries = listed(location)
    original, copy = entries[location.path], entries[copied]
    assert (original.copy_of, copy.copy_of) == ("", location.path)
    assert f"a copy of {location.path}" in copy.note
    assert is_last_proven(original, entries.values())
    assert stand_in(original, entries.values()) is None

    decided = {d.entry.path: d for d in decide(entries.values(), RetentionPolicy(keep_last=1), NOW)}
    assert decided[location.path].keep
    assert [r.rule for r in decided[copied].reasons] == [Rule.NOT_NAMED]


@pytest.mark.parametrize("change", [{"database": "other"}, {"started": STARTED + 60 * DAY}])
def test_a_manifest_that_disagrees_with_its_path_counts_for_nothing(
    location: SetLocation, change: dict[str, Any]
) -> None:
    manifest = replace(read_manifest(location.manifest), **change)
    write_manifest(location.manifest, manifest)
    assert listed(location)[location.path].copy_of


def test_the_newest_of_the_highest_proof_stays(tmp_path: Path) -> None:
    places = [
        make_set(tmp_path / "extern", tmp_path / "state", started=STARTED + n * DAY)
        for n in range(4)
    ]
    for n in (0, 1):
        append_proof(places[n].proofs, proof(ProofLevel.P4, STARTED + 9 * DAY))
    decided = decide(listed(places[0]).values(), RetentionPolicy(keep_last=1), NOW)
    kept = {d.entry.path: [r.rule for r in d.reasons] for d in decided if d.keep}
    assert kept == {
        places[3].path: [Rule.LAST, Rule.LAST_PROVEN],
        places[1].path: [Rule.BEST_PROVEN],
    }


# -- what decodes ---------------------------------------------------------------------------------


def sealed(location: SetLocation, old: bytes, new: bytes) -> None:
    """Change the manifest's text, with the line that vouches for it right again."""
    text = encode_manifest(read_manifest(location.manifest))
    raw = re.sub(rb' "sha256": "[0-9a-f]{64}",\n', b"", text, count=1)
    changed = re.sub(old, new, raw, count=1)
    assert changed != raw
    seal = f' "sha256": "{hashlib.sha256(changed).hexdigest()}",\n'.encode()
    location.manifest.write_bytes(b"{\n" + seal + changed.removeprefix(b"{\n"))


BAD_FIELDS: list[tuple[bytes, bytes]] = [
    (rb'"started": "[^"]*"', b'"started": "2026-11-22T08:20:35"'),
    (rb'"started": "[^"]*"', b'"started": "0001-01-01T00:00:00+14:00"'),
    (rb'"finished": "[^"]*"', b'"finished": "9999-12-31T23:59:59-12:00"'),
    (rb'"tables": \d+', b'"tables": -3'),
    (rb'"tables": \d+', b'"tables": ' + b"9" * 40),
    (rb'"engine": "[a-z-]*"', b'"engine": "steam"'),
    (rb'"database": "shop"', b'"database": 7'),
    (rb'"label": "[^"]*"', b'"label": "' + b"x" * 5_000 + b'"'),
    (rb'"database": "shop"', b'"database": "other", "database": "shop"'),
    (rb'"database": "shop"', rb'"d\\u0061tabase": "other", "database": "shop"'),
    (rb'"folder": "', b'"folder": "public/other", "folder": "'),
    (rb'"node_id": \d+', b'"node_id": ' + b"9" * 30),
    (rb'"node_id": \d+', b'"node_id": -1'),
    (rb'"node_id": \d+', b'"node_id": 1, "later": 1e999'),
    (rb'"node_id": \d+', b'"node_id": 1, "later": ' + b"9" * 20_000),
    (rb'"node_id": \d+', b'"node_id": 1, "later": NaN'),
    (rb'"database": "shop"', rb'"database": "shop\\u0000"'),
    (rb'"path": "', rb'"path": "\\u0000'),
    (rb'"folder": "', rb'"folder": "\\u0000'),
]


@pytest.mark.parametrize(("old", "new"), BAD_FIELDS)
def test_one_bad_set_is_one_bad_line_of_a_listing(
    location: SetLocation, tmp_path: Path, old: bytes, new: bytes
) -> None:
    make_set(tmp_path / "extern", tmp_path / "state", started=STARTED + DAY)
    sealed(location, old, new)
    entries = listed(location)
    assert len(entries) == 2
    assert "is damaged" in entries[location.path].problem
    decide(entries.values(), RetentionPolicy(keep_last=1), NOW)


OTHER_FORMS: dict[str, Callable[[bytes], bytes]] = {
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "NUL behind it": lambda data: data + b"\0",
    "NUL alone": lambda data: bytes(len(data)),
    "Infinity": lambda data: data.replace(b"{", b'{"later": Infinity, ', 1),
    "a field twice": lambda data: data.replace(b"{", b'{"later": 1, "later": 2, ', 1),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_json_that_kwtui_does_not_write_is_told_with_its_file(
    location: SetLocation, form: str
) -> None:
    changed = OTHER_FORMS[form]
    folder, _, name = location.path.rpartition("/")
    notes = location.extern / folder / notes_name(name)
    notes.write_bytes(changed(b'{"pinned": false}'))
    assert f"{notes} is damaged: " in listed(location)[location.path].note
    assert listed(location)[location.path].pinned
    notes.unlink()
    append_proof(location.proofs, proof(ProofLevel.P2, STARTED))
    proofs = location.proofs.read_bytes()
    location.proofs.write_bytes(changed(proofs.removesuffix(b"\n")) + b"\n")
    assert not read_proofs(location.proofs)[0].ok
    location.proofs.unlink()
    schema = location.schema.read_bytes()
    location.schema.write_bytes(changed(schema))
    told = open_set(location.extern, location.path).problems
    assert any(f"{location.schema} is damaged. " in words for words in told), told
    location.schema.write_bytes(schema)
    manifest = location.manifest.read_bytes()
    location.manifest.write_bytes(changed(manifest))
    assert "manifest.json is damaged" in listed(location)[location.path].problem
    location.manifest.unlink()
    mark = location.manifest.parent / UNFINISHED_FILE
    write_mark(mark.parent, Unfinished(STARTED, "r1", "failed", "The disk was full."))
    assert "run r1 failed. The disk was full." in listed(location)[location.path].problem
    mark.write_bytes(changed(mark.read_bytes()))
    assert f"{mark} is damaged. " in listed(location)[location.path].problem


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rb'"charset": "UTF-8"', b'"charset": "EBCDIC"'),
        (rb'"delimiter": ","', b'"delimiter": "ab"'),
    ],
)
def test_a_dialect_that_no_backup_has_is_damage(
    location: SetLocation, old: bytes, new: bytes
) -> None:
    sealed(location, old, new)
    with pytest.raises(KwtuiError) as refused:
        open_set(location.extern, location.path)
    assert refused.value.exit_code is ExitCode.BACKUP_DAMAGED


@pytest.mark.parametrize("seconds", [1e12, 1e19, -1e12, float("nan"), float("inf")])
def test_a_time_of_a_file_that_no_clock_told_is_none(seconds: float) -> None:
    assert moment_of(seconds) is None
    assert moment_of(0.0) == datetime(1970, 1, 1, tzinfo=UTC)


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
).map(lambda value: msgspec.json.encode(value))
ANY = (
    st.binary(max_size=200)
    | JSON
    | st.integers(1, 200_000).map(nested)
    | st.integers(1, 200_000).map(lambda n: b'{"at":' * n)
)


def mutated(data: bytes) -> st.SearchStrategy[bytes]:
    """A right file with some of it replaced."""
    return st.tuples(st.integers(0, len(data)), st.integers(0, 20), ANY).map(
        lambda cut: data[: cut[0]] + cut[2] + data[cut[0] + cut[1] :]
    )


@pytest.fixture(scope="module")
def right(tmp_path_factory: pytest.TempPathFactory) -> SetLocation:
    folder = tmp_path_factory.mktemp("right")
    made = make_set(folder / "extern", folder / "state")
    append_proof(made.proofs, proof(ProofLevel.P2, STARTED))
    return made


def test_no_bytes_make_a_decoder_fail_otherwise(right: SetLocation, tmp_path: Path) -> None:
    """Manifest, schema, mark, proofs, notes and journal: our own error or none."""
    notes = tmp_path / notes_name("x")
    others: list[tuple[Path, Callable[[], object]]] = [
        (tmp_path / "schema.json", lambda: read_schema(tmp_path / "schema.json")),
        (tmp_path / "proofs.jsonl", lambda: read_proofs(tmp_path / "proofs.jsonl")),
        (tmp_path / UNFINISHED_FILE, lambda: read_mark(tmp_path)),
        (notes, lambda: read_annotation(tmp_path, "x", None)),
        (tmp_path / "events.jsonl", lambda: read_events(tmp_path / "events.jsonl")),
    ]
    manifest, log = right.manifest.read_bytes(), right.proofs.read_bytes()

    @given(ANY | mutated(manifest) | mutated(log) | mutated(right.schema.read_bytes()))
    def check(data: bytes) -> None:
        began = time.process_time()
        for decode in (decode_manifest, decode_summary):
            with suppress(KwtuiError):
                decode(data, "manifest.json")
        decode_event(data)
        for file, read in others:
            file.write_bytes(data)
            with suppress(KwtuiError):
                read()
        assert time.process_time() - began < 5

    check()


def test_proofs_that_decode_can_be_put_in_order(tmp_path: Path) -> None:
    """A time without a zone is damage: it can be compared with no other."""
    log = tmp_path / "proofs.jsonl"
    log.write_bytes(
        b'{"at":"2026-12-01T00:00:00","level":2,"wanted":2,"ok":true}\n'
        b'{"at":"2026-12-01T00:00:00Z","level":2,"wanted":2,"ok":true}\n'
    )
    first, second = read_proofs(log)
    assert (first.ok, second.ok) == (False, True)
    assert first.at.tzinfo is UTC or first.at.utcoffset() is not None
