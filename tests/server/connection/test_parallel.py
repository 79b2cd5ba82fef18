"""Many questions go over a few connections; what one of them meets is told once."""

from __future__ import annotations

import pytest

from kwtui.errors import KwtuiError
from kwtui.server.connection.parallel import CONNECTIONS, WORTH_IT, ask_each
from kwtui.server.connection.server import Server, connect
from tests.server.scripted import Reply, scripted

MANY = list(range(WORTH_IT * 3))
SLOW = {f"SELECT {n}": Reply(sets=[(("v",), [(str(n),)])], delay=0.02) for n in MANY}


async def value(server: Server, number: int) -> str | None:
    return (await server.query(f"SELECT {number}")).scalar()


async def test_answers_keep_the_order_of_the_questions_and_connections_are_few() -> None:
    async with scripted(SLOW) as node:
        most = 0

        def look(sql: str) -> None:
            nonlocal most
            most = max(most, node.connections)

        node.on_statement = look
        server = await connect(node.target())
        answers = await ask_each(server, MANY, value)
        assert answers == [str(n) for n in MANY]
        assert most == CONNECTIONS
        await server.close()


async def test_a_few_questions_open_no_further_connection() -> None:
    async with scripted(SLOW) as node:
        server = await connect(node.target())
        assert len(await ask_each(server, MANY[: WORTH_IT - 1], value)) == WORTH_IT - 1
        assert len(node.startups) == 1
        await server.close()


async def test_a_server_that_gives_no_further_connection_is_asked_over_the_one_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with scripted(SLOW) as node:
        server = await connect(node.target())

        async def full(target: object) -> Server:
            raise KwtuiError("too many connections")

        monkeypatch.setattr(Server, "open", full)
        assert await ask_each(server, MANY, value) == [str(n) for n in MANY]
        await server.close()


async def test_the_first_refusal_ends_it_and_leaves_no_connection_behind() -> None:
    refusing = {**SLOW, "SELECT 5": Reply(error=("42P01", "gone"))}
    async with scripted(refusing) as node:
        server = await connect(node.target())
        with pytest.raises(KwtuiError, match="no such table"):
            await ask_each(server, MANY, value)
        asked = sum(sql in SLOW for sql in node.received)
        assert asked < len(MANY)
        assert await value(server, 1) == "1", "the connection itself is still good"
        await server.close()
