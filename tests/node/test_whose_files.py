"""Files are a server's own only with proof: several nodes' stores lie on one machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.node.deployment.claims import Answering, Machine, Owner
from kwtui.node.deployment.ownership import read_mark
from kwtui.node.place import NodePlace, find_place, look_again

CLUSTER = "ca164d7c-fd84-4cd8-86e2-836b7e9b32a5"
ELSEWHERE = "11111111-2222-4333-8444-555555555555"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    machine = Machine(tmp_path / "proc", tmp_path / "etc", tmp_path / "lib")
    machine.proc.mkdir()
    (machine.etc / "systemd/system").mkdir(parents=True)
    return machine


def node(
    tmp_path: Path, name: str, *, cluster: str = CLUSTER, number: int = 0, port: int = 0
) -> Path:
    """A store as a node leaves it: its address beside the data, its banner in the log."""
    store = tmp_path / name
    (store / "extern").mkdir(parents=True)
    (store / "logs").mkdir()
    if port:
        (store / "kwbase.sql-addr").write_text(f"127.0.0.1:{port}")
    if number:
        write_log(store / "logs", store, cluster, number)
    return store


def write_log(logs: Path, store: Path, cluster: str, number: int, at: str = "08_19_53") -> Path:
    path = logs / f"kwbase.host.kwdb.2026-11-22T{at}Z.{number:06}.log"
    path.write_text(
        "I261122 08:19:53.257276 1 util/log/sync_buffer.go:84  [config] arguments: "
        f"[kwbase start --store={store}]\n"
        "I261122 08:19:54.374215 28 cli/start.go:811  node startup completed:\n"
        "KWDB node starting at 2026-11-22 08:19:54.374069527 +0000 UTC (took 1.1s)\n"
        f"store[0]:            path={store}\nclusterID:           {cluster}\n"
        f"nodeID:              {number}\n"
        "I261122 08:19:55.759047 74 gossip/gossip.go:1595  [n1] connected\n"
    )
    return path


def runs(machine: Machine, pid: int, store: Path | str, port: int | None = None) -> None:
    process = machine.proc / str(pid)
    process.mkdir()
    words = ["kwbase", "start", f"--store={store}"]
    words += [f"--listen-addr=127.0.0.1:{port}"] if port is not None else []
    (process / "cmdline").write_bytes("\0".join(words).encode() + b"\0")
    (process / "cwd").symlink_to("/")


def files_of(place: NodePlace) -> tuple[Path | None, Path | None, Path | None]:
    return place.store.path, place.extern.path, place.logs.path


def test_a_plain_user_gets_the_files_of_the_node_that_answers(
    tmp_path: Path, machine: Machine
) -> None:
    """The server tells such a user nothing of its files; the other node was taken for it."""
    first = node(tmp_path, "one", number=1, port=26257)
    second = node(tmp_path, "two", number=2, port=26258)
    runs(machine, 7, first, 26257)
    runs(machine, 8, second, 26258)
    place = find_place(machine=machine, server=Answering(26258, CLUSTER, 2))
    assert files_of(place) == (second, second / "extern", second / "logs")
    assert not place.deployment.contradictions
    assert place.deployment.whose.owner is Owner.THIS
    assert "names this cluster and node 2" in place.deployment.whose.reason


@pytest.mark.parametrize("port", [26258, 26257, None])
def test_the_only_node_that_is_seen_is_another_one(
    tmp_path: Path, machine: Machine, port: int | None
) -> None:
    """On the same port too: it is reached through a tunnel, or the log is another cluster's."""
    runs(machine, 7, node(tmp_path, "one", cluster=ELSEWHERE, number=1), 26257)
    place = find_place(machine=machine, server=Answering(port, CLUSTER, 1))
    assert files_of(place) == (None, None, None)
    assert not place.deployment.facts
    if port == 26258:
        assert ("the running process 7", "serves SQL port 26257: not this one") in (
            place.deployment.looked
        )
    else:
        assert "node 1" in place.extern.problem
        assert f"belongs to node 1 of cluster {ELSEWHERE}" in place.extern.problem
        assert "--store DIR" in place.extern.remedy


def test_a_store_that_says_nothing_counts_by_the_port_alone(
    tmp_path: Path, machine: Machine
) -> None:
    silent = node(tmp_path, "silent")
    runs(machine, 7, silent, 26257)
    assert find_place(machine=machine, server=Answering(26257, CLUSTER, 1)).store.path == silent
    (machine.proc / "7/cmdline").write_bytes(
        f"kwbase\0start\0--store={silent}\0--listen-addr=:0\0".encode()
    )
    place = find_place(machine=machine, server=Answering(26257, CLUSTER, 1))
    assert place.store.path is None
    assert f"Nothing proves whose {silent} is." in place.store.problem
    (silent / "kwbase.sql-addr").write_text("127.0.0.1:26257")
    assert find_place(machine=machine, server=Answering(26257, CLUSTER, 1)).store.path == silent


def test_what_the_server_reports_is_not_taken_from_another_machine(
    tmp_path: Path, machine: Machine
) -> None:
    """Through a tunnel the reported path exists here too, and belongs to this machine's node."""
    store = node(tmp_path, "kaiwudb", cluster=ELSEWHERE, number=1, port=26257)
    reported = [["kwbase", "start", f"--store={store}", "--listen-addr=0.0.0.0:26257"]]
    server = Answering(9999, CLUSTER, 1)
    place = find_place(arguments=reported, machine=machine, server=server)
    assert place.extern.path is None
    assert f"belongs to node 1 of cluster {ELSEWHERE}" in place.extern.problem
    (store / "logs" / "kwbase.host.kwdb.2026-11-22T08_19_53Z.000001.log").unlink()
    place = find_place(arguments=reported, machine=machine, server=server)
    assert f"Nothing proves whose {store} is." in place.extern.problem
    write_log(store / "logs", store, CLUSTER, 1)
    place = find_place(arguments=reported, machine=machine, server=server)
    assert place.extern.path == store / "extern"


def test_a_given_store_of_another_node_is_barred_with_the_right_one_named(
    tmp_path: Path, machine: Machine
) -> None:
    first = node(tmp_path, "one", number=1, port=26257)
    second = node(tmp_path, "node two", number=2, port=26258)
    runs(machine, 8, second, 26258)
    server = Answering(26258, CLUSTER, 2)
    place = find_place(store=first, machine=machine, server=server)
    assert files_of(place) == (None, None, None)
    assert f"{first} belongs to node 1" in place.extern.problem
    assert f"--store '{second}'" in place.extern.remedy
    assert look_again(place).extern.problem == place.extern.problem
    # A server on another machine, whose store is mounted here, is no other case.
    place = find_place(store=first, machine=machine, server=server, local=False)
    assert place.store.path is None
    assert "--store DIR" in place.store.remedy
    assert find_place(store=second, machine=machine, server=server, local=False).extern.usable


def test_extern_and_logs_that_are_given_by_themselves_are_looked_at_too(
    tmp_path: Path, machine: Machine
) -> None:
    first = node(tmp_path, "one", number=1)
    second = node(tmp_path, "two", number=2)
    server = Answering(26258, CLUSTER, 2)
    place = find_place(
        extern=first / "extern", logs=second / "logs", machine=machine, server=server
    )
    assert place.extern.path is None
    assert f"{first} belongs to node 1" in place.extern.problem
    assert "--extern DIR" in place.extern.remedy
    assert place.logs.path == second / "logs"
    elsewhere = tmp_path / "mounted"
    elsewhere.mkdir()
    place = find_place(
        extern=elsewhere, logs=first / "logs", machine=machine, server=server, local=False
    )
    assert place.extern.path == elsewhere
    assert "--logs DIR" in place.logs.remedy


def test_without_a_server_two_running_nodes_are_not_guessed_between(
    tmp_path: Path, machine: Machine
) -> None:
    first, second = node(tmp_path, "one"), node(tmp_path, "two")
    runs(machine, 7, first, 26257)
    assert find_place(machine=machine).store.path == first
    runs(machine, 8, second, 26258)
    place = find_place(machine=machine)
    assert place.store.path is None
    assert f"{first} (SQL port 26257); {second} (SQL port 26258)" in place.store.problem
    assert "--store DIR" in place.store.remedy
    assert find_place(store=second, machine=machine).store.path == second


def test_nodes_that_share_a_log_folder_are_told_apart_by_their_stores(tmp_path: Path) -> None:
    first, second = node(tmp_path, "one"), node(tmp_path, "two")
    shared = tmp_path / "logs"
    shared.mkdir()
    write_log(shared, first, CLUSTER, 1)
    write_log(shared, second, CLUSTER, 2, at="09_00_00")
    assert read_mark(first, shared).node_id == 1
    assert read_mark(second, shared).node_id == 2
    assert read_mark(node(tmp_path, "three"), shared).node_id == 0


def test_a_later_log_file_of_a_start_names_cluster_and_node_in_its_lines(tmp_path: Path) -> None:
    """The banner is in the first file of a start alone, which is removed after 100 MiB."""
    store = node(tmp_path, "one")
    (store / "logs/kwbase.h.u.2026-11-22T08_30_56Z.022913.log").write_text(
        "I261122 08:30:56.1 1 util/log/sync_buffer.go:84  [config] arguments: "
        f"[kwbase start --store={store}]\n"
        f"I261122 08:30:56.1 1 util/log/sync_buffer.go:84  [config] clusterID: {CLUSTER}\n"
        "I261122 08:30:56.843083 98 kv/kvserver/store_split.go:358  [n3,s3,r50/1:/Table] split\n"
    )
    assert read_mark(store) == read_mark(store, store / "logs")
    assert (read_mark(store).cluster_id, read_mark(store).node_id) == (CLUSTER, 3)
