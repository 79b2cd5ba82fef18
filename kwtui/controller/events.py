"""What the Controller tells its subscribers, besides `ConnectionStatus`, and how."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class StorageChanged:
    """Something under extern changed: list it again."""

    reason: str = ""
    """Why it is watched by polling; empty when it is not."""
    paths: frozenset[str] = frozenset()
    """What changed, relative to extern, as far as that is known; empty: anything may have."""

    def concerns(self, path: str) -> bool:
        """Whether the set at ``path`` may have changed: what is in it, above it or said of it."""
        if not self.paths:
            return True
        mine = PurePosixPath(path)
        return any(_concerns(PurePosixPath(changed), mine) for changed in self.paths)


def _concerns(changed: PurePosixPath, mine: PurePosixPath) -> bool:
    if changed == mine or mine in changed.parents or changed in mine.parents:
        return True
    # Notes, and a set that a deletion moved aside, lie beside it under hidden names with its own.
    return changed.parent == mine.parent and changed.name.startswith(f".{mine.name}")


@dataclass(frozen=True)
class StorageWatched:
    """It is watched in another way now."""

    polls_because: str = ""
    """Why by polling; empty where the kernel tells of changes."""


@dataclass(frozen=True)
class RunsChanged:
    """A run began, ended or was lost."""


class Events:
    """Tells whoever subscribed, in the order in which they did."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[object], None]] = []

    def subscribe(self, listener: Callable[[object], None]) -> Callable[[], None]:
        """Call ``listener`` with every event from now on; returns the way to stop it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def publish(self, event: object) -> None:
        for listener in tuple(self._listeners):
            listener(event)
