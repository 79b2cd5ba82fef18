"""Where a node's files are on this machine: the store, extern and the logs, or why they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class FolderState:
    """One of the node's folders, as this process sees it."""

    path: Path | None
    """None: nothing says where it is."""
    source: str
    """In words, how it was found: ``given``, ``the server's start arguments``, …"""
    exists: bool = False
    readable: bool = False
    writable: bool = False
    owner: str = ""
    group: str = ""
    free_bytes: int | None = None
    free_inodes: int | None = None
    """None where the file system does not count them."""
    problem: str = ""
    """Why it cannot be used, and what to do; empty if it can be read."""

    @property
    def usable(self) -> bool:
        return self.readable and not self.problem


@dataclass(frozen=True)
class NodePlace:
    """The node's files, as far as they were found."""

    store: FolderState
    extern: FolderState
    logs: FolderState
    notes: tuple[str, ...] = ()
    """How it was looked for, for the connection page."""


def find_place(
    *,
    store: Path | None = None,
    extern: Path | None = None,
    logs: Path | None = None,
    arguments: Sequence[Sequence[str]] = (),
    store_paths: Sequence[str] = (),
    local: bool = True,
) -> NodePlace:
    """Find the node's folders: given paths first, then what the server reports, then this machine.

    ``arguments`` are start arguments that the server reported, ``store_paths`` its store paths;
    ``local`` says whether the server runs on this machine, so that its processes and services are
    worth looking at. Blocking, but quick. Never raises: what was not found says why.
    """
    raise NotImplementedError


def inspect_folder(path: Path | None, source: str, *, missing_hint: str = "") -> FolderState:
    """Look at one folder: there, readable, writable, whose, how much is free."""
    raise NotImplementedError
