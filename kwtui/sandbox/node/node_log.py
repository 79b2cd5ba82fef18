"""What the sandbox's node writes to its logs: start, runtime figures, statements and failures.

Places and wording follow a real node's log. A node says little of exports; the sandbox
writes them in the shape of its statement log (``sql/exec_log.go``), so that there is something
to find.
"""

from __future__ import annotations

import getpass
import os
import re
import resource
import socket
import sys
import threading
import traceback
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from kwtui.sandbox import identity
from kwtui.sandbox.answers.answer import Answer, SqlError
from kwtui.sandbox.node.log_files import (
    MAX_FILE_BYTES,
    Clock,
    LogFamily,
    engine_line,
    engine_name,
    kwbase_line,
    kwbase_name,
    utc_now,
)
from kwtui.sandbox.node.store import Wal
from kwtui.sandbox.wire.conversation import Observer

_MIB = 1024 * 1024
_FIRST_CLIENT_GOROUTINE = 2775
_STATEMENT = re.compile(r"\s*(\w+)(?:\s+(\w+))?(?:\s+(\w+))?", re.ASCII)
_NAME = re.compile(
    r"\b(?:DATABASE|TABLE)\s+(?:IF\s+(?:NOT\s+)?EXISTS\s+)?(\"[^\"]+\"|[\w.]+)", re.IGNORECASE
)
_WRITTEN = re.compile(r"INSERT 0 (\d+)")
_SHOWN_SQL = 1000
"""Characters of a statement that the log shows."""

# A real node's log holds bytes that are no text; viewers have to survive them (live findings).
_RAW_BYTES = (
    b"[n1,s1,r51/1:/Table/5{1-6}] &{0xc0057637a0 {\x0fHp\x8av\xe2\xf2;\x1b\xb8\x03 {1 <nil> 3 "
    b"{<nil> 0xc004449dc0 <nil> <nil> false {1795336256836141902 0} <nil>}"
)


@dataclass
class Client:
    """The other end of a connection, as log tags name it."""

    address: str
    user: str = "?"
    goroutine: int = 0

    @property
    def tags(self) -> str:
        return f"n1,client={self.address},hostnossl,user={self.user}"


@dataclass(frozen=True)
class Listening:
    """What the start banner tells."""

    store: Path
    host: str
    port: int
    cluster_id: str
    started: datetime
    first_start: bool
    node_id: int = 1
    certificates: Path | None = None
    """None for an insecure node."""

    @property
    def client_flags(self) -> str:
        """The options with which kwbase's own client reaches the node."""
        secure = f"--certs-dir={self.certificates}" if self.certificates else "--insecure"
        return f"kwbase <client cmd> --host={self.host}:{self.port} {secure}"


class NodeLog:
    """The three families of one running node. Safe to use from several threads."""

    def __init__(
        self,
        directory: Path,
        arguments: list[str],
        clock: Clock = utc_now,
        max_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._clock = clock
        self._directory = directory
        self._arguments = arguments
        self._cluster_id = ""
        self._goroutine = _FIRST_CLIENT_GOROUTINE
        self._lock = threading.Lock()
        host, user, pid = socket.gethostname().split(".")[0], _user_name(), os.getpid()
        self._host = host
        self._main = LogFamily(
            directory,
            "kwbase",
            "kwbase.log",
            kwbase_name("kwbase", host, user, pid),
            self._header,
            clock,
            max_bytes,
        )
        self._storage = LogFamily(
            directory,
            "kwbase-rocksdb",
            "kwbase-rocksdb.log",
            kwbase_name("kwbase-rocksdb", host, user, pid),
            self._header,
            clock,
            max_bytes,
        )
        self._engine = LogFamily(
            directory, "TsEngine", "TsEngine.log", engine_name, lambda _: (), clock, max_bytes, None
        )

    def _header(self, now: datetime) -> list[str]:
        place = "util/log/sync_buffer.go:84"
        lines = [
            f"[config] file created at: {now:%Y/%m/%d %H:%M:%S}",
            f"[config] running on machine: {self._host}",
            f"[config] binary: {identity.VERSION}",
            f"[config] arguments: [{' '.join(self._arguments)}]",
        ]
        if self._cluster_id:
            lines.append(f"[config] clusterID: {self._cluster_id}")
        lines.append("line format: [IWEF]yymmdd hh:mm:ss.uuuuuu goid file:line msg utf8=✓")
        return [kwbase_line("I", now, 1, place, line) for line in lines]

    # Writing

    def _write(
        self, severity: str, place: str, message: str, tags: str = "n1", goroutine: int = 28
    ) -> None:
        line = kwbase_line(severity, self._clock(), goroutine, place, message, tags)
        self._main.write(line.encode("utf-8", "surrogateescape") + b"\n")

    def engine(self, severity: str, place: str, message: str) -> None:
        """One line of the time-series engine."""
        line = engine_line(severity, self._clock(), os.getpid(), place, message)
        self._engine.write(line.encode() + b"\n")

    def storage(self, message: str) -> None:
        """One line of the relational store."""
        line = kwbase_line("I", self._clock(), 28, "storage/rocksdb.go:116", message)
        self._storage.write(line.encode() + b"\n")

    # The node's life

    def starting(self, store: Path) -> None:
        """The lines before the node can be reached."""
        self._write("I", "cli/start.go:1169", f"logging to directory {self._directory}", "", 1)
        self._write("I", "cli/start.go:1242", identity.VERSION, "", 1)
        self._write("I", "cli/start.go:635", "starting kwbase node", "", 1)
        self._write("I", "storage/rocksdb.go:636", f'opening rocksdb instance at "{store}"', "")
        self._write("I", "server/config.go:673", "1 storage engine initialized", "n?")
        place = "kv/kvserver/replica_application_state_machine.go:1511"
        head = kwbase_line("I", self._clock(), 95, place, "").encode()
        self._main.write(head + _RAW_BYTES + b"\n")
        self.storage("RocksDB version: 6.2.1")
        self.storage("DB SUMMARY")
        self.storage("                        Options.create_if_missing: 1")
        self.engine("I", "ts_engine.cpp:353", "TS engine WAL level is: 2")
        self.engine("I", "ts_engine.cpp:2337", "Recover start.")
        self.engine("I", "ts_engine.cpp:2445", "Recover success.")
        self.engine("I", "db.cpp:117", "TSEngineImpl created success.")

    def started(self, node: Listening) -> None:
        """The start banner, with the labels that tools read (facts.md 4.4)."""
        self._cluster_id = node.cluster_id
        took = (self._clock() - node.started).total_seconds()
        status = "initialized new cluster" if node.first_start else "restarted pre-existing node"
        labels = {
            "build:": f"{identity.TAG} @ {identity.BUILT} ({identity.GO})",
            "sql:": f"postgresql://root@{node.host}:{node.port}?sslmode="
            + ("verify-full" if node.certificates else "disable"),
            "RPC client flags:": node.client_flags,
            "logs:": str(self._directory),
            "temp dir:": str(node.store / "kwbase-temp"),
            "external I/O path:": str(node.store / "extern"),
            "store[0]:": f"path={node.store}",
            "storage engine:": "rocksdb",
            "ts storage engine:": "kwtsdb",
            "status:": status,
            "clusterID:": node.cluster_id,
            "nodeID:": str(node.node_id),
        }
        banner = "\n".join(f"{label:<21} {value}" for label, value in labels.items())
        self._write("I", "server/server.go:2697", "serving sql connections")
        self._write("I", "cli/start.go:802", f"[config] clusterID: {node.cluster_id}", "", 26)
        self._write(
            "I",
            "cli/start.go:811",
            "node startup completed:\n"
            f"KWDB node starting at {self._clock():%Y-%m-%d %H:%M:%S.%f}000 +0000 UTC "
            f"(took {took:.1f}s)\n{banner}",
            "",
            26,
        )

    def runtime(self) -> None:
        """The periodic figures of the process."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        kilobytes = usage.ru_maxrss if sys.platform != "darwin" else usage.ru_maxrss // 1024
        memory = f"{kilobytes * 1024 // _MIB} MiB"
        self._write(
            "I",
            "server/status/runtime.go:684",
            f"runtime stats: {memory} RSS, {threading.active_count() + 140} goroutines, "
            f"{memory}/0 B/{memory} GO alloc/idle/total, 0 B/0 B CGO alloc/total, "
            f"0 B Kmalloc total, 0.0 CGO/sec, {usage.ru_utime:.1f}/{usage.ru_stime:.1f} "
            f"%(u/s)time, 0.0 %gc (0x), 0 B/0 B (r/w)net",
            goroutine=122,
        )

    def hang_up_survived(self) -> None:
        """The terminal that started the node went away."""
        self._write("I", "cli/start.go:952", "received signal 'SIGHUP', going on", "", 1)

    def stopping(self, reason: str) -> None:
        """A clean stop."""
        self._write("I", "cli/start.go:976", f"received signal '{reason}'", "", 1)
        self._write("I", "cli/start.go:1042", "server drained and shutdown completed", "", 1)

    def close(self) -> None:
        """Close the files."""
        for family in (self._main, self._storage, self._engine):
            family.close()

    # Clients

    def client_connected(self, client: Client) -> None:
        """A client logged in."""
        with self._lock:
            self._goroutine += 7
            client.goroutine = self._goroutine

    def client_lost(self, client: Client) -> None:
        """A client went away in the middle."""
        self._about(client, "W", "sql/pgwire/conn.go:347", "client disconnected unexpectedly")

    def login_failed(self, client: Client, error: SqlError) -> None:
        """A client was turned away."""
        self._about(client, "W", "sql/pgwire/auth.go:82", f"login failed: {error.message}")

    def protocol_error(self, client: Client, problem: str) -> None:
        """A client does not speak the protocol."""
        self._about(client, "E", "sql/pgwire/conn.go:298", f"error reading message: {problem}")

    def _about(self, client: Client, severity: str, place: str, message: str) -> None:
        self._write(severity, place, message, client.tags, client.goroutine)


@dataclass
class StatementLog(Observer):
    """Writes down what one client's statements did."""

    log: NodeLog
    client: Client
    wal: Wal
    _began: datetime | None = field(default=None, init=False)

    def started(self, sql: str) -> None:
        self._began = utc_now()
        if _verb(sql) == "EXPORT":
            self._line("I", "sql/exec_log.go:169", f"exec started {_shown(sql)}")

    def answered(self, sql: str, answer: Answer) -> None:
        verb = _verb(sql)
        rows = _WRITTEN.fullmatch(answer.tag)
        if rows is not None:
            self.wal.record(int(rows[1]))
        if verb in ("EXPORT", "IMPORT"):
            self._line("I", "sql/exec_log.go:169", f"{self._exec(sql)} {answer.tag} {{}}")
        for notice in answer.notices:
            place = "sql/conn_executor_exec.go:1302"
            self._line("W", place, f"{verb.lower()}: {notice.message}")
        if answer.tag in _PLACES:
            name = _NAME.search(sql)
            said = name[1].strip('"') if name else ""
            self._line("I", _PLACES[answer.tag], f"{answer.tag.lower()} {said} finished")

    def failed(self, sql: str, error: SqlError) -> None:
        place = "jobs/registry.go:1201" if _verb(sql) == "IMPORT" else "sql/exec_log.go:169"
        self._line(
            "E", place, f"{self._exec(sql)} ERROR {{}} {error.sqlstate}: {_shown(error.message)}"
        )

    def crashed(self, sql: str, error: Exception) -> None:
        trace = "".join(traceback.format_exception(error))
        self._line("E", "sql/conn_executor.go:1152", f"{self._exec(sql)} panic:\n{trace}")

    def cancelled(self, sql: str) -> None:
        self._line("W", "sql/conn_executor.go:1480", f"query canceled: {_shown(sql)}")

    def parameter_refused(self, name: str, error: SqlError) -> None:
        """A start-up parameter that is no session variable."""
        place = "sql/pgwire/server.go:664"
        self._line("W", place, f'unknown configuration parameter: "{name}": {error.message}')

    def hung_up(self) -> None:
        """The server closed the connection."""
        self._line("I", "sql/pgwire/conn.go:212", "connection closed by the server")

    def _exec(self, sql: str) -> str:
        began = self._began or utc_now()
        elapsed = (utc_now() - began).total_seconds() * 1000
        return f'exec "" {{}} {_shown(sql)} {{}} {elapsed:.3f}'

    def _line(self, severity: str, place: str, message: str) -> None:
        self.log._about(self.client, severity, place, message)


_PLACES = {
    "CREATE DATABASE": "sql/create_database.go:186",
    "CREATE TS DATABASE": "sql/create_database.go:186",
    "DROP DATABASE": "sql/drop_database.go:310",
    "CREATE TABLE": "sql/create_table.go:371",
}


def _verb(sql: str) -> str:
    found = _STATEMENT.match(sql)
    return found[1].upper() if found else ""


def _shown(text: str) -> str:
    """A statement on one line, cut to a bound, in quotes."""
    flat = " ".join(text.split())
    return f'"{flat[:_SHOWN_SQL]}"'


def _user_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())
