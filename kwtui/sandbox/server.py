"""The sandbox's server process: ``python -m kwtui.sandbox.server --dir D --port N``.

Listens on loopback only. SIGTERM and SIGINT stop it cleanly; SIGHUP is noted and survived, since
the terminal that started it may go away. Exit status: 0 after a clean stop, 1 where it could not
start.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from kwtui.sandbox import store as stores
from kwtui.sandbox import users
from kwtui.sandbox.answer import SqlError
from kwtui.sandbox.connection import Clients, Node
from kwtui.sandbox.home import (
    HOST,
    Description,
    Home,
    HomeError,
    Running,
    process_identity,
    write_json,
)
from kwtui.sandbox.http_server import HttpServer
from kwtui.sandbox.nodelog import Listening, NodeLog
from kwtui.sandbox.protocol import Engine

RUNTIME_SECONDS = 10
"""How often a node writes its runtime figures."""
FLUSH_SECONDS = 1
ROOT_PASSWORD_VARIABLE = "KWTUI_SANDBOX_ROOT_PASSWORD"  # noqa: S105 - a name, not a password


@dataclass
class Options:
    """How to run one server."""

    home: Home
    port: int = 0
    empty: bool = False
    password_required: bool = False
    log_file_bytes: int = 10 * 1024 * 1024
    arguments: list[str] = field(default_factory=list)


def _open_engine(store: Path) -> Engine:
    """Open the databases of a store. DuckDB and sqlglot are only loaded here."""
    from kwtui.sandbox.engine import Engine as SandboxEngine

    return SandboxEngine(store)


def _set_root_password(engine: Engine) -> None:
    """Give root the password of the environment, so that somebody can log in."""
    password = os.environ.get(ROOT_PASSWORD_VARIABLE)
    if password:
        engine.catalog.users["root"].password = users.hash_password(password)
        engine.save_catalog()


class Server:
    """One running sandbox."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clients = Clients()
        self._stop = asyncio.Event()
        self._reason = ""

    async def run(self) -> None:
        """Serve until a signal comes. Raises HomeError, OSError."""
        stores.limit_umask()
        home = self._options.home
        description = home.open()
        if not description.loaded:
            home.discard_store()
        listener = await asyncio.start_server(
            self._clients.serve, HOST, self._options.port, start_serving=False, reuse_address=True
        )
        web = HttpServer(
            home.store / "logs", self._may_read, closed=self._options.password_required
        )
        pages = await asyncio.start_server(web.serve, HOST, 0, start_serving=False)
        try:
            await self._run_node(listener, pages, description)
        finally:
            pages.close()
            listener.close()

    def _may_read(self, user: str, password: str) -> bool:
        """Whether this user may read the node's pages."""
        node = self._clients.node
        if node is None:
            return False
        catalog = node.engine.catalog
        try:
            users.authenticate(catalog, user, password, datetime.now(UTC))
        except SqlError:
            return False
        return users.is_admin(catalog, user.lower())

    async def _run_node(
        self, listener: asyncio.Server, pages: asyncio.Server, description: Description
    ) -> None:
        started = datetime.now(UTC)
        home, options = self._options.home, self._options
        port = int(listener.sockets[0].getsockname()[1])
        web_port = int(pages.sockets[0].getsockname()[1])
        store = stores.prepare(home.store, f"{HOST}:{port}", f"{HOST}:{web_port}")
        self._log = NodeLog(store.logs, options.arguments, max_bytes=options.log_file_bytes)
        self._log.starting(store.root)
        self._wal = stores.Wal(store)
        engine = await asyncio.to_thread(_open_engine, store.root)
        cluster_id = engine.catalog.cluster_id
        store.identity.write_text(cluster_id)
        try:
            await asyncio.to_thread(self._fill, engine, description)
            home.save(replace(description, port=port, loaded=True))
            self._clients.node = Node(engine, self._log, self._wal, options.password_required)
            await listener.start_serving()
            await pages.start_serving()
            self._log.started(
                Listening(store.root, HOST, port, cluster_id, started, not description.loaded)
            )
            self._listen_to_signals()
            self._announce(home, port)
            await self._until_stopped()
        finally:
            self._log.stopping(self._reason or "failure")
            home.run_path.unlink(missing_ok=True)
            listener.close()
            await self._clients.close()
            await asyncio.to_thread(engine.close)
            self._log.close()

    def _fill(self, engine: Engine, description: Description) -> None:
        """What has to be in before clients come."""
        if not description.loaded and not self._options.empty:
            from kwtui.sandbox import demo

            demo.load(engine)
        if self._options.password_required:
            _set_root_password(engine)

    def _announce(self, home: Home, port: int) -> None:
        """Tell ``start`` that clients can come."""
        pid = os.getpid()
        boot_id, ticks = process_identity(pid)
        running = Running(
            pid=pid,
            port=port,
            dsn=f"postgresql://root@{HOST}:{port}/defaultdb?sslmode=disable",
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            boot_id=boot_id,
            start_ticks=ticks,
        )
        write_json(home.run_path, vars(running))

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number.name)
        loop.add_signal_handler(signal.SIGHUP, self._log.hang_up_survived)

    async def _until_stopped(self) -> None:
        ticking = asyncio.create_task(self._tick())
        try:
            await self._stop.wait()
        finally:
            ticking.cancel()
            with suppress(asyncio.CancelledError):
                await ticking

    def _on_signal(self, name: str) -> None:
        self._reason = name
        self._stop.set()

    async def _tick(self) -> None:
        """What a node does by itself: figures in the log, the WAL growing, checkpoints."""
        seconds = 0
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            seconds += FLUSH_SECONDS
            self._wal.flush()
            if seconds % RUNTIME_SECONDS == 0:
                self._log.runtime()
            if seconds % stores.CHECKPOINT_SECONDS == 0:
                self._log.engine("I", "ts_engine.cpp:1380", "WAL Checkpoint Start.")
                self._wal.checkpoint()
                self._log.engine("I", "ts_engine.cpp:1429", "WAL Checkpoint Complete.")


def _options(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m kwtui.sandbox.server")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--password-required", action="store_true")
    parser.add_argument("--log-file-max-size", type=int, default=10 * 1024 * 1024)
    given = parser.parse_args(argv)
    home = Home(given.dir.absolute())
    arguments = [
        "kwbase",
        "start-single-node",
        "--certs-dir=certs" if given.password_required else "--insecure",
        f"--listen-addr={HOST}:{given.port}",
        f"--store={home.store}",
    ]
    return Options(
        home, given.port, given.empty, given.password_required, given.log_file_max_size, arguments
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one server until it is told to stop."""
    options = _options(sys.argv[1:] if argv is None else argv)
    try:
        asyncio.run(Server(options).run())
    except HomeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"cannot serve on {HOST}:{options.port}: {error}\n")
        return 1
    except Exception:  # the log's tail is shown to the person, so it needs the reason
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
