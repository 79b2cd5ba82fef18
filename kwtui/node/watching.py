"""Watching folders for changes, with inotify where it works and by polling where it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class WatchMethod(StrEnum):
    NOTIFY = "notify"
    POLL = "poll"


@dataclass(frozen=True)
class ChangeBatch:
    """Something changed. ``paths`` may be incomplete: look again rather than trust it."""

    paths: frozenset[Path]
    method: WatchMethod
    reason: str = ""
    """Why polling is used; empty for notify."""
    unreachable: frozenset[Path] = frozenset()
    """Watched folders that are gone or cannot be read right now; not the same as deleted."""


async def watch(
    folders: Sequence[Path],
    *,
    recursive: bool = False,
    debounce_seconds: float = 0.2,
    poll_seconds: float = 2.0,
    force_poll: bool = False,
    stop: asyncio.Event | None = None,
) -> AsyncIterator[ChangeBatch]:
    """Yield a batch whenever something in ``folders`` changed, until ``stop`` is set.

    A folder that is not there is waited for; one that vanishes does not end the watch.
    """
    raise NotImplementedError
    yield
