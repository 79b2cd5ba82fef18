"""A definition that does not come back as it was: named, and accepted by name if a person wants."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.plan import Step
from kwtui.operations.restore.continuation.plan import accepting
from kwtui.operations.shared.command_line import command_for
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Hook, Made
from tests.faults.restores.journaled import Journaled

DATABASE, AGAIN = "defined", "defined_again"


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(sandbox, tmp_path_factory.mktemp("state"))


@pytest.fixture(scope="module")
def made(bench: Bench) -> Iterator[Made]:
    bench.do(
        f"CREATE DATABASE {DATABASE}",
        f"CREATE TABLE {DATABASE}.public.t (id INT8 PRIMARY KEY, n INT8 DEFAULT 1, s STRING)",
        f"INSERT INTO {DATABASE}.public.t VALUES (1, 2, 'x')",
    )
    yield bench.backup(DATABASE)
    for name in bench.databases():
        if name and name.startswith((DATABASE, "kwtui_")):
            bench.do(f'DROP DATABASE "{name}" CASCADE')


def other_default(bench: Bench, scratch: str) -> Hook:
    def change(step: Step) -> None:
        if step.id == "compare":
            bench.do(f"ALTER TABLE {scratch}.public.t ALTER COLUMN n SET DEFAULT 7")

    return change


def test_a_default_that_differs_names_itself_and_how_to_accept_it(bench: Bench, made: Made) -> None:
    plan = bench.plan_restore(made.path, target=f"{AGAIN}_1")
    with pytest.raises(KwtuiError) as caught:
        bench.run(plan, {"compare": other_default(bench, plan.request["scratch"])})

    assert caught.value.exit_code is ExitCode.RESTORE_DIFFERS
    assert "the default of public.t.n is `7`, and was `1`" in caught.value.title
    assert "kwtui restore --continue 20261122T080000Z-abcd --accept public.t.n" in caught.value.hint
    assert f"{AGAIN}_1" not in bench.databases()


def test_what_was_accepted_comes_to_its_end_and_says_so(bench: Bench, made: Made) -> None:
    plan = bench.plan_restore(made.path, target=AGAIN, accept=("public.t.n",))
    done = bench.run(plan, {"compare": other_default(bench, plan.request["scratch"])})

    assert done.result.exit_code is ExitCode.OK
    assert "accepted by name" in done.result.summary
    assert done["accepted"][0] == "the default of public.t.n is `7`, and was `1`"
    assert bench.rows(f"SELECT id, n, s FROM {AGAIN}.public.t") == [("1", "2", "x")]


def test_a_restore_that_stopped_there_goes_on_when_it_is_accepted(bench: Bench, made: Made) -> None:
    runs = Journaled(bench)
    plan = bench.plan_restore(made.path, target=f"{AGAIN}_2")
    scratch = plan.request["scratch"]
    run, error = runs.stopped(plan, {"compare": other_default(bench, scratch)})
    assert isinstance(error, KwtuiError)
    assert f"kwtui restore --continue {run} --accept public.t.n" in error.hint

    rest = runs.plan_continuation(run)
    with pytest.raises(KwtuiError):
        runs.run(rest)
    accepted = accepting(runs.plan_continuation(run), ["public.t.n"])
    assert command_for(accepted, ()).endswith(" --accept public.t.n")
    _, result = runs.run(accepted)

    assert result.exit_code is ExitCode.OK
    assert bench.rows(f"SELECT id, n, s FROM {AGAIN}_2.public.t") == [("1", "2", "x")]


def test_what_was_accepted_once_stays_accepted_when_it_stops_again(
    bench: Bench, made: Made
) -> None:
    runs = Journaled(bench)
    plan = bench.plan_restore(made.path, target=f"{AGAIN}_3")
    run, _ = runs.stopped(plan, {"compare": other_default(bench, plan.request["scratch"])})

    def lost(step: Step) -> None:
        raise KwtuiError("The connection is lost.", exit_code=ExitCode.CONNECTION_LOST)

    accepted = accepting(runs.plan_continuation(run), ["public.t.n"])
    again, error = runs.stopped(accepted, {"compare": lost})
    assert isinstance(error, KwtuiError)

    _, result = runs.run(runs.plan_continuation(again))

    assert result.exit_code is ExitCode.OK
    assert "accepted by name" in result.summary
