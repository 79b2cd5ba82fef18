"""A node's container: what it mounts and publishes, and how a running one is seen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

from kwtui.node.deployment.unknown import as_written, is_known, pieces, reasons

DOCKER, PODMAN = "docker", "podman"


class MountKind(StrEnum):
    FOLDER = "folder"
    """A folder of the host."""
    VOLUME = "volume"
    """A volume that docker keeps under a name, or under one that it made up."""
    MEMORY = "memory"


@dataclass(frozen=True)
class Mount:
    """One thing that a container sees at a path of its own."""

    kind: MountKind
    source: str
    """The host's folder or docker's name of the volume; may hold unknown pieces."""
    target: str
    """The path in the container."""
    title: str = ""
    """What the file calls the volume, where docker's name is another one."""


@dataclass(frozen=True)
class Port:
    """A port of the container that is published."""

    inside: int
    outside: int | None
    """On the host; None if docker chooses it."""
    why: str = ""
    """Why it is not known, as a sentence."""


@dataclass(frozen=True)
class Seen:
    """A value of the container as this machine sees it."""

    value: str = ""
    problem: str = ""


@dataclass(frozen=True)
class Container:
    """What is known of the container that a node is started in."""

    mounts: tuple[Mount, ...] = ()
    ports: tuple[Port, ...] = ()
    name: str = ""
    user: str = ""
    folder: str = ""
    """Its working folder; empty: that of its image."""
    own_network: bool = True
    """False: it shares the host's, and its ports are the host's."""
    not_known: str = ""
    """Why there may be more mounts and ports than these, as a sentence; empty if there are not."""
    ports_not_known: str = ""
    """The same of the ports alone."""
    program: str = DOCKER
    """What runs it, for the words that help: ``podman`` has its own volumes."""

    def path(self, inside: str) -> Seen:
        """Where a path of the container is on the host, or why it is nowhere to be seen."""
        path = PurePosixPath(inside)
        for mount in sorted(self.mounts, key=lambda m: len(m.target), reverse=True):
            if is_known(mount.target) and path.is_relative_to(mount.target):
                return _through(mount, path, self.program)
        unclear = [mount for mount in self.mounts if not is_known(mount.target)]
        if unclear or self.not_known:
            why = self.not_known or f"{reasons(unclear[0].target)}."
            return Seen(
                problem=f"{inside} is a path of the container. What it mounts is unknown. {why}"
            )
        return Seen(
            problem=f"{inside} is inside the container, on no folder or volume named here. "
            "Unless its image declares a volume there, it is lost with the container; "
            "it is not visible from here."
        )

    def port(self, inside: int) -> Seen:
        """A port of the container as the host has it."""
        if not self.own_network:
            return Seen(str(inside))
        published = [port for port in self.ports if port.inside == inside]
        known = next((port for port in published if port.outside is not None), None)
        if known is not None:
            return Seen(str(known.outside))
        if published:
            return Seen(problem=published[0].why)
        if why := self.ports_not_known or self.not_known:
            return Seen(problem=f"{inside} is a port of the container. {why}")
        return Seen(problem=f"{inside} is a port of the container, which does not publish it.")


def _through(mount: Mount, path: PurePosixPath, program: str) -> Seen:
    below = path.relative_to(mount.target)
    if mount.kind is MountKind.MEMORY:
        return Seen(problem=f"{path} is kept in memory (tmpfs): it is lost with the container.")
    if mount.kind is MountKind.VOLUME:
        return Seen(problem=_on_volume(mount, path, below, program))
    source = mount.source
    if set(pieces(source)) <= _HOME and (own := Path(_at_home(source))).exists():
        # The same account that looks now, as far as can be told: the folder is there.
        return Seen(str(own / below))
    if not is_known(source):
        return Seen(problem=f"{path} is on {as_written(source)}: {reasons(source)}.")
    return Seen(str(Path(source) / below))


_HOME = {"~", "$HOME", "${HOME}"}


def _at_home(source: str) -> str:
    written = as_written(source)
    for piece in _HOME:
        written = written.replace(piece, str(Path.home()))
    return written


def _on_volume(mount: Mount, path: PurePosixPath, below: PurePosixPath, program: str) -> str:
    tail = f", with /{below} behind it" if str(below) != "." else ""
    if not mount.source:
        return (
            f"{path} is on a volume without a name, which {program} keeps until it is removed "
            f"with its container: {program} inspect shows where."
        )
    if not is_known(mount.source):
        return f"{path} is on the volume {as_written(mount.source)}: {reasons(mount.source)}."
    title = mount.title or mount.source
    return (
        f"{path} is on the volume {title}, which {program} keeps and which outlives the "
        f"container: {program} volume inspect {mount.source} shows where. Give that path{tail}."
    )


# -- running ----------------------------------------------------------------------------------

_OCTAL = re.compile(r"\\([0-7]{3})")
_CONTAINER_GROUP = re.compile(r"docker|containerd|libpod|kubepods|crio|lxc", re.IGNORECASE)


def container_of_process(process: Path, own: Path) -> Container | None:
    """The container of a process, by what the kernel shows of it; None for one on the host.

    ``process`` and ``own`` are folders in /proc. Mounts show in mountinfo as the folder of their
    file system; the same file system is somewhere on the host, too. This finds volumes of docker
    as well as folders of the host.
    """
    theirs = _mounts(_text(process / "mountinfo"))
    ours = _mounts(_text(own / "mountinfo"))
    if not _is_apart(process, own, theirs, ours):
        return None
    mounts = []
    for device, root, point in theirs:
        for ours_device, ours_root, ours_point in ours:
            inside = PurePosixPath(root)
            if point != "/" and ours_device == device and inside.is_relative_to(ours_root):
                host = PurePosixPath(ours_point) / inside.relative_to(ours_root)
                mounts.append(Mount(MountKind.FOLDER, str(host), point))
                break
    program = _program_of(_text(process / "cgroup"))
    return Container(
        tuple(mounts),
        own_network=not _is_same(process, own, "ns/net"),
        not_known="" if theirs and ours else "The kernel does not show it to this account.",
        ports_not_known=unpublished(program),
        program=program or DOCKER,
    )


def unpublished(program: str = "") -> str:
    """Why a port of a container is not known on this machine, and what tells it."""
    tells = f"{program} port shows" if program else "docker port, or podman port, tells"
    return f"Which port of this machine maps to it, {tells}."


def _program_of(cgroup: str) -> str:
    """Podman's containers run in groups of libpod; empty where the group names neither."""
    if "libpod" in cgroup:
        return PODMAN
    return DOCKER if "docker" in cgroup else ""


def _is_apart(
    process: Path, own: Path, theirs: Sequence[_Mounted], ours: Sequence[_Mounted]
) -> bool:
    """Whether the process has a file system of its own.

    Other accounts' processes do not show their name space; their control group and the device of
    their root are shown to everybody.
    """
    try:
        if (process / "ns/mnt").readlink() == (own / "ns/mnt").readlink():
            return False
    except OSError:
        if _CONTAINER_GROUP.search(_text(process / "cgroup")):
            return not _CONTAINER_GROUP.search(_text(own / "cgroup"))
        return bool(theirs and ours) and _root(theirs) != _root(ours)
    # A service with a mount name space of its own (PrivateTmp and others) has the host's root.
    return not (theirs and ours) or _root(theirs) != _root(ours)


def _is_same(process: Path, own: Path, what: str) -> bool:
    try:
        return (process / what).readlink() == (own / what).readlink()
    except OSError:
        return False


_Mounted = tuple[str, str, str]


def _root(mounts: Sequence[_Mounted]) -> tuple[str, str] | None:
    return next(((device, root) for device, root, point in reversed(mounts) if point == "/"), None)


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="surrogateescape")
    except OSError:
        return ""


def _mounts(mountinfo: str) -> list[_Mounted]:
    """(device, folder within its file system, mount point) of every mount."""
    found = []
    for line in mountinfo.splitlines():
        fields = line.split(" ")
        if len(fields) > 5:
            root, point = (_OCTAL.sub(lambda m: chr(int(m[1], 8)), f) for f in fields[3:5])
            found.append((fields[2], root, point))
    return found
