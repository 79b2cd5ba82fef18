"""Before a run the server reads what would be sent, and has the last word on what it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Plan, PlanKind, Step, StepKind
from kwtui.operations.shared.server_reading import check_with_server
from kwtui.server.connection.failures import ServerMessage, StatementRefused
from kwtui.server.connection.results import Column, ResultSet
from kwtui.server.connection.server import Server
from kwtui.server.console.verdict import split
from kwtui.sql.lexer import code
from tests.conftest import SandboxNode
from tests.faults.bench import Bench

Answering = Callable[[str], list[tuple[str, str]]]


class Reader:
    """A server that only reads."""

    def __init__(self, answer: Answering) -> None:
        self._answer = answer
        self.asked = 0

    async def query(self, sql: str) -> ResultSet:
        self.asked += 1
        text = next(token.value for token in code(sql) if token.text[0] == "'")
        return ResultSet((Column("field", 25), Column("message", 25)), tuple(self._answer(text)))


def as_it_is(text: str) -> list[tuple[str, str]]:
    return [("sql", each.text) for each in split(text)]


def plan_of(*texts: str) -> Plan:
    step = Step(id="create-tables", kind=StepKind.SQL, title="Create", sql=texts)
    return Plan(
        id="p",
        kind=PlanKind.RESTORE,
        title="Restore",
        created_at=datetime(2026, 11, 30, tzinfo=UTC),
        cluster_id="",
        node_id=1,
        database="shop",
        path="kwtui/shop",
        steps=(step,),
        findings=(),
        not_included=(),
    )


async def asked(reader: Reader, *texts: str) -> str:
    return await check_with_server(cast(Server, reader), plan_of(*texts))


async def test_four_hundred_tables_are_one_question_each_two_hundred() -> None:
    reader = Reader(as_it_is)
    texts = [f"CREATE TABLE shop.public.t{n} (a STRING DEFAULT 'x;y') -- ;" for n in range(400)]
    assert await asked(reader, *texts) == ""
    assert reader.asked == 2


async def test_the_server_reads_two_where_one_was_planned() -> None:
    def reads_two(text: str) -> list[tuple[str, str]]:
        return [("sql", piece) for each in split(text) for piece in each.text.split("|") if piece]

    texts = [f"CREATE TABLE t{n} (a INT8)" for n in range(9)]
    texts[4] += "| DROP DATABASE precious CASCADE"
    with pytest.raises(KwtuiError) as refused:
        await asked(Reader(reads_two), *texts)
    assert refused.value.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "CREATE TABLE t4" in refused.value.title


async def test_the_server_reads_another_kind_of_statement() -> None:
    reader = Reader(lambda text: [("sql", "DROP TABLE t") for _ in split(text)])
    with pytest.raises(KwtuiError) as refused:
        await asked(reader, "ALTER TABLE t ADD COLUMN a INT8")
    assert "a statement DROP" in refused.value.title


async def test_what_the_server_cannot_read_is_told_and_not_refused() -> None:
    def knows_no_tags(text: str) -> list[tuple[str, str]]:
        return [("error", "at or near TAGS")] if "TAGS" in text else as_it_is(text)

    texts = ["USE shop", "CREATE TABLE a (b INT8)", "CREATE TABLE t (a INT8) TAGS (b INT8)"]
    told = await asked(Reader(knows_no_tags), *texts)
    assert told == "The server did not read 1 statement beforehand; kwtui did."


async def test_a_server_without_that_statement_leaves_it_to_the_lexer() -> None:
    def knows_nothing(text: str) -> list[tuple[str, str]]:
        raise StatementRefused("no", hint="", said=ServerMessage("syntax error", "42601"))

    told = await asked(Reader(knows_nothing), "CREATE TABLE a (b INT8)")
    assert "kwtui's own reading decides" in told


def test_a_restore_asks_before_it_sends(
    sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory
) -> None:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do("CREATE DATABASE read_first", "CREATE TABLE read_first.public.t (a INT8 PRIMARY KEY)")
    try:
        path = bench.backup("read_first").path
        made = bench.restore(path, target="read_again")
        assert not [words for words in made.story.notices if "beforehand" in words]
    finally:
        for name in ("read_first", "read_again"):
            if name in bench.databases():
                bench.do(f"DROP DATABASE {name} CASCADE")
