"""Where a service does what blocks: in a thread, or here and now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Background:
    """How services do what blocks, and whether anything may go on behind the caller's back."""

    is_on: bool
    """Off for commands, which have nothing else to do meanwhile: nothing is watched, and files are
    read without a thread, so that a question about files alone needs no event loop."""

    async def call(self, function: Callable[P, R], *arguments: P.args, **options: P.kwargs) -> R:
        """What the function returns; raises what it raises."""
        if not self.is_on:
            return function(*arguments, **options)
        import asyncio

        return await asyncio.to_thread(function, *arguments, **options)
