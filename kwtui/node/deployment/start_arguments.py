"""What a node was, or will be, started with: ``kwbase start…`` and its flags (facts.md, section 4).

The flags are read as the node reads them: of a flag that is given twice the last one counts, an
address without a port keeps the port, ``--port`` is a bare number, and what is not given has the
node's own default. A value that is not known is never passed off as one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kwtui.files.untrusted import is_there
from kwtui.node.deployment.claims import NO_FILES, Claim
from kwtui.node.deployment.containers import Container
from kwtui.node.deployment.unknown import as_written, is_known, is_one_piece, reasons, split_at

DEFAULT_STORE = "kwbase-data"
"""Below the folder in which the node is started."""
DEFAULT_SQL_PORT = 26257
DEFAULT_HTTP_PORT = 8080
_SWITCHES = frozenset(
    re.findall(
        r"\S+",
        """
--insecure --tlcp --background --unencrypted-localhost-http --external-io-disable-http
--external-io-disable-implicit-credentials --upgrade-complete --use-raft-store
--disable-cluster-name-verification --experimental-dns-srv --no-redirect-stderr --logtostderr
""",
    )
)


@dataclass(frozen=True)
class StartArguments:
    """One node with what says so."""

    words: tuple[str, ...]
    source: str
    """In words, for the connection page."""
    folder: Path | None = None
    """Against which relative paths are meant, on the host."""
    container: Container | None = None
    """None: on the machine itself, as far as is known."""
    user: str = ""
    """The account that it runs as."""
    reported: bool = False
    """The server says it: whether in a container, it does not say."""
    partial: bool = False
    """There may be more words than these: nothing that is missing has a default."""

    # -- flags --------------------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether every word is known, so that what is not given has its default."""
        return not self.partial and not any(is_one_piece(word) for word in self.words)

    @property
    def store(self) -> str | None:
        """The first store; further ones hold no exports and no logs. None if it is not known."""
        stores = self.values("--store", "-s")
        if stores:
            return _path_of(stores[0])
        return DEFAULT_STORE if self.complete else None

    @property
    def in_memory(self) -> bool:
        stores = self.values("--store", "-s")
        return bool(stores) and "type=mem" in stores[0].split(",")

    @property
    def logs(self) -> str | None:
        """``--log-dir``; empty turns log files off."""
        return self.last("--log-dir")

    @property
    def security(self) -> str | None:
        """``insecure``, ``tls`` or ``tlcp``."""
        if self.has("--insecure"):
            return "insecure"
        if self.has("--tlcp"):
            return "tlcp"
        return "tls" if self.last("--certs-dir") is not None else None

    def last(self, *flags: str) -> str | None:
        values = self.values(*flags)
        return values[-1] if values else None

    def has(self, flag: str) -> bool:
        return any(w == flag or w.lower() in (f"{flag}=true", f"{flag}=1") for w in self.words)

    def values(self, *flags: str) -> list[str]:
        return [value for flag, value in self._flags() if flag in flags]

    def _flags(self) -> list[tuple[str, str]]:
        """Flags with values: ``--flag=value``, ``--flag value``, ``-s value``, ``-svalue``."""
        found = []
        at = 1
        while at < len(self.words):
            word = self.words[at]
            at += 1
            flag, equals, value = word.partition("=")
            if re.match(r"-s[^=]", flag):
                flag, equals, value = "-s", "=", word[2:]
            if not flag.startswith("-") or not is_known(flag):
                continue
            if not equals and flag not in _SWITCHES and at < len(self.words):
                following = self.words[at]
                if not re.match(r"--\w", following):
                    value, at = following, at + 1
                    equals = "="
            if equals:
                found.append((flag, value))
        return found

    # -- ports --------------------------------------------------------------------------------

    @property
    def sql_port(self) -> int | None:
        """The port that clients on this machine reach it at; None where that is not known."""
        claim = self.sql_port_claim()
        return int(claim.value) if claim is not None and claim.value else None

    def sql_port_claim(self) -> Claim | None:
        """The port for SQL: of ``--sql-addr``, else the node's own (``--listen-addr``)."""
        own = self._port(self._default(DEFAULT_SQL_PORT), "--listen-addr", "--port", "-p")
        return self._port_claim(self._port(own, "--sql-addr"))

    def http_port_claim(self) -> Claim | None:
        default = self._default(DEFAULT_HTTP_PORT)
        return self._port_claim(self._port(default, "--http-addr", "--http-port"))

    def brpc_port_claim(self) -> Claim | None:
        return self._port_claim(self._port("", "--brpc-addr"))

    def _default(self, port: int) -> str:
        return str(port) if self.complete else ""

    def _port(self, default: str, *flags: str) -> str:
        """The port of address flags and of bare numbers, the last that names one counting."""
        port = default
        for flag, value in self._flags():
            if flag not in flags:
                continue
            if flag in ("--port", "--http-port", "-p"):
                port = value
            elif not is_known(_port_part(value)) or _port_part(value):
                port = _port_part(value)
        return port

    def _port_claim(self, port: str) -> Claim | None:
        if not port:
            return None
        if not is_known(port):
            problem = f"The port is {as_written(port)}: {reasons(port)}."
            return Claim("", self.source, problem=problem)
        if not re.fullmatch(r"\d{1,5}", port) or int(port) == 0:
            # Port 0: the system chooses one, which the start arguments do not tell.
            return None
        if self.container is None:
            return Claim(str(int(port)), self.source)
        seen = self.container.port(int(port))
        return Claim(seen.value, self.source, "" if seen.value == port else port, seen.problem)

    # -- paths --------------------------------------------------------------------------------

    def path_claim(self, path: str) -> Claim:
        """A path of the node as this machine sees it, or why it cannot be seen."""
        if path == NO_FILES:
            return Claim(NO_FILES, self.source)
        if not is_known(path):
            problem = f"The path is {as_written(path)}: {reasons(path)}."
            return Claim("", self.source, problem=problem)
        if self.container is not None:
            return self._in_container(path, self.container)
        if path.startswith("~"):
            problem = f"{path} begins with ~, which the node does not expand to a home folder."
            return Claim("", self.source, problem=problem)
        where = Path(path)
        if not where.is_absolute() and self.folder is None:
            problem = f"{path} is relative to an unknown folder."
            if not self.values("--store", "-s"):
                problem = (
                    f"No --store is given: the store is {path} in the folder in which the node "
                    "is started, which is unknown."
                )
            return Claim("", self.source, problem=problem)
        return Claim(os.path.normpath((self.folder or Path("/")) / where), self.source)

    def _in_container(self, path: str, container: Container) -> Claim:
        if not path.startswith("/"):
            if not container.folder.startswith("/") or not is_known(container.folder):
                problem = f"{path} is relative to the container's working folder, which is unknown."
                return Claim("", self.source, path, problem)
            path = os.path.normpath(f"{container.folder}/{path}")
        seen = container.path(path)
        return Claim(seen.value, self.source, path, seen.problem)


def _port_part(address: str) -> str:
    """``host:port`` without its host; empty if it names no port. IPv6 stands in brackets."""
    parts = split_at(address, ":")
    if is_one_piece(address):
        # It may be a host with or without a port.
        return address
    in_brackets = address.startswith("[")
    if len(parts) == 1 or parts[-1].endswith("]") or (len(parts) > 2 and not in_brackets):
        return ""
    return parts[-1]


def _path_of(store: str) -> str | None:
    """The path of ``path``, ``path=...,size=...`` or ``path,attrs=...``; None for one in memory."""
    parts = [part for part in split_at(store, ",") if part]
    for part in parts:
        key, _, value = part.partition("=")
        if key == "path" and value:
            return value
    first = parts[0] if parts else ""
    return None if re.match(r"(?:type|size|attrs|rocksdb)=", first) or not first else first


def with_container(found: StartArguments, others: Sequence[StartArguments]) -> StartArguments:
    """What a server in a container reports is meant inside it: with what the container mounts.

    It is the container whose own store has the same path. Arguments whose store is there on this
    machine are left as they are.
    """
    store = found.store
    if found.container is not None or not store or not is_known(store):
        return found
    if is_there(Path(store), if_closed=True):
        return found
    same = next((o for o in others if o.container is not None and o.store == store), None)
    return replace(found, container=same.container, user=same.user) if same else found
