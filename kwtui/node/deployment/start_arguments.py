"""A node's start arguments: from its process, its service, its container (facts.md, section 4)."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from kwtui.files.untrusted import NotReadable, is_there, matching, read_text
from kwtui.node.deployment import containers
from kwtui.node.deployment.compose_yaml import NotUnderstood
from kwtui.node.deployment.containers import Container, Volumes
from kwtui.node.deployment.shell_words import assignments, expand_words, find_start, is_start, split
from kwtui.node.deployment.systemd_units import (
    Unit,
    environment_of,
    inside_etc,
    read_unit,
    start_lines,
)

UNITS = ("kaiwudb.service", "kwdb.service")
FOLDERS = ("kaiwudb", "kwdb")
"""Below /etc; the second is the older name (facts.md, 4.2)."""
_MOST_SCRIPTS = 40
DEFAULT_SQL_PORT = 26257


@dataclass(frozen=True)
class StartArguments:
    """What one node was, or will be, started with."""

    words: tuple[str, ...]
    source: str
    """In words, for the connection page."""
    folder: Path | None = None
    """Against which relative paths are meant."""
    volumes: Volumes = ()
    """(host, container) paths of a container."""
    container: str = ""
    """Its name; empty for a node on the machine itself."""
    ports: tuple[tuple[int, int], ...] = ()
    """(host, container) ports of a container."""
    user: str = ""
    """The account that it runs as."""
    inside: bool = False
    """Paths are those of a container, of which nothing but ``volumes`` shows on the host."""

    @property
    def store(self) -> str | None:
        """The first store; further ones hold no exports and no logs."""
        stores = self._values("--store", "-s")
        return _path_of(stores[0]) if stores else None

    @property
    def ts_store(self) -> str | None:
        """Where time series are kept, if apart from the first store."""
        return self._last("--ts-store")

    @property
    def extern(self) -> str | None:
        """``--external-io-dir``; ``disabled`` turns files off."""
        return self._last("--external-io-dir")

    @property
    def logs(self) -> str | None:
        """``--log-dir``; empty turns log files off."""
        return self._last("--log-dir")

    @property
    def audit(self) -> str | None:
        return self._last("--sql-audit-dir")

    @property
    def certs(self) -> str | None:
        return self._last("--certs-dir")

    @property
    def security(self) -> str | None:
        """``insecure``, ``tls`` or ``tlcp``."""
        if self._has("--insecure"):
            return "insecure"
        if self._has("--tlcp"):
            return "tlcp"
        return "tls" if self.certs is not None else None

    def port(self, *flags: str) -> str | None:
        """The port of an address flag, as the host sees it."""
        values = self._values(*flags)
        match = re.search(r":(\d{1,5})\Z", values[-1]) if values else None
        if match is None or int(match[1]) == 0:
            # Port 0: the system chooses one, which the start arguments do not tell.
            return None
        mapped = next((host for host, inner in self.ports if inner == int(match[1])), None)
        return str(mapped) if mapped is not None else match[1]

    @property
    def sql_port(self) -> int | None:
        """The port that clients on this machine reach it at; None where that is not known."""
        named = self.port("--listen-addr", "--port", "-p")
        if self.inside:
            return int(named) if named and self.ports else None
        if named is None and not self._values("--listen-addr", "--port", "-p"):
            return DEFAULT_SQL_PORT
        return int(named) if named else None

    def host_path(self, path: str) -> Path | None:
        """The path as this machine sees it.

        None if it is in a container and in no volume, or relative to a folder that is not known.
        """
        found = containers.on_host(path, self.volumes) if path.startswith("/") else None
        if found is not None:
            return found
        where = Path(path).expanduser()
        if self.inside or not (where.is_absolute() or self.folder):
            return None
        return Path(os.path.normpath((self.folder or Path("/")) / where))

    def _last(self, flag: str) -> str | None:
        values = self._values(flag)
        return values[-1] if values else None

    def _has(self, flag: str) -> bool:
        return any(w == flag or w.lower() in (f"{flag}=true", f"{flag}=1") for w in self.words)

    def _values(self, *flags: str) -> list[str]:
        """The values of a flag: ``--flag=value`` and ``--flag value``."""
        values = []
        for position, word in enumerate(self.words):
            flag, equals, value = word.partition("=")
            if flag in flags and equals:
                values.append(value)
            elif word in flags and position + 1 < len(self.words):
                values.append(self.words[position + 1])
        return values


def _path_of(store: str) -> str:
    """The path of ``path``, ``path=...,size=...`` or ``path,attrs=...``."""
    for part in store.split(","):
        key, _, value = part.partition("=")
        if key == "path" and value:
            return value
    return store.split(",")[0]


# -- what runs --------------------------------------------------------------------------------


def of_processes(proc: Path = Path("/proc")) -> list[StartArguments]:
    """The nodes that run on this machine, as far as this account may see them."""
    found = []
    for entry in sorted(proc.glob("[0-9]*"), key=lambda p: int(p.name)):
        words = _command_line(entry)
        if not is_start(words):
            continue
        volumes = containers.volumes_of_process(entry, proc / "self")
        found.append(
            StartArguments(
                tuple(words),
                f"the running process {entry.name}",
                _link(entry / "cwd"),
                volumes=volumes or (),
                container="of the running process" if volumes is not None else "",
                user=_owner(entry),
                inside=volumes is not None,
            )
        )
    return found


def _command_line(process: Path) -> list[str]:
    try:
        raw = (process / "cmdline").read_bytes()
    except OSError:
        return []
    return [w for w in raw.decode(errors="surrogateescape").split("\0") if w]


def _link(path: Path) -> Path | None:
    try:
        return path.readlink()
    except OSError:
        return None


def _owner(path: Path) -> str:
    try:
        return pwd.getpwuid(path.stat().st_uid).pw_name
    except (OSError, KeyError):
        return ""


# -- what is installed ------------------------------------------------------------------------


@dataclass
class Installed:
    """What files of this machine say of a node, and how looking at each of them went."""

    arguments: list[StartArguments] = field(default_factory=list)
    looked: list[tuple[str, str]] = field(default_factory=list)
    """Path and outcome in words."""

    def read(self, path: Path) -> str | None:
        """The file, or None with the reason noted; a missing one is noted, too."""
        try:
            text = read_text(path)
        except NotReadable as reason:
            self.looked.append((str(path), str(reason)))
            return None
        self.looked.append((str(path), "read"))
        return text


def of_machine(etc: Path = Path("/etc"), lib: Path = Path("/usr/lib")) -> Installed:
    """Services, compose files and start scripts of this machine."""
    found = Installed()
    seen: set[Path] = set()
    for name in UNITS:
        for folder in (etc / "systemd/system", lib / "systemd/system"):
            path = folder / name
            try:
                unit = read_unit(path)
            except NotReadable as reason:
                if str(reason) != "not there" or (folder.parent.parent == etc and name == UNITS[0]):
                    found.looked.append((str(path), str(reason)))
                continue
            found.looked.append((str(path), "read"))
            _of_unit(found, path, unit, etc, seen)
    for name in FOLDERS:
        script = etc / name / "script"
        compose = script / "docker-compose.yml"
        if compose not in seen and is_there(compose):
            _of_compose(found, compose, seen)
        _of_scripts(found, script)
    return found


def _of_unit(found: Installed, path: Path, unit: Unit, etc: Path, seen: set[Path]) -> None:
    variables, missing = environment_of(unit, etc)
    found.looked += [(str(path), f"its environment file {name}") for name in missing]
    folder = Path(unit.last("WorkingDirectory").lstrip("-") or "/")
    source = f"the service {path}"
    for words in start_lines(unit, variables):
        container = containers.parse_docker_run(words, folder)
        start = find_start(words)
        if container is not None:
            found.arguments.append(_of_container(container, source))
        elif start:
            if "$" in " ".join(start):
                # Words that a shell inside the line would replace.
                start = tuple(expand_words(start, variables))
            found.arguments.append(StartArguments(start, source, folder, user=unit.last("User")))
        elif any("compose" in word for word in words[:2]):
            for file in _compose_files(words, inside_etc(folder, etc)):
                _of_compose(found, file, seen)
        else:
            found.looked.append((str(path), "its ExecStart starts no kwbase that is understood"))


def _compose_files(words: Sequence[str], folder: Path) -> list[Path]:
    named = [words[i + 1] for i, w in enumerate(words[:-1]) if w in ("-f", "--file")]
    named += [w.split("=", 1)[1] for w in words if w.startswith("--file=")]
    if named:
        return [folder / name for name in named]
    usual = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
    return [folder / n for n in usual if is_there(folder / n)] or [folder / "docker-compose.yml"]


def _of_compose(found: Installed, file: Path, seen: set[Path]) -> None:
    if file in seen:
        return
    seen.add(file)
    text = found.read(file)
    if text is None:
        return
    variables = _compose_variables(file.parent)
    try:
        container = containers.parse_compose(text, file.parent, variables)
    except NotUnderstood as reason:
        found.looked[-1] = (str(file), f"not understood: {reason}")
        return
    if container is None:
        found.looked[-1] = (str(file), "read; no service in it starts kwbase")
        return
    found.arguments.append(_of_container(container, f"the compose file {file}"))


def _compose_variables(folder: Path) -> dict[str, str]:
    """Compose replaces variables from ``.env`` beside the file; env_file is for the container."""
    try:
        return assignments(read_text(folder / ".env"))
    except NotReadable:
        return {}


def _of_scripts(found: Installed, folder: Path) -> None:
    """``docker run`` lines in the start scripts of an installation."""
    for script in matching(folder, "*.sh")[:_MOST_SCRIPTS]:
        text = found.read(script)
        for arguments in of_docker_run(text or "", f"the script {script}"):
            found.arguments.append(arguments)


def of_docker_run(text: str, source: str) -> list[StartArguments]:
    """The nodes that ``docker run`` lines in a text start; lines may go on after a backslash."""
    joined = re.sub(r"\\\r?\n", " ", text)
    found = []
    for line in joined.splitlines():
        if "kwbase" not in line or len(line) > 20_000:
            continue
        container = containers.parse_docker_run(split(line))
        if container is not None:
            found.append(_of_container(container, source))
    return found


def _of_container(container: Container, source: str) -> StartArguments:
    return StartArguments(
        container.words,
        source,
        Path(container.folder or "/"),
        volumes=container.volumes,
        container=container.name or "without a name",
        ports=container.ports,
        user=container.user,
        inside=True,
    )


def with_volumes(found: StartArguments, others: Sequence[StartArguments]) -> StartArguments:
    """What a server in a container reports is meant inside it: with the volumes of the container.

    Arguments whose store is there on this machine, or that have volumes, are left as they are.
    """
    container = next((o for o in others if o.inside and o.volumes), None)
    if found.inside or container is None or not found.store:
        return found
    if is_there(Path(found.store), if_closed=True):
        return found
    return replace(
        found,
        volumes=container.volumes,
        ports=container.ports,
        container=container.container,
        inside=True,
    )
