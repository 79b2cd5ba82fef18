"""A copy is sent, read back, checked and fetched; what was damaged on the way is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.backups.proof.verify import verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.offsite.archive import ArchivePart, CheckMark, CopyLevel
from kwtui.offsite.checking import check_copy, mark_check
from kwtui.offsite.copies import read_archive, read_contents
from kwtui.offsite.fetching import fetch
from kwtui.offsite.keys import make_key, read_identities
from tests.backups.builder import ODD, ORDERS
from tests.offsite.copying import STARTED, files_in, make_set, push, target_in, two_sets


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path, Path]:
    for name in ("extern", "state", "other"):
        (tmp_path / name).mkdir()
    return tmp_path / "extern", tmp_path / "state", tmp_path / "other"


def test_what_comes_back_is_what_was_sent(places: tuple[Path, Path, Path], tmp_path: Path) -> None:
    extern, state, other = places
    target = target_in(tmp_path / "away")
    key = tmp_path / "key"
    public = make_key(key, STARTED)
    location = make_set(extern, state)
    push(target, location, state, (public,))
    archive = read_archive(target, location.path)

    check = check_copy(target, archive, CopyLevel.O3, identities=read_identities([key]))
    assert (check.reached, check.problems) == (CopyLevel.O3, ())
    fetched = fetch(target, archive, other, state, identities=read_identities([key]))

    assert fetched.proof is ProofLevel.P2
    back = files_in(other / location.path)
    back.pop("proofs.jsonl")
    assert back == files_in(location.root)
    assert verify(other, location.path, ProofLevel.P2, record=False).ok


def test_contents_that_the_target_has_are_not_sent_again(
    places: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    extern, state, other = places
    target = target_in(tmp_path / "away")
    first, second = two_sets(extern, state)
    push(target, first, state)
    sent = push(target, second, state)

    shared = [p.path for p in sent.archive.parts if not p.path.startswith(second.path)]
    assert [path.rpartition("/")[0] for path in shared] == [first.path, first.path]
    fetch(target, sent.archive, other, state)
    back = files_in(other / second.path)
    back.pop("proofs.jsonl")
    assert back == files_in(second.root)


def test_one_table_comes_back_without_reading_the_rest(
    places: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    extern, state, other = places
    target = target_in(tmp_path / "away")
    location = make_set(extern, state)
    push(target, location, state)
    archive = read_archive(target, location.path)
    rest = next(p for p in archive.parts if "orders" in p.path)
    target.delete(rest.path)

    fetched = fetch(target, archive, other, state, tables=[ODD])

    assert fetched.read_bytes < sum(p.bytes for p in archive.parts)
    report = verify(other, location.path, ProofLevel.P2, record=False)
    assert report.ok
    assert [table.name for table in report.tables] == [ODD]
    with pytest.raises(KwtuiError, match="is not on"):
        fetch(target, archive, tmp_path / "third", state, tables=[ORDERS])


@pytest.mark.parametrize("level", [CopyLevel.O2, CopyLevel.O3])
def test_a_byte_that_changed_is_found_and_stays_known(
    places: tuple[Path, Path, Path], tmp_path: Path, level: CopyLevel
) -> None:
    extern, state, other = places
    away = tmp_path / "away"
    target = target_in(away)
    location = make_set(extern, state)
    push(target, location, state)
    archive = read_archive(target, location.path)
    part = away / archive.parts[0].path
    content = bytearray(part.read_bytes())
    content[len(content) // 2] ^= 1
    part.write_bytes(content)

    assert check_copy(target, archive, CopyLevel.O1).ok
    check = check_copy(target, archive, level)

    assert check.reached is None
    assert archive.parts[0].path in check.problems[0]
    assert "damaged" in read_contents(target).find(location.path).problem
    with pytest.raises(KwtuiError) as raised:
        fetch(target, archive, other, state)
    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert not (other / location.path).exists()


def test_a_missing_part_shows_in_the_listing(
    places: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    extern, state, _ = places
    target = target_in(tmp_path / "away")
    location = make_set(extern, state)
    sent = push(target, location, state)
    (tmp_path / "away" / sent.archive.parts[0].path).unlink()
    found = read_contents(target).find(location.path)
    assert "is missing" in found.problem
    assert found.level is None


def test_a_wrong_key_opens_nothing(places: tuple[Path, Path, Path], tmp_path: Path) -> None:
    extern, state, other = places
    target = target_in(tmp_path / "away")
    public = make_key(tmp_path / "right", STARTED)
    make_key(tmp_path / "wrong", STARTED)
    location = make_set(extern, state)
    sent = push(target, location, state, (public,))
    with pytest.raises(KwtuiError) as raised:
        fetch(target, sent.archive, other, state, identities=read_identities([tmp_path / "wrong"]))
    assert raised.value.exit_code is ExitCode.AUTHENTICATION_FAILED
    assert list(other.iterdir()) == []


def test_a_check_takes_the_place_of_those_that_said_no_more(
    places: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    extern, state, _ = places
    target = target_in(tmp_path / "away")
    location = make_set(extern, state)
    push(target, location, state)

    def mark(hour: int, level: CopyLevel, good: bool = True) -> list[str]:
        mark_check(
            target,
            location.path,
            CheckMark(STARTED.replace(hour=hour, microsecond=7), level, good),
            (),
        )
        names = (stored.name.rpartition("/")[2] for stored in target.files())
        return [name[-12:-5] for name in names if name.startswith("checked")]

    assert mark(1, CopyLevel.O1) == ["O1-good"]
    assert mark(2, CopyLevel.O1) == ["O1-good"]
    assert mark(3, CopyLevel.O3) == ["O3-good"]
    assert mark(4, CopyLevel.O1) == ["O3-good", "O1-good"]
    assert mark(5, CopyLevel.O2, good=False) == ["O3-good", "O1-good", "-O2-bad"]
    assert mark(6, CopyLevel.O3) == ["-O2-bad", "O3-good"]
    assert read_contents(target).find(location.path).level is CopyLevel.O3


def test_parts_that_copies_share_are_read_once(
    places: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    extern, state, _ = places
    target = target_in(tmp_path / "away")
    archives = [push(target, location, state).archive for location in two_sets(extern, state)]
    seen: set[ArchivePart] = set()
    read: list[int] = []
    for archive in archives:
        done: list[int] = [0]

        def count(so_far: int, _total: int, done: list[int] = done) -> None:
            done.append(so_far)

        check_copy(target, archive, CopyLevel.O2, read=count, seen=seen)
        read.append(done[-1])
    assert read == [archive.stored_bytes for archive in archives]
    part = tmp_path / "away" / archives[0].parts[0].path
    part.write_bytes(bytes(len(part.read_bytes())))
    assert not check_copy(target, archives[0], CopyLevel.O2, seen=set()).ok
    assert check_copy(target, archives[0], CopyLevel.O2, seen=seen).ok
