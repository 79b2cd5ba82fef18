"""A connection that breaks is noticed, shown and made again; nothing is tried without hope."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.screens.connection.page import connection_lines
from kwtui.server.connection.keepalive import Keeper, Rhythm
from kwtui.server.connection.status import ConnectionState, ConnectionStatus
from kwtui.sql import inspection
from tests.server.scripted import Reply, ScriptedServer, scripted

QUICK = Rhythm(heartbeat=0.02, answer_within=0.2, first_retry=0.02, longest_retry=0.05)
SLOW = Rhythm(heartbeat=0.02, answer_within=0.2, first_retry=3600, longest_retry=3600)


class Diary:
    """Writes down every status and waits for one."""

    def __init__(self) -> None:
        self.pages: list[ConnectionStatus] = []
        self._changed = asyncio.Event()

    def __call__(self, status: ConnectionStatus) -> None:
        self.pages.append(status)
        self._changed.set()

    @property
    def states(self) -> list[ConnectionState]:
        found: list[ConnectionState] = []
        for page in self.pages:
            if not found or found[-1] is not page.state:
                found.append(page.state)
        return found

    async def until(self, wanted: Callable[[ConnectionStatus], bool]) -> ConnectionStatus:
        async with asyncio.timeout(10):
            while not (self.pages and wanted(self.pages[-1])):
                self._changed.clear()
                await self._changed.wait()
        return self.pages[-1]


def is_in(state: ConnectionState) -> Callable[[ConnectionStatus], bool]:
    return lambda status: status.state is state


async def test_from_connecting_to_closed() -> None:
    diary = Diary()
    async with scripted() as node:
        keeper = Keeper(node.target(), diary, rhythm=QUICK)
        status = await keeper.start()
        assert status.is_connected
        assert status.facts is not None
        assert status.facts.cluster_id == "cluster-a"
        assert (await keeper.server.query("SELECT 1")).scalar() == "1"
        await keeper.stop()
    assert diary.states == [
        ConnectionState.CONNECTING,
        ConnectionState.CONNECTED,
        ConnectionState.DISCONNECTED,
    ]
    assert keeper.status.facts is None
    with pytest.raises(KwtuiError):
        _ = keeper.server


async def test_a_first_attempt_that_fails_says_why() -> None:
    diary = Diary()
    node = ScriptedServer()
    await node.start()
    await node.stop()
    keeper = Keeper(node.target(), diary, rhythm=QUICK)
    with pytest.raises(KwtuiError):
        await keeper.start()
    assert keeper.status.state is ConnectionState.FAILED
    assert "cannot be reached" in keeper.status.title
    with pytest.raises(KwtuiError) as caught:
        _ = keeper.server
    assert "cannot be reached" in caught.value.title


async def test_a_node_that_dies_and_comes_back_is_found_again() -> None:
    diary = Diary()
    async with scripted() as node:
        keeper = Keeper(node.target(), diary, rhythm=QUICK)
        await keeper.start()
        await node.stop()
        lost = await diary.until(is_in(ConnectionState.LOST))
        assert lost.facts is not None
        assert lost.title
        assert lost.retry_at is not None
        await diary.until(lambda s: s.attempt >= 2)
        with pytest.raises(KwtuiError) as caught:
            _ = keeper.server
        assert caught.value.exit_code is ExitCode.CONNECTION_LOST
        await node.start()
        back = await diary.until(is_in(ConnectionState.CONNECTED))
        assert back.title == ""
        assert back.retry_at is None
        await keeper.stop()
    assert ConnectionState.FAILED not in diary.states


async def test_a_statement_that_loses_the_connection_is_noticed_at_once() -> None:
    diary = Diary()
    rhythm = Rhythm(heartbeat=3600, first_retry=0.01)
    async with scripted({"EXPORT": Reply(hang_up=True)}) as node:
        keeper = Keeper(node.target(), diary, rhythm=rhythm)
        await keeper.start()
        with pytest.raises(KwtuiError):
            await keeper.server.execute("EXPORT")
        await diary.until(is_in(ConnectionState.LOST))
        await diary.until(is_in(ConnectionState.CONNECTED))
        await keeper.stop()


async def test_a_node_that_hangs_counts_as_lost() -> None:
    diary = Diary()
    async with scripted() as node:
        keeper = Keeper(node.target(), diary, rhythm=QUICK)
        await keeper.start()
        node.script["SELECT 1"] = Reply(hang=True)
        lost = await diary.until(is_in(ConnectionState.LOST))
        assert "No answer" in lost.cause
        await keeper.stop()


async def test_a_person_need_not_wait_for_the_next_attempt() -> None:
    diary = Diary()
    async with scripted() as node:
        keeper = Keeper(node.target(), diary, rhythm=SLOW)
        await keeper.start()
        await node.stop()
        await diary.until(is_in(ConnectionState.LOST))
        await node.start()
        keeper.retry_now()
        await diary.until(is_in(ConnectionState.CONNECTED))
        await keeper.stop()


async def test_another_cluster_at_the_same_address_is_not_taken_for_the_old_one() -> None:
    diary = Diary()
    async with scripted() as node:
        keeper = Keeper(node.target(), diary, rhythm=QUICK)
        await keeper.start()
        await node.stop()
        sets = [(("cluster_id",), [("cluster-b",)])]
        node.script["SELECT kwdb_internal.cluster_id()"] = Reply(sets=sets)  # type: ignore[arg-type]
        await node.start()
        failed = await diary.until(is_in(ConnectionState.FAILED))
        assert "cluster-b" in failed.cause
        await keeper.stop()


async def test_a_password_that_no_longer_fits_ends_the_attempts() -> None:
    diary = Diary()
    async with scripted(password="one") as node:
        target = node.target(password="one", allow_cleartext_password=True)
        keeper = Keeper(target, diary, rhythm=QUICK)
        await keeper.start()
        node.password = "two"
        await node.stop()
        await node.start()
        failed = await diary.until(is_in(ConnectionState.FAILED))
        assert "does not accept the password" in failed.title
        await keeper.stop()


async def test_stopping_leaves_no_connection_behind() -> None:
    async with scripted() as node:
        keeper = Keeper(node.target(), lambda status: None, rhythm=QUICK)
        await keeper.start()
        assert node.connections == 1
        await keeper.stop()
        async with asyncio.timeout(10):
            await node.deserted.wait()


def test_attempts_come_slower_and_slower_up_to_a_limit() -> None:
    rhythm = Rhythm()
    assert [rhythm.pause(n) for n in (1, 2, 3, 4, 5, 6, 7)] == [1, 2, 4, 8, 16, 30, 30]
    assert rhythm.pause(10_000) == 30


def _nodes(*alive: bool) -> Reply:
    names = ("node_id", "address", "is_live", "start_mode", "server_version", "build_tag")
    rows: list[tuple[str | None, ...]] = [
        (str(number), f"n{number}:26257", "t" if lives else "f", "start", "20.1", "V3.2.1")
        for number, lives in enumerate(alive, start=1)
    ]
    return Reply(sets=[(names, rows)])


def _dead(*numbers: int) -> Callable[[ConnectionStatus], bool]:
    return lambda status: status.facts is not None and status.facts.dead_nodes == numbers


def _page(status: ConnectionStatus) -> str:
    return " ".join(each.text for each in connection_lines(status, None))


async def test_a_node_that_came_back_is_no_longer_told_as_dead() -> None:
    """The page said “Not alive: node 3” for as long as one stayed connected."""
    diary = Diary()
    async with scripted({inspection.nodes(): _nodes(True, True, False)}) as node:
        keeper = Keeper(node.target(), diary, rhythm=QUICK)
        status = await keeper.start()
        assert _dead(3)(status)
        assert "Not alive: node 3." in _page(status)
        node.script[inspection.nodes()] = _nodes(True, True, True)
        assert "Not alive" not in _page(await diary.until(_dead()))
        node.script[inspection.nodes()] = _nodes(True, False, True)
        assert "Not alive: node 2." in _page(await diary.until(_dead(2)))
        await keeper.stop()
