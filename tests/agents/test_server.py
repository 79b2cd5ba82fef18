"""An agent's program at the other end: it reads, it plans, it tries what it must not do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from kwtui.agents.desk import Desk
from kwtui.approval.keys import make_keys
from kwtui.controller import Controller
from kwtui.server.connection.target import resolve_target
from tests.command_line import CommandLine
from tests.conftest import SandboxNode

# Each worker reads this module, and one of them runs its tests: mcp takes a second to import.
if TYPE_CHECKING:
    from mcp import Client

PASSPHRASE = "correct horse battery"
ODD = "leash\u202e\x1b[2J"


class Agent:
    """A client that takes the answers apart; it connects anew for each question."""

    def __init__(self, desk: Desk) -> None:
        from kwtui.agents.server import make_server

        self._server = make_server(desk, "1")

    def talking(self) -> Client:
        from mcp import Client

        return Client(self._server)

    async def ask(self, tool: str, **arguments: Any) -> Any:
        async with self.talking() as client:
            done = await client.call_tool(tool, arguments)
        assert not done.is_error, done.content
        return done.structured_content

    async def refused(self, tool: str, **arguments: Any) -> str:
        async with self.talking() as client:
            done = await client.call_tool(tool, arguments)
        assert done.is_error, done.content
        return " ".join(part.text for part in done.content if part.type == "text")


@pytest.fixture
def home(tmp_path: Path, sandbox: SandboxNode, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    home = CommandLine(tmp_path / "home", sandbox)
    (home.state / "config").mkdir(parents=True)
    monkeypatch.setenv("KWTUI_CONFIG_DIR", str(home.state / "config"))
    make_keys(home.state / "config/approver.key", home.state / "config/approver.pub", PASSPHRASE)
    with psycopg.connect(sandbox.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE IF NOT EXISTS leash")
        connection.execute("CREATE TABLE IF NOT EXISTS leash.public.t (id INT8 PRIMARY KEY)")
        connection.execute("UPSERT INTO leash.public.t VALUES (1), (2)")
    return home


@pytest.fixture
async def controller(home: CommandLine) -> AsyncIterator[Controller]:
    controller = Controller(state=home.state / "state", in_background=False)
    yield controller
    await controller.close()


@pytest.fixture
def agent(controller: Controller, sandbox: SandboxNode) -> Agent:
    return Agent(desk_of(controller, sandbox))


def desk_of(controller: Controller, sandbox: SandboxNode) -> Desk:
    async def connect() -> None:
        await controller.connection.connect(resolve_target(dsn=sandbox.dsn))

    desk = Desk(controller, connect, asked_by="a test")
    desk.hold_key()
    return desk


async def test_it_reads_and_what_it_reads_is_cleaned(agent: Agent, sandbox: SandboxNode) -> None:
    assert (await agent.ask("status", database="leash"))["judgements"][0]["state"] == "NEVER"
    rows = await agent.ask("read_query", sql="SELECT id FROM t ORDER BY id", database="leash")
    assert rows["rows"] == [["1"], ["2"]] or rows["rows"] == [[1], [2]]
    odd = await agent.ask("read_query", sql="SELECT e'a\\u202e\\x1b[2J' AS n", database="leash")
    assert "\\u202e" not in json.dumps(odd)
    assert "\\u001b" not in json.dumps(odd)
    assert (await agent.ask("explain", text="nodelocal://1/a is not empty"))["items"]
    async with agent.talking() as client:
        named = {tool.name for tool in (await client.list_tools()).tools}
    assert not {name for name in named if "delete" in name or "drop" in name or "approve" in name}


@pytest.mark.parametrize(
    "sql",
    [
        "DROP DATABASE leash CASCADE",
        "/**/drop database leash",
        "EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE t",
        "SELECT 1; DELETE FROM t",
        "WITH y AS (SELECT 1) DELETE FROM t",
        "SELECT nextval('s')",
        "EXPLAIN ANALYZE (DEBUG) SELECT 1",
    ],
)
async def test_a_query_that_writes_is_refused(agent: Agent, sql: str) -> None:
    assert "exit code" in await agent.refused("read_query", sql=sql, database="leash")


async def test_a_plan_runs_after_a_person_approved_it_and_once(
    agent: Agent, controller: Controller, home: CommandLine
) -> None:
    planned = await agent.ask("plan_backup", database="leash")
    plan_id = planned["plan_id"]
    assert any("EXPORT" in sql for step in planned["plan"]["steps"] for sql in step["sql"])
    assert "not approved yet" in await agent.refused("run_plan", plan_id=plan_id)

    by_itself = home.run("approve", plan_id)
    assert by_itself.code == 2, "an agent's shell is no terminal"
    assert "person on a terminal" in by_itself.err
    listed = home.run("approve", "--json").object["proposals"]
    assert [each["id"] for each in listed] == [plan_id]

    await controller.approvals.approve(await controller.approvals.find(plan_id), PASSPHRASE)
    started = await agent.ask("run_plan", plan_id=plan_id)
    async for _ in controller.runs.follow(started["run_id"]):
        pass
    ended = await agent.ask("follow_run", run_id=started["run_id"])
    assert (ended["status"], ended["exit_code"]) == ("succeeded", 0)
    assert "No plan" in await agent.refused("run_plan", plan_id=plan_id)
    entries = [(e.action, e.outcome.value) for e in await controller.evidence.entries()]
    assert entries == [
        ("approve", "succeeded"),
        ("run-approved", "succeeded"),
        ("backup", "began"),
        ("backup", "succeeded"),
    ]

    (backup,) = (await agent.ask("list_backups", database="leash"))["entries"]
    assert (await agent.ask("show_backup", path=backup["path"]))["tables"][0]["rows"] == 2
    assert (await agent.ask("verify_backup", path=backup["path"]))["ok"]
    uri = f"kwtui://manifest/{backup['path']}"
    async with agent.talking() as client:
        (manifest,) = (await client.read_resource(uri)).contents
    from mcp.types import TextResourceContents

    assert isinstance(manifest, TextResourceContents)
    assert json.loads(manifest.text)["database"] == "leash"
    taken = await agent.refused("plan_restore", path=backup["path"], target="leash")
    assert "leash" in taken, "nothing is replaced"
    for odd in ("leash\u202e", "le\x1bash", "leash\n"):
        unseen = await agent.refused("plan_restore", path=backup["path"], target=odd)
        assert "cannot be seen" in unseen


async def test_what_the_file_says_after_the_plan_was_made_does_not_run(
    agent: Agent, controller: Controller, home: CommandLine
) -> None:
    planned = await agent.ask("write_query", sql="INSERT INTO t VALUES (7)", database="leash")
    path = home.state / f"state/proposals/{planned['plan_id']}.json"
    path.write_text(path.read_text().replace("VALUES (7)", "VALUES (8)"))
    shown = await controller.approvals.find(planned["plan_id"])
    assert "VALUES (8)" in shown.statement
    await controller.approvals.approve(shown, PASSPHRASE)
    assert "not match the plan" in await agent.refused("run_plan", plan_id=planned["plan_id"])

    again = await agent.ask("write_query", sql="INSERT INTO t VALUES (7)", database="leash")
    await controller.approvals.approve(
        await controller.approvals.find(again["plan_id"]), PASSPHRASE
    )
    await agent.ask("run_plan", plan_id=again["plan_id"])
    rows = await agent.ask("read_query", sql="SELECT max(id) FROM t", database="leash")
    assert str(rows["rows"][0][0]) == "7"


@pytest.mark.parametrize(
    "sql",
    [
        "DROP DATABASE leash CASCADE",
        "/**/delete FROM t",
        "WITH gone AS (DELETE FROM t RETURNING id) INSERT INTO t SELECT id FROM gone",
        "ALTER TABLE t DROP COLUMN id",
        "truncate t",
    ],
)
async def test_nothing_that_removes_data_can_be_planned(agent: Agent, sql: str) -> None:
    assert "removes data" in await agent.refused("write_query", sql=sql, database="leash")


async def test_runs_of_others_are_not_its_own(agent: Agent) -> None:
    refused = await agent.refused("cancel_run", run_id="20261130T080000Z-abcd")
    assert "not started by this program" in refused


async def test_without_an_approver_nothing_can_be_approved(
    controller: Controller, sandbox: SandboxNode, home: CommandLine
) -> None:
    (home.state / "config/approver.pub").unlink()
    agent = Agent(desk_of(controller, sandbox))
    planned = await agent.ask("write_query", sql="INSERT INTO t VALUES (9)", database="leash")
    refused = await agent.refused("run_plan", plan_id=planned["plan_id"])
    assert "no approver's key" in refused


async def test_prompts_and_templates_are_there(agent: Agent) -> None:
    async with agent.talking() as client:
        prompts = {each.name for each in (await client.list_prompts()).prompts}
        asked = await client.get_prompt("prove_a_backup", {"database": ODD})
        templates = (await client.list_resource_templates()).resource_templates
    assert prompts == {"prove_a_backup", "restore_one_table", "why_did_it_fail"}
    content = asked.messages[0].content
    assert content.type == "text"
    assert "\u202e" not in content.text
    assert "\x1b" not in content.text
    assert len(templates) == 3
