"""The nodes that run on this machine, as far as this account may see them."""

from __future__ import annotations

import pwd
from dataclasses import replace
from pathlib import Path

from kwtui.node.deployment.containers import container_of_process
from kwtui.node.deployment.shell_words import start_of
from kwtui.node.deployment.start_arguments import StartArguments
from kwtui.node.deployment.unknown import without_marks

PROCESS = "the running process"


def of_processes(proc: Path = Path("/proc")) -> list[StartArguments]:
    """Every ``kwbase start…`` among the processes. Blocking."""
    found = []
    for entry in sorted(proc.glob("[0-9]*"), key=lambda p: int(p.name)):
        words = start_of(_command_line(entry))
        if not words:
            continue
        container = container_of_process(entry, proc / "self")
        folder = _link(entry / "cwd")
        if container is not None:
            # The kernel shows the folder as the container has it.
            container = replace(container, folder=str(folder or ""))
        found.append(
            StartArguments(
                words,
                f"{PROCESS} {entry.name}",
                None if container is not None else folder,
                container,
                user=_owner(entry),
            )
        )
    return found


def _command_line(process: Path) -> list[str]:
    try:
        raw = (process / "cmdline").read_bytes()
    except OSError:
        return []
    return [without_marks(w) for w in raw.decode(errors="surrogateescape").split("\0") if w]


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
