"""Runs of different accounts have different state directories, and keep apart in extern."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from kwtui.backups.layout.naming import LOCK_FILE
from kwtui.backups.listing.scanning import scan
from kwtui.errors import ExitCode, KwtuiError
from kwtui.runs.lock import RunLocks
from tests.files.foreign.accounts import OTHER, as_root, give

KEY = "removing from {extern}"


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "extern"
    extern.mkdir()
    return extern


@pytest.fixture
def locks_of(tmp_path: Path, extern: Path) -> Callable[[str], RunLocks]:
    """The locks of an account with a state directory of this name."""

    def make(account: str) -> RunLocks:
        (tmp_path / account).mkdir(exist_ok=True)
        return RunLocks(tmp_path / account, extern)

    return make


def test_one_key_has_one_holder_whoever_it_is(
    extern: Path, locks_of: Callable[[str], RunLocks]
) -> None:
    key = KEY.format(extern=extern)
    first, second = locks_of("root"), locks_of("database")
    first.take(key)
    with pytest.raises(KwtuiError, match="Another run is working on") as caught:
        second.take(key)
    assert caught.value.exit_code is ExitCode.RUN_IN_PROGRESS
    assert str(extern / LOCK_FILE) in caught.value.cause
    locks_of("database").take("database shop of cluster c")
    first.close()
    second.take(key)


def test_what_the_holder_is_said_to_be_decides_nothing(
    extern: Path, locks_of: Callable[[str], RunLocks]
) -> None:
    """The database's account can write into the file: here what ends a JSON decoder."""
    key = KEY.format(extern=extern)
    locks_of("root").take(key)
    (extern / LOCK_FILE).write_bytes(b'{"run":' + b"[" * 4_000)
    with pytest.raises(KwtuiError) as caught:
        locks_of("database").take(key)
    assert caught.value.exit_code is ExitCode.RUN_IN_PROGRESS


def test_readers_share_a_key(locks_of: Callable[[str], RunLocks]) -> None:
    first, second, third = map(locks_of, ("root", "database", "dba"))
    first.take("reading", shared=True)
    second.take("reading", shared=True)
    with pytest.raises(KwtuiError):
        third.take("reading")


def test_whoever_inherits_the_files_holds_the_lock(locks_of: Callable[[str], RunLocks]) -> None:
    starter = locks_of("root")
    starter.take("shop")
    with subprocess.Popen(
        [sys.executable, "-I", "-c", "input()"], stdin=subprocess.PIPE, pass_fds=starter.files
    ) as worker:
        starter.close()
        with pytest.raises(KwtuiError):
            locks_of("database").take("shop")
        worker.communicate(b"\n")
    locks_of("database").take("shop")


def test_the_file_is_no_backup_and_not_listed(
    extern: Path, locks_of: Callable[[str], RunLocks]
) -> None:
    locks_of("root").take("shop")
    assert (extern / LOCK_FILE).exists()
    assert scan(extern).entries == ()


def test_without_an_extern_the_state_directory_decides(
    extern: Path, locks_of: Callable[[str], RunLocks]
) -> None:
    extern.rmdir()
    locks_of("root").take("shop")
    assert not extern.exists()
    with pytest.raises(KwtuiError):
        locks_of("root").take("shop")


@as_root
def test_the_file_is_of_the_account_that_owns_extern(
    extern: Path, locks_of: Callable[[str], RunLocks]
) -> None:
    give(extern)
    locks_of("root").take("shop")
    status = (extern / LOCK_FILE).stat()
    assert (status.st_uid, status.st_mode & 0o777) == (OTHER, 0o660)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("planted", ["pipe", "link"])
def test_what_stands_in_its_place_neither_hangs_nor_leads_out(
    extern: Path, tmp_path: Path, locks_of: Callable[[str], RunLocks], planted: str
) -> None:
    if planted == "pipe":
        os.mkfifo(extern / LOCK_FILE)
    else:
        (extern / LOCK_FILE).symlink_to(tmp_path / "made")
    locks_of("root").take("shop")
    assert not (tmp_path / "made").exists()
