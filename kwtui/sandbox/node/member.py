"""One node of a sandbox: its port, store, log and clients."""

from __future__ import annotations

import asyncio
import ssl
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from kwtui.sandbox.control.home import HOST
from kwtui.sandbox.node import store as stores
from kwtui.sandbox.node.clients import Clients, Node
from kwtui.sandbox.node.node_log import Listening, NodeLog
from kwtui.sandbox.wire.engine_protocol import Engine


@dataclass(frozen=True)
class Mode:
    """In which mode all nodes of a sandbox run."""

    password_required: bool = False
    tls: ssl.SSLContext | None = None
    web_tls: ssl.SSLContext | None = None
    """How the HTTP server speaks TLS: it asks nobody for a certificate."""
    certificates: Path | None = None


class Member:
    """A node from the moment its port is taken until its clients are gone."""

    log: NodeLog
    wal: stores.Wal

    def __init__(self, node_id: int, store: Path, mode: Mode) -> None:
        self.node_id = node_id
        self.store = store
        self.port = 0
        self._mode = mode
        self._clients = Clients()
        self._listener: asyncio.Server | None = None

    async def listen(self, port: int) -> None:
        """Take a port, 0 for a free one; clients are not let in yet. Raises OSError."""
        self._listener = await asyncio.start_server(
            self._clients.serve, HOST, port, start_serving=False, reuse_address=True
        )
        self.port = int(self._listener.sockets[0].getsockname()[1])

    def stop_listening(self) -> None:
        """Give the port back."""
        if self._listener is not None:
            self._listener.close()

    @property
    def dsn(self) -> str:
        """How root connects."""
        options = {"sslmode": "disable"}
        certificates = self._mode.certificates
        if certificates is not None:
            options = {
                "sslmode": "verify-full",
                "sslrootcert": str(certificates / "ca.crt"),
                "sslcert": str(certificates / "client.root.crt"),
                "sslkey": str(certificates / "client.root.key"),
            }
        return f"postgresql://root@{HOST}:{self.port}/defaultdb?{urlencode(options, safe='/')}"

    def open_store(self, http_address: str, start_mode: str, log_file_bytes: int) -> None:
        """Lay the store out and begin its log. ``start_mode`` is the command of kwbase."""
        address = f"{HOST}:{self.port}"
        prepared = stores.prepare(self.store, address, http_address)
        mode = self._mode
        arguments = [
            "kwbase",
            start_mode,
            f"--certs-dir={mode.certificates or 'certs'}"
            if mode.password_required
            else "--insecure",
            f"--listen-addr={address}",
            f"--store={self.store}",
        ]
        self.log = NodeLog(prepared.logs, arguments, max_bytes=log_file_bytes)
        self.log.starting(prepared.root)
        self.wal = stores.Wal(prepared)

    async def let_in(self, engine: Engine, started: datetime, *, first_start: bool) -> None:
        """Begin to serve clients."""
        cluster_id = engine.catalog.cluster_id
        stores.Store(self.store).identity.write_text(cluster_id)
        self._clients.node = Node(
            engine=engine,
            log=self.log,
            wal=self.wal,
            password_required=self._mode.password_required,
            tls=self._mode.tls,
            node_id=self.node_id,
            is_down=lambda: engine.cluster.is_down(self.node_id),
        )
        if self._listener is not None:
            await self._listener.start_serving()
        self.log.started(
            Listening(
                self.store,
                HOST,
                self.port,
                cluster_id,
                started,
                first_start,
                self.node_id,
                self._mode.certificates,
            )
        )

    async def turn_away(self, reason: str) -> None:
        """Hang up on everybody. The log stays open until what they ran is closed."""
        self.log.stopping(reason)
        self.stop_listening()
        await self._clients.close()

    async def die_if_down(self) -> None:
        """Hang up on everybody once the node was taken down."""
        node = self._clients.node
        if node is not None and node.is_down():
            await self._clients.close()

    def checkpoint(self) -> None:
        """Begin new write-ahead files."""
        self.log.engine("I", "ts_engine.cpp:1380", "WAL Checkpoint Start.")
        self.wal.checkpoint()
        self.log.engine("I", "ts_engine.cpp:1429", "WAL Checkpoint Complete.")
