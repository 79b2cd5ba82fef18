"""The account of the database against root: what it plants in its folder leads nowhere else.

Each of these made root write, change or remove a file that the account itself could not.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from kwtui.backups.layout.annotations import annotate
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.proof_log import append_proof
from kwtui.backups.layout.staging import StagedFile, make_staging, remove_staging, staging_path
from kwtui.backups.listing.shape import read_shape
from kwtui.backups.manifest import Proof
from kwtui.backups.removing import remove_set
from kwtui.errors import KwtuiError
from kwtui.files.durable import make_folders, write_file
from kwtui.files.foreign.accounts import account_of, acting_as
from kwtui.files.foreign.grounds import hold
from kwtui.files.foreign.reading import open_regular
from kwtui.files.foreign.removing import remove_folder
from kwtui.model.proof import ProofLevel
from tests.backups.builder import make_set
from tests.files.foreign.accounts import OTHER, as_root, give, swapping

pytestmark = [as_root, pytest.mark.timeout(30)]

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECONDS = 1.5
SECRET = b"of root alone\n"


@pytest.fixture
def yard(tmp_path: Path) -> Path:
    """A folder that the other account can reach, as /var/lib is."""
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and folder != Path("/") and folder != Path("/tmp"):  # noqa: S108
            folder.chmod(folder.stat().st_mode | 0o011)
    return tmp_path


@pytest.fixture
def extern(yard: Path) -> Path:
    folder = yard / "store/extern"
    folder.mkdir(parents=True)
    give(folder.parent)
    return folder


@pytest.fixture
def victim(yard: Path) -> Path:
    """A folder of root, with a file."""
    folder = yard / "etc"
    folder.mkdir(mode=0o755)
    (folder / "shadow").write_bytes(SECRET)
    (folder / "shadow").chmod(0o600)
    return folder


def unharmed(victim: Path) -> bool:
    names = sorted(path.name for path in victim.iterdir())
    status = (victim / "shadow").stat()
    owners = {path.stat().st_uid for path in (victim, victim / "shadow")}
    same = (victim / "shadow").read_bytes() == SECRET
    return names == ["shadow"] and same and owners == {0} and status.st_mode & 0o777 == 0o600


@pytest.fixture
def location(extern: Path, yard: Path) -> SetLocation:
    """A set as the account itself has made it."""
    for folder in (extern.parent, extern):
        os.chown(folder, 0, 0)
    location = make_set(extern, yard / "state")
    assert location.beside
    give(extern.parent)
    return location


def repeat(action: Callable[[], object], seconds: float = SECONDS) -> None:
    """Again and again; that it fails sometimes is how it should be."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(KwtuiError, OSError):
            action()


def proof() -> Proof:
    return Proof(NOW, ProofLevel.P1, ProofLevel.P1, ok=True, summary="read")


# -- links that are simply there ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["proofs.jsonl", "new.json"])
def test_a_link_in_place_of_a_proof_changes_nothing_elsewhere(
    location: SetLocation, victim: Path, name: str
) -> None:
    for target in (victim / "shadow", victim / "made"):
        proofs = location.sidecars / name
        proofs.unlink(missing_ok=True)
        proofs.symlink_to(target)
        with suppress(KwtuiError):
            append_proof(proofs, proof())
        assert unharmed(victim)


def test_a_hard_link_in_place_of_a_proof_changes_nothing_elsewhere(
    location: SetLocation, victim: Path
) -> None:
    proofs = location.sidecars / "proofs.jsonl"
    proofs.unlink(missing_ok=True)
    # Where fs.protected_hardlinks is off, the other account can do this itself.
    os.link(victim / "shadow", proofs)
    with pytest.raises(KwtuiError, match="cannot be written"):
        append_proof(proofs, proof())
    assert unharmed(victim)


def test_extern_itself_as_a_link_leads_to_nothing_of_root(
    extern: Path, victim: Path, yard: Path
) -> None:
    extern.rmdir()
    extern.symlink_to(victim)
    for write in (
        lambda: make_folders(extern / "kwtui/shop"),
        lambda: write_file(extern / "manifest.json", b"{}"),
        lambda: make_staging(extern, staging_path("0123456789abcdef"), [], {"meta.sql": "x"}),
        lambda: annotate(extern, "kwtui/shop/20261122T080000Z", yard / "state", now=NOW),
        lambda: remove_folder(extern),
    ):
        with suppress(KwtuiError, OSError):
            write()
        assert unharmed(victim)
    with pytest.raises(PermissionError):
        open_regular(extern / "shadow")


def test_a_link_that_root_itself_made_above_extern_is_followed(yard: Path, extern: Path) -> None:
    (yard / "srv").symlink_to(extern.parent)
    write_file(yard / "srv/extern/manifest.json", b"{}")
    assert (extern / "manifest.json").stat().st_uid == OTHER


def test_a_link_of_the_account_is_followed_to_where_it_can_go_itself(
    extern: Path, yard: Path
) -> None:
    """As where a database keeps its exports on another disk."""
    elsewhere = yard / "disk"
    elsewhere.mkdir()
    give(elsewhere)
    extern.rmdir()
    extern.symlink_to(elsewhere)
    os.chown(extern, OTHER, OTHER, follow_symlinks=False)
    write_file(extern / "manifest.json", b"{}")
    assert (elsewhere / "manifest.json").stat().st_uid == OTHER


def test_the_text_of_a_linked_file_goes_nowhere(location: SetLocation, victim: Path) -> None:
    meta = location.data / "meta.sql"
    meta.symlink_to(victim / "shadow")
    told = repr(read_shape(location.data))
    assert SECRET.decode().strip() not in told


# -- swapped while root works ---------------------------------------------------------------------


def test_folders_that_are_swapped_while_staging_lead_nowhere(
    extern: Path, victim: Path, location: SetLocation
) -> None:
    """Between mkdir, chown and chmod, and before a text is written."""
    source = next(location.root.rglob("*.csv"))
    folder, link = extern / "kwtui/.staging", extern / "kwtui/link"
    folder.mkdir()
    link.symlink_to(victim)
    give(extern / "kwtui")
    mode = victim.stat().st_mode
    count = 0

    def stage() -> None:
        nonlocal count
        count += 1
        path = staging_path(f"{count:016x}")
        make_staging(extern, path, [StagedFile(source, "public/t/a.csv")], {"shadow": "planted"})
        remove_staging(extern, path)

    with swapping(folder, link, SECONDS + 1):
        repeat(stage)
    assert count > 3
    assert unharmed(victim)
    assert victim.stat().st_mode == mode


def test_a_parent_that_is_swapped_while_a_folder_is_removed(extern: Path, victim: Path) -> None:
    """As the second try of an export does."""
    (victim.parent / "etc/data").mkdir()
    (victim / "data/kept").write_bytes(SECRET)
    parent, link = extern / "set", extern / "link"
    link.symlink_to(victim)
    parent.mkdir()
    give(extern)

    def again() -> None:
        make_folders(extern / "set/data/t")
        remove_folder(extern / "set/data")

    with swapping(parent, link, SECONDS + 1):
        repeat(again)
    assert (victim / "data/kept").read_bytes() == SECRET


def test_a_set_that_is_swapped_while_it_is_removed(
    extern: Path, victim: Path, location: SetLocation, yard: Path
) -> None:
    (victim / location.root.name).mkdir()
    (victim / location.root.name / "kept").write_bytes(SECRET)
    link = extern / "kwtui/link"
    link.symlink_to(victim)
    with swapping(location.root.parent, link, SECONDS + 1):
        repeat(lambda: remove_set(extern, location.path, yard / "state"))
    assert (victim / location.root.name / "kept").read_bytes() == SECRET


def test_a_file_that_is_swapped_for_a_link_while_it_is_written(
    extern: Path, victim: Path, location: SetLocation
) -> None:
    proofs, link = location.sidecars / "proofs.jsonl", location.sidecars / "link"
    append_proof(proofs, proof())
    link.symlink_to(victim / "shadow")
    with swapping(proofs, link, SECONDS + 1):
        repeat(lambda: append_proof(proofs, proof()))
        repeat(lambda: write_file(proofs, b"{}"), 0.3)
    assert unharmed(victim)


# -- the rights themselves ------------------------------------------------------------------------


def test_in_the_place_of_an_account_root_has_its_rights_and_no_more(victim: Path) -> None:
    account = account_of(OTHER, OTHER)
    with acting_as(account):
        with pytest.raises(PermissionError):
            (victim / "shadow").read_bytes()
        with pytest.raises(PermissionError):
            (victim / "made").touch()
        assert os.getgroups() == [OTHER]
    assert (victim / "shadow").read_bytes() == SECRET
    assert OTHER not in os.getgroups()


def test_other_threads_keep_their_rights_meanwhile(victim: Path) -> None:
    read: list[bytes] = []
    begin = Event()

    def work() -> None:
        begin.wait()
        read.append((victim / "shadow").read_bytes())

    reader = Thread(target=work)
    reader.start()
    with acting_as(account_of(OTHER, OTHER)):
        begin.set()
        reader.join()
    assert read == [SECRET]


def test_what_is_done_beside_files_has_the_rights_of_the_process(
    location: SetLocation, victim: Path, yard: Path
) -> None:
    """A module that is loaded on the way, a journal that is written while files are removed."""
    with hold(location.extern):
        assert (victim / "shadow").read_bytes() == SECRET
        assert open_regular(location.manifest).read(1)
    told: list[bytes] = []
    remove_set(
        location.extern,
        location.path,
        yard / "state",
        progress=lambda removed: told.append((victim / "shadow").read_bytes()),
    )
    assert set(told) == {SECRET}
