"""Containers of a node: compose files, docker run lines, and what a running one mounts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from kwtui.node.deployment import compose_yaml as yamlsubset
from kwtui.node.deployment.compose_yaml import NotUnderstood, Value
from kwtui.node.deployment.shell_words import expand, find_start, split

Volumes = tuple[tuple[str, str], ...]
"""(host, container) paths."""

_OCTAL = re.compile(r"\\([0-7]{3})")


@dataclass(frozen=True)
class Container:
    """What a compose file or a docker run line says of the node's container."""

    words: tuple[str, ...]
    """The command: ``kwbase start...`` inside the container; empty if it has another form."""
    volumes: Volumes = ()
    ports: tuple[tuple[int, int], ...] = ()
    """(host, container)."""
    name: str = ""
    user: str = ""
    folder: str = ""
    unnamed: tuple[str, ...] = ()
    """Container paths on volumes that docker manages: their place on the host is docker's own."""


# -- compose ----------------------------------------------------------------------------------


def parse_compose(text: str, folder: Path, variables: Mapping[str, str]) -> Container | None:
    """The service that starts a node; None if no service does. Raises NotUnderstood.

    ``folder`` is the compose file's, for relative paths; ``variables`` are what compose replaces.
    """
    document = yamlsubset.parse(text)
    services = document.get("services") if isinstance(document, dict) else None
    if not isinstance(services, dict):
        raise NotUnderstood("there are no services in it")
    for name, service in services.items():
        if not isinstance(service, dict):
            continue
        command = [*_strings(service.get("entrypoint")), *_strings(service.get("command"))]
        words = find_start([expand(word, variables) for word in command])
        if words:
            return _from_service(name, service, words, folder, variables)
    return None


def _from_service(
    name: str,
    service: dict[str, Value],
    words: tuple[str, ...],
    folder: Path,
    variables: Mapping[str, str],
) -> Container:
    def text(key: str) -> str:
        value = service.get(key)
        return expand(value, variables) if isinstance(value, str) else ""

    mounts = [_compose_mount(v, variables) for v in _list(service.get("volumes"))]
    ports = [_compose_port(p, variables) for p in _list(service.get("ports"))]
    return Container(
        words,
        volumes=_bound(mounts, folder),
        ports=tuple(p for p in ports if p),
        name=text("container_name") or name,
        user=text("user"),
        folder=text("working_dir"),
        unnamed=_managed(mounts),
    )


def _compose_mount(value: Value, variables: Mapping[str, str]) -> tuple[str, str]:
    if isinstance(value, dict):
        source, target = value.get("source", value.get("src")), value.get("target")
        pair = (source, target or value.get("dst") or value.get("destination"))
        return tuple(expand(p, variables) if isinstance(p, str) else "" for p in pair)  # type: ignore[return-value]
    return _mount(expand(value, variables)) if isinstance(value, str) else ("", "")


def _compose_port(value: Value, variables: Mapping[str, str]) -> tuple[int, int] | None:
    if isinstance(value, dict):
        pair = f"{value.get('published')}:{value.get('target')}"
        return _port(expand(pair, variables))
    return _port(expand(value, variables)) if isinstance(value, str) else None


def _strings(value: Value) -> list[str]:
    """A command as words: a list is taken as it is, a text is split as a shell would."""
    if isinstance(value, str):
        return split(value)
    return [item for item in _list(value) if isinstance(item, str)]


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []


# -- docker run -------------------------------------------------------------------------------


def parse_docker_run(words: Sequence[str], folder: Path = Path("/")) -> Container | None:
    """A ``docker run`` (or podman, or create) that starts a node; None for other commands."""
    begin = next(
        (
            i + 2
            for i, word in enumerate(words[:-1])
            if re.fullmatch(r"(?:.*/)?(?:docker|podman|nerdctl)", word)
            and words[i + 1] in ("run", "create", "container")
        ),
        None,
    )
    start = find_start(words)
    if begin is None or not start:
        return None
    options = list(words[begin:])
    mounts = [_mount(v) for v in _values(options, "-v", "--volume")]
    mounts += [_long_mount(v) for v in _values(options, "--mount")]
    ports = [_port(v) for v in _values(options, "-p", "--publish")]
    return Container(
        start,
        volumes=_bound(mounts, folder),
        ports=tuple(p for p in ports if p),
        name=next(iter(_values(options, "--name")), ""),
        user=next(iter(_values(options, "-u", "--user")), ""),
        folder=next(iter(_values(options, "-w", "--workdir")), ""),
        unnamed=_managed(mounts),
    )


def _values(words: Sequence[str], *flags: str) -> list[str]:
    """Values of ``--flag value``, ``--flag=value``, ``-f value`` and ``-fvalue``."""
    found = []
    for position, word in enumerate(words):
        if word in flags and position + 1 < len(words):
            found.append(words[position + 1])
        for flag in flags:
            if word.startswith(flag + "="):
                found.append(word.removeprefix(flag + "="))
            elif len(flag) == 2 and word.startswith(flag) and len(word) > 2 and word[2] != "=":
                found.append(word[2:])
    return found


def _long_mount(value: str) -> tuple[str, str]:
    fields = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
    source = fields.get("source") or fields.get("src") or ""
    target = fields.get("target") or fields.get("destination") or fields.get("dst") or ""
    return source, target


# -- both -------------------------------------------------------------------------------------


def _mount(value: str) -> tuple[str, str]:
    """``host:container[:options]``; ``container`` alone is a volume that docker manages."""
    parts = value.split(":")
    if len(parts) == 1:
        return "", parts[0]
    return parts[0], parts[1]


def _bound(mounts: Sequence[tuple[str, str]], folder: Path) -> Volumes:
    """Mounts of folders of the host; relative ones are meant from ``folder``."""
    found = []
    for host, container in mounts:
        if not container.startswith("/"):
            continue
        if host.startswith(("/", "~")):
            found.append((str(Path(host).expanduser()), container))
        elif host.startswith("."):
            found.append((str((folder / host).resolve()), container))
    return tuple(found)


def _managed(mounts: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    return tuple(
        container
        for host, container in mounts
        if container.startswith("/") and not host.startswith(("/", "~", "."))
    )


def _port(value: str) -> tuple[int, int] | None:
    """``[address:]host:container[/tcp]``; ranges and ports that docker chooses are left out."""
    match = re.fullmatch(r"(?:.*:)?(\d{1,5}):(\d{1,5})(?:/tcp)?", value.strip())
    return (int(match[1]), int(match[2])) if match else None


def on_host(path: str, volumes: Volumes) -> Path | None:
    """Where a container's path lies on the host; None if it lies in none of the volumes."""
    inside = PurePosixPath(path)
    for host, container in sorted(volumes, key=lambda v: len(v[1]), reverse=True):
        if inside.is_relative_to(container):
            return Path(host) / inside.relative_to(container)
    return None


# -- running ----------------------------------------------------------------------------------


def volumes_of_process(process: Path, own: Path) -> Volumes | None:
    """The host's folders that a process in a container of its own sees, and where.

    ``process`` and ``own`` are folders in /proc. None: it is in no container, or cannot be looked
    into. A bind mount shows in mountinfo as the folder of its file system that is mounted; the same
    file system is somewhere on the host, too.
    """
    try:
        if (process / "ns/mnt").readlink() == (own / "ns/mnt").readlink():
            return None
        theirs = _mounts((process / "mountinfo").read_text(errors="surrogateescape"))
        ours = _mounts((own / "mountinfo").read_text(errors="surrogateescape"))
    except OSError:
        return None
    volumes = []
    for device, root, point in theirs:
        if point == "/":
            continue
        for ours_device, ours_root, ours_point in ours:
            if ours_device == device and PurePosixPath(root).is_relative_to(ours_root):
                below = PurePosixPath(root).relative_to(ours_root)
                volumes.append((str(PurePosixPath(ours_point) / below), point))
                break
    return tuple(volumes)


def _mounts(mountinfo: str) -> list[tuple[str, str, str]]:
    """(device, folder within its file system, mount point) of every mount."""
    found = []
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) > 5:
            root, point = (_OCTAL.sub(lambda m: chr(int(m[1], 8)), f) for f in fields[3:5])
            found.append((fields[2], root, point))
    return found
