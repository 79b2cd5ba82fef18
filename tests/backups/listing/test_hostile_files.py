"""Somebody put something else where a file of a set belongs: nothing hangs, grows or leads out.

Whoever may write to extern may do this; kwtui often runs as root beside it.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from kwtui.backups.layout.annotations import notes_name
from kwtui.backups.layout.location import SetLocation
from kwtui.backups.layout.proof_log import append_proof
from kwtui.backups.listing.contents import open_set
from kwtui.backups.listing.scanning import scan
from kwtui.backups.manifest import Proof
from kwtui.backups.proof.verify import verify
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from tests.backups.builder import make_set

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
SECRET = b"a secret that is not in extern\n"


@pytest.fixture
def location(tmp_path: Path) -> SetLocation:
    return make_set(tmp_path / "extern", tmp_path / "state")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def link(path: Path) -> None:
    elsewhere = path.parent / ".elsewhere"
    elsewhere.write_bytes(SECRET)
    path.symlink_to(elsewhere)


def huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


def listening(path: Path) -> None:
    # The path of a socket is short; so it is made relative to its folder.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        socket.socket(socket.AF_UNIX).bind(path.name)
    finally:
        os.chdir(here)


THINGS = [pipe, link, huge, listening, Path.mkdir]


@pytest.mark.timeout(20)
@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.__name__)
@pytest.mark.parametrize(
    "name", ["manifest.json", "schema.json", "proofs.jsonl", "unfinished.json", "notes"]
)
def test_a_listing_goes_on(location: SetLocation, name: str, thing: Callable[[Path], None]) -> None:
    file = location.sidecars / name
    if name == "notes":
        file = location.root.parent / notes_name(location.root.name)
    file.unlink(missing_ok=True)
    thing(file)
    listing = scan(location.extern)
    assert [entry.path for entry in listing.entries if entry.path == location.path]
    told = refusals(location)
    assert all(error.exit_code is not ExitCode.FAILED for error in told)
    assert SECRET.decode().strip() not in "".join(f"{error} {error.cause}" for error in told)


def refusals(location: SetLocation) -> list[KwtuiError]:
    """What opening and checking the set say, if they refuse."""
    found = []
    for look in (open_set, partial(verify, level=ProofLevel.P1)):
        try:
            look(location.extern, location.path)
        except KwtuiError as error:
            found.append(error)
    return found


@pytest.mark.timeout(20)
@pytest.mark.parametrize("thing", [pipe, link, listening, Path.mkdir], ids=lambda t: t.__name__)
def test_a_data_file_that_is_none_fails_its_check(
    location: SetLocation, thing: Callable[[Path], None]
) -> None:
    data = next(file for file in location.root.rglob("*.csv"))
    data.unlink()
    thing(data)
    report = verify(location.extern, location.path, ProofLevel.P1)
    assert not report.ok
    assert report.reached in (None, ProofLevel.P0)


def test_a_proof_is_never_written_through_a_link(location: SetLocation, tmp_path: Path) -> None:
    target = tmp_path / "etc-passwd"
    target.write_bytes(SECRET)
    proofs = location.sidecars / "proofs.jsonl"
    proofs.unlink(missing_ok=True)
    proofs.symlink_to(target)
    with pytest.raises(KwtuiError) as caught:
        append_proof(proofs, Proof(NOW, ProofLevel.P1, ProofLevel.P1, ok=True, summary="read"))
    assert "symbolic link" in caught.value.cause
    assert target.read_bytes() == SECRET
