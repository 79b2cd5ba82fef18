"""What screens and commands ask of the Controller, on a living node."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import msgspec
import psycopg
import pytest

from kwtui.backups.csv.index import Reading
from kwtui.controller import Controller, RunsChanged, StorageChanged
from kwtui.controller.events import StorageWatched
from kwtui.errors import ExitCode, KwtuiError
from kwtui.files.new_file import write_new
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupRequest, RestoreRequest
from kwtui.model.schema import TableName
from kwtui.operations.plan import Plan
from kwtui.runs.directory import RunsDirectory
from kwtui.runs.events import AnyEvent, RunFinished, RunStatus
from kwtui.runs.process import Handover
from kwtui.server.connection.status import ConnectionState, ConnectionStatus
from kwtui.server.connection.target import Target, resolve_target
from kwtui.server.state.activity import read_queries
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("controller") / "node")
    yield node
    stop_sandbox(node)


@pytest.fixture
def target(node: SandboxNode) -> Target:
    return resolve_target(dsn=node.dsn, environ={})


@pytest.fixture
async def controller(tmp_path: Path) -> AsyncIterator[Controller]:
    made = Controller(state=tmp_path / "state")
    yield made
    await made.close()


async def until(condition: Callable[[], bool], what: str, seconds: float = 20) -> None:
    for _ in range(int(seconds / 0.02)):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"never came: {what}")


async def run(controller: Controller, plan: Plan) -> tuple[str, RunFinished]:
    run_id = await controller.runs.start(plan)
    events: list[AnyEvent] = [event async for event in controller.runs.follow(run_id)]
    last = events[-1]
    assert isinstance(last, RunFinished)
    return run_id, last


async def test_connecting_tells_who_and_where(
    controller: Controller, target: Target, node: SandboxNode
) -> None:
    told: list[object] = []
    controller.subscribe(told.append)

    status = await controller.connection.connect(target)

    assert status.state is ConnectionState.CONNECTED
    assert status.facts is not None
    assert status.facts.is_admin
    assert controller.folders.place is not None
    assert controller.folders.place.extern.path == node.extern, "found without being told"
    states = [event.state for event in told if isinstance(event, ConnectionStatus)]
    assert states[0] is ConnectionState.CONNECTING
    assert states[-1] is ConnectionState.CONNECTED


async def test_without_a_connection_every_question_says_how_to_connect(
    controller: Controller,
) -> None:
    with pytest.raises(KwtuiError) as error:
        await controller.server.databases()
    assert "--sandbox" in error.value.hint

    with pytest.raises(KwtuiError) as error:
        await controller.storage.listing()
    assert error.value.exit_code is ExitCode.EXTERN_NOT_FOUND


async def test_somebody_who_listens_hears_of_runs_and_files(
    controller: Controller, target: Target
) -> None:
    told: list[object] = []
    stop = controller.subscribe(told.append)
    await controller.connection.connect(target)
    plan = await controller.plans.backup(BackupRequest("shop", (TableName("public", "orders"),)))
    told.clear()

    await run(controller, plan)

    await until(lambda: any(isinstance(e, RunsChanged) for e in told), "RunsChanged")
    await until(lambda: any(isinstance(e, StorageChanged) for e in told), "StorageChanged")
    stop()


async def test_a_plan_for_another_cluster_is_refused(
    controller: Controller, target: Target
) -> None:
    await controller.connection.connect(target)
    plan = await controller.plans.backup(BackupRequest("shop"))

    with pytest.raises(KwtuiError) as error:
        await controller.runs.start(replace(plan, cluster_id="another"))

    assert error.value.exit_code is ExitCode.WRONG_CLUSTER
    assert await controller.runs.all() == []


async def test_a_plan_with_a_refusal_is_shown_and_not_run(
    controller: Controller, target: Target
) -> None:
    await controller.connection.connect(target)
    _, made = await run(controller, await controller.plans.backup(BackupRequest("shop")))

    plan = await controller.plans.restore(RestoreRequest(made.result["path"]))

    assert "name_taken" in {finding.code for finding in plan.findings}
    with pytest.raises(KwtuiError) as error:
        await controller.runs.start(plan)
    assert error.value.exit_code is ExitCode.NAME_TAKEN


async def test_a_database_that_changed_since_the_plan_is_not_backed_up_half(
    controller: Controller, target: Target
) -> None:
    import psycopg

    await controller.connection.connect(target)
    with psycopg.connect(target.redacted, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(b"CREATE DATABASE moving")
        connection.execute(b"CREATE TABLE moving.public.t (a INT8)")
        plan = await controller.plans.backup(BackupRequest("moving"))
        connection.execute(b"CREATE TABLE moving.public.late (a INT8)")

    _, finished = await run(controller, plan)

    assert finished.status is RunStatus.FAILED
    assert finished.exit_code == ExitCode.REFUSED_BY_PLAN


async def test_what_happens_to_a_file_of_a_set_is_told_by_its_path(
    controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By polling, too, and then it is said why."""
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    file = tmp_path / "extern/kwtui/shop/20261122T080000Z/data/public/orders/n1.0.csv"
    file.parent.mkdir(parents=True)
    file.write_text("1\n")
    heard: list[object] = []
    controller.subscribe(heard.append)
    await controller.folders.use(extern=tmp_path / "extern")
    await until(lambda: bool(controller.folders.polls_because), "polling is told of")
    assert StorageWatched("WATCHFILES_FORCE_POLLING is set") in heard
    name = file.relative_to(tmp_path / "extern").as_posix()

    def grown() -> bool:
        with file.open("a") as opened:
            opened.write("2\n")
        return any(isinstance(event, StorageChanged) and name in event.paths for event in heard)

    await until(grown, "the file that grows is told of")


async def test_any_record_of_a_file_can_be_gone_to_and_found(
    controller: Controller, tmp_path: Path
) -> None:
    folder = tmp_path / "extern/theirs"
    folder.mkdir(parents=True)
    (folder / "n1.0.csv").write_text("".join(f"{n},name {n}\n" for n in range(5_000)))
    await controller.folders.use(extern=tmp_path / "extern")
    (entry,) = (await controller.storage.listing()).entries
    page = await controller.storage.csv_page(entry, "n1.0.csv", -2, 10, Reading())
    assert (page.start, len(page.records), page.at_end) == (4_998, 2, True)
    middle = await controller.storage.record_at_share(entry, "n1.0.csv", 0.5, Reading())
    assert 2_000 < middle < 3_000
    find = partial(
        controller.storage.find_record, entry, "n1.0.csv", "NAME 4321", reading=Reading()
    )
    assert await find(-1, forward=True) == 4_321
    find = partial(
        controller.storage.find_record, entry, "n1.0.csv", "NAME 4321", reading=Reading()
    )
    assert await find(4_321, forward=True) is None


async def test_a_set_can_be_read_from_the_list_down_to_its_records(
    controller: Controller, target: Target
) -> None:
    await controller.connection.connect(target)
    request = BackupRequest("shop", (TableName("public", "customers"),))
    _, made = await run(controller, await controller.plans.backup(request))

    listing = await controller.storage.listing()
    entry = next(e for e in listing.entries if e.path == made.result["path"])
    details = await controller.storage.open_set(entry.path)
    file = details.tables[0].files[0].path
    page = await controller.storage.csv_page(entry, file, 10, 5)
    text = await controller.storage.read_text(f"{entry.path}/RESTORE.md")

    assert len(page.records) == 5
    assert page.columns[0] == details.tables[0].columns[0].name
    assert "shop" in text


async def test_a_check_can_be_a_run_or_be_waited_for(
    controller: Controller, target: Target
) -> None:
    await controller.connection.connect(target)
    request = BackupRequest("shop", (TableName("public", "orders"),))
    _, made = await run(controller, await controller.plans.backup(request))
    path = made.result["path"]

    _, finished = await run(controller, await controller.plans.verify(path, ProofLevel.P2))
    report = await controller.storage.verify(path, ProofLevel.P1)

    assert finished.status is RunStatus.SUCCEEDED
    assert report.ok
    assert len((await controller.storage.open_set(path)).proofs) == 2


async def test_the_command_names_the_server_and_the_folder(
    controller: Controller, target: Target, node: SandboxNode
) -> None:
    await controller.connection.connect(target)
    plan = await controller.plans.backup(BackupRequest("shop"))

    command = controller.commands.of_plan(plan)

    assert command.startswith("kwtui backup shop --dsn 'postgresql://root@127.0.0.1:")
    assert command.endswith(f"--extern {node.extern}")


async def test_a_server_that_went_away_is_noticed_and_comes_back(tmp_path: Path) -> None:
    node = start_sandbox(tmp_path / "node", "--empty")
    controller = Controller(state=tmp_path / "state")
    told: list[object] = []
    controller.subscribe(told.append)
    try:
        target = resolve_target(dsn=node.dsn, environ={})
        await controller.connection.connect(target)
        await asyncio.to_thread(stop_sandbox, node)
        await until(lambda: controller.connection.status.state is ConnectionState.LOST, "LOST")
        with pytest.raises(KwtuiError) as error:
            await controller.server.databases()
        assert error.value.exit_code is ExitCode.CONNECTION_LOST

        port = str(target.port)
        node = await asyncio.to_thread(start_sandbox, tmp_path / "node", "--port", port)
        controller.connection.retry_now()

        await until(lambda: controller.connection.status.is_connected, "CONNECTED again")
        assert await controller.server.databases()
    finally:
        await controller.close()
        await asyncio.to_thread(stop_sandbox, node)


async def test_whether_the_set_of_a_run_is_gone_is_looked_at_where_the_run_had_it(
    controller: Controller, tmp_path: Path
) -> None:
    files = RunsDirectory(tmp_path / "state").create()
    extern = tmp_path / "extern"
    (extern / "kwtui/shop/a").mkdir(parents=True)
    assert not await controller.runs.is_gone(files.id, "kwtui/shop/a"), "nobody knows where it was"

    handover = Handover(None, str(extern), str(tmp_path / "state"))
    write_new(files.target, [msgspec.json.encode(handover)])
    assert not await controller.runs.is_gone(files.id, "kwtui/shop/a")
    assert await controller.runs.is_gone(files.id, "kwtui/shop/b")

    extern.rename(tmp_path / "not mounted")
    assert not await controller.runs.is_gone(files.id, "kwtui/shop/b"), "the whole folder is away"


async def test_how_busy_the_server_is_counts_the_statements_of_others(
    controller: Controller, target: Target, node: SandboxNode
) -> None:
    await controller.connection.connect(target)
    calm = await controller.server.load()
    assert (calm.statements, calm.answer < timedelta(seconds=5)) == (0, True), "kwtui is no other"
    join = "SELECT count(*) FROM shop.public.orders a, shop.public.orders b, shop.public.orders c"
    connecting = psycopg.AsyncConnection.connect(
        node.dsn, application_name="batch", autocommit=True
    )
    async with await connecting as other:
        work = asyncio.ensure_future(other.execute(join))
        load = calm
        while not load.statements and not work.done():
            load = await controller.server.load()
        assert load.statements == 1
        queries = await read_queries(controller.connection.server())
        (id,) = (query.id for query in queries if query.application == "batch")
        await controller.server.cancel_query(id)
        with pytest.raises(psycopg.OperationalError, match="closed the connection"):
            await work
