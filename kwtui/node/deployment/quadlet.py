"""Quadlet files of podman (``*.container``): a ``podman run`` written as a systemd unit.

Source: podman-systemd.unit(5). Each setting is an option of ``podman run``, so a file becomes the
words of that command, and is understood as such.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kwtui.files.untrusted import NotReadable, read_text
from kwtui.node.deployment.shell_words import split
from kwtui.node.deployment.systemd_units import Unit, parse_unit, read_unit, specified
from kwtui.node.deployment.unknown import unknown, without_marks

SECTION = "Container"
_OPTIONS = {
    "PublishPort": "--publish",
    "Mount": "--mount",
    "Tmpfs": "--tmpfs",
    "Network": "--network",
    "User": "--user",
    "WorkingDir": "--workdir",
    "EnvironmentFile": "--env-file",
    "Entrypoint": "--entrypoint",
}


def run_words(path: Path) -> list[str]:
    """The ``podman run`` that systemd makes of the file; empty if it names no image.

    Raises NotReadable.
    """
    unit = read_unit(path, SECTION)
    name = path.name.removesuffix(".container")
    return [specified(word, name) for word in _words(unit, path, name)] if unit.all("Image") else []


def _words(unit: Unit, path: Path, name: str) -> Iterator[str]:
    yield from ("podman", "run", "--name", unit.last("ContainerName") or f"systemd-{name}")
    for setting, option in _OPTIONS.items():
        for value in unit.all(setting):
            yield from (option, without_marks(value))
    for value in unit.all("Volume"):
        yield from ("--volume", _volume(without_marks(value), path.parent))
    for value in unit.all("Environment"):
        for pair in split(without_marks(value)):
            yield from ("--env", pair)
    for value in unit.all("PodmanArgs"):
        yield from split(without_marks(value))
    yield _image(without_marks(unit.last("Image")))
    yield from split(without_marks(unit.last("Exec")))


def _image(value: str) -> str:
    """``kwdb.image`` and ``kwdb.build`` stand for an image that another file names."""
    return value.rpartition(".")[0] if value.endswith((".image", ".build")) else value


def _volume(value: str, folder: Path) -> str:
    """``NAME.volume:/path`` means the volume that a file beside this one makes."""
    source, colon, rest = value.partition(":")
    if source.endswith(".volume"):
        return _of_file(source, folder) + colon + rest
    if source.startswith("."):
        return str(folder / source) + colon + rest
    return value


def _of_file(name: str, folder: Path) -> str:
    plain = f"systemd-{name.removesuffix('.volume')}"
    try:
        unit = parse_unit(read_text(folder / name), section="Volume")
    except NotReadable as reason:
        return unknown(name, f"{folder / name} is {reason}")
    device = unit.last("Device")
    if device.startswith("/") and "bind" in unit.last("Options").split(","):
        return device
    return unit.last("VolumeName") or plain
