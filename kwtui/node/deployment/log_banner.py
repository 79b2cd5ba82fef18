"""What a node writes about itself at the head of its log (facts.md, 4.4 and 5.2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kwtui.files.foreign.grounds import claim
from kwtui.files.foreign.reading import names_in, read_start
from kwtui.node.deployment.shell_words import split

_HEAD = 512 * 1024
"""Bytes; a start fits into some hundred lines."""
_MOST_FILES = 6
_ROTATED = re.compile(r"kwbase\..*\..*\..*\..*\.log", re.DOTALL)
_ARGUMENTS = re.compile(r"\[config\] arguments: \[(.*)\]\s*$", re.MULTILINE)
_STARTED = re.compile(r"node startup completed:\n(?P<body>(?:[^\n]*\n?){1,40})")
_LABEL = re.compile(r"^(?P<label>[A-Za-z][^:\n]{1,30}):\s+(?P<value>\S.*)$", re.MULTILINE)
_CLUSTER = re.compile(r"\[config\] clusterID: ([0-9a-fA-F-]{36})\s*$", re.MULTILINE)
_NODE_TAG = re.compile(r"^[IWEF]\d{6} [^\n]{1,200}?  \[n(\d+)[,\]]", re.MULTILINE)


@dataclass(frozen=True)
class Banner:
    """The start banner of one log file, as far as it has one."""

    file: Path
    arguments: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    """Label and value, as printed: ``external I/O path``, ``store[0]``, ``logs``, …"""
    cluster_id: str = ""
    """Of the cluster that the node belonged to; empty where the head does not say."""
    node_id: int = 0
    """Its number there; 0 where the head does not say."""

    @property
    def store(self) -> str:
        """The first store, as the node sees its path."""
        named = self.value("store[0]") or next(iter(_values(self.arguments, "--store")), "")
        parts = dict(part.partition("=")[::2] for part in named.split(","))
        return parts.get("path") or named.split(",")[0]

    def value(self, label: str) -> str:
        return next((v for name, v in self.values if name == label), "")


def read_banner(logs: Path) -> Banner | None:
    """The banner of the newest start whose file is still there; None if none is.

    Log files after the first of a start have the arguments, and no banner.
    """
    newest: Banner | None = None
    for found in read_banners(logs):
        if newest is None and found.arguments:
            newest = found
        if found.values and (newest is None or newest.arguments == found.arguments):
            return found
    return newest


def read_banners(logs: Path) -> Iterator[Banner]:
    """The heads of the newest log files, the newest first, as far as they can be read."""
    claim(logs)
    try:
        names = [name for name in names_in(logs) if _ROTATED.fullmatch(name)]
    except OSError:
        return
    names.sort(key=lambda name: name.split(".")[-3], reverse=True)
    for name in names[:_MOST_FILES]:
        file = logs / name
        try:
            text = read_start(file, _HEAD).decode("utf-8", "surrogateescape")
        except OSError:
            continue
        yield parse_banner(text, file)


def _values(words: Sequence[str], flag: str) -> Iterator[str]:
    for word, following in zip(words, (*words[1:], ""), strict=True):
        if word == flag:
            yield following
        elif word.startswith(f"{flag}="):
            yield word.removeprefix(f"{flag}=")


def parse_banner(text: str, file: Path) -> Banner:
    """The head of one log file. A restart within it counts: the last banner is taken."""
    arguments = _ARGUMENTS.search(text)
    started = list(_STARTED.finditer(text))
    values: list[tuple[str, str]] = []
    if started:
        for line in started[-1]["body"].splitlines():
            match = _LABEL.match(line)
            if match:
                values.append((match["label"], match["value"].strip()))
            elif re.match(r"[IWEF]\d{6} ", line):
                break
    labels = dict(values)
    clusters = _CLUSTER.findall(text)
    tag = _NODE_TAG.search(text)
    number = labels.get("nodeID", tag[1] if tag else "")
    return Banner(
        file,
        tuple(split(arguments[1])) if arguments else (),
        tuple(values),
        labels.get("clusterID") or (clusters[-1] if clusters else ""),
        int(number) if number.isdigit() else 0,
    )
