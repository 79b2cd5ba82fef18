"""``docker run``, ``podman create``, ``docker exec``: options, image, command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.node.deployment.containers import DOCKER, Container, Mount, MountKind
from kwtui.node.deployment.mounts_and_ports import long_mount, published, short_mount
from kwtui.node.deployment.unknown import as_written, is_known, reasons

_DOCKER = re.compile(r"(?:.*/)?(?:docker|podman|nerdctl)")
_SWITCHES = frozenset(
    re.findall(
        r"\S+",
        """
--detach --interactive --tty --rm --privileged --init --read-only --publish-all --no-healthcheck
--oom-kill-disable --disable-content-trust --quiet --replace --rmi --env-host --no-hosts
--no-hostname --tls-verify --systemd --http-proxy --sig-proxy --help
""",
    )
)
_SHORT_SWITCHES = "ditPqT"
_MANY_OPTIONS = 200


@dataclass(frozen=True)
class DockerRun:
    container: Container
    image: str
    command: tuple[str, ...]
    """With the program of ``--entrypoint`` at its head."""
    has_entrypoint: bool
    environment: tuple[str, ...]
    """``NAME=value`` of ``-e``."""
    environment_files: tuple[str, ...] = ()


def docker_command(words: Sequence[str]) -> tuple[str, str, tuple[str, ...]] | None:
    """``docker`` or another such program, ``run``, ``create`` or ``exec``, and what follows it.

    None for any other command.
    """
    if not words or not _DOCKER.fullmatch(words[0]):
        return None
    program = words[0].rpartition("/")[2]
    at = 1
    while at < len(words) and words[at].startswith("-"):
        at += 1 if "=" in words[at] else 2
    if at < len(words) and words[at] == "container":
        at += 1
    if at < len(words) and words[at] in ("run", "create", "exec"):
        return program, words[at], tuple(words[at + 1 :])
    return None


def parse_run(words: Sequence[str], folder: Path | None, program: str = DOCKER) -> DockerRun | None:
    """The words after ``docker run``; None if no image follows the options."""
    options, image, command = _options(words)
    if not image:
        return None
    values = _Values(options)
    entry = values.last("--entrypoint")
    network = values.last("--network", "--net")
    unclear = [word for flag, word in options if not flag]
    ports = [port for value in values.all("--publish", "-p") for port in published(value, program)]
    return DockerRun(
        Container(
            mounts=tuple(_mounts(values, folder)),
            ports=tuple(ports),
            name=values.last("--name"),
            user=values.last("--user", "-u"),
            folder=values.last("--workdir", "-w"),
            own_network=network != "host",
            not_known=_not_known(unclear, values),
            program=program,
            ports_not_known=f"{program} port shows under which number it is published."
            if ("--publish-all", "") in options or ("-P", "") in options
            else "",
        ),
        image,
        (*((entry,) if entry else ()), *command),
        bool(entry),
        tuple(values.all("--env", "-e")),
        tuple(values.all("--env-file")),
    )


def parse_exec(words: Sequence[str]) -> tuple[str, str, tuple[str, ...]]:
    """Name of the container, its working folder and the command of ``docker exec``."""
    options, name, command = _options(words)
    return name, _Values(options).last("--workdir", "-w"), command


def _not_known(unclear: Sequence[str], values: _Values) -> str:
    if unclear:
        return f"Further options are in {as_written(unclear[0])}: {reasons(unclear[0])}."
    others = values.last("--volumes-from")
    if others:
        return f"It takes over the volumes of the container {as_written(others)}."
    return ""


def _mounts(values: _Values, folder: Path | None) -> list[Mount]:
    found = [short_mount(value, folder) for value in values.all("--volume", "-v")]
    for value in values.all("--mount"):
        fields = dict(part.split("=", 1) for part in value.split(",") if "=" in part)
        found.append(long_mount(fields, folder))
    found += [Mount(MountKind.MEMORY, "", v.split(":")[0]) for v in values.all("--tmpfs")]
    return [mount for mount in found if mount is not None]


_Options = list[tuple[str, str]]


class _Values:
    def __init__(self, options: _Options) -> None:
        self.options = options

    def all(self, *flags: str) -> list[str]:
        return [value for flag, value in self.options if flag in flags]

    def last(self, *flags: str) -> str:
        return next(iter(reversed(self.all(*flags))), "")


def _options(words: Sequence[str]) -> tuple[_Options, str, tuple[str, ...]]:
    """(flag, value) of each option, the first word that is none, and the words after it.

    A whole word that is not known stands among the options without a flag: it may be any.
    """
    options: _Options = []
    at = 0
    while at < len(words) and len(options) < _MANY_OPTIONS:
        word = words[at]
        at += 1
        if not is_known(word[:1]) and not _ends_options(words[at:]):
            options.append(("", word))
        elif word == "--":
            break
        elif not word.startswith("-") or word == "-":
            return options, word, tuple(words[at:])
        elif word.startswith("--"):
            flag, equals, value = word.partition("=")
            if not equals and flag not in _SWITCHES and at < len(words):
                value, at = words[at], at + 1
            options.append((flag, value))
        else:
            at += _short_options(word[1:], words[at : at + 1], options)
    return options, words[at] if at < len(words) else "", tuple(words[at + 1 :])


def _ends_options(rest: Sequence[str]) -> bool:
    """Whether a word that is not known is the image: what follows it is no option and no image."""
    return not rest or not (rest[0].startswith("-") or _looks_like_image(rest))


def _looks_like_image(rest: Sequence[str]) -> bool:
    return bool(re.fullmatch(r"[\w-][\w.-]*(?:[/:][\w.:/@-]+)+", rest[0]))


def _short_options(letters: str, following: Sequence[str], options: _Options) -> int:
    """``-it``, ``-p8080:8080``, ``-dp 8080:8080``; how many further words it takes."""
    for position, letter in enumerate(letters):
        if letter in _SHORT_SWITCHES:
            options.append((f"-{letter}", ""))
            continue
        value = letters[position + 1 :].removeprefix("=")
        options.append((f"-{letter}", value or next(iter(following), "")))
        return 0 if value else 1
    return 0
