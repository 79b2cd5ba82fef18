"""What a node writes about itself at the head of its log (facts.md, 4.4 and 5.2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from kwtui.files.untrusted import NotReadable, matching, read_text
from kwtui.node.deployment.shell_words import split

_HEAD = 512 * 1024
"""Bytes; a start fits into some hundred lines."""
_MOST_FILES = 6
_ARGUMENTS = re.compile(r"\[config\] arguments: \[(.*)\]\s*$", re.MULTILINE)
_IDENTITY = re.compile(r"process identity: uid (\d+)")
_STARTED = re.compile(r"node startup completed:\n(?P<body>(?:[^\n]*\n?){1,40})")
_LABEL = re.compile(r"^(?P<label>[A-Za-z][^:\n]{1,30}):\s+(?P<value>\S.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Banner:
    """The start banner of one log file, as far as it has one."""

    file: Path
    arguments: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """Label and value, as printed: ``external I/O path``, ``store[0]``, ``logs``, …"""
    uid: int | None = None

    def value(self, label: str) -> str:
        return next((v for name, v in self.values if name == label), "")


def read_banner(logs: Path) -> Banner | None:
    """The banner of the newest start whose file is still there; None if none is.

    Log files after the first of a start have the arguments, and no banner.
    """
    files = matching(logs, "kwbase.*.*.*.*.log")
    files.sort(key=lambda p: p.name.split(".")[-3], reverse=True)
    newest: Banner | None = None
    for file in files[:_MOST_FILES]:
        try:
            found = parse_banner(read_text(file, _HEAD), file)
        except NotReadable:
            continue
        if newest is None and found.arguments:
            newest = found
        if found.values and (newest is None or newest.arguments == found.arguments):
            return found
    return newest


def parse_banner(text: str, file: Path) -> Banner:
    """The head of one log file. A restart within it counts: the last banner is taken."""
    arguments = _ARGUMENTS.search(text)
    started = list(_STARTED.finditer(text))
    identity = _IDENTITY.search(text)
    values: list[tuple[str, str]] = []
    if started:
        for line in started[-1]["body"].splitlines():
            match = _LABEL.match(line)
            if match:
                values.append((match["label"], match["value"].strip()))
            elif re.match(r"[IWEF]\d{6} ", line):
                break
    return Banner(
        file,
        tuple(split(arguments[1])) if arguments else (),
        tuple(values),
        int(identity[1]) if identity else None,
    )
