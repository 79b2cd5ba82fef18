"""systemd units: sections, continued lines, drop-ins, environment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from kwtui.files.untrusted import NotReadable, matching, read_text
from kwtui.node.deployment.shell_words import expand_words, inner_command, split
from kwtui.node.deployment.unknown import unknown, without_marks
from kwtui.node.deployment.variables import Scope, assignments


@dataclass
class Unit:
    """The settings of one section of a unit with its drop-ins."""

    settings: dict[str, list[str]] = field(default_factory=dict)

    def last(self, key: str) -> str:
        values = self.settings.get(key)
        return values[-1] if values else ""

    def all(self, key: str) -> list[str]:
        return self.settings.get(key, [])


SERVICE = "Service"


def parse_unit(text: str, unit: Unit | None = None, section: str = SERVICE) -> Unit:
    """One section; settings of a drop-in are added to ``unit``.

    An empty value takes back what stood before, as systemd does.
    """
    unit = unit or Unit()
    here = ""
    for line in _lines(text):
        if line.startswith("[") and line.endswith("]"):
            here = line[1:-1]
            continue
        key, equals, value = line.partition("=")
        if here != section or not equals:
            continue
        values = unit.settings.setdefault(key.strip(), [])
        if value.strip():
            values.append(value.strip())
        else:
            values.clear()
    return unit


def _lines(text: str) -> Iterator[str]:
    """Lines without comments; a backslash at the end joins the next one, comments between too."""
    waiting = ""
    for raw in text.splitlines():
        line = raw.strip()
        if line.startswith(("#", ";")):
            continue
        if line.endswith("\\"):
            waiting += line[:-1] + " "
            continue
        if waiting + line:
            yield (waiting + line).strip()
        waiting = ""
    if waiting.strip():
        yield waiting.strip()


def read_unit(path: Path, section: str = SERVICE) -> Unit:
    """The unit and the drop-ins beside it (``<name>.d/*.conf``). Raises NotReadable."""
    unit = parse_unit(read_text(path), section=section)
    for drop_in in matching(path.with_name(f"{path.name}.d"), "*.conf"):
        try:
            parse_unit(read_text(drop_in), unit, section)
        except NotReadable:
            continue
    return unit


@dataclass(frozen=True)
class Environment:
    """The variables of a service."""

    variables: dict[str, str]
    missing: tuple[str, ...] = ()
    """Environment files that could not be read, each with the reason."""

    def scope(self, style: Literal["systemd", "shell"]) -> Scope:
        where = f": {self.missing[0]}" if self.missing else " in the service"
        return Scope(dict(self.variables), style=style, where=where, empty=not self.missing)


def environment_of(unit: Unit, etc: Path = Path("/etc")) -> Environment:
    """The variables of a service, and which of its environment files could not be read."""
    variables: dict[str, str] = {}
    for line in unit.all("Environment"):
        variables |= dict(w.split("=", 1) for w in split(line) if "=" in w)
    missing = []
    for file in unit.all("EnvironmentFile"):
        path = inside_etc(Path(file.lstrip("-").strip("\"'")), etc)
        try:
            variables |= assignments(without_marks(read_text(path)))
        except NotReadable as reason:
            if not file.startswith("-") or str(reason) != "not there":
                missing.append(f"{path} is {reason}" if str(reason).startswith("n") else str(path))
    return Environment(variables, tuple(missing))


def start_lines(unit: Unit, environment: Environment, name: str) -> list[list[str]]:
    """The words of every ExecStart, variables and specifiers replaced."""
    lines = []
    for line in unit.all("ExecStart"):
        words = split(without_marks(line).lstrip("-@:+!|"))
        scope = environment.scope("systemd")
        # A shell that is run replaces what systemd leaves.
        scope.keeps_bare = bool(inner_command(words).text)
        lines.append([specified(word, name) for word in expand_words(words, scope)])
    return lines


_FOLDERS = {"E": "/etc", "S": "/var/lib", "C": "/var/cache", "L": "/var/log", "t": "/run"}


def specified(word: str, name: str) -> str:
    """With ``%n`` and others replaced (systemd.unit(5)); what depends on the machine is unknown."""

    def value(match: re.Match[str]) -> str:
        letter = match[1]
        if letter == "%":
            return "%"
        if letter in "nNp":
            return name if letter == "n" else name.removesuffix(".service").partition("@")[0]
        return _FOLDERS.get(letter) or unknown(match[0], f"{match[0]} is filled in by systemd")

    return re.sub(r"%([A-Za-z%])", value, word)


def working_folder(unit: Unit) -> Path | None:
    """Where the service's commands run; None where that is not known."""
    folder = unit.last("WorkingDirectory").lstrip("-")
    if not folder:
        return Path("/")
    return Path(folder) if folder.startswith("/") and "%" not in folder else None


def inside_etc(path: Path, etc: Path) -> Path:
    """A path that files name below /etc, where this machine's etc lies."""
    return etc / path.relative_to("/etc") if path.is_relative_to("/etc") else path
