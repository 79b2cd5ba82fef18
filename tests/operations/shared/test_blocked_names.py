"""A failed import keeps a name blocked for a while (live-findings, row 21): it is waited for."""

from __future__ import annotations

import asyncio

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.runner import Halt
from kwtui.operations.shared import blocked_names
from kwtui.operations.shared.blocked_names import when_free

BLOCKED = 'relation "t.public.quotes" already exists'
OTHER = 'syntax error at or near "x"'


class Node:
    """Answers with an error so often, then with success."""

    def __init__(self, words: str, times: int) -> None:
        self.words, self.left, self.asked = words, times, 0

    async def __call__(self) -> str:
        self.asked += 1
        if self.asked <= self.left:
            raise KwtuiError(
                "The server refused.", cause=self.words, exit_code=ExitCode.STATEMENT_REFUSED
            )
        return "done"


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocked_names, "PAUSE_SECONDS", 0.01)


def wait(node: Node, seconds: float = 5) -> tuple[str, list[str]]:
    told: list[str] = []
    return asyncio.run(when_free(node, Halt(), told.append, seconds)), told


@pytest.mark.parametrize(
    "words",
    [
        BLOCKED,
        'relation "big" does not exist',
        "table big is offline: importing",
        "cannot drop a database with OFFLINE tables, ensure t.public.big is dropped or made public "
        'before dropping database "t"',
    ],
)
def test_a_blocked_name_is_waited_for_and_said_once(words: str) -> None:
    answer, told = wait(Node(words, 3))

    assert answer == "done"
    assert len(told) == 1
    assert words in told[0]


def test_any_other_error_is_told_at_once() -> None:
    node = Node(OTHER, 9)

    with pytest.raises(KwtuiError):
        wait(node)
    assert node.asked == 1


def test_a_job_that_still_undoes_an_import_is_waited_for_however_long_it_takes() -> None:
    """A node took 54 seconds (live-findings, row 43), when the patience was 30."""
    node, told, seen = Node(BLOCKED, 12), list[str](), list[str]()
    states = iter(["job 7 is cancel-requested", *["job 7 is reverting"] * 9])

    async def at_work() -> str:
        return next(states, "")

    answer = asyncio.run(
        when_free(node, Halt(), told.append, 0.05, at_work=at_work, progress=seen.append)
    )

    assert answer == "done"
    assert len(seen) == 12
    assert seen[1].startswith("job 7 is reverting, waiting for ")
    assert "job 7 is cancel-requested" in told[0]


def test_a_person_may_stop_waiting_for_a_job() -> None:
    halt = Halt()

    async def at_work() -> str:
        halt.cancel()
        return "job 7 is reverting"

    with pytest.raises(KwtuiError) as error:
        asyncio.run(when_free(Node(BLOCKED, 10**6), halt, list[str]().append, at_work=at_work))
    assert error.value.cause == BLOCKED


def test_it_is_not_waited_for_ever() -> None:
    node = Node(BLOCKED, 10**6)

    with pytest.raises(KwtuiError) as error:
        wait(node, seconds=0.1)
    assert error.value.cause == BLOCKED
    assert node.asked > 1
