"""Copies on a server with SFTP: a real sshd, with everything that one meets on the way to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from kwtui.backups.listing.contents import open_set
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.offsite import TargetSettings
from kwtui.model.proof import ProofLevel
from kwtui.offsite.archive import CopyLevel
from kwtui.offsite.checking import check_copy
from kwtui.offsite.copies import read_contents
from kwtui.offsite.fetching import fetch
from kwtui.offsite.rescue import find_copies, take_table
from kwtui.offsite.sending import prepare, send
from kwtui.offsite.targets.opening import opened
from kwtui.offsite.targets.sftp import SftpTarget
from kwtui.offsite.targets.target import read_small, write_small
from tests.backups.builder import ORDERS
from tests.faults.disks import fill, small_disk
from tests.offsite.copying import files_in, make_set, push
from tests.offsite.ssh_server import SshServer, make_key, ssh_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    with ssh_server(tmp_path_factory.mktemp("sshd")) as running:
        yield running


@pytest.fixture
def settings(server: SshServer, tmp_path: Path) -> TargetSettings:
    server.configure()
    (tmp_path / "away").mkdir()
    return settings_for(server, tmp_path / "away")


def settings_for(server: SshServer, folder: Path) -> TargetSettings:
    return TargetSettings(server.url(folder), ssh_config=str(server.config))


def test_a_set_goes_there_and_comes_back(settings: TargetSettings, tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    with opened(settings) as target:
        push(target, location, tmp_path / "state")
        copy = read_contents(target).find(location.path)
        assert copy.archive is not None
        assert check_copy(target, copy.archive, CopyLevel.O3).ok
        (tmp_path / "other").mkdir()
        fetch(target, copy.archive, tmp_path / "other", tmp_path / "state")
    back = files_in(tmp_path / "other" / location.path)
    back.pop("proofs.jsonl")
    assert back == files_in(location.root)


def test_one_table_is_rescued_from_there(settings: TargetSettings, tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    with opened(settings) as target:
        push(target, location, tmp_path / "state")
    found = find_copies(settings)
    assert [entry.path for entry in found.entries] == [location.path]
    (tmp_path / "work").mkdir()
    take_table(found, location.path, ORDERS, tmp_path / "work", ())
    (table,) = open_set(tmp_path / "work", location.path).tables
    assert (table.name, table.rows) == (ORDERS, 4)


def test_a_large_file_comes_back_as_it_was(settings: TargetSettings) -> None:
    content = os.urandom((3 << 20) + 12345)
    with opened(settings) as target:
        write_small(target, "kwtui/x", content)
        assert read_small(target, "kwtui/x", 10 << 20) == content
        with target.read("kwtui/x") as chunks:
            # Whoever has enough leaves the connection as it was.
            assert content.startswith(next(chunks))
        with pytest.raises(KwtuiError) as raised:
            write_small(target, "kwtui/x", b"other")
        assert raised.value.exit_code is ExitCode.NAME_TAKEN
        target.delete("kwtui/x")
        target.delete("kwtui/x")
        assert target.files() == []


def test_what_was_not_finished_is_not_there(settings: TargetSettings, tmp_path: Path) -> None:
    with opened(settings) as target:
        with suppress(RuntimeError), target.write("part") as sink:
            sink.write(b"half of it")
            raise RuntimeError
        assert target.files() == []


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"IdentityFile": "{stranger}"}, ExitCode.AUTHENTICATION_FAILED),
        ({"UserKnownHostsFile": "/dev/null"}, ExitCode.TLS_FAILED),
        ({"Port": "1"}, ExitCode.SERVER_UNREACHABLE),
    ],
)
def test_the_one_exit_code_of_ssh_is_told_apart(
    server: SshServer, tmp_path: Path, options: dict[str, str], code: ExitCode
) -> None:
    make_key(tmp_path / "stranger")
    server.configure(**{k: v.format(stranger=tmp_path / "stranger") for k, v in options.items()})
    port = 1 if "Port" in options else server.port
    target = SftpTarget("sftp://h/x", "127.0.0.1", None, port, "/x", str(server.config))
    with pytest.raises(KwtuiError) as raised:
        target.files()
    assert raised.value.exit_code is code


def test_a_folder_that_is_not_there_is_no_empty_target(server: SshServer, tmp_path: Path) -> None:
    server.configure()
    with opened(settings_for(server, tmp_path / "nothing")) as target:
        with pytest.raises(KwtuiError) as raised:
            target.files()
        assert raised.value.exit_code is ExitCode.NOT_FOUND


def test_a_push_goes_on_after_the_connection_was_cut(
    settings: TargetSettings, tmp_path: Path
) -> None:
    state = tmp_path / "state"
    location = make_set(tmp_path / "extern", state)

    with opened(settings) as target:
        assert isinstance(target, SftpTarget)
        outgoing = prepare(target, location, ())
        cut = target._session._process

        def cut_at_the_second_part(progress: object) -> None:
            if getattr(progress, "part", 0) == 2:
                cut.kill()
                cut.wait()

        with pytest.raises(KwtuiError) as raised:
            send(target, outgoing, ProofLevel.P2, state, cut_at_the_second_part)
        assert raised.value.exit_code is ExitCode.CONNECTION_LOST
    with opened(settings) as target:
        assert not read_contents(target).find(location.path).is_whole
        sent = push(target, location, state)
    assert (sent.parts_kept, sent.parts_sent) == (1, 2)


def test_a_full_disk_there_is_told_as_that(server: SshServer, tmp_path: Path) -> None:
    server.configure()
    with small_disk(tmp_path / "small", 4) as disk:
        disk.chmod(0o700)
        fill(disk, leave=200_000)
        with opened(settings_for(server, disk)) as target:
            with pytest.raises(KwtuiError) as raised:
                write_small(target, "kwtui/x", os.urandom(2 << 20))
            assert raised.value.exit_code is ExitCode.DISK_FULL
            assert target.files("kwtui") == []
