"""``-v``, ``--mount`` and ``-p`` of docker, which Compose writes in the same way."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from kwtui.node.deployment.containers import DOCKER, Mount, MountKind, Port
from kwtui.node.deployment.unknown import as_written, is_known, pieces, reasons, split_at, unknown

_MOST_PORTS = 5_000
_PORT = re.compile(
    r"(?:(?P<address>.*):)?(?P<outside>\d{1,5}(?:-\d{1,5})?)?:(?P<inside>\d{1,5}(?:-\d{1,5})?)"
)


def short_mount(value: str, folder: Path | None) -> Mount | None:
    """``host:container[:options]``; ``container`` alone is a volume without a name."""
    parts = split_at(value, ":")
    if len(parts) == 1:
        return Mount(MountKind.VOLUME, "", parts[0]) if parts[0].startswith("/") else None
    if not (parts[1].startswith("/") or not is_known(parts[1])):
        return None
    return mount_of(parts[0], parts[1], folder)


def mount_of(source: str, target: str, folder: Path | None) -> Mount:
    """A mount by its source: a path is a folder of the host, a name a volume."""
    if source.startswith(("/", "./", "../", "~")) or source in (".", ".."):
        return Mount(MountKind.FOLDER, host_folder(source, folder), target)
    if "/" in as_written(source) or not is_known(source):
        # A path that begins with a variable, or a variable that may be a path or a name.
        return Mount(MountKind.FOLDER, source, target)
    return Mount(MountKind.VOLUME, source, target)


def host_folder(source: str, folder: Path | None) -> str:
    """A folder of the host; relative ones are meant from ``folder``, if that is known."""
    if source.startswith("~"):
        why = "~ is the home folder of the account that started it"
        return unknown("~", why) + source[1:]
    if source.startswith("/") or not is_known(source[:1]):
        return source if pieces(source) else os.path.normpath(source)
    if folder is None:
        return unknown(as_written(source), "it is relative to an unknown folder")
    return os.path.normpath(folder / source)


def long_mount(fields: dict[str, str], folder: Path | None) -> Mount | None:
    """``type=bind,source=…,target=…`` as a mapping."""
    source = fields.get("source") or fields.get("src") or ""
    target = next((fields[k] for k in ("target", "destination", "dst") if fields.get(k)), "")
    kind = fields.get("type") or ("bind" if source.startswith(("/", ".", "~")) else "volume")
    if not target:
        return None
    if kind == "tmpfs":
        return Mount(MountKind.MEMORY, "", target)
    if kind == "bind":
        return Mount(MountKind.FOLDER, host_folder(source, folder), target)
    return Mount(MountKind.VOLUME, source, target)


def published(value: str, program: str = DOCKER) -> Iterator[Port]:
    """``[address:][host:]container[/tcp]``, ranges included. What is not understood is kept out."""
    value = value.strip()
    if value.endswith("/udp") or value.endswith("/sctp"):
        return
    value = value.removesuffix("/tcp")
    if not is_known(value):
        yield from _unclear(value)
        return
    alone = re.fullmatch(r"\d{1,5}(?:-\d{1,5})?", value)
    match = _PORT.fullmatch(value)
    if alone:
        yield from _pairs("", value, program)
    elif match:
        yield from _pairs(match["outside"] or "", match["inside"], program)


def long_port(fields: dict[str, str]) -> Iterator[Port]:
    """``target``, ``published`` and ``protocol`` as a mapping."""
    if fields.get("protocol", "tcp") != "tcp":
        return
    outside, inside = fields.get("published", ""), fields.get("target", "")
    yield from published(f"{outside}:{inside}" if outside else inside)


def _pairs(outside: str, inside: str, program: str) -> Iterator[Port]:
    inner, outer = _range(inside), _range(outside)
    if not inner or len(inner) > _MOST_PORTS or len(outer) > _MOST_PORTS:
        return
    for number, port in enumerate(inner):
        if len(outer) == len(inner):
            yield Port(port, outer[number])
        else:
            chosen = f"one of {outside}" if outer else "any free port"
            title = program[:1].upper() + program[1:]
            why = f"{title} chooses {chosen} for it: {program} port shows which."
            yield Port(port, None, why)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    if not first:
        return range(0)
    return range(int(first), int(last or first) + 1)


def _unclear(value: str) -> Iterator[Port]:
    """A port behind a variable: known inside at least, mostly."""
    inner = re.search(r":(\d{1,5})\Z", value)
    if inner:
        outside = split_at(value, ":")[-2]
        if is_known(outside) and re.fullmatch(r"\d{1,5}", outside):
            yield Port(int(inner[1]), int(outside))
            return
        why = f"It is published as {as_written(outside)}: {reasons(outside)}."
        yield Port(int(inner[1]), None, why)
