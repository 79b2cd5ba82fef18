"""A tree that no backup has is told as one, with what to do, and is not walked without end."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kwtui.errors import ExitCode
from kwtui.files.foreign.reading import cannot_read, is_there, read_regular
from kwtui.files.foreign.removing import remove_folder
from kwtui.files.foreign.walking import DEEPEST, TooMuch, walk


def deep(root: Path, levels: int) -> Path:
    folder = root
    for _ in range(levels):
        folder /= "d"
    folder.mkdir(parents=True)
    return folder


def test_as_many_folders_as_may_be_are_walked(tmp_path: Path) -> None:
    (deep(tmp_path / "set", DEEPEST) / "f").touch()
    assert [entry.is_folder for entry in walk(tmp_path / "set")] == [True] * DEEPEST + [False]


def test_one_more_is_told_with_what_to_do_and_not_as_missing_rights(tmp_path: Path) -> None:
    root = tmp_path / "set"
    last = deep(root, DEEPEST + 1)
    with pytest.raises(TooMuch) as raised:
        list(walk(root))
    assert raised.value.filename == str(last)
    told = cannot_read(root, raised.value)
    assert told.title == f"{root} was not looked through."
    assert f"more than {DEEPEST} folders lie in each other" in told.cause
    assert "move or remove it yourself" in told.hint
    assert "own account" not in told.hint, "rights are not what is missing"
    assert told.exit_code is ExitCode.EXTERN_NOT_READABLE


def test_a_file_without_rights_is_told_as_before(tmp_path: Path) -> None:
    told = cannot_read(tmp_path, PermissionError(13, os.strerror(13), str(tmp_path)))
    assert "database's own account" in told.hint


def test_what_lies_too_deep_is_not_removed_in_part_without_a_word(tmp_path: Path) -> None:
    deep(tmp_path / "set", DEEPEST + 2)
    with pytest.raises(TooMuch):
        remove_folder(tmp_path / "set")


def test_the_root_is_there_though_it_has_no_name() -> None:
    assert is_there(Path("/"))


@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "large"])
def test_what_is_no_file_to_be_read_is_not_told_as_missing_rights(
    tmp_path: Path, kind: str
) -> None:
    path = tmp_path / "manifest.json"
    match kind:
        case "link":
            path.symlink_to(tmp_path / "elsewhere")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "large":
            path.write_bytes(b"12345")
    with pytest.raises(OSError, match="manifest") as raised:
        read_regular(path, 4)
    told = cannot_read(path, raised.value)
    assert "own account" not in (told.hint or "")
    assert told.exit_code is ExitCode.EXTERN_NOT_READABLE
