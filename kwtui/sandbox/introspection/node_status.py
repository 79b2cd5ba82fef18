"""What a node knows of itself: addresses, build, liveness, disks, sessions and queries.

Rows follow recordings 01, 12 and 15. The addresses are read from the files that a node keeps in its
store (``kwbase.listen-addr`` and so on).
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kwtui.sandbox import identity
from kwtui.sandbox.catalog.users import is_admin
from kwtui.sandbox.engine.clock import timestamp_text
from kwtui.sandbox.query.virtual_tables import INTERNAL, Rows, Scope, provides

if TYPE_CHECKING:
    from kwtui.sandbox.engine.engine import Engine
    from kwtui.sandbox.engine.session import Session

NODE_ID = 1
SERVER_VERSION = "20.1-3"
_NO_ADDRESS = "127.0.0.1:26257"
_LIVENESS = timedelta(seconds=9)
"""How long a heartbeat keeps a node alive."""
_BRPC_OFFSET = 1000
"""How far the port between time-series engines lies above the SQL port (recording 12)."""
_NULL_PERCENTILES = {name: 0 for name in ("P10", "P25", "P50", "P75", "P90", "PMax")}


@dataclass(frozen=True)
class Facts:
    """Where a node listens and since when it runs."""

    node_id: int
    address: str
    http_address: str
    store: Path
    started: datetime
    start_mode: str
    certificates: Path | None
    """None for an insecure node."""

    @property
    def locality(self) -> str:
        """The region that a node is given by its number (recording 15)."""
        return f"region=NODE{self.node_id}"

    @property
    def arguments(self) -> list[str]:
        """A command line that starts such a node, as the node reports its own."""
        host, _, port = self.address.rpartition(":")
        return [
            "./bin/kwbase",
            self.start_mode,
            f"--certs-dir={self.certificates}" if self.certificates else "--insecure",
            f"--listen-addr={self.address}",
            f"--http-addr={self.http_address}",
            f"--brpc-addr={host}:{int(port) + _BRPC_OFFSET}",
            f"--store={self.store}",
        ]


def facts(engine: Engine, node_id: int = NODE_ID) -> Facts:
    """The facts of a node."""
    store = engine.cluster.stores[node_id].absolute()
    return Facts(
        node_id=node_id,
        address=_read(store / "kwbase.listen-addr"),
        http_address=_read(store / "kwbase.http-addr"),
        store=store,
        started=datetime.fromtimestamp(engine.started_at / 1e9, UTC),
        start_mode=engine.cluster.start_mode,
        certificates=engine.certificates,
    )


def all_facts(engine: Engine) -> list[Facts]:
    """The facts of every node, also of those that are down."""
    return [facts(engine, node_id) for node_id in engine.cluster.node_ids]


def _read(path: Path) -> str:
    return path.read_text("ascii").strip() if path.is_file() else _NO_ADDRESS


@provides(INTERNAL, "gossip_nodes", admin="read kwdb_internal.gossip_nodes")
def gossip_nodes(scope: Scope) -> Rows:
    engine = scope.session.engine
    for node in all_facts(engine):
        row: list[object] = [node.node_id, "tcp", node.address, node.address, "tcp", node.address]
        row += [node.address, "[]", node.locality, node.start_mode, "", SERVER_VERSION]
        row += [identity.TAG, node.started.replace(tzinfo=None)]
        yield [*row, not engine.cluster.is_down(node.node_id), *_ranges(scope)]


def _ranges(scope: Scope) -> tuple[int, int]:
    """Ranges and leases: a node has one for each table beside its own."""
    count = 34 + len(scope.catalog.relations)
    return count, count


@provides(INTERNAL, "gossip_liveness", admin="read kwdb_internal.gossip_liveness")
def gossip_liveness(scope: Scope) -> Rows:
    now = datetime.now(UTC)
    expiration = f"{(now + _LIVENESS).timestamp():.6f}000,0"
    for node_id in scope.session.engine.cluster.living():
        yield node_id, 1, expiration, False, False, False, now.replace(tzinfo=None)


@provides(INTERNAL, "gossip_alerts", admin="read kwdb_internal.gossip_alerts")
@provides(INTERNAL, "gossip_network", admin="read kwdb_internal.gossip_network")
def nothing(scope: Scope) -> Rows:
    """A node that is alone and well has no alerts and no gossip partners."""
    return ()


@provides(INTERNAL, "node_build_info")
def node_build_info(scope: Scope) -> Rows:
    fields = {
        "ClusterID": scope.catalog.cluster_id,
        "Organization": scope.catalog.settings.get("cluster.organization", ""),
        "Build": identity.VERSION,
        "Version": identity.TAG,
        "Channel": "unknown",
        "Name": "KaiwuDB",
    }
    return [(scope.session.node_id, field, value) for field, value in fields.items()]


@provides(INTERNAL, "node_runtime_info", admin="access the node runtime information")
def node_runtime_info(scope: Scope) -> Rows:
    node = facts(scope.session.engine, scope.session.node_id)
    mode = "verify-full" if node.certificates else "disable"
    parts = (
        ("DB", "postgresql", "root", node.address, f"/?sslmode={mode}"),
        ("UI", "https" if node.certificates else "http", "", node.http_address, "/"),
    )
    for component, scheme, user, address, uri in parts:
        host, _, port = address.rpartition(":")
        login = f"{user}@" if user else ""
        tail = uri.removeprefix("/")
        for field, value in {
            "URL": f"{scheme}://{login}{address}{tail}",
            "Scheme": scheme,
            "User": user,
            "Host": host,
            "Port": port,
            "URI": uri,
        }.items():
            yield node.node_id, component, field, value


@provides(INTERNAL, "kv_node_status", admin="read kwdb_internal.kv_node_status")
def kv_node_status(scope: Scope) -> Rows:
    for node in all_facts(scope.session.engine):
        started = node.started.replace(tzinfo=None)
        row: list[object] = [node.node_id, "tcp", node.address, "[]", node.locality]
        row += [SERVER_VERSION, identity.GO, identity.TAG, identity.BUILT, "", "gcc 12.2.0"]
        row += ["x86_64-linux-gnu", "unknown", "", "", started]
        row += [datetime.now(UTC).replace(tzinfo=None)]
        yield [*row, "{}", json.dumps(node.arguments), "[]", "{}"]


@provides(INTERNAL, "kv_store_status", admin="read kwdb_internal.kv_store_status")
def kv_store_status(scope: Scope) -> Rows:
    percentiles = json.dumps(_NULL_PERCENTILES)
    for node_id, store in sorted(scope.session.engine.cluster.stores.items()):
        disk = shutil.disk_usage(store)
        row: list[object] = [node_id, node_id, "[]", disk.total, disk.free, 0, 0]
        yield [*row, *_ranges(scope), 0, percentiles, percentiles, "{}"]


def seen_sessions(scope: Scope) -> list[Session]:
    """The sessions that the reader may see: administrators all of them, others their own."""
    sessions = cast("list[Session]", list(scope.session.engine.sessions.values()))
    if not is_admin(scope.catalog, scope.user):
        sessions = [session for session in sessions if session.user == scope.user]
    return sorted(sessions, key=lambda session: session.started_at)


@provides(INTERNAL, "cluster_sessions", "node_sessions")
def cluster_sessions(scope: Scope) -> Rows:
    for session in seen_sessions(scope):
        query = session.query
        yield (
            session.node_id,
            session.session_id,
            session.user,
            session.client_address,
            session.variables.get("application_name"),
            shown_text(query.text) if query else "",
            shown_text(session.last_query),
            timestamp_text(session.started_at),
            timestamp_text(query.started_at) if query else None,
            None,
            0,
            0,
            session.started_at % 100_000,
        )


@provides(INTERNAL, "cluster_queries", "node_queries")
def cluster_queries(scope: Scope) -> Rows:
    for session in seen_sessions(scope):
        query = session.query
        if query is None:
            continue
        yield (
            query.id,
            None,
            session.node_id,
            session.session_id,
            session.user,
            timestamp_text(query.started_at),
            shown_text(query.text),
            session.client_address,
            session.variables.get("application_name"),
            False,
            query.phase if session is not scope.session else "executing",
            0,
        )


_SPELLED_OUT = {
    "SHOW QUERIES": "SHOW CLUSTER QUERIES",
    "SHOW SESSIONS": "SHOW CLUSTER SESSIONS",
    "SHOW CLUSTER SETTINGS": "SHOW PUBLIC CLUSTER SETTINGS",
}


def shown_text(statement: str) -> str:
    """A statement as the lists of queries print it: some SHOW are spelled out (recording 01)."""
    return _SPELLED_OUT.get(" ".join(statement.split()).upper(), statement)


@provides(INTERNAL, "cluster_transactions", admin="read kwdb_internal.cluster_transactions")
@provides(INTERNAL, "node_transactions", admin="read kwdb_internal.node_transactions")
def transactions(scope: Scope) -> Rows:
    for session in seen_sessions(scope):
        if session.in_transaction:
            began = timestamp_text(session.transaction_began)
            application = session.variables.get("application_name")
            yield None, session.node_id, session.session_id, began, "", application
