"""What happened to a set's files is seen without reading them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.backups.listing.contents import SetDetails, open_set
from kwtui.backups.listing.presence import Presence, look_at_presence
from kwtui.backups.listing.scanning import scan
from kwtui.backups.proof.verify import verify
from kwtui.model.proof import ProofLevel
from tests.backups.builder import make_set


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    (tmp_path / "extern").mkdir()
    return tmp_path / "extern"


def look(details: SetDetails) -> Presence:
    return look_at_presence(details.location, details.manifest)


def test_a_whole_set_differs_in_nothing(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path)
    assert look(open_set(extern, location.path, tmp_path)) == Presence()


def test_what_is_gone_grown_or_foreign_is_named(extern: Path, tmp_path: Path) -> None:
    location = make_set(extern, tmp_path)
    first, second, *_ = sorted(location.data.rglob("*.csv"))
    first.unlink()
    second.write_bytes(second.read_bytes() + b"9\n")
    (location.data / "stray.txt").write_text("hello")
    found = look(open_set(extern, location.path, tmp_path))
    assert found.missing == {str(first.relative_to(location.root))}
    assert found.resized == {str(second.relative_to(location.root)): second.stat().st_size}
    assert [(f.path, f.bytes) for f in found.strays] == [("data/stray.txt", 5)]
    assert len(found.problems) == 3
    assert found.note == "data/stray.txt does not belong to it"
    assert [words.rpartition(" is ")[2][:4] for words in found.damage[:1]] == ["gone"]
    assert len(found.damage) == 2


@pytest.mark.parametrize(
    "harm",
    [
        "nothing",
        "stray meta.sql",
        "stray text",
        "foreign folder",
        "stray data",
        "renamed",
        "link of the same size",
        "gone",
    ],
)
def test_a_listing_and_a_check_judge_alike(extern: Path, tmp_path: Path, harm: str) -> None:
    """The listing counted files and bytes, and the check looked at each: one said damaged where the
    other said proven, and the other way round."""
    location = make_set(extern, tmp_path)
    file = next(location.data.rglob("*.csv"))
    match harm:
        case "stray meta.sql":
            (location.data / "meta.sql").write_text("CREATE DATABASE other;\n")
        case "stray text":
            (location.root / "remark.txt").write_text("seen\n")
        case "foreign folder":
            (location.root / "kept").mkdir()
            (location.root / "kept" / "n1.0.csv").write_text("1\n")
        case "stray data":
            file.with_name("n7.0.csv").write_text("1\n")
        case "renamed":
            file.rename(file.with_name("n7.0.csv"))
        case "link of the same size":
            size = file.stat().st_size
            file.unlink()
            file.symlink_to("x" * size)
        case "gone":
            file.unlink()
    checked = verify(extern, location.path, ProofLevel.P1, record=False, workers=1)
    (entry,) = scan(extern, tmp_path).entries
    details = open_set(extern, location.path, tmp_path)
    standing = checked.ok
    assert (not entry.problem, entry.proof is not None) == (standing, standing)
    assert (not details.problems, not look(details).damage) == (standing, standing)
    assert bool(entry.note) == (harm in ("stray meta.sql", "stray text", "foreign folder"))


def test_sidecars_elsewhere_are_not_missed(
    extern: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("kwtui.backups.layout.location.may", lambda path, rights: False)
        location = make_set(extern, tmp_path / "state")
    details = open_set(extern, location.path, tmp_path / "state")
    assert not details.location.beside
    assert look(details) == Presence()
