"""What the Controller tells its subscribers, besides `ConnectionStatus`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class StorageChanged:
    """Something under extern changed: list it again."""

    reason: str = ""
    """Why it is watched by polling; empty when it is not."""


@dataclass(frozen=True)
class RunsChanged:
    """A run began, ended or was lost."""
