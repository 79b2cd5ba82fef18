"""The sandbox's server process: ``python -m kwtui.sandbox.server --dir D --port N``.

Listens on loopback only. SIGTERM and SIGINT stop it cleanly; SIGHUP is noted and survived, since
the terminal that started it may go away. Exit status: 0 after a clean stop, else that of
``exit_status.Status``.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import ssl
import sys
import traceback
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import users
from kwtui.sandbox.control.home import (
    HOST,
    Description,
    Home,
    HomeError,
    Running,
    process_identity,
    write_json,
)
from kwtui.sandbox.exit_status import Status
from kwtui.sandbox.node import store
from kwtui.sandbox.node.http_server import HttpServer
from kwtui.sandbox.node.member import Member, Mode
from kwtui.sandbox.wire.engine_protocol import Engine

RUNTIME_SECONDS = 10
"""How often a node writes its runtime figures."""
FLUSH_SECONDS = 1
ROOT_PASSWORD_VARIABLE = "KWTUI_SANDBOX_ROOT_PASSWORD"  # noqa: S105 - a name, not a password
MOST_NODES = 9


@dataclass
class Options:
    """How to run one server."""

    home: Home
    port: int = 0
    empty: bool = False
    history: bool = False
    password_required: bool = False
    tls: bool = False
    nodes: int = 1
    log_file_bytes: int = 10 * 1024 * 1024

    @property
    def secure(self) -> bool:
        """Whether clients have to prove who they are."""
        return self.password_required or self.tls


def _open_engine(home: Home, nodes: int) -> Engine:
    """Open the databases of a store. DuckDB and sqlglot are only loaded here.

    Raises HomeError where the data cannot be opened.
    """
    import duckdb

    from kwtui.sandbox.sql_engine import SqlEngine

    others = [home.node_store(node_id) for node_id in range(2, nodes + 1)]
    try:
        return SqlEngine(home.store, others=others)
    except duckdb.Error as error:
        raise HomeError(
            f"The sandbox's data cannot be opened: {error}\n"
            f"If they are not needed, make them new with: kwtui sandbox reset --dir {home.root}",
            Status.STORE_BROKEN,
        ) from error


def _set_root_password(engine: Engine) -> None:
    """Give root the password of the environment, so that somebody can log in."""
    password = os.environ.get(ROOT_PASSWORD_VARIABLE)
    if password:
        engine.catalog.users["root"].password = users.hash_password(password)
        engine.save_catalog()


class Server:
    """One running sandbox: one process for all of its nodes."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._engine: Engine | None = None
        self._members: list[Member] = []
        self._stop = asyncio.Event()
        self._reason = ""

    async def run(self) -> None:
        """Serve until a signal comes. Raises HomeError, OSError."""
        store.limit_umask()
        options, home = self._options, self._options.home
        description = home.open()
        if not description.loaded:
            home.discard_store()
            description = replace(description, nodes=options.nodes)
        mode = self._mode()
        with ExitStack() as stack:
            await self._listen(description, mode, stack)
            logs = {member.node_id: member.store / "logs" for member in self._members}
            web = HttpServer(logs, self._may_read, closed=options.secure)
            pages = await asyncio.start_server(
                web.serve, HOST, 0, start_serving=False, ssl=mode.web_tls
            )
            stack.callback(pages.close)
            await self._run_nodes(description, mode, pages)

    def _mode(self) -> Mode:
        """In which mode the nodes run. Raises OSError, ssl.SSLError."""
        options = self._options
        if not options.tls:
            return Mode(options.password_required)
        from kwtui.sandbox.node import certificates

        files = certificates.ensure(options.home.certificates)
        web = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        web.load_cert_chain(files.node, files.node_key)
        return Mode(True, certificates.server_context(files), web, files.root)

    async def _listen(self, description: Description, mode: Mode, stack: ExitStack) -> None:
        """Take the port of every node; nobody is let in yet. Raises OSError."""
        ports = [self._options.port, *description.other_ports]
        for node_id in range(1, description.nodes + 1):
            member = Member(node_id, self._options.home.node_store(node_id), mode)
            wanted = ports[node_id - 1] if node_id <= len(ports) else 0
            try:
                await member.listen(wanted)
            except OSError:
                if node_id == 1 or not wanted:
                    raise
                await member.listen(0)
            stack.callback(member.stop_listening)
            self._members.append(member)

    def _may_read(self, user: str, password: str) -> bool:
        """Whether this user may read the node's pages."""
        if self._engine is None:
            return False
        catalog = self._engine.catalog
        try:
            users.authenticate(catalog, user, password, datetime.now(UTC))
        except SqlError:
            return False
        return users.is_admin(catalog, user.lower())

    async def _run_nodes(self, description: Description, mode: Mode, pages: asyncio.Server) -> None:
        started = datetime.now(UTC)
        home, options = self._options.home, self._options
        web_port = int(pages.sockets[0].getsockname()[1])
        start_mode = "start-single-node" if description.nodes == 1 else "start"
        for member in self._members:
            member.open_store(f"{HOST}:{web_port}", start_mode, options.log_file_bytes)
        engine = await asyncio.to_thread(_open_engine, home, description.nodes)
        self._engine = engine
        engine.certificates = mode.certificates
        try:
            await asyncio.to_thread(self._fill, engine, description)
            first, *others = [member.port for member in self._members]
            home.save(replace(description, port=first, other_ports=others, loaded=True))
            for member in self._members:
                await member.let_in(engine, started, first_start=not description.loaded)
            await pages.start_serving()
            self._listen_to_signals()
            self._announce()
            await self._until_stopped()
        finally:
            home.run_path.unlink(missing_ok=True)
            for member in self._members:
                await member.turn_away(self._reason or "failure")
            await asyncio.to_thread(engine.close)
            for member in self._members:
                member.log.close()

    def _fill(self, engine: Engine, description: Description) -> None:
        """What has to be in before clients come."""
        if not description.loaded and not self._options.empty:
            from kwtui.sandbox.node import demo

            demo.load(engine)
            if self._options.history:
                from kwtui.sandbox.node import history

                extern = store.Store(self._members[0].store).extern
                history.write(extern, engine.catalog.cluster_id)
        if self._options.secure:
            _set_root_password(engine)

    def _announce(self) -> None:
        """Tell ``start`` that clients can come."""
        pid = os.getpid()
        boot_id, ticks = process_identity(pid)
        dsns = [member.dsn for member in self._members]
        running = Running(
            pid=pid,
            port=self._members[0].port,
            dsn=dsns[0],
            started=datetime.now(UTC).isoformat(timespec="seconds"),
            boot_id=boot_id,
            start_ticks=ticks,
            tls=self._options.tls,
            dsns=dsns,
        )
        write_json(self._options.home.run_path, vars(running))

    def _listen_to_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._on_signal, number.name)
        loop.add_signal_handler(signal.SIGHUP, self._members[0].log.hang_up_survived)

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
        """What nodes do by themselves: figures in the log, the WAL growing, checkpoints."""
        seconds = 0
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            seconds += FLUSH_SECONDS
            for member in self._members:
                await member.die_if_down()
                member.wal.flush()
                if seconds % RUNTIME_SECONDS == 0:
                    member.log.runtime()
                if seconds % store.CHECKPOINT_SECONDS == 0:
                    member.checkpoint()


def _options(argv: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="python -m kwtui.sandbox.server")
    parser.add_argument("--dir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--history", action="store_true")
    parser.add_argument("--password-required", action="store_true")
    parser.add_argument("--tls", action="store_true")
    parser.add_argument("--nodes", type=int, default=1, choices=range(1, MOST_NODES + 1))
    parser.add_argument("--log-file-max-size", type=int, default=10 * 1024 * 1024)
    given = parser.parse_args(argv)
    return Options(
        home=Home(given.dir.absolute()),
        port=given.port,
        empty=given.empty,
        history=given.history,
        password_required=given.password_required,
        tls=given.tls,
        nodes=given.nodes,
        log_file_bytes=given.log_file_max_size,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Run one server until it is told to stop."""
    options = _options(sys.argv[1:] if argv is None else argv)
    try:
        asyncio.run(Server(options).run())
    except HomeError as error:
        sys.stderr.write(f"{error}\n")
        return error.status
    except OSError as error:
        sys.stderr.write(f"cannot serve on {HOST}:{options.port}: {error}\n")
        return Status.PORT_IN_USE if error.errno == errno.EADDRINUSE else Status.FAILED
    except Exception:  # the log's tail is shown to the person, so it needs the reason
        traceback.print_exc()
        return Status.FAILED
    return Status.DONE


if __name__ == "__main__":
    sys.exit(main())
