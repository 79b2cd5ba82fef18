"""The services of compose files: merged, extended, with their variables replaced."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.node.deployment.compose_yaml import (
    Mapped,
    NotUnderstood,
    Replaced,
    Value,
    list_of,
    parse,
)
from kwtui.node.deployment.containers import Container, Mount, MountKind, Port
from kwtui.node.deployment.mounts_and_ports import long_mount, long_port, published, short_mount
from kwtui.node.deployment.unknown import as_written, is_known, split_fields
from kwtui.node.deployment.variables import Scope, assignments, expand

Reader = Callable[[Path], str]
"""The text of a file; raises `kwtui.files.untrusted.NotReadable`."""

_MOST_EXTENDED = 8


@dataclass(frozen=True)
class Service:
    """One service, or a container of a pod, as far as it matters for a node."""

    name: str
    image: str
    container: Container
    command: tuple[str, ...]
    """Entrypoint and command, variables replaced."""
    has_entrypoint: bool
    environment: Mapping[str, str]
    """What the container's processes find set, as far as the files say."""


def read_services(
    files: Sequence[Path],
    read: Reader,
    environment: Mapping[str, str] | None = None,
    env_file: Path | None = None,
) -> list[Service]:
    """The services of some compose files, of which the later ones are laid over the first.

    ``environment`` is what Compose itself was started with, where that is known; ``env_file`` is
    read in place of ``.env``. Raises NotUnderstood; NotReadable for one of the files.
    """
    folder = files[0].parent
    variables = _dotenv(env_file or folder / ".env", read)
    scope = Scope(
        {"PWD": str(folder), **variables, **(environment or {})},
        style="compose",
        where=f" in {env_file.name if env_file else '.env'} beside the compose file",
    )
    document: Mapped = {}
    for file in files:
        layer = _replaced(_mapping(parse(read(file)), "there are no services in it"), scope)
        services = _mapping(layer.get("services"), "there are no services in it")
        layer["services"] = {
            name: _extended(service, name, services, scope, file, read)
            for name, service in services.items()
            if isinstance(service, dict)
        }
        document = _over(document, layer)
    project = _project(document, scope, folder)
    services = _mapping(document.get("services"), "there are no services in it")
    return [
        _service(name, service, document, project, folder, read)
        for name, service in services.items()
        if isinstance(service, dict)
    ]


def _mapping(value: Value, otherwise: str) -> Mapped:
    if not isinstance(value, dict):
        raise NotUnderstood(otherwise)
    return value


def _dotenv(path: Path, read: Reader) -> dict[str, str]:
    from kwtui.files.untrusted import NotReadable

    try:
        return assignments(read(path), dotenv=True)
    except NotReadable:
        return {}


def _replaced(value: Mapped, scope: Scope) -> Mapped:
    """With the variables of all values replaced, as Compose does before it looks at them."""

    def each(value: Value) -> Value:
        if isinstance(value, str):
            return expand(value, scope)
        if isinstance(value, Replaced):
            return Replaced(each(item) for item in value)
        if isinstance(value, list):
            return [each(item) for item in value]
        if isinstance(value, dict):
            return {key: each(item) for key, item in value.items()}
        return None

    return {key: each(item) for key, item in value.items()}


# -- putting together -------------------------------------------------------------------------


def _extended(
    service: Mapped,
    name: str,
    services: Mapped,
    scope: Scope,
    file: Path,
    read: Reader,
    seen: tuple[tuple[Path, str], ...] = (),
) -> Mapped:
    """The service with what it extends laid below it."""
    extends = service.get("extends")
    if not extends:
        return service
    if (file, name) in seen or len(seen) > _MOST_EXTENDED:
        raise NotUnderstood(f"the service {name} extends itself")
    base, other = (extends, None) if isinstance(extends, str) else _base_of(extends, name)
    where, among = file, services
    if other:
        where = file.parent / other
        document = _replaced(_mapping(parse(read(where)), f"{where} has no services"), scope)
        among = _mapping(document.get("services"), f"{where} has no services")
    found = among.get(base)
    if not isinstance(found, dict):
        raise NotUnderstood(f"the service {name} extends {base}, which was not found")
    below = _extended(found, base, among, scope, where, read, (*seen, (file, name)))
    if other:
        below = _relative_to(below, where.parent)
    return _over_service(below, {k: v for k, v in service.items() if k != "extends"})


def _base_of(extends: Value, name: str) -> tuple[str, str | None]:
    fields = _mapping(extends, f"what the service {name} extends is not understood")
    base, other = fields.get("service"), fields.get("file")
    if not isinstance(base, str):
        raise NotUnderstood(f"what the service {name} extends is not understood")
    return base, other if isinstance(other, str) else None


def _relative_to(service: Mapped, folder: Path) -> Mapped:
    """Relative folders of a service of another file are meant from that file."""
    volumes = []
    for volume in list_of(service.get("volumes")):
        if isinstance(volume, str) and volume.startswith("."):
            host, colon, rest = volume.partition(":")
            volume = f"{folder / host}{colon}{rest}"
        elif isinstance(volume, dict) and str(volume.get("source") or "").startswith("."):
            volume = {**volume, "source": str(folder / str(volume["source"]))}
        volumes.append(volume)
    return {**service, **({"volumes": volumes} if volumes else {})}


def _over(below: Mapped, above: Mapped) -> Mapped:
    """One file laid over another."""
    result: Mapped = {**below}
    for key, value in above.items():
        old = result.get(key)
        if key == "services" and isinstance(old, dict) and isinstance(value, dict):
            merged = {
                name: _over_service(old[name], service)  # type: ignore[arg-type]
                if isinstance(old.get(name), dict) and isinstance(service, dict)
                else service
                for name, service in value.items()
            }
            result[key] = {**old, **merged}
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = {**old, **value}
        else:
            result[key] = value
    return result


def _over_service(below: Mapped, above: Mapped) -> Mapped:
    """One service laid over another: lists are joined, commands replaced."""
    result: Mapped = {**below}
    for key, value in above.items():
        old = result.get(key)
        if value is None:
            # `!reset`, or a key without a value.
            result.pop(key, None)
        elif key in ("command", "entrypoint") or isinstance(value, Replaced) or not old:
            result[key] = value
        elif key == "environment":
            result[key] = {**_environment(old), **_environment(value)}
        elif isinstance(old, list) or isinstance(value, list):
            # What is laid over counts first: of two mounts at one place it is the one.
            result[key] = [*_as_list(value), *_as_list(old)]
        elif isinstance(old, dict) and isinstance(value, dict):
            result[key] = {**old, **value}
        else:
            result[key] = value
    return result


def _project(document: Mapped, scope: Scope, folder: Path) -> str:
    """The name that Compose puts before those of volumes."""
    named = document.get("name")
    raw = named if isinstance(named, str) else scope.lookup("COMPOSE_PROJECT_NAME") or folder.name
    return raw if not is_known(raw) else re.sub(r"[^a-z0-9_-]", "", raw.lower()).lstrip("_-")


# -- one service ------------------------------------------------------------------------------


def _service(
    name: str, service: Mapped, document: Mapped, project: str, folder: Path, read: Reader
) -> Service:
    def text(key: str) -> str:
        value = service.get(key)
        return value if isinstance(value, str) else ""

    entry, command = _command(service.get("entrypoint")), _command(service.get("command"))
    mounts = [_mount(value, folder) for value in _as_list(service.get("volumes"))]
    named = [_named(mount, document, project) for mount in mounts if mount is not None]
    memory = [
        Mount(MountKind.MEMORY, "", value.split(":")[0])
        for value in _as_list(service.get("tmpfs"))
        if isinstance(value, str)
    ]
    ports = [port for value in _as_list(service.get("ports")) for port in _ports(value)]
    others = [value for value in list_of(service.get("volumes_from")) if isinstance(value, str)]
    return Service(
        name,
        text("image"),
        Container(
            mounts=(*named, *memory),
            ports=tuple(ports),
            name=text("container_name") or name,
            user=text("user"),
            folder=text("working_dir"),
            own_network=text("network_mode") != "host",
            not_known=f"It takes over the volumes of {as_written(others[0])}." if others else "",
        ),
        (*entry, *command),
        bool(entry),
        {
            **_environment_files(service, folder, read),
            **{
                k: v
                for k, v in _environment(service.get("environment")).items()
                if isinstance(v, str)
            },
        },
    )


def _mount(value: Value, folder: Path) -> Mount | None:
    if isinstance(value, dict):
        return long_mount({k: v for k, v in value.items() if isinstance(v, str)}, folder)
    return short_mount(value, folder) if isinstance(value, str) else None


def _named(mount: Mount, document: Mapped, project: str) -> Mount:
    """A named volume under the name that docker gives it, or as the folder that it stands for."""
    if mount.kind is not MountKind.VOLUME or not mount.source:
        return mount
    volumes = document.get("volumes")
    settings = volumes.get(mount.source) if isinstance(volumes, dict) else None
    fields = settings if isinstance(settings, dict) else {}
    options = fields.get("driver_opts")
    device = _bound_device(options) if isinstance(options, dict) else ""
    if device:
        return Mount(MountKind.FOLDER, device, mount.target)
    external = fields.get("external")
    given = fields.get("name") or (external.get("name") if isinstance(external, dict) else None)
    if isinstance(given, str):
        real = given
    elif isinstance(external, dict) or external in ("true", "True", "yes", "on"):
        real = mount.source
    else:
        real = f"{project}_{mount.source}" if project else mount.source
    return Mount(MountKind.VOLUME, real, mount.target, title=mount.source)


def _bound_device(options: Mapped) -> str:
    """The host's folder of a volume that is one: ``driver_opts`` with ``o: bind``."""
    o, device = options.get("o"), options.get("device")
    if isinstance(o, str) and "bind" in re.split(r"[,\s]", o) and isinstance(device, str):
        return device
    return ""


def _ports(value: Value) -> Iterator[Port]:
    if isinstance(value, dict):
        yield from long_port({k: v for k, v in value.items() if isinstance(v, str)})
    elif isinstance(value, str):
        yield from published(value)


def _command(value: Value) -> list[str]:
    """A command as words: a list is taken as it is, a text is split as Compose does."""
    if isinstance(value, str):
        if not is_known(value):
            return _split_unclear(value)
        try:
            return shlex.split(value, comments=False)
        except ValueError:
            return []
    return [item for item in list_of(value) if isinstance(item, str)]


def _split_unclear(value: str) -> list[str]:
    """Words of a text with unknown pieces, whose reasons hold blanks and quotes."""
    kept: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    plain = re.sub("\x00[^\x02]*\x02", put_away, value)
    try:
        words = shlex.split(plain, comments=False)
    except ValueError:
        return split_fields(value)
    return [re.sub("\ue000(\\d+)\ue001", lambda m: kept[int(m[1])], word) for word in words]


def _environment(value: Value) -> dict[str, str]:
    """``environment`` as a mapping; what Compose would hand on from its own stays out."""
    if isinstance(value, dict):
        return {key: item for key, item in value.items() if isinstance(item, str)}
    pairs = (item.partition("=") for item in list_of(value) if isinstance(item, str))
    return {key: item for key, equals, item in pairs if equals}


def _environment_files(service: Mapped, folder: Path, read: Reader) -> dict[str, str]:
    found: dict[str, str] = {}
    for entry in _as_list(service.get("env_file")):
        path = entry.get("path") if isinstance(entry, dict) else entry
        if isinstance(path, str) and is_known(path):
            found |= _dotenv(folder / path, read)
    return found


def _as_list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else [] if value is None else [value]
