"""Files of the nodes of one cluster: which of them are on this machine, with proof."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.place import find_place
from kwtui.operations.shared.node_files import (
    answering,
    files_of_node,
    visible_stores,
    where_it_lies,
)
from kwtui.server.connection.results import Column, ResultSet
from kwtui.server.connection.server import Server
from kwtui.server.connection.target import Target

CLUSTER = "ca164d7c-fd84-4cd8-86e2-836b7e9b32a5"


def store_of(tmp_path: Path, node: int, cluster: str = CLUSTER, *, silent: bool = False) -> Path:
    store = tmp_path / f"node{node}"
    (store / "extern").mkdir(parents=True)
    (store / "logs").mkdir()
    if not silent:
        (store / "logs" / "kwbase.host.kwdb.2026-11-22T08_19_53Z.000001.log").write_text(
            "I261122 08:19:54.374215 28 cli/start.go:811  node startup completed:\n"
            f"store[0]:            path={store}\nclusterID:           {cluster}\n"
            f"nodeID:              {node}\n"
        )
    return store


class Asked:
    """Tells the start arguments of its nodes."""

    def __init__(self, stores: dict[int, Path], *, is_local: bool = True) -> None:
        self.target = SimpleNamespace(is_local=is_local)
        self._stores = stores

    async def query(self, sql: str) -> ResultSet:
        started = (
            (str(n), json.dumps(["kwbase", "start", f"--store={path}"]))
            for n, path in self._stores.items()
        )
        return ResultSet((Column("node_id", 25), Column("args", 25)), tuple(started))


def server(stores: dict[int, Path], *, is_local: bool = True) -> Server:
    return cast(Server, Asked(stores, is_local=is_local))


def facts(host: str = "127.0.0.1", *, others: str | None = None, admin: bool = True) -> ServerFacts:
    nodes = (
        NodeFacts(1, f"{host}:26257", True),
        NodeFacts(2, f"{others or host}:26258", True),
    )
    return ServerFacts("V3.2.1", CLUSTER, 1, "root", admin, False, nodes=nodes)


def test_the_port_counts_only_where_it_is_this_machines() -> None:
    assert answering(Target(port=5000), facts()).port == 5000
    assert answering(Target(host="10.0.0.9", port=5000), facts()).port is None
    assert answering(Target(port=5000), None).cluster_id == ""


async def test_another_node_s_files_are_found_and_those_of_the_connected_one_are_not_taken(
    tmp_path: Path,
) -> None:
    first, second = store_of(tmp_path, 1), store_of(tmp_path, 2)
    here = find_place(store=first, server=answering(Target(), facts()), local=False)
    node = server({1: first, 2: second})

    assert await files_of_node(node, facts(), None, here) is here
    assert await files_of_node(node, facts(), 1, here) is here
    found = await files_of_node(node, facts(), 2, here)
    assert found is not None
    assert found.extern.path == second / "extern"

    unknown = await files_of_node(server({}), facts(), 2, here)
    assert unknown is not None
    assert unknown.extern.path is None
    assert "node 2" in unknown.extern.problem
    assert "--store DIR" in unknown.extern.remedy


async def test_a_given_store_counts_for_the_node_that_it_is_of(tmp_path: Path) -> None:
    """The person names node 2's files beside the address of node 1."""
    second = store_of(tmp_path, 2)
    here = find_place(store=second, server=answering(Target(), facts()), local=False)
    assert here.extern.path is None
    found = await files_of_node(server({}), facts(), 2, here)
    assert found is not None
    assert found.extern.path == second / "extern"
    third = await files_of_node(server({}), facts(), 3, here)
    assert third is not None
    assert third.extern.path is None


@pytest.mark.parametrize(
    ("others", "cluster", "silent", "seen"),
    [
        ("127.0.0.1", CLUSTER, False, True),
        ("127.0.0.1", CLUSTER, True, True),
        ("10.0.0.2", CLUSTER, True, False),
        ("10.0.0.2", CLUSTER, False, True),
        ("127.0.0.1", "another", False, False),
    ],
)
async def test_a_store_of_the_same_path_is_of_a_node_by_what_it_says_or_by_its_address(
    tmp_path: Path, others: str, cluster: str, silent: bool, seen: bool
) -> None:
    """All nodes of a cluster may have the same path on their own machines."""
    second = store_of(tmp_path, 2, cluster, silent=silent)
    (second / "kwbase.sql-addr").write_text("127.0.0.1:26258")
    known = await visible_stores(server({2: second}), facts(others=others))
    assert known == ({2: str(second)} if seen else {})


async def test_what_is_not_told_is_not_known(tmp_path: Path) -> None:
    assert await visible_stores(server({}), facts(admin=False)) is None
    assert await visible_stores(server({2: store_of(tmp_path, 2)}, is_local=False), facts()) == {}


async def test_a_set_that_another_node_has_is_told_with_the_option_for_it(tmp_path: Path) -> None:
    stores = {1: store_of(tmp_path, 1), 2: store_of(tmp_path, 2)}
    path = "kwtui/a/20261130T151814Z"
    (stores[2] / "extern" / path).mkdir(parents=True)
    gone = KwtuiError("It was not found.", exit_code=ExitCode.NOT_FOUND)

    told = await where_it_lies(gone, server(stores), facts(), None, path)
    assert told.title == "It was not found."
    assert told.cause == "It is in the extern folder of node 2."
    assert told.hint == "Let that node read it: --node 2"
    assert told.exit_code is ExitCode.NOT_FOUND

    # Node 2 was chosen and has looked; node 1 has it neither.
    assert await where_it_lies(gone, server(stores), facts(), 2, path) is gone
    assert await where_it_lies(gone, server(stores), facts(), None, "kwtui/b") is gone
    assert await where_it_lies(gone, server(stores), facts(), None, "../x") is gone
    damaged = KwtuiError("It is damaged.", exit_code=ExitCode.BACKUP_DAMAGED)
    assert await where_it_lies(damaged, server(stores), facts(), None, path) is damaged
