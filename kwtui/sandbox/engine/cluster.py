"""The nodes of one sandbox: where each keeps its files, which are down, and who writes what.

One process stands for all nodes: they share the data, as replicas do, and each has a store with an
``extern`` of its own, a port and a number (recording 15).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RANGE_ROWS = 100
"""Rows of a table that one leaseholder has before the next takes over; few, so that small tables
are already spread."""
_DOWN_MARK = "kwbase.down"


@dataclass(frozen=True)
class Cluster:
    """The stores of all nodes by number; node 1 is always there."""

    stores: dict[int, Path]

    @property
    def node_ids(self) -> list[int]:
        return sorted(self.stores)

    @property
    def alone(self) -> bool:
        return len(self.stores) == 1

    @property
    def start_mode(self) -> str:
        """The command of kwbase that starts such a node."""
        return "start-single-node" if self.alone else "start"

    def is_down(self, node_id: int) -> bool:
        """Whether this node was taken down (`set_down`)."""
        return not self.alone and (self.stores[node_id] / _DOWN_MARK).exists()

    def living(self) -> list[int]:
        """The numbers of the nodes that are up."""
        return [node_id for node_id in self.node_ids if not self.is_down(node_id)]

    def leaseholders(self, relation_id: int) -> list[int]:
        """Which nodes read a table for an export: the first RANGE_ROWS rows, then all others.

        Recording 15: one of three nodes wrote two thirds of a table, another one the rest.
        """
        living = self.living()
        first, second = relation_id % len(living), (relation_id + 2) % len(living)
        return list(dict.fromkeys((living[first], living[second])))


def set_down(store: Path, down: bool) -> None:
    """Take the node of a store down, or let it come back. Raises OSError."""
    mark = store / _DOWN_MARK
    if down:
        mark.touch(mode=0o600)
    else:
        mark.unlink(missing_ok=True)
