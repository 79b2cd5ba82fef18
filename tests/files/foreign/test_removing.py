"""Removing a folder tree: all of it, and nothing but it."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.files.foreign.removing import remove_folder
from kwtui.files.foreign.walking import DEEPEST, walk
from tests.files.foreign.accounts import as_root


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "set"
    (folder / "data/public").mkdir(parents=True)
    (folder / "data/public/a.csv").write_text("1\n")
    return folder


def test_a_link_goes_and_what_it_names_stays(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").touch()
    (folder / "data/link").symlink_to(kept)
    assert remove_folder(folder)
    assert not folder.exists()
    assert (kept / "file").exists()
    assert not remove_folder(folder)


@pytest.fixture
def bound(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A folder of the same file system, mounted inside."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "file").touch()
    place = folder / "data/bound"
    place.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "--bind", str(elsewhere), str(place)], capture_output=True, check=False
    )
    if not done or done.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield elsewhere
    finally:
        subprocess.run(["umount", str(place)], check=True)


@as_root
def test_a_bind_mount_of_the_same_file_system_is_a_mount(folder: Path, bound: Path) -> None:
    assert bound.stat().st_dev == folder.stat().st_dev
    with pytest.raises(OSError, match="mounted") as caught:
        remove_folder(folder)
    assert caught.value.errno == errno.EXDEV
    assert (bound / "file").exists()


def test_depth_has_a_bound_that_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "deep"
    folder.joinpath(*["d"] * (DEEPEST + 5)).mkdir(parents=True)
    with pytest.raises(OSError, match=f"more than {DEEPEST} folders"):
        remove_folder(folder)
    with pytest.raises(OSError, match=f"more than {DEEPEST} folders"):
        list(walk(folder))
