"""What the doctor says of the node's files and of this machine, with faults staged on disk."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.doctor import Check, CheckState
from kwtui.doctor.file_checks import FilesLook, Space, WatchLimits, file_checks
from kwtui.doctor.gathering import read_files, watch_limits
from kwtui.files.foreign import reading
from kwtui.node.deployment.claims import Machine
from kwtui.node.place import NodePlace, find_place, inspect_folder

GIB = 1 << 30


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "proc", tmp_path / "etc", tmp_path / "lib")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    (store / "extern").mkdir(parents=True)
    (store / "logs").mkdir()
    (store / "logs/kwbase.h.u.2026-11-22T08_19_53Z.000001.log").write_text("x\n")
    return store


@pytest.fixture
def place(store: Path, machine: Machine) -> NodePlace:
    return find_place(store=store, machine=machine)


@pytest.fixture
def look(place: NodePlace, tmp_path: Path) -> FilesLook:
    return read_files(place, tmp_path / "state")


def one(look: FilesLook, identity: str) -> Check:
    return next(c for c in file_checks(look) if c.id == identity)


def test_a_good_machine_is_called_good(look: FilesLook) -> None:
    good = replace(
        look,
        spaces=(Space(Path("/x"), 50 * GIB, 100 * GIB, 1_000_000),),
        limits=WatchLimits(100_000, 128, 10, 1, 1),
        file_systems=(("extern", Path("/x"), "ext4"),),
    )
    assert {c.state for c in file_checks(good)} == {CheckState.OK}


def test_this_very_machine_can_be_looked_at(look: FilesLook) -> None:
    assert look.spaces
    assert look.log_files == 1
    assert all(kind for *_, kind in look.file_systems)
    assert one(look, "state").state is CheckState.OK


def test_a_crash_of_a_node_that_runs_again_is_told(store: Path, place: NodePlace) -> None:
    look = read_files(place, store.parent / "state")
    assert one(look, "crashes").state is CheckState.OK
    (store / "logs/errlog.log").write_text(
        "Exception time(UTC):2026-11-01 20:00:00\nsignal:SIGSEGV(11)\n"
        "Exception time(UTC):2026-11-22 20:00:00\nsignal:SIGSEGV(11)\n"
    )
    look = replace(
        read_files(place, store.parent / "state"), now=datetime(2026, 11, 25, tzinfo=UTC)
    )
    check = one(look, "crashes")
    assert check.state is CheckState.WARNING
    assert "2 times in 30 days, the last time at 2026-11-22 12:00:00 UTC" in check.detail
    assert "SIGSEGV" in check.detail
    later = replace(look, now=datetime(2027, 2, 1, tzinfo=UTC))
    assert one(later, "crashes").state is CheckState.OK


# -- extern -----------------------------------------------------------------------------------


def test_a_missing_extern_fails(machine: Machine, tmp_path: Path) -> None:
    look = read_files(find_place(extern=tmp_path / "none", machine=machine), tmp_path)
    check = one(look, "extern")
    assert check.state is CheckState.FAILED
    assert "was not found" in check.detail
    nothing = read_files(find_place(machine=machine), tmp_path)
    assert one(nothing, "extern").state is CheckState.FAILED
    assert one(nothing, "deployment").state is CheckState.UNKNOWN


def test_a_fresh_node_makes_extern_itself(store: Path, machine: Machine, tmp_path: Path) -> None:
    (store / "extern").rmdir()
    check = one(read_files(find_place(store=store, machine=machine), tmp_path), "extern")
    assert check.state is CheckState.OK
    assert "first export" in check.detail


def closed(monkeypatch: pytest.MonkeyPatch, folder: Path, denied: int) -> None:
    """Root may do everything: the kernel's answer is put in the place of the real one."""

    def may(path: Path, rights: int) -> bool:
        return not rights & denied if path.is_relative_to(folder) else reading.may(path, rights)

    monkeypatch.setattr("kwtui.node.place.may", may)


def test_an_unreadable_extern_fails_and_says_whose_it_is(
    store: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(monkeypatch, store / "extern", os.R_OK)
    check = one(read_files(find_place(store=store, machine=machine), tmp_path), "extern")
    assert check.state is CheckState.FAILED
    assert "belongs to" in check.detail


def test_an_extern_that_cannot_be_written_is_a_warning(
    store: Path, machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed(monkeypatch, store / "extern", os.W_OK)
    check = one(read_files(find_place(store=store, machine=machine), tmp_path), "extern")
    assert check.state is CheckState.WARNING
    assert "state directory" in check.detail
    # It is this account's own folder, and still may not be written.
    assert "read-only" in check.detail
    assert check.hint.startswith("Mount it for writing")


def test_another_account_cannot_read_every_file(look: FilesLook) -> None:
    """KWDB writes meta.sql with mode 0600 (facts.md, 1.7)."""
    owned = replace(look.place.extern, owner="kaiwudb", group="kaiwudb")
    other = replace(look, place=replace(look.place, extern=owned), account="dba")
    check = one(other, "extern")
    assert check.state is CheckState.WARNING
    assert "meta.sql" in check.detail
    assert check.hint == "Run kwtui as kaiwudb."


@pytest.fixture
def old_note(machine: Machine) -> None:
    """The installer's note names a store that is not the node's any more."""
    (machine.etc / "kaiwudb/info").mkdir(parents=True)
    (machine.etc / "kaiwudb/info/MODE").write_text("bare\nsingle\n/x\n/was/here\n26257\n8080\n")


@pytest.mark.usefixtures("old_note")
def test_contradicting_sources_are_a_warning_with_both(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    place = find_place(store_paths=[str(store)], machine=machine)
    check = one(read_files(place, tmp_path), "deployment")
    assert check.state is CheckState.WARNING
    assert "/was/here" in check.detail
    assert "--store" in check.hint
    assert any(line.startswith("looked at") for line in check.more)


@pytest.mark.usefixtures("old_note")
def test_what_a_person_decided_is_told_with_what_others_say_and_is_no_warning(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    place = find_place(store=store, machine=machine)
    check = one(read_files(place, tmp_path), "deployment")
    assert check.state is CheckState.OK
    assert f"{store} (given) is taken; others say /was/here" in check.detail


@pytest.mark.usefixtures("old_note")
def test_what_others_say_is_looked_for_even_where_every_folder_was_given(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    folders = {"store": store, "extern": store / "extern", "logs": store / "logs"}
    quick = find_place(**folders, machine=machine)  # type: ignore[arg-type]
    assert quick.deployment.contradictions == ()
    place = find_place(**folders, thorough=True, machine=machine)  # type: ignore[arg-type]
    assert set(place.deployment.given.values()) == set(folders.values())
    assert "/was/here" in one(read_files(place, tmp_path), "deployment").detail


def test_another_extern_than_the_nodes_is_a_warning(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    """A backup would not find a single file there."""
    process = machine.proc / "4242"
    process.mkdir(parents=True)
    words = ["kwbase", "start-single-node", f"--store={store}", f"--external-io-dir={store}/other"]
    (process / "cmdline").write_bytes(b"\0".join(word.encode() for word in words) + b"\0")
    place = find_place(store=store, extern=tmp_path, thorough=True, machine=machine)
    check = one(read_files(place, tmp_path), "deployment")
    assert check.state is CheckState.WARNING
    assert f"{store}/other" in check.detail
    assert "will not find its files" in check.hint


# -- space, file systems, limits --------------------------------------------------------------


@pytest.mark.parametrize(
    ("space", "state"),
    [
        (Space(Path("/x"), 50 * GIB, 100 * GIB, 1_000_000), CheckState.OK),
        (Space(Path("/x"), 50 * GIB, 100 * GIB, None), CheckState.OK),
        (Space(Path("/x"), 4 * GIB, 100 * GIB, 1_000_000), CheckState.WARNING),
        (Space(Path("/x"), GIB // 2, GIB, 1_000_000), CheckState.WARNING),
        (Space(Path("/x"), 0, 100 * GIB, 1_000_000), CheckState.FAILED),
        (Space(Path("/x"), 50 * GIB, 100 * GIB, 50), CheckState.FAILED),
        (Space(Path("/x"), 50 * GIB, 100 * GIB, 5_000), CheckState.WARNING),
    ],
)
def test_space_and_inodes(look: FilesLook, space: Space, state: CheckState) -> None:
    check = one(replace(look, spaces=(space,)), "space")
    assert check.state is state
    assert bool(check.hint) is (state is not CheckState.OK)


def test_the_worst_file_system_counts(look: FilesLook) -> None:
    good = Space(Path("/x"), 50 * GIB, 100 * GIB, None)
    full = Space(Path("/y"), 0, 100 * GIB, None)
    assert one(replace(look, spaces=(good, full)), "space").state is CheckState.FAILED
    assert one(replace(look, spaces=()), "space").state is CheckState.UNKNOWN


def test_a_network_file_system_is_told(look: FilesLook) -> None:
    systems = (("extern", Path("/x"), "nfs4"), ("the logs", Path("/y"), "xfs"))
    check = one(replace(look, file_systems=systems), "file_systems")
    assert check.state is CheckState.WARNING
    assert "in extern send no events" in check.detail


@pytest.mark.parametrize(
    ("limits", "state"),
    [
        (WatchLimits(8192, 128, 10, 3, 200), CheckState.OK),
        (WatchLimits(8192, 128, 8100, 3, 200), CheckState.WARNING),
        (WatchLimits(8192, 128, 10, 127, 1), CheckState.WARNING),
        ("not told", CheckState.UNKNOWN),
    ],
)
def test_watch_limits(look: FilesLook, limits: WatchLimits | str, state: CheckState) -> None:
    assert one(replace(look, limits=limits), "watches").state is state


def test_limits_are_read_from_the_kernel(tmp_path: Path, store: Path) -> None:
    assert isinstance(watch_limits(None, tmp_path), str)
    inotify = tmp_path / "sys/fs/inotify"
    inotify.mkdir(parents=True)
    (inotify / "max_user_watches").write_text("8192\n")
    (inotify / "max_user_instances").write_text("128\n")
    process = tmp_path / "77"
    (process / "fd").mkdir(parents=True)
    (process / "fdinfo").mkdir()
    (process / "fd/5").symlink_to("anon_inode:inotify")
    (process / "fdinfo/5").write_text("pos: 0\ninotify wd:1 ino:a\ninotify wd:2 ino:b\n")
    (store / "extern/a/b").mkdir(parents=True)
    assert watch_limits(store / "extern", tmp_path) == WatchLimits(8192, 128, 2, 1, 3)


# -- logs and our own files -------------------------------------------------------------------


def test_logs_that_are_missing_or_empty_are_a_warning(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    next((store / "logs").iterdir()).unlink()
    place = find_place(store=store, machine=machine)
    check = one(read_files(place, tmp_path), "logs")
    assert check.state is CheckState.WARNING
    assert "no log file" in check.detail
    (store / "logs").rmdir()
    place = find_place(store=store, machine=machine)
    assert "was not found" in one(read_files(place, tmp_path), "logs").detail


def test_a_state_folder_of_somebody_else_fails(
    look: FilesLook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    state.mkdir()
    closed(monkeypatch, state, os.W_OK)
    check = one(replace(look, state=inspect_folder(state, "own")), "state")
    assert check.state is CheckState.FAILED
    assert "no run can start" in check.detail


def test_a_state_folder_without_room_fails(look: FilesLook, tmp_path: Path) -> None:
    full = replace(inspect_folder(tmp_path, "own"), free_bytes=4096)
    check = one(replace(look, state=full), "state")
    assert check.state is CheckState.FAILED
    assert "no run can write its plan" in check.detail
