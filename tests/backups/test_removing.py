"""Removing a set: whole or named as being deleted, never anything beside it."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.backups.layout.annotations import annotate
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.trash import is_trash, original_path, trash_path
from kwtui.backups.listing.entries import BackupEntry, EntryKind
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import read_manifest
from kwtui.backups.removing import check_removable, contents_of, remove_set
from kwtui.errors import ExitCode, KwtuiError
from tests.backups.builder import STARTED, make_set
from tests.ready_process import ready_process

NOW = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "extern"
    extern.mkdir()
    return extern


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def everything(root: Path) -> set[str]:
    return {str(p.relative_to(root)) for p in root.rglob("*")}


def refused(extern: Path, path: str) -> ExitCode:
    with pytest.raises(KwtuiError) as caught:
        remove_set(extern, path)
    return caught.value.exit_code


def test_a_set_goes_with_its_notes_and_its_neighbour_stays(extern: Path, state: Path) -> None:
    kept = make_set(extern, state, started=STARTED + timedelta(days=1))
    before = everything(extern)
    location = make_set(extern, state)
    annotate(extern, location.path, state, now=NOW, remark="to go")
    files = contents_of(location.root)

    removed = remove_set(extern, location.path, state)

    assert (removed.files, removed.bytes) == (files.files, files.bytes)
    assert everything(extern) == before
    assert kept.manifest.exists()


def test_with_the_last_set_its_empty_folders_go(extern: Path, state: Path) -> None:
    first = make_set(extern, state)
    second = make_set(extern, state, started=STARTED + timedelta(days=1))
    remove_set(extern, first.path, state)
    assert second.manifest.exists()
    remove_set(extern, second.path, state)
    assert everything(extern) == set()
    assert scan(extern, state).entries == ()


def test_a_folder_with_anything_in_it_stays(extern: Path, state: Path) -> None:
    location = make_set(extern, state)
    note = location.root.parent / "README"
    note.write_text("by hand")
    remove_set(extern, location.path, state)
    assert note.exists()


def test_sidecars_in_the_state_directory_go_too(
    extern: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("kwtui.backups.layout.location.may", lambda path, rights: False)
        location = make_set(extern, state)
    assert location.manifest.exists()

    remove_set(extern, location.path, state)

    assert not location.sidecars.exists()
    assert scan(extern, state).entries == ()


def test_links_are_removed_and_not_followed(extern: Path, state: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_text("mine")
    location = make_set(extern, state)
    (location.data / "away").symlink_to(precious)
    (location.data / "one").symlink_to(precious / "file")
    contents = contents_of(location.root, read_manifest(location.manifest))
    assert set(contents.strays) == {"data/away", "data/one"}

    remove_set(extern, location.path, state)

    assert (precious / "file").read_text() == "mine"
    assert not location.root.exists()


@pytest.mark.parametrize("step", ["", "/shop", "/shop/20261122T082035Z"])
def test_a_link_on_the_way_is_not_followed(
    extern: Path, state: Path, tmp_path: Path, step: str
) -> None:
    """Also one that somebody puts there after the plan was made."""
    location = make_set(extern, state)
    elsewhere = tmp_path / "elsewhere"
    (extern / f"kwtui{step}").rename(elsewhere)
    (extern / f"kwtui{step}").symlink_to(elsewhere)
    before = everything(elsewhere)

    assert refused(extern, location.path) is ExitCode.REFUSED_BY_PLAN
    assert everything(elsewhere) == before


@pytest.mark.parametrize(
    "path",
    [
        "",
        ".",
        "kwtui",
        "kwtui/shop",
        "../20261122T082035Z",
        "a/../../b/20261122T082035Z",
        "/kwtui/shop/20261122T082035Z",
        "kwtui/shop/20261122T082035Z/data",
        "kwtui//shop/20261122T082035Z",
        "kwtui/shop/.deleted-",
        "kwtui/.deleted-20261122T082035Z",
        "old/public/t",
    ],
)
def test_only_the_folder_of_a_set_is_ever_removed(extern: Path, state: Path, path: str) -> None:
    make_set(extern, state)
    before = everything(extern.parent)

    assert refused(extern, path) is ExitCode.REFUSED_BY_PLAN
    assert everything(extern.parent) == before


def test_what_is_not_there_is_not_found(extern: Path) -> None:
    assert refused(extern, "kwtui/shop/20261122T082035Z") is ExitCode.NOT_FOUND


def test_cancelling_stops_between_two_files_and_it_can_be_finished_later(
    extern: Path, state: Path
) -> None:
    location = make_set(extern, state)
    asked: list[None] = []

    def second_time() -> bool:
        asked.append(None)
        return len(asked) > 2

    with pytest.raises(KwtuiError) as caught:
        remove_set(extern, location.path, state, cancelled=second_time)
    assert caught.value.exit_code is ExitCode.CANCELLED
    (entry,) = scan(extern, state).entries
    assert (entry.kind, entry.path) == (EntryKind.DELETED, trash_path(location.path))
    assert (entry.database, entry.started) == ("shop", STARTED)

    remove_set(extern, entry.path, state)

    assert scan(extern, state).entries == ()


def test_names_of_what_is_moved_aside_are_recognised_and_lead_back() -> None:
    path = "a/b/shop/20261122T082035Z-2"

    assert trash_path(path) == "a/b/shop/.deleted-20261122T082035Z-2"
    assert original_path(trash_path(path)) == path
    assert trash_path(trash_path(path)) == trash_path(path)
    assert is_trash(trash_path(path))
    assert not is_trash(path)
    assert not is_trash("kwtui/shop/.deleted-notes")


def left_of_sets(extern: Path, state: Path) -> list[BackupEntry]:
    return [e for e in scan(extern, state).entries if e.kind is not EntryKind.FOREIGN]


def kill_after(extern: Path, location: SetLocation, calls: int) -> int:
    words = [str(extern), location.path, str(calls)]
    code, _, err = ready_process().run(words, os.environ, 60, "tests.backups.killed_removal")
    assert code in (0, -signal.SIGKILL), err
    return code


def test_a_kill_at_any_moment_leaves_the_whole_set_or_something_named(
    extern: Path, state: Path
) -> None:
    """Before every single change to the disk, kill -9: nothing half ever looks like a backup."""
    calls = 0
    seen: set[EntryKind] = set()
    while True:
        location = make_set(extern, state, started=STARTED + timedelta(seconds=calls))
        whole = contents_of(location.root)
        if kill_after(extern, location, calls) == 0:
            break
        left = left_of_sets(extern, state)
        seen.update(entry.kind for entry in left)
        for entry in left:
            assert entry.kind in (EntryKind.SET, EntryKind.DELETED)
            if entry.kind is EntryKind.SET:
                assert contents_of(location.root) == whole
            else:
                assert "kwtui cleanup" in entry.problem
            remove_set(extern, entry.path, state)
        assert len(left) <= 1
        assert not left_of_sets(extern, state)
        calls += 1
    assert calls > 10
    assert seen == {EntryKind.SET, EntryKind.DELETED}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may remove everything")
def test_who_may_not_remove_it_is_told_before_anything_happens(extern: Path, state: Path) -> None:
    location = make_set(extern, state)
    (location.data / "public").chmod(0o500)

    with pytest.raises(KwtuiError) as caught:
        check_removable(extern, location.path)

    (location.data / "public").chmod(0o700)
    assert caught.value.exit_code is ExitCode.EXTERN_NOT_READABLE
    assert location.manifest.exists()
