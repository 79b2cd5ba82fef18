"""What happened to a set's files is seen without reading them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.presence import Presence, look_at_presence
from tests.backups.builder import make_set


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    (tmp_path / "extern").mkdir()
    return tmp_path / "extern"


def test_a_whole_set_differs_in_nothing(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path)
    assert look_at_presence(open_set(extern, location.path, tmp_path)) == Presence()


def test_what_is_gone_grown_or_foreign_is_named(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path)
    first, second, *_ = sorted(location.data.rglob("*.csv"))
    first.unlink()
    second.write_bytes(second.read_bytes() + b"9\n")
    (location.data / "stray.txt").write_text("hello")
    found = look_at_presence(open_set(extern, location.path, tmp_path))
    assert found.missing == {str(first.relative_to(location.root))}
    assert found.resized == {str(second.relative_to(location.root)): second.stat().st_size}
    assert [(f.path, f.bytes) for f in found.strays] == [("data/stray.txt", 5)]
    assert len(found.problems) == 3


def test_sidecars_elsewhere_are_not_missed(
    extern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("kwtui.backups.layout.location.may", lambda path, rights: False)
        location = make_set(extern, tmp_path / "state")
    details = open_set(extern, location.path, tmp_path / "state")
    assert not details.location.beside
    assert look_at_presence(details) == Presence()
