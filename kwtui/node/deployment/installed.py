"""What is installed on this machine to start a node: services, compose files, scripts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from kwtui.files.untrusted import NotReadable, is_there, matching
from kwtui.node.deployment.quadlet import run_words
from kwtui.node.deployment.systemd_units import (
    Unit,
    environment_of,
    read_unit,
    start_lines,
    working_folder,
)
from kwtui.node.deployment.unknown import as_written
from kwtui.node.deployment.variables import Scope
from kwtui.node.deployment.what_starts import Context, Installed, Starts, compose_files

UNITS = ("kaiwudb.service", "kwdb.service")
FOLDERS = ("kaiwudb", "kwdb")
"""Below /etc; the second is the older name (facts.md, 4.2)."""
_MOST_SCRIPTS = 40
_MOST_UNITS = 2_000
_OF_KWDB = re.compile(r"kwbase|kaiwudb|kwdb", re.IGNORECASE)


def of_machine(etc: Path = Path("/etc"), lib: Path = Path("/usr/lib")) -> Installed:
    """Services, compose files and start scripts of this machine. Blocking."""
    found = Installed()
    starts = Starts(found, etc)
    for path in _unit_files(etc, lib):
        expected = path.name == UNITS[0] and path.parent.parent.parent == etc
        _of_unit(starts, path, expected=expected)
    for path in matching(etc / "containers/systemd", "*.container")[:_MOST_UNITS]:
        _of_quadlet(starts, path)
    manifests = matching(etc / "kubernetes/manifests", "*.y*ml")[:_MOST_SCRIPTS]
    for name in FOLDERS:
        script = etc / name / "script"
        manifests += matching(script, "*.y*ml")[:_MOST_SCRIPTS]
        files = [file for file in compose_files(script) if is_there(file)]
        if files:
            starts.compose(files)
        for file in matching(script, "*.sh")[:_MOST_SCRIPTS]:
            starts.script(file, f"the script {file}")
    for path in manifests:
        starts.manifest(path)
    return found


def _of_quadlet(starts: Starts, path: Path) -> None:
    try:
        words = run_words(path)
    except NotReadable as reason:
        starts.found.looked.append((str(path), str(reason)))
        return
    if not _OF_KWDB.search(" ".join(map(as_written, words))):
        return
    starts.found.looked.append((str(path), "read"))
    context = Context(f"the Quadlet file {path}", path, path.parent, Scope({}))
    if not starts.command(words, context):
        starts.found.looked[-1] = (str(path), "what its container starts is not understood")


def _unit_files(etc: Path, lib: Path) -> list[Path]:
    """The units of the installer, and others of this machine that name KWDB's program."""
    folders = (etc / "systemd/system", lib / "systemd/system")
    files = [folder / name for name in UNITS for folder in folders]
    others = matching(folders[0], "*.service")[:_MOST_UNITS]
    others += [f for f in matching(folders[1], "*.service") if _OF_KWDB.search(f.name)]
    return [*files, *(f for f in others if f.name not in UNITS)]


def _of_unit(starts: Starts, path: Path, *, expected: bool) -> None:
    found = starts.found
    try:
        unit = read_unit(path)
    except NotReadable as reason:
        if expected or (path.name in UNITS and str(reason) != "not there"):
            found.looked.append((str(path), str(reason)))
        return
    if path.name not in UNITS and not _names_kwdb(unit):
        return
    found.looked.append((str(path), "read"))
    environment = environment_of(unit, starts.etc)
    found.looked += [(str(path), f"its environment file {name}") for name in environment.missing]
    for words in start_lines(unit, environment, path.name):
        context = Context(
            f"the service {path}",
            path,
            working_folder(unit),
            environment.scope("shell"),
            user=unit.last("User"),
        )
        before = len(found.looked)
        if not starts.command(words, context, alone=True) and len(found.looked) == before:
            found.looked.append((str(path), "its ExecStart starts no kwbase that can be parsed"))


def _names_kwdb(unit: Unit) -> bool:
    lines: Sequence[str] = (*unit.all("ExecStart"), unit.last("WorkingDirectory"))
    return any(_OF_KWDB.search(line) for line in lines)
