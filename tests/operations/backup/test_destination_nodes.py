"""Which nodes can receive a backup, and whose files can be checked from this machine."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from kwtui.errors import KwtuiError
from kwtui.model.server import NodeFacts, ServerFacts
from kwtui.node.place import FolderState, NodePlace
from kwtui.operations.backup.destination_nodes import read_destinations
from kwtui.server.connection.results import Column, ResultSet
from kwtui.server.connection.server import Server
from kwtui.sql import inspection

NODES = tuple(NodeFacts(n, f"127.0.0.1:2625{n}", True) for n in (1, 2, 3))
FACTS = ServerFacts("V3.2.1", "c", 1, "root", True, False, nodes=NODES)


def rows(names: str, *found: tuple[str | None, ...]) -> ResultSet:
    return ResultSet(tuple(Column(name, 25) for name in names.split()), found)


@dataclass
class Asked:
    """A server of three nodes, the third of which does not live."""

    stores: dict[int, Path]
    is_local: bool = True
    refuses: bool = False
    sent: list[str] = field(default_factory=list)

    @property
    def target(self) -> SimpleNamespace:
        return SimpleNamespace(is_local=self.is_local)

    async def query(self, sql: str) -> ResultSet:
        self.sent.append(sql)
        if self.refuses:
            raise KwtuiError("The server refuses.")
        if sql == inspection.nodes():
            names = "node_id address is_live start_mode server_version build_tag"
            return rows(
                names,
                *(
                    (str(n.node_id), n.address, "f" if n.node_id == 3 else "t", "", "", "")
                    for n in NODES
                ),
            )
        started = (
            (
                str(n),
                json.dumps(["kwbase", "start", f"--store={path}", f"--listen-addr=:2625{n}"]),
            )
            for n, path in self.stores.items()
        )
        return rows("node_id args", *started)


def place(extern: Path, *, exists: bool = True) -> NodePlace:
    folder = FolderState(extern, "given", exists, exists, exists)
    return NodePlace(folder, folder, folder)


async def test_a_node_on_this_machine_is_seen_and_another_is_not(tmp_path: Path) -> None:
    here = tmp_path / "node2"
    (here / "extern").mkdir(parents=True)
    server = Asked({2: here, 3: tmp_path / "gone"})
    connected, second, third = await read_destinations(cast(Server, server), FACTS, place(tmp_path))
    assert connected.is_connected
    assert connected.is_seen
    assert second.is_seen
    assert second.place is not None
    assert second.place.extern.path == here / "extern"
    assert (third.is_live, third.is_seen, third.place) == (False, False, None)


async def test_nodes_of_a_server_elsewhere_are_never_taken_for_folders_here(
    tmp_path: Path,
) -> None:
    server = Asked({2: tmp_path}, is_local=False)
    found = await read_destinations(cast(Server, server), FACTS, None)
    assert [node.is_seen for node in found] == [False, False, False]
    assert "not looked for" in found[0].problem


async def test_a_missing_extern_of_the_connected_node_is_told(tmp_path: Path) -> None:
    gone = place(tmp_path / "no" / "extern", exists=False)
    server = Asked({})
    connected = (await read_destinations(cast(Server, server), FACTS, gone))[0]
    assert "not found" in connected.problem


async def test_what_the_server_refuses_leaves_what_was_known(tmp_path: Path) -> None:
    server = Asked({2: tmp_path}, refuses=True)
    found = await read_destinations(cast(Server, server), FACTS, place(tmp_path))
    assert [(node.id, node.is_live) for node in found] == [(1, True), (2, True), (3, True)]
    assert not found[1].is_seen
