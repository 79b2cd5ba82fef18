"""Two restores of one name at once: the loser claims and removes nothing of the winner's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import UNFINISHED
from kwtui.operations.plan import Plan, Step
from kwtui.operations.removal.leftovers import Leftover
from kwtui.operations.removal.planning import find_database_leftovers
from kwtui.runs.known_runs import known_runs
from kwtui.server.connection.server import Server
from tests.faults.bench import Hook
from tests.faults.restores.journaled import Journaled
from tests.faults.yard import Yard, own_yard


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with own_yard(tmp_path_factory.mktemp("yard")) as yard:
        yield yard


@pytest.fixture
def runs(yard: Yard) -> Journaled:
    return Journaled(yard.bench)


def makes(yard: Yard, database: str, comment: str = "") -> Hook:
    """What the winner, a kwtui of somebody else, does at that moment."""

    def make(_: Step) -> None:
        yard.bench.do(f"CREATE DATABASE {database}")
        if comment:
            yard.bench.do(f"COMMENT ON DATABASE {database} IS '{comment}'")

    return make


def loses(runs: Journaled, plan: Plan, step: str, hook: Hook) -> tuple[str, KwtuiError]:
    run, error = runs.stopped(plan, {step: hook})
    assert isinstance(error, KwtuiError)
    return run, error


def leftover(yard: Yard, name: str) -> Leftover:
    async def look() -> list[Leftover]:
        server = await Server.open(yard.bench.target)
        try:
            cluster = (await server.query("SELECT kwdb_internal.cluster_id()")).scalar() or ""
            return await find_database_leftovers(server, cluster, known_runs(yard.runs))
        finally:
            await server.close()

    return next(lo for lo in asyncio.run(look()) if lo.name == name)


def test_the_loser_of_the_work_name_made_nothing(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    scratch = plan.request["scratch"]

    run, error = loses(runs, plan, "create-database", makes(yard, scratch))

    assert error.exit_code is ExitCode.NAME_TAKEN
    assert error.title == f"Another restore made {scratch} first."
    assert "stays" not in error.hint
    assert "cleanup" not in error.hint
    assert leftover(yard, scratch).run == ""
    assert not leftover(yard, scratch).explained
    with pytest.raises(KwtuiError) as refused:
        runs.go_on(run)
    assert refused.value.exit_code is ExitCode.NAME_TAKEN
    assert scratch in yard.bench.databases()


def test_a_name_that_somebody_made_since_the_plan_is_not_claimed(
    yard: Yard, runs: Journaled
) -> None:
    plan = yard.restore_plan()
    makes(yard, plan.database, UNFINISHED)(plan.steps[0])

    _, error = runs.stopped(plan)

    assert isinstance(error, KwtuiError)
    assert error.exit_code is ExitCode.NAME_TAKEN
    assert "its comment says what it is" not in error.hint
    assert "cleanup" not in error.hint
    assert leftover(yard, plan.database).run == ""


def test_the_loser_of_the_final_name_keeps_its_own_work_alone(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    scratch = plan.request["scratch"]

    run, error = loses(runs, plan, "publish", makes(yard, plan.database, UNFINISHED))

    assert f"refuses to rename {scratch} to {plan.database}" in error.title
    assert leftover(yard, scratch).run == run
    assert leftover(yard, plan.database).run == ""


def test_going_on_is_offered_only_where_it_would_not_be_refused(
    yard: Yard, runs: Journaled
) -> None:
    """What was made since the run stopped has the name, so that a continuation is refused."""

    def offered(name: str) -> Leftover:
        async def look() -> Leftover:
            controller = Controller(state=yard.bench.state)
            try:
                await controller.connection.connect(yard.bench.target)
                found = (await controller.leftovers.find()).found
                return next(lo for lo in found if lo.name == name)
            finally:
                await controller.close()

        return asyncio.run(look())

    plan = yard.restore_plan()
    scratch = plan.request["scratch"]
    run, _ = loses(runs, plan, "publish", makes(yard, plan.database))

    assert offered(scratch).run == run
    assert not offered(scratch).continues
    with pytest.raises(KwtuiError):
        runs.go_on(run)
    yard.bench.do(f"DROP DATABASE {plan.database}")
    assert offered(scratch).continues


@pytest.mark.parametrize("moment", ["the beginning", "drop-replaced"])
def test_a_restore_that_may_replace_a_database_replaces_no_later_one(
    yard: Yard, runs: Journaled, moment: str
) -> None:
    name = f"fought_{moment[:4].strip()}"
    yard.bench.do(f"CREATE DATABASE {name}")
    plan = yard.bench.plan_restore(yard.made.path, target=name, replace=name)

    def wins(_: Step) -> None:
        yard.bench.do(
            f"DROP DATABASE {name} CASCADE",
            f"CREATE DATABASE {name}",
            f"CREATE TABLE {name}.public.of_the_winner (id INT8 PRIMARY KEY)",
        )

    if moment == "the beginning":
        wins(plan.steps[0])
    run, error = runs.stopped(plan, {moment: wins})

    assert isinstance(error, KwtuiError)
    assert error.exit_code is ExitCode.NAME_TAKEN
    assert f"{name} is not the one to be replaced" in error.title
    assert yard.bench.rows(f"SELECT count(*) FROM {name}.public.of_the_winner") == [("0",)]
    with pytest.raises(KwtuiError, match="is not the one to be replaced"):
        runs.go_on(run)
    assert yard.bench.rows(f"SELECT count(*) FROM {name}.public.of_the_winner") == [("0",)]
