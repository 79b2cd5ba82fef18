"""Imports run beside each other until the server refuses one; that one is sent again, alone."""

from __future__ import annotations

import asyncio

import pytest

from kwtui.operations.restore.execution.import_turns import ImportTurns
from kwtui.operations.runner import Halt
from kwtui.server.connection.failures import ServerMessage, StatementRefused


def refused(message: str) -> StatementRefused:
    return StatementRefused("Refused.", hint="", said=ServerMessage(message))


class Node:
    """Refuses these messages, in turn, to whoever imports beside another."""

    def __init__(self, *messages: str) -> None:
        self.messages = list(messages)
        self.at_work = self.most = 0
        self.sent: list[str] = []

    async def import_(self, table: str) -> str:
        self.sent.append(table)
        self.at_work += 1
        self.most = max(self.most, self.at_work)
        beside = self.at_work > 1
        try:
            await asyncio.sleep(0)
            if beside and self.messages:
                raise refused(self.messages.pop())
            await asyncio.sleep(0)
        finally:
            self.at_work -= 1
        return table


async def all_of(
    node: Node, *tables: str, halt: Halt | None = None
) -> tuple[list[str | BaseException], list[str]]:
    turns, told = ImportTurns(halt or Halt()), list[str]()

    async def one(table: str) -> str:
        return await turns.take(lambda: node.import_(table), told.append)

    found = await asyncio.gather(*(one(table) for table in tables), return_exceptions=True)
    return list(found), told


async def test_they_run_side_by_side() -> None:
    node = Node()
    found, told = await all_of(node, "a", "b")
    assert found == ["a", "b"]
    assert (told, node.most) == ([], 2)


async def test_one_that_is_refused_beside_another_is_sent_again_alone() -> None:
    node = Node("restart transaction")
    found, told = await all_of(node, "a", "b")
    assert found == ["a", "b"]
    assert node.sent == ["a", "b", "b"]
    assert "one after the other: restart transaction" in told[0]


async def test_from_then_on_they_run_one_after_the_other() -> None:
    node = Node("restart transaction")
    turns, told = ImportTurns(Halt()), list[str]()

    async def one(table: str) -> str:
        return await turns.take(lambda: node.import_(table), told.append)

    await asyncio.gather(one("a"), one("b"))
    node.most = 0
    await asyncio.gather(one("c"), one("d"))
    assert node.sent[-2:] == ["c", "d"]
    assert node.most == 1


@pytest.mark.parametrize("message", ["nodelocal://1/t/n1.0.csv: error parsing row 2: expected 3"])
async def test_what_is_wrong_with_a_file_is_said_at_once(message: str) -> None:
    node = Node(message)
    found, told = await all_of(node, "a", "b")
    assert [isinstance(each, StatementRefused) for each in found] == [False, True]
    assert node.sent == ["a", "b"]
    assert not told


async def test_alone_it_is_refused_for_good() -> None:
    turns, sent = ImportTurns(Halt()), list[int]()

    async def work() -> None:
        sent.append(1)
        raise refused("no such table")

    with pytest.raises(StatementRefused):
        await turns.take(work, lambda _: None)
    assert len(sent) == 1


async def test_nothing_is_sent_again_when_the_run_is_to_stop() -> None:
    halt, node = Halt(), Node("restart transaction")
    halt.cancel()
    await all_of(node, "a", "b", halt=halt)
    assert node.sent == ["a", "b"]
