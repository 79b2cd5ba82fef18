"""An account that may not look into extern, or into kwtui's own folder, is told so in words."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation, new_location
from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.library import read_text
from kwtui.backups.listing.scanning import scan
from kwtui.backups.proof.verify import verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from tests.backups.builder import make_set

STRANGER = 65534


@pytest.fixture
def location(tmp_path: Path) -> SetLocation:
    return make_set(tmp_path / "extern", tmp_path / "state")


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """The folder may not be searched by this process; nothing is closed to root."""
    folder.chmod(0)
    root = os.geteuid() == 0
    if root:
        os.setresuid(STRANGER, STRANGER, 0)
    try:
        yield
    finally:
        if root:
            os.setresuid(0, 0, 0)
        folder.chmod(0o700)


def check(location: SetLocation) -> object:
    return verify(location.extern, location.path, ProofLevel.P1)


def look_inside(location: SetLocation) -> object:
    return open_set(location.extern, location.path)


def read(location: SetLocation) -> object:
    return read_text(location.extern, f"{location.path}/RESTORE.md")


def begin_another(location: SetLocation) -> object:
    return new_location(location.extern, f"{location.path}/more", location.extern.parent / "state")


@pytest.mark.parametrize("action", [check, look_inside, read, begin_another])
def test_whoever_may_not_look_is_told_so(
    location: SetLocation, action: Callable[[SetLocation], object]
) -> None:
    with closed(location.root), pytest.raises(KwtuiError) as raised:
        action(location)

    assert raised.value.exit_code is ExitCode.EXTERN_NOT_READABLE
    assert raised.value.cause == "Permission denied"


def test_a_closed_state_directory_is_named_and_does_not_break_the_listing(
    location: SetLocation,
) -> None:
    (location.extern / "old").mkdir()
    state = location.extern.parent / "closed state"
    state.mkdir()
    # Root's other self needs a way to extern, which pytest keeps to its owner.
    with closed(state):
        listing = scan(location.extern, state)

    assert "Permission denied" in listing.problem or any(
        "Permission denied" in entry.problem for entry in listing.entries
    )
