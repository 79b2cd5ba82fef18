"""Asking one server many questions over a few connections at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TypeVar

from kwtui.errors import KwtuiError
from kwtui.server.connection.server import Server

T = TypeVar("T")
R = TypeVar("R")

CONNECTIONS = 4
"""At once, the one that is there already included: a survey must not crowd out who works there."""

WORTH_IT = 16
"""So many questions on one connection are quicker than opening others."""


async def ask_each(
    server: Server, items: Sequence[T], ask: Callable[[Server, T], Awaitable[R]]
) -> list[R]:
    """``ask`` for every item, the answers in the items' order; several at once when there are many.

    Connections that the server does not give are done without. Raises what the first question that
    failed raised, after those that run have ended.
    """
    if len(items) < WORTH_IT:
        return [await ask(server, item) for item in items]
    helpers = await _open_others(server)
    answers: dict[int, R] = {}
    failures: list[KwtuiError] = []
    left = iter(enumerate(items))

    async def work(through: Server) -> None:
        for place, item in left:
            if failures:
                return
            try:
                answers[place] = await ask(through, item)
            except KwtuiError as error:
                failures.append(error)

    try:
        await asyncio.gather(*(work(s) for s in (server, *helpers)))
    finally:
        for helper in helpers:
            await helper.close()
    if failures:
        raise failures[0]
    return [answers[place] for place in range(len(items))]


async def _open_others(server: Server) -> list[Server]:
    """As many further connections as the server gives; it may be near its own limit."""
    found = []
    with suppress(KwtuiError):
        for _ in range(CONNECTIONS - 1):
            found.append(await Server.open(server.target))
    return found
