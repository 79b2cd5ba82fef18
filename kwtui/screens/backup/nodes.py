"""The nodes that can receive a backup, as choices in words. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kwtui.keys.interface_words import in_interface
from kwtui.keys.spelling import key_of
from kwtui.operations.backup.destination_nodes import DestinationNode
from kwtui.widgets.form import Option

NODE_ABOUT = "The node in whose extern folder the files land."
_UNSEEN = "unseen"


@dataclass(frozen=True)
class ChosenNode:
    """``id`` is None for the node that one is connected to."""

    id: int | None = None
    unseen: bool = False
    """The person knows that its files cannot be checked from here."""


def chosen_node(value: str) -> ChosenNode:
    """What the value of an option says."""
    number, _, unseen = value.partition(" ")
    return ChosenNode(int(number) if number else None, bool(unseen))


NO_NODE = Option("", "the connected one", "Which nodes there are was not told.")


def node_options(nodes: Iterable[DestinationNode]) -> list[Option]:
    """The first is the default: the node that one is connected to."""
    options: list[Option] = []
    for node in sorted(nodes, key=lambda node: (not node.is_connected, node.id)):
        options += _connected(node) if node.is_connected else [_other(node)]
    return options or [NO_NODE]


def _connected(node: DestinationNode) -> list[Option]:
    name = f"node {node.id}, connected"
    if node.is_seen:
        return [
            Option(
                "",
                name,
                "Its files can be seen from here, so every file and every record is checked after"
                f" the export: {_extern(node)}",
            )
        ]
    refused = Option(
        "",
        f"{name}: files not seen",
        f"{in_interface(node.problem)} The plan will refuse, because nothing could be checked. Name"
        f" the folder as “Extern” of the server ({key_of('connection.edit')} in 1 Connection),"
        f" or take the next choice (→).",
        True,
    )
    return [refused, _unchecked(node, f" {_UNSEEN}", f"{name}, checked later")]


def _other(node: DestinationNode) -> Option:
    if not node.is_live:
        return Option(
            f"{node.id}",
            f"node {node.id}, NOT LIVE",
            f"Node {node.id} ({node.address}) does not answer; the plan will refuse it.",
            True,
        )
    if node.is_seen:
        return Option(
            f"{node.id}",
            f"node {node.id}, live, files seen",
            f"Its files are on this machine as well and are checked after the export:"
            f" {_extern(node)}. Screen 4 goes on to show those of the connected node.",
        )
    return _unchecked(node, f"{node.id} {_UNSEEN}", f"node {node.id}, live, checked later")


def _unchecked(node: DestinationNode, value: str, label: str) -> Option:
    return Option(
        value,
        label,
        f"The files of node {node.id} ({node.address}) cannot be seen from here. Not checked: that"
        " every file is there, that every record is in it, that its disk does not fill up. The"
        f" backup stays at P0 until it is sealed on node {node.id}; the plan names the command for"
        " that.",
        True,
    )


def _extern(node: DestinationNode) -> str:
    place = node.place
    return str(place.extern.path) if place is not None and place.extern.path else "extern"
