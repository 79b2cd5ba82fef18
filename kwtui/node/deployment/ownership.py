"""Whose files these are: what a node wrote into its store says which node it is.

Paths prove nothing: a machine may have the stores of several nodes, and another machine one of the
same path. What proves it: cluster and node in the head of the node's own log (facts.md, 4.4 and
5.2); else the address on which the node of this store listened when it last started, which it
writes beside the data (recording 04, ``ls -la $EXTERN/..``).
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from kwtui.files.foreign.reading import read_start
from kwtui.node.deployment.claims import Answering, Owner, Ownership
from kwtui.node.deployment.log_banner import Banner, read_banners

_ADDRESS_FILES = ("kwbase.sql-addr", "kwbase.listen-addr")
_ADDRESS = re.compile(r":(\d{1,5})\s*\Z")


@dataclass(frozen=True)
class Mark:
    """What a store says of the node that it belongs to; empty values: it does not say."""

    cluster_id: str = ""
    node_id: int = 0
    port: int | None = None
    file: str = ""
    """Where that stands."""


def read_mark(store: Path | None, logs: Path | None = None) -> Mark:
    """What the store and its logs say. Blocking. Never raises: what cannot be read says nothing."""
    folder = logs or (store / "logs" if store is not None else None)
    banner = _banner_of(store, folder) if folder is not None else None
    port, file = _port_of(store) if store is not None else (None, "")
    if banner is None:
        return Mark(port=port, file=file)
    return Mark(banner.cluster_id, banner.node_id, port, str(banner.file))


def _port_of(store: Path) -> tuple[int | None, str]:
    for name in _ADDRESS_FILES:
        try:
            text = read_start(store / name, 256).decode("utf-8", "replace")
        except OSError:
            continue
        if found := _ADDRESS.search(text):
            return int(found[1]), str(store / name)
    return None, ""


def _banner_of(store: Path | None, logs: Path) -> Banner | None:
    """The newest head of this store's node: several nodes may write into one log folder."""
    banners = [banner for banner in read_banners(logs) if banner.cluster_id]
    if store is None:
        return next(iter(banners), None)
    mine = [b for b in banners if _same(b.store, store)]
    # A node in a container names the path that it sees.
    unseen = [b for b in banners if not b.store or not os.path.lexists(b.store)]
    return next(iter(mine or unseen), None)


def _same(path: str, store: Path) -> bool:
    return bool(path) and os.path.realpath(path) == os.path.realpath(store)


def judge(mark: Mark, server: Answering | None, what: str) -> Ownership:
    """Whose the folder ``what`` with this mark is. NOT_KNOWN where the mark decides nothing."""
    if server is None:
        return Ownership()
    same_cluster = bool(mark.cluster_id) and mark.cluster_id == server.cluster_id
    if mark.cluster_id and server.cluster_id and not same_cluster:
        whose = f"node {mark.node_id} of " if mark.node_id else ""
        return Ownership(
            Owner.OTHER,
            f"{what} belongs to {whose}cluster {mark.cluster_id} ({mark.file} says so); the server"
            f" that answers belongs to cluster {server.cluster_id}.",
        )
    if same_cluster and mark.node_id and server.node_id:
        if mark.node_id == server.node_id:
            proof = f"{mark.file} names this cluster and node {mark.node_id}"
            return Ownership(Owner.THIS, proof)
        return Ownership(
            Owner.OTHER,
            f"{what} belongs to node {mark.node_id} ({mark.file} says so); node {server.node_id}"
            " answers.",
        )
    if mark.port is not None and mark.port == server.port:
        return Ownership(Owner.THIS, f"its node listened on port {mark.port}")
    return Ownership(Owner.NOT_KNOWN)
