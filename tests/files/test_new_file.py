"""A new private file is whole or not there, and never somebody else's."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.csv_file import CsvFile
from kwtui.files.new_file import NewFile, write_new


def test_it_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "new"
    assert write_new(path, [b"one ", b"two"]) == 7
    assert path.read_bytes() == b"one two"
    assert path.stat().st_mode & 0o777 == 0o600


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "there"
    path.write_text("mine")
    for make in (NewFile, CsvFile):
        with pytest.raises(KwtuiError, match="is there already") as caught, make(path):
            pass
        assert caught.value.exit_code is ExitCode.USAGE
    assert path.read_text() == "mine"


def test_what_fails_on_the_way_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"begun"
        raise KwtuiError("The log is gone.")

    with pytest.raises(KwtuiError, match="The log is gone"):
        write_new(tmp_path / "new", broken())
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_seen_when_the_file_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KwtuiError) as caught:
        write_new(tmp_path / "new", [b"x"])
    assert caught.value.exit_code is ExitCode.DISK_FULL
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(KwtuiError, match="cannot be written") as caught:
        write_new(tmp_path / "away" / "new", [b"x"])
    assert "away" in caught.value.title
    assert "No such file" in caught.value.cause
