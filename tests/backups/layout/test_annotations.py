"""Pins, remarks and labels: beside the set, never in it, and a pin is never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.layout.annotations import annotate, read_annotation
from kwtui.backups.layout.location import SetLocation, sidecar_root
from kwtui.backups.listing.entries import BackupEntry
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode, KwtuiError
from tests.backups.builder import make_set

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    return tmp_path / "extern"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def location(extern: Path, state: Path) -> SetLocation:
    return make_set(extern, state, label="nightly")


def entry(extern: Path, state: Path) -> BackupEntry:
    (found,) = scan(extern, state).entries
    return found


def no_room(*_: object, **__: object) -> None:
    raise KwtuiError("x cannot be written.", cause="Permission denied")


def test_what_is_said_shows_in_the_listing_and_the_set_is_not_touched(
    extern: Path, state: Path, location: SetLocation
) -> None:
    before = {p: p.stat().st_mtime_ns for p in location.root.rglob("*")}

    annotate(extern, location.path, state, now=NOW, pinned=True)
    annotate(extern, location.path, state, now=NOW, remark="before the move")
    annotate(extern, location.path, state, now=NOW, label="release 4.2")

    found = entry(extern, state)
    assert (found.pinned, found.remark, found.label) == (True, "before the move", "release 4.2")
    assert {p: p.stat().st_mtime_ns for p in location.root.rglob("*")} == before
    (notes,) = [p for p in location.root.parent.iterdir() if p != location.root]
    assert notes.name == f".{location.root.name}.notes.json"
    assert notes.stat().st_mode & 0o007 == 0


def test_another_account_sees_the_pin(extern: Path, state: Path, location: SetLocation) -> None:
    annotate(extern, location.path, state, now=NOW, pinned=True)

    assert entry(extern, state.parent / "another").pinned


def test_taking_back_what_was_said(extern: Path, state: Path, location: SetLocation) -> None:
    annotate(extern, location.path, state, now=NOW, pinned=True, remark="x", label="y")
    annotate(extern, location.path, state, now=NOW, pinned=False, remark="", label="nightly")

    found = entry(extern, state)
    assert (found.pinned, found.remark, found.label) == (False, "", "nightly")


def test_where_extern_may_not_be_written_it_is_kept_for_this_account_and_says_so(
    extern: Path, state: Path, location: SetLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse_extern(path: Path, content: bytes, *, mode: int = 0o640) -> None:
        if path.is_relative_to(extern):
            no_room()
        path.write_bytes(content)

    monkeypatch.setattr("kwtui.backups.layout.annotations.write_file", refuse_extern)

    assert annotate(extern, location.path, state, now=NOW, pinned=True).private

    found = entry(extern, state)
    assert found.pinned
    assert "for this account only" in found.note
    assert not entry(extern, state.parent / "another").pinned


def test_a_pin_that_this_account_cannot_take_away_stays_and_that_is_an_error(
    extern: Path, state: Path, location: SetLocation, monkeypatch: pytest.MonkeyPatch
) -> None:
    annotate(extern, location.path, state, now=NOW, pinned=True)
    monkeypatch.setattr("kwtui.backups.layout.annotations.write_file", no_room)

    with pytest.raises(KwtuiError) as caught:
        annotate(extern, location.path, state, now=NOW, pinned=False)

    assert caught.value.exit_code is ExitCode.EXTERN_NOT_READABLE
    assert entry(extern, state).pinned


def test_a_pin_in_either_place_counts_and_the_later_words_do(
    extern: Path, state: Path, location: SetLocation
) -> None:
    annotate(extern, location.path, state, now=NOW, pinned=True, remark="old")
    beside = location.root.parent / f".{location.root.name}.notes.json"
    private = sidecar_root(extern, state) / Path(location.path).parent / beside.name
    private.parent.mkdir(parents=True)
    private.write_bytes(beside.read_bytes())
    annotate(extern, location.path, state, now=NOW + timedelta(1), pinned=False, remark="new")
    private.write_bytes(beside.read_bytes().replace(b'"pinned":false', b'"pinned":true'))

    found = read_annotation(extern, location.path, sidecar_root(extern, state))

    assert (found.pinned, found.remark) == (True, "new")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"pinned": "perhaps"}', b"\xff\xfe"])
def test_notes_that_cannot_be_read_count_as_a_pin(
    extern: Path, state: Path, location: SetLocation, content: bytes
) -> None:
    (location.root.parent / f".{location.root.name}.notes.json").write_bytes(content)

    found = entry(extern, state)
    assert found.pinned
    assert "cannot be read" in found.note
    with pytest.raises(KwtuiError) as caught:
        annotate(extern, location.path, state, now=NOW, pinned=False)
    assert caught.value.exit_code is ExitCode.BACKUP_DAMAGED


@pytest.mark.parametrize("text", ["two\nlines", "\x1b[31m", "x" * 501])
def test_a_note_is_one_plain_line(
    extern: Path, state: Path, location: SetLocation, text: str
) -> None:
    with pytest.raises(KwtuiError) as caught:
        annotate(extern, location.path, state, now=NOW, remark=text)

    assert caught.value.exit_code is ExitCode.USAGE


def test_notes_of_a_set_that_is_gone_are_listed_as_what_they_are(
    extern: Path, state: Path, location: SetLocation
) -> None:
    annotate(extern, location.path, state, now=NOW, pinned=True)
    location.root.rename(extern.parent / "away")

    assert [e.path for e in scan(extern, state).entries] == [
        f"kwtui/shop/.{location.root.name}.notes.json"
    ]
