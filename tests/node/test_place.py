"""Finding a node's files: given, reported, running, installed as a service, or in a container."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.node.deployment.claims import Machine
from kwtui.node.place import find_place, inspect_folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A node's store after its first export."""
    store = tmp_path / "kaiwudb"
    (store / "extern").mkdir(parents=True)
    (store / "logs").mkdir()
    return store


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine on which nothing runs and nothing is installed."""
    machine = Machine(proc=tmp_path / "proc", etc=tmp_path / "etc")
    machine.proc.mkdir()
    (machine.etc / "systemd/system").mkdir(parents=True)
    return machine


def run(machine: Machine, number: int, *words: str, folder: str = "/") -> None:
    process = machine.proc / str(number)
    process.mkdir()
    (process / "cmdline").write_bytes("\0".join(words).encode() + b"\0")
    (process / "cwd").symlink_to(folder)


def test_a_given_store_names_all_three(store: Path, machine: Machine) -> None:
    place = find_place(store=store, machine=machine)
    assert (place.store.path, place.store.source) == (store, "given")
    assert place.extern.path == store / "extern"
    assert place.logs.path == store / "logs"
    assert all(f.usable and f.writable for f in (place.store, place.extern, place.logs))
    assert place.extern.free_bytes
    assert place.extern.owner


def test_a_given_extern_wins_over_everything(store: Path, machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run(machine, 7, "kwbase", "start-single-node", f"--store={store}")
    place = find_place(extern=other, machine=machine)
    assert (place.extern.path, place.extern.source) == (other, "given")
    assert place.logs.path == store / "logs"
    assert place.logs.source == "below the store (the running process 7)"


def test_what_the_server_reports_comes_before_what_runs_here(
    store: Path, machine: Machine, tmp_path: Path
) -> None:
    run(machine, 7, "kwbase", "start", "--store=/somewhere/else")
    place = find_place(store_paths=[str(store)], machine=machine)
    assert place.store.path == store
    assert place.store.source == "the server's store path"
    arguments = [["kwbase", "start", "--store", f"path={store},attrs=ssd", "--log-dir=/var/log/kw"]]
    place = find_place(arguments=arguments, machine=machine)
    assert place.store.path == store
    assert place.logs.path == Path("/var/log/kw")


def test_a_running_process_with_a_relative_store(store: Path, machine: Machine) -> None:
    run(machine, 3, "/usr/bin/python3", "start")
    run(machine, 9, "./kwbase", "start", "--store", "kaiwudb", folder=str(store.parent))
    place = find_place(machine=machine)
    assert place.store.path == store
    assert place.store.source == "the running process 9"


def test_the_service_with_its_environment_file(store: Path, machine: Machine) -> None:
    (machine.etc / "kaiwudb/script").mkdir(parents=True)
    (machine.etc / "kaiwudb/script/kaiwudb_env").write_text(
        'KAIWUDB_START_ARG="--external-io-dir=/backup/extern --log-dir=/var/log/kaiwudb"\n'
    )
    (machine.etc / "systemd/system/kaiwudb.service").write_text(
        "[Service]\nUser=kaiwudb\nWorkingDirectory=/usr/local/kaiwudb/bin\n"
        "EnvironmentFile=/etc/kaiwudb/script/kaiwudb_env\n"
        "ExecStart=/usr/local/kaiwudb/bin/kwbase start-single-node $KAIWUDB_START_ARG --insecure"
        f" --listen-addr=0.0.0.0:26257 --store={store} --join 10.0.0.1:26257\n"
        "ExecStop=/bin/kill $MAINPID\n"
    )
    place = find_place(machine=machine)
    assert place.store.path == store
    assert place.extern.path == Path("/backup/extern")
    assert place.logs.path == Path("/var/log/kaiwudb")
    assert "was not found" in place.extern.problem


def compose(machine: Machine, host: Path) -> None:
    script = machine.etc / "kaiwudb/script"
    script.mkdir(parents=True)
    (machine.etc / "systemd/system/kaiwudb.service").write_text(
        "[Service]\nWorkingDirectory=/etc/kaiwudb/script\n"
        "ExecStart=/usr/bin/docker-compose --compatibility up\n"
    )
    (script / "docker-compose.yml").write_text(
        "version: '3.3'\nservices:\n  kaiwudb-container:\n    image: kwdb\n    volumes:\n"
        "      - /etc/kaiwudb/certs:/kaiwudb/certs\n"
        f"      - {host}:/kaiwudb/deploy/kaiwudb-container\n      - /dev:/dev\n"
        "    command:\n      - /bin/bash\n      - -c\n      - |\n"
        "        /kaiwudb/bin/kwbase  start-single-node $KAIWUDB_START_ARG --insecure"
        " --listen-addr=0.0.0.0:26257 --store=/kaiwudb/deploy/kaiwudb-container\n"
    )


def test_a_container_is_seen_through_its_volume(store: Path, machine: Machine) -> None:
    compose(machine, store)
    place = find_place(machine=machine)
    assert place.store.path == store
    assert place.store.source.startswith("the compose file")
    # The server inside reports the path as it sees it.
    place = find_place(store_paths=["/kaiwudb/deploy/kaiwudb-container"], machine=machine)
    assert place.store.path == store
    assert place.extern.usable


def test_a_fresh_node_has_no_extern_yet(store: Path, machine: Machine) -> None:
    (store / "extern").rmdir()
    place = find_place(store=store, machine=machine)
    assert place.extern.pending
    assert place.extern.usable
    assert not place.extern.exists


def test_a_node_without_extern_says_so(store: Path, machine: Machine) -> None:
    run(machine, 7, "kwbase", "start", f"--store={store}", "--external-io-dir=disabled")
    place = find_place(machine=machine)
    assert not place.extern.usable
    assert "disabled" in place.extern.problem


def test_nothing_found_says_where_it_was_looked(machine: Machine) -> None:
    place = find_place(machine=machine)
    assert not place.store.usable
    assert "give its path" in place.extern.problem
    assert "kwbase process" in place.notes[0]


def test_a_server_elsewhere_is_not_mistaken_for_a_node_here(store: Path, machine: Machine) -> None:
    run(machine, 7, "kwbase", "start", f"--store={store}")
    place = find_place(store_paths=[str(store)], local=False, machine=machine)
    assert place.store.path is None
    assert "another machine" in place.notes[0]


def test_a_closed_folder_says_whose_it_is(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything: the kernel's answer is put in the place of the real one.
    monkeypatch.setattr("kwtui.node.place.may", lambda path, rights: not path.is_relative_to(store))
    state = inspect_folder(store / "extern", "given")
    assert not state.usable
    assert state.problem.startswith(f"{store} belongs to")
    assert "Run kwtui as" in state.problem


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    file = tmp_path / "extern"
    file.touch()
    assert "not a folder" in inspect_folder(file, "given").problem
    assert "not a folder" in inspect_folder(file / "below", "given").problem


def test_a_folder_that_is_no_store_is_not_said_to_await_its_first_backup(
    tmp_path: Path, machine: Machine
) -> None:
    """An empty mount point, the folder above a store, the folder of its exports."""
    empty = tmp_path / "mnt"
    empty.mkdir()
    place = find_place(store=empty, machine=machine)
    assert not place.extern.usable
    assert not place.extern.pending
    assert f"{empty} is not the store of a node" in place.extern.problem
    assert "mounted" in place.extern.remedy

    real = empty / "kaiwudb"
    (real / "tsdb").mkdir(parents=True)
    place = find_place(store=empty, machine=machine)
    assert not place.extern.usable
    assert place.extern.remedy == f"The store is in {real}."
    assert find_place(store=real, machine=machine).extern.pending
    (real / "extern").mkdir()
    assert find_place(store=real / "extern", machine=machine).extern.remedy == (
        f"The store is in {real}."
    )
