"""A node's start arguments: from its process, its service file, its compose file (facts.md, 4)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_PROGRAM = re.compile(r"(?:.*/)?kwbase(?:\.exe)?\Z")
_START = ("start", "start-single-node", "start-single-replica")
_VOLUME = re.compile(r"""^\s*-\s*["']?(?P<host>/[^:"'\s]+):(?P<container>/[^:"'\s]+)""")


@dataclass(frozen=True)
class StartArguments:
    """What one node was, or will be, started with."""

    words: tuple[str, ...]
    source: str
    """In words, for the connection page."""
    folder: Path | None = None
    """Against which relative paths are meant."""
    volumes: tuple[tuple[str, str], ...] = ()
    """(host, container) paths of a container."""

    @property
    def store(self) -> str | None:
        """The first store; further ones hold no exports and no logs."""
        stores = self._values("--store", "-s")
        if not stores:
            return None
        for part in stores[0].split(","):
            key, _, value = part.partition("=")
            if key == "path" and value:
                return value
        return stores[0].split(",")[0]

    @property
    def extern(self) -> str | None:
        """``--external-io-dir``; ``disabled`` turns files off."""
        values = self._values("--external-io-dir")
        return values[-1] if values else None

    @property
    def logs(self) -> str | None:
        values = self._values("--log-dir")
        return values[-1] if values else None

    def on_host(self, path: str) -> Path:
        """The path as this machine sees it."""
        for host, container in sorted(self.volumes, key=lambda v: len(v[1]), reverse=True):
            if Path(path).is_relative_to(container):
                return Path(host) / Path(path).relative_to(container)
        return (self.folder or Path("/")) / path

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


def of_processes(proc: Path = Path("/proc")) -> list[StartArguments]:
    """The nodes that run on this machine, as far as this account may see them."""
    found = []
    for entry in sorted(proc.glob("[0-9]*"), key=lambda p: int(p.name)):
        try:
            words = (entry / "cmdline").read_bytes().decode(errors="surrogateescape").split("\0")
        except OSError:
            continue
        words = [w for w in words if w]
        if len(words) < 2 or not _PROGRAM.match(words[0]) or words[1] not in _START:
            continue
        try:
            folder: Path | None = (entry / "cwd").readlink()
        except OSError:
            folder = None
        found.append(StartArguments(tuple(words), f"the running process {entry.name}", folder))
    return found


def of_service(etc: Path = Path("/etc")) -> list[StartArguments]:
    """The node that systemd starts, on the machine itself or with its compose file."""
    unit = etc / "systemd/system/kaiwudb.service"
    try:
        lines = unit.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    settings = dict(_settings(lines))
    environment = _environment(etc, settings.get("EnvironmentFile", ""))
    words = _words(settings.get("ExecStart", ""), environment)
    folder = Path(settings.get("WorkingDirectory", "/"))
    if words and _PROGRAM.match(words[0]):
        return [StartArguments(tuple(words), f"the service {unit}", folder)]
    compose = etc / folder.relative_to("/etc") if folder.is_relative_to("/etc") else folder
    return of_compose(compose / "docker-compose.yml")


def of_compose(file: Path) -> list[StartArguments]:
    """The node of a compose file in the form that KWDB's installer writes."""
    try:
        lines = file.read_text(errors="surrogateescape").splitlines()
    except OSError:
        return []
    volumes = tuple((m["host"], m["container"]) for m in map(_VOLUME.match, lines) if m)
    for line in lines:
        words = _words(line.strip().lstrip("- "), {})
        for position, word in enumerate(words[:-1]):
            if _PROGRAM.match(word) and words[position + 1] in _START:
                source = f"the compose file {file}"
                return [StartArguments(tuple(words[position:]), source, None, volumes)]
    return []


def _settings(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith(("#", ";")):
            yield key.strip(), value.strip()


def _environment(etc: Path, file: str) -> dict[str, str]:
    path = Path(file.lstrip("-"))
    if path.is_relative_to("/etc"):
        path = etc / path.relative_to("/etc")
    try:
        lines = path.read_text(errors="surrogateescape").splitlines() if file else []
    except OSError:
        return {}
    return {key: value.strip("\"'") for key, value in _settings(lines)}


def _words(line: str, environment: dict[str, str]) -> list[str]:
    """Shell words; ``$NAME`` alone becomes the words of its value."""
    try:
        words = shlex.split(line)
    except ValueError:
        return []
    expanded: list[str] = []
    for word in words:
        name = word.strip("${}") if word.startswith("$") else ""
        if name:
            expanded += environment.get(name, "").split()
        else:
            expanded.append(word)
    return expanded
