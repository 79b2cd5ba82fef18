"""kwtui and a cluster: files that land where they cannot be seen, and what proves them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode
from kwtui.sandbox.control import manage
from tests.command_line import CommandLine

pytestmark = [pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Machine:
    """A machine of one node: kwtui with files of its own, and only that node's ``extern``."""

    kwtui: CommandLine
    node: manage.NodeInfo

    @property
    def here(self) -> list[str]:
        assert self.node.dsn
        return ["--dsn", self.node.dsn, *self.files]

    @property
    def files(self) -> list[str]:
        return ["--extern", self.node.extern]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[manage.SandboxInfo]:
    home = tmp_path_factory.mktemp("cluster") / "sandbox"
    yield manage.start(home, nodes=3)
    manage.stop(home)


@pytest.fixture
def machines(cluster: manage.SandboxInfo, tmp_path: Path) -> dict[int, Machine]:
    for node in cluster.nodes:
        Path(node.extern).mkdir(mode=0o750, exist_ok=True)
    return {
        node.node_id: Machine(CommandLine(tmp_path / f"machine{node.node_id}"), node)
        for node in cluster.nodes
    }


def _backed_up_unseen(machine: Machine, destination: Machine) -> tuple[str, Path]:
    """Back the shop up from one machine to another node; the set and its draft."""
    number = str(destination.node.node_id)
    done = machine.kwtui.run("backup", "shop", *machine.here, "--node", number, "--unseen")
    assert done.code == 0, done.err
    assert "P0" in done.out
    assert "kwtui seal" in done.out
    (draft,) = (machine.kwtui.state / "state" / "drafts").rglob("*.json")
    stamp = draft.name.removesuffix(".kwtui-draft.json")
    return f"kwtui/shop/{stamp}", draft


def _sets(machine: Machine) -> dict[str, str]:
    done = machine.kwtui.run("list", *machine.files, "--json")
    assert done.code == 0, done.err
    return {entry["path"]: entry["kind"] for entry in done.object["entries"]}


def test_a_backup_to_another_node_is_sealed_and_restored_there(
    machines: dict[int, Machine],
) -> None:
    path, draft = _backed_up_unseen(machines[1], machines[2])
    folder = Path(machines[2].node.extern) / path
    assert folder.is_dir()
    assert not (Path(machines[1].node.extern) / path).exists()
    assert _sets(machines[2])[path] != "set", "without its manifest it is no backup"

    writers = {file.name.split(".")[0] for file in folder.rglob("n*.csv")}
    assert len(writers) > 1, "several nodes wrote"

    there = machines[2]
    sealed = there.kwtui.run("seal", path, "--draft", str(draft), *there.files)
    assert sealed.code == 0, sealed.err
    assert "proven to P2" in sealed.out
    assert _sets(there)[path] == "set"

    restored = there.kwtui.run("restore", path, "--as", "shop_there", *there.here)
    assert restored.code == 0, restored.err


def test_rows_that_a_full_disk_of_another_node_lost_are_found_by_the_seal(
    machines: dict[int, Machine],
) -> None:
    """Row 29: the server counted rows that never reached the disk."""
    path, draft = _backed_up_unseen(machines[1], machines[3])
    there = machines[3]
    largest = max((Path(there.node.extern) / path).rglob("*.csv"), key=lambda f: f.stat().st_size)
    lines = largest.read_bytes().splitlines(keepends=True)
    largest.write_bytes(b"".join(lines[: len(lines) // 2]))

    sealed = there.kwtui.run("seal", path, "--draft", str(draft), *there.files)

    assert sealed.code in (ExitCode.BACKUP_INCOMPLETE, ExitCode.BACKUP_DAMAGED)
    assert _sets(there)[path] != "set"


def test_a_backup_to_another_node_of_this_machine_finds_that_node_s_files(
    machines: dict[int, Machine],
) -> None:
    """The extern of node 1 is given, and both stores are here: each is told by its own log."""
    here = machines[1]
    done = here.kwtui.run("backup", "shop", *here.here, "--node", "2", "--json")
    assert done.code == 0, done.err
    made = done.objects[-1]["result"]["path"]
    assert _sets(machines[2])[made] == "set"
    assert made not in _sets(here)

    # What lies in node 2's extern is restored on node 2, from here too.
    back = here.kwtui.run("restore", made, *here.here, "--node", "2", "--as", "shop_from_two")
    assert back.code == 0, back.err


@pytest.mark.parametrize("option", ["--extern", "--store"])
def test_another_node_s_files_are_refused_in_the_plan_with_the_option_that_helps(
    machines: dict[int, Machine], option: str
) -> None:
    first, second = machines[1], machines[2]
    assert second.node.dsn
    folder = first.node.extern if option == "--extern" else first.node.store
    wrong = ["--dsn", second.node.dsn, option, folder]
    before = set(_sets(first)), set(_sets(second))
    for words in (["backup", "shop"], ["restore", "kwtui/shop/20260101T000000Z"]):
        done = first.kwtui.run(*words, *wrong)
        assert done.code == ExitCode.EXTERN_NOT_FOUND, done.err
        assert f"{first.node.store} belongs to node 1" in done.err
        if option == "--store":
            assert f"--store {second.node.store}" in done.err
        else:
            assert "--extern DIR" in done.err
    assert (set(_sets(first)), set(_sets(second))) == before
    checked = first.kwtui.run("doctor", *wrong, "--json").object["checks"]
    states = {check["id"]: check["state"] for check in checks_of(checked)}
    assert states["extern"] == "failed"
    if option == "--store":
        assert states["deployment"] == "failed"


def checks_of(checked: object) -> list[dict[str, str]]:
    assert isinstance(checked, list)
    return checked


def test_a_node_that_is_down_takes_no_backup(
    cluster: manage.SandboxInfo, machines: dict[int, Machine]
) -> None:
    directory = Path(cluster.store).parent
    manage.set_node_down(directory, 3, down=True)
    try:
        here = machines[1]
        done = here.kwtui.run("backup", "shop", *here.here, "--node", "3", "--unseen")
        assert done.code != 0
        assert "3" in done.err
        told = here.kwtui.run("server", *here.here, "--json")
        live = [node["is_live"] for node in told.object["nodes"]["items"]]
        assert live == [True, True, False]
        assert set(told.object["visible_stores"]) == {"1", "2", "3"}
    finally:
        manage.set_node_down(directory, 3, down=False)


def test_who_is_connected_to_a_node_that_goes_down_loses_the_connection(
    cluster: manage.SandboxInfo,
) -> None:
    directory = Path(cluster.store).parent
    dsn = cluster.nodes[1].dsn
    assert dsn is not None
    with psycopg.connect(dsn, autocommit=True) as db:
        manage.set_node_down(directory, 2, down=True)
        try:
            with pytest.raises(psycopg.OperationalError):
                db.execute("SELECT pg_sleep(60)")
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(dsn)
        finally:
            manage.set_node_down(directory, 2, down=False)
    with psycopg.connect(dsn) as db:
        assert db.execute("SHOW node_id").fetchone() == ("2",)


def test_status_lists_the_nodes(cluster: manage.SandboxInfo) -> None:
    directory = Path(cluster.store).parent
    found = manage.status(directory)
    assert [node.node_id for node in found.nodes] == [1, 2, 3]
    assert json.dumps(found.to_json())
    with pytest.raises(manage.ManageError, match="has no node 7"):
        manage.set_node_down(directory, 7, down=True)
    with pytest.raises(manage.ManageError, match="was made with 3 nodes, not 2"):
        manage.start(directory, nodes=2)
