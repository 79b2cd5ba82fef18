"""A restore that was stopped goes on: whatever stopped it, what comes out is what was backed up.

Nothing is doubled, nothing is left out, and what was there already is not imported again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import RestoreStrategy
from kwtui.operations.plan import Step, StepKind
from kwtui.operations.restore.continuation import inspection
from kwtui.runs.events import RunStatus, StepProgress
from kwtui.runs.journal import read_events
from kwtui.runs.process import cancel_run
from kwtui.runs.stopped_restores import read_stopped
from kwtui.server.connection.failures import ServerMessage, StatementRefused, statement_failure
from kwtui.server.connection.results import StatementResult
from kwtui.server.connection.server import Server
from tests.faults.bench import Bench, Made
from tests.faults.nodes import kill_node, start_again, wait_until
from tests.faults.restores.journaled import Journaled, PowerCut, power_cut_at
from tests.faults.yard import (
    ROWS,
    Yard,
    ended,
    kill_at_a_moment,
    kill_run,
    moments,
    own_yard,
    steps_begun,
    whole,
)

_WRITES = re.compile(r"(CREATE|ALTER|DROP|IMPORT|GRANT|COMMENT|SELECT setval|TRUNCATE|INSERT)\b")


@pytest.fixture(scope="module")
def yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    with own_yard(tmp_path_factory.mktemp("yard")) as yard:
        yield yard


@pytest.fixture
def runs(yard: Yard) -> Journaled:
    return Journaled(yard.bench)


def cut(_: Step) -> None:
    raise PowerCut


def assert_came_back(yard: Yard, target: str) -> None:
    assert whole(yard.bench, target) == yard.original
    assert f"{target}_kwtui_restoring" not in yard.bench.databases()
    assert not list((yard.bench.extern / "kwtui").glob(".staging/*"))


# -- killed -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", moments())
def test_a_restore_that_was_killed_goes_on(yard: Yard, seed: int) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)
    kill_at_a_moment(4000 + seed, files, yard.restore_events, lambda: kill_run(files))
    if ended(files).status is RunStatus.SUCCEEDED:
        with pytest.raises(KwtuiError) as error:
            read_stopped(yard.runs, files.id)
        assert error.value.exit_code is ExitCode.REFUSED_BY_PLAN
        return
    again = yard.start(Journaled(yard.bench).plan_continuation(files.id))
    if seed % 2:
        kill_at_a_moment(5000 + seed, again, yard.restore_events // 2, lambda: kill_run(again))
    if ended(again).status is not RunStatus.SUCCEEDED:
        # The first run's id still names it.
        again = yard.start(Journaled(yard.bench).plan_continuation(files.id))
    state = ended(again)
    assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
    assert_came_back(yard, plan.database)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=[] if n % 4 == 1 else [pytest.mark.slow]) for n in range(21)]
)
def test_a_restore_stopped_at_any_statement_that_writes_goes_on(
    yard: Yard, runs: Journaled, number: int, after: bool
) -> None:
    plan = yard.restore_plan()
    with power_cut_at(number, after=after, wanted=lambda sql: bool(_WRITES.match(sql))):
        run, error = runs.stopped(plan)

    assert isinstance(error, PowerCut)
    runs.go_on(run)
    assert_came_back(yard, plan.database)


def test_what_was_imported_is_not_imported_again(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"set-defaults": cut})

    on = runs.plan_continuation(run)

    assert not any(step.kind is StepKind.IMPORT_TABLE for step in on.steps)
    assert "3 tables hold their rows" in on.steps[0].explanation
    runs.run(on)
    assert_came_back(yard, plan.database)


def test_a_table_that_was_half_filled_is_emptied_first(yard: Yard, runs: Journaled) -> None:
    """The import of a killed run may have come to its end without it."""
    plan = yard.restore_plan()
    wanted = [step.id for step in plan.steps if step.kind is StepKind.IMPORT_TABLE]
    with power_cut_at(1, after=True, wanted=lambda sql: sql.startswith("IMPORT")):
        run, _ = runs.stopped(plan)

    on = runs.plan_continuation(run)

    # Two were at work: the one that was cut is brought again, the other one unless it had ended.
    left = [step.id for step in on.steps if step.kind is StepKind.IMPORT_TABLE]
    assert left == [each for each in wanted if each in left]
    assert wanted[2] in left
    assert set(left) & set(wanted[:2])
    assert any(sql.startswith("TRUNCATE TABLE ") for sql in on.steps[0].sql)
    runs.run(on)
    assert_came_back(yard, plan.database)


def test_rows_that_went_missing_meanwhile_are_brought_again(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"set-defaults": cut})
    yard.bench.do("DELETE FROM small WHERE id = 1", database=f"{plan.database}_kwtui_restoring")

    on = runs.plan_continuation(run)

    (again,) = [step for step in on.steps if step.kind is StepKind.IMPORT_TABLE]
    assert again.subject == "public.small"
    runs.run(on)
    assert_came_back(yard, plan.database)


def test_a_work_database_that_somebody_dropped_is_made_anew(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"compare": cut})
    yard.bench.do(f"DROP DATABASE {plan.database}_kwtui_restoring CASCADE")

    runs.go_on(run)
    assert_came_back(yard, plan.database)


def test_a_name_that_somebody_took_meanwhile_is_left_to_them(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    run, _ = runs.stopped(plan, {"compare": cut})
    yard.bench.do(f"CREATE DATABASE {plan.database}")

    with pytest.raises(KwtuiError) as error:
        runs.plan_continuation(run)

    assert error.value.exit_code is ExitCode.NAME_TAKEN
    yard.bench.do(f"DROP DATABASE {plan.database} CASCADE")
    runs.go_on(run)
    assert_came_back(yard, plan.database)


def test_a_later_restore_of_the_same_name_is_not_touched(yard: Yard, runs: Journaled) -> None:
    plan = yard.restore_plan()
    first, _ = runs.stopped(plan, {"compare": cut})
    yard.bench.do(f"DROP DATABASE {plan.database}_kwtui_restoring CASCADE")
    second, _ = runs.stopped(
        yard.bench.plan_restore(yard.made.path, target=plan.database), {"compare": cut}
    )

    with pytest.raises(KwtuiError) as error:
        runs.plan_continuation(first)

    assert second in error.value.title
    runs.go_on(second)
    assert_came_back(yard, plan.database)


def test_what_replaces_a_database_goes_on_too(yard: Yard, runs: Journaled) -> None:
    yard.bench.do("CREATE DATABASE old_one", "CREATE TABLE old_one.public.t (a INT8 PRIMARY KEY)")
    plan = yard.bench.plan_restore(yard.made.path, target="old_one", replace="old_one")

    run, _ = runs.stopped(plan, {"drop-replaced": cut})
    assert yard.bench.tables("old_one") == {"t"}
    with power_cut_at(0, after=True, wanted=lambda sql: sql.startswith("DROP DATABASE")):
        run, _ = runs.stopped(runs.plan_continuation(run))
    runs.go_on(run)

    assert_came_back(yard, "old_one")
    yard.bench.do("DROP DATABASE old_one CASCADE")


# -- cancelled, or without its server ---------------------------------------------------------


def test_a_restore_that_was_cancelled_says_how_it_goes_on_and_does(yard: Yard) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)
    wait_until(lambda: "import:public.big" in steps_begun(files))
    cancel_run(files)

    state = ended(files)
    assert state.status is RunStatus.CANCELLED
    assert f"kwtui restore --continue {files.id}" in state.hint
    assert f"kwtui cleanup --run {files.id} --yes" in state.hint
    state = ended(yard.start(Journaled(yard.bench).plan_continuation(files.id)))
    assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
    assert_came_back(yard, plan.database)


@pytest.mark.parametrize("seed", moments(3))
def test_a_restore_whose_node_was_killed_goes_on(yard: Yard, seed: int) -> None:
    plan = yard.restore_plan()
    files = yard.start(plan)
    kill_at_a_moment(6000 + seed, files, yard.restore_events, lambda: kill_node(yard.bench.node))
    state = ended(files)
    yard.bench = start_again(yard.bench)
    if state.status is not RunStatus.SUCCEEDED:
        state = ended(yard.start(Journaled(yard.bench).plan_continuation(files.id)))
        assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
    assert_came_back(yard, plan.database)


# -- its name is refused ----------------------------------------------------------------------


def test_a_name_that_the_server_refuses_leaves_the_compared_database(
    yard: Yard, runs: Journaled
) -> None:
    """As a node does where a view depends on it (recording 13)."""
    plan = yard.restore_plan()
    scratch = f"{plan.database}_kwtui_restoring"

    def look_at_it(_: Step) -> None:
        sql = f"CREATE VIEW nosy AS SELECT id FROM {scratch}.public.small"
        yard.bench.do(sql, database=scratch)

    run, error = runs.stopped(plan, {"publish": look_at_it})

    assert isinstance(error, StatementRefused)
    assert error.exit_code is not ExitCode.OK
    assert "nosy" in error.cause
    assert f"ALTER DATABASE {scratch} RENAME TO {plan.database}" in error.hint
    assert f"kwtui restore --continue {run}" in error.hint
    assert scratch in yard.bench.databases()
    assert plan.database not in yard.bench.databases()
    yard.bench.do("DROP VIEW nosy", database=scratch)
    runs.go_on(run)
    assert_came_back(yard, plan.database)


def test_what_is_to_be_replaced_is_not_dropped_where_no_name_can_be_given(
    yard: Yard, runs: Journaled
) -> None:
    yard.bench.do("CREATE DATABASE needed", "CREATE TABLE needed.public.t (a INT8 PRIMARY KEY)")
    plan = yard.bench.plan_restore(yard.made.path, target="needed", replace="needed")
    scratch = "needed_kwtui_restoring"

    def look_at_it(_: Step) -> None:
        sql = f"CREATE VIEW nosy AS SELECT id FROM {scratch}.public.small"
        yard.bench.do(sql, database=scratch)

    run, error = runs.stopped(plan, {"try-name": look_at_it})

    assert isinstance(error, StatementRefused)
    assert yard.bench.tables("needed") == {"t"}
    yard.bench.do("DROP VIEW nosy", database=scratch)
    runs.go_on(run)
    assert_came_back(yard, "needed")
    yard.bench.do("DROP DATABASE needed CASCADE")


# -- rows into what is there ------------------------------------------------------------------


@pytest.fixture
def kept(yard: Yard) -> Iterator[str]:
    """Tables with their defaults and one row that is not the backup's."""
    yard.bench.restore(yard.made.path, target="kept", strategy=RestoreStrategy.SCHEMA_ONLY)
    yard.bench.do("INSERT INTO small VALUES (99, 'mine')", database="kept")
    yield "kept"
    yard.bench.do("DROP DATABASE kept CASCADE")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [0, 1, 2])
def test_rows_that_are_added_are_never_doubled(
    yard: Yard, runs: Journaled, kept: str, number: int, after: bool
) -> None:
    shown = yard.bench.rows("SHOW CREATE TABLE big", kept)
    plan = yard.bench.plan_restore(yard.made.path, target=kept, strategy=RestoreStrategy.DATA_ONLY)
    with power_cut_at(number, after=after, wanted=lambda sql: sql.startswith("IMPORT")):
        run, _ = runs.stopped(plan)

    runs.go_on(run)

    assert yard.bench.rows("SHOW CREATE TABLE big", kept) == shown
    assert yard.bench.one("SELECT count(*) FROM small", kept) == "3"
    assert yard.bench.one("SELECT count(*) FROM big", kept) == str(ROWS)


def test_a_table_that_an_import_still_keeps_away_is_waited_for(
    yard: Yard, runs: Journaled, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = yard.bench.plan_restore(yard.made.path, target=kept, strategy=RestoreStrategy.DATA_ONLY)
    with power_cut_at(0, after=False, wanted=lambda sql: sql.startswith("IMPORT")):
        run, _ = runs.stopped(plan)
    monkeypatch.setattr(inspection, "_PAUSE_SECONDS", 0.0)
    usual, away = Server._run, [3]

    async def count(self: Server, sql: str) -> StatementResult:
        if sql.startswith("SELECT count(*)") and away[0]:
            away[0] -= 1
            words = 'relation "kept.public.small" does not exist'
            raise statement_failure(ServerMessage(message=words, sqlstate="42P01"))
        return await usual(self, sql)

    monkeypatch.setattr(Server, "_run", count)
    runs.go_on(run)

    assert away == [0]
    assert yard.bench.one("SELECT count(*) FROM small", kept) == "3"
    assert yard.bench.one("SELECT count(*) FROM big", kept) == str(ROWS)


def test_where_somebody_else_wrote_meanwhile_nothing_is_guessed(
    yard: Yard, runs: Journaled, kept: str
) -> None:
    plan = yard.bench.plan_restore(yard.made.path, target=kept, strategy=RestoreStrategy.DATA_ONLY)
    run, _ = runs.stopped(plan, {"import:public.small": cut})
    yard.bench.do("INSERT INTO small VALUES (98, 'me too')", database=kept)

    with pytest.raises(KwtuiError) as error:
        runs.plan_continuation(run)

    assert error.value.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "public.small" in error.value.title


# -- batches of INSERT ------------------------------------------------------------------------

FINE = "fine"


@pytest.fixture(scope="module")
def fine(yard: Yard) -> Made:
    """Time series finer than an import can take, in eight batches."""
    yard.bench.do(f"CREATE TS DATABASE {FINE}")
    yard.bench.do(
        "CREATE TABLE s (ts TIMESTAMPTZ(9) NOT NULL, v INT4, w VARCHAR(20)) "
        "TAGS (site INT4 NOT NULL) PRIMARY TAGS (site)",
        *(
            "INSERT INTO s VALUES "
            + ", ".join(
                f"('2026-11-01 00:{m:02}:{n // 10:02}.{n % 10}0000000{n % 7}+00', {n}, 'x', {m})"
                for n in range(400)
            )
            for m in range(10)
        ),
        database=FINE,
    )
    return yard.bench.backup(FINE)


def series(bench: Bench, database: str) -> object:
    schema = bench.schema(database)
    return (
        [t.create_statement for t in schema.tables],
        bench.rows("SELECT ts, v, w, site FROM s ORDER BY ts, site", database),
    )


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("number", [0, 3, 7])
def test_batches_go_on_behind_those_that_are_there(
    yard: Yard, runs: Journaled, fine: Made, number: int, after: bool
) -> None:
    target = f"fine_{number}_{after}".lower()
    plan = yard.bench.plan_restore(fine.path, target=target)
    with power_cut_at(number, after=after, wanted=lambda sql: sql.startswith("INSERT")):
        run, _ = runs.stopped(plan)

    with power_cut_at(1000, after=False, wanted=lambda sql: sql.startswith("INSERT")) as sent:
        runs.go_on(run)

    assert len(sent) == 8 - number - after, "what is there is not sent again"
    assert series(yard.bench, target) == series(yard.bench, FINE)


def test_batches_that_the_server_lost_are_sent_again(
    yard: Yard, runs: Journaled, fine: Made
) -> None:
    plan = yard.bench.plan_restore(fine.path, target="fine_lost")
    with power_cut_at(5, after=False, wanted=lambda sql: sql.startswith("INSERT")):
        run, _ = runs.stopped(plan)
    yard.bench.do("DELETE FROM s WHERE site = 0", database="fine_lost_kwtui_restoring")

    runs.go_on(run)

    assert series(yard.bench, "fine_lost") == series(yard.bench, FINE)


def test_a_killed_run_of_batches_goes_on(yard: Yard, fine: Made) -> None:
    plan = yard.bench.plan_restore(fine.path, target="fine_killed")
    files = yard.start(plan)
    wait_until(lambda: any(isinstance(e, StepProgress) for e in read_events(files.journal)))
    kill_run(files)
    if ended(files).status is RunStatus.LOST:
        state = ended(yard.start(Journaled(yard.bench).plan_continuation(files.id)))
        assert state.status is RunStatus.SUCCEEDED, (state.summary, state.cause)
    assert series(yard.bench, "fine_killed") == series(yard.bench, FINE)
