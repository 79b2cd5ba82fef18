"""Root lists what the database's account owns with that account's rights, and hardly slower.

To lay rights down and take them up again costs as much as opening ten files: once for a folder, and
not for each file in it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kwtui.backups.listing.scanning import describe, scan
from kwtui.files.foreign import accounts
from tests.backups.builder import STARTED, make_set

DATABASE = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as another account")


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The accounts that were taken on."""
    taken: list[int] = []
    take_on = accounts._take_on

    def counted(uid: int, gid: int, groups: tuple[int, ...]) -> None:
        taken.append(uid)
        take_on(uid, gid, groups)

    monkeypatch.setattr(accounts, "_take_on", counted)
    return taken


def test_rights_are_changed_once_for_a_set(tmp_path: Path, changes: list[int]) -> None:
    extern = tmp_path / "extern"
    for day in range(1, 6):
        location = make_set(extern, tmp_path / "state", started=STARTED.replace(day=day))
    for folder, _, files in os.walk(extern):
        for path in (folder, *(f"{folder}/{name}" for name in files)):
            os.chown(path, DATABASE, DATABASE)
    changes.clear()

    listing = scan(extern)

    assert [entry.problem for entry in listing.entries] == [""] * 5
    folders = len(("", "kwtui", "shop")) + len(listing.entries)
    assert 0 < changes.count(DATABASE) <= folders + 4
    assert accounts.acting() is None

    changes.clear()
    assert describe(extern, location.path).problem == ""
    assert 0 < changes.count(DATABASE) <= 4
