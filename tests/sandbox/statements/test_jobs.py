"""Jobs: what SHOW JOBS says while things run, after they end, and after the node was killed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError, StatementCancelled
from kwtui.sandbox.answers.rowset import RowSet
from kwtui.sandbox.engine import jobs
from kwtui.sandbox.engine.jobs import JobRegistry
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


class Watch:
    """A clock that goes on by one second each time it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "jobs.jsonl"


def open_registry(journal: Path | None) -> JobRegistry:
    return JobRegistry(journal, Watch())


def column(listing: RowSet, name: str) -> list[str | None]:
    place = [c.name for c in listing.columns].index(name)
    return [row[place] for row in listing.rows]


def test_an_export_of_a_killed_node_runs_for_ever(journal: Path) -> None:
    statement = "EXPORT INTO CSV 'nodelocal://1/killed' FROM DATABASE big"
    open_registry(journal).start(jobs.EXPORT, "export", statement, "root")

    after_the_restart = open_registry(journal)

    (job,) = after_the_restart.listed()
    assert (job.status, job.statement) == ("running", statement)
    with pytest.raises(SqlError, match=f"job {job.id} is not controllable"):
        after_the_restart.request_cancel(job.id)


def test_a_journal_cut_in_the_middle_of_a_line_keeps_what_was_whole(journal: Path) -> None:
    registry = open_registry(journal)
    job = registry.start(jobs.EXPORT, "export", "EXPORT …", "root")
    registry.finish(job, jobs.SUCCEEDED)
    journal.write_bytes(journal.read_bytes()[:-20])

    (kept,) = open_registry(journal).listed()

    assert kept.status == "running"


def test_the_journal_is_private_and_does_not_grow_with_every_start(journal: Path) -> None:
    registry = open_registry(journal)
    job = registry.start(jobs.IMPORT, "IMPORT …", "", "root")
    for fraction in (0.25, 0.5, 0.75):
        registry.progress(job, fraction)
    registry.finish(job, jobs.SUCCEEDED)
    long = len(journal.read_text().splitlines())

    open_registry(journal)

    assert len(journal.read_text().splitlines()) == 1 < long
    assert journal.stat().st_mode & 0o777 == 0o600


def test_a_cancelled_import_learns_it_at_its_next_step(journal: Path) -> None:
    registry = open_registry(journal)
    job = registry.start(jobs.IMPORT, "IMPORT INTO t …", "", "root")

    registry.request_cancel(job.id)

    message = rf"cannot update progress on cancel-requested job \(id {job.id}\)"
    with pytest.raises(SqlError, match=message):
        registry.progress(job, 0.5)
    assert registry.get(job.id).cancel_requested

    (after_the_restart,) = open_registry(journal).listed()
    assert (after_the_restart.status, after_the_restart.error) == (
        "reverting",
        "job canceled by user",
    )


def test_what_is_over_cannot_be_cancelled() -> None:
    registry = open_registry(None)
    job = registry.start(jobs.IMPORT, "IMPORT …", "", "root")
    registry.finish(job, jobs.SUCCEEDED)

    with pytest.raises(SqlError, match="status succeeded cannot be requested to be canceled"):
        registry.request_cancel(job.id)


def test_running_jobs_come_first_then_the_latest_that_ended() -> None:
    registry = open_registry(None)
    first = registry.start(jobs.EXPORT, "export", "one", "root")
    second = registry.start(jobs.EXPORT, "export", "two", "root")
    registry.start(jobs.EXPORT, "export", "three", "root")
    registry.finish(second, jobs.FAILED, "no space left on device")
    registry.finish(first, jobs.SUCCEEDED)
    now = datetime(2026, 11, 22, 9, tzinfo=UTC)

    listed = jobs.show_jobs(registry.listed(), now)
    as_table = jobs.show_jobs(registry.listed(), now, as_source=True)

    assert column(listed, "statement") == ["three", "one", "two"]
    assert column(as_table, "statement") == ["one", "two", "three"]
    assert column(listed, "error") == ["", "", "no space left on device"]
    assert column(listed, "total_num_of_fail") == ["0", "0", "1"]


def test_a_week_later_only_what_still_runs_is_listed() -> None:
    registry = open_registry(None)
    registry.start(jobs.EXPORT, "export", "runs", "root")
    done = registry.start(jobs.EXPORT, "export", "done", "root")
    registry.finish(done, jobs.SUCCEEDED)

    listed = jobs.show_jobs(registry.listed(), datetime(2026, 12, 1, tzinfo=UTC))

    assert column(listed, "statement") == ["runs"]


def test_ids_grow_and_name_the_node() -> None:
    registry = open_registry(None)

    ids = [registry.start(jobs.EXPORT, "export", "", "root").id for _ in range(3)]

    assert ids == sorted(set(ids))
    assert {number & 0x7FFF for number in ids} == {1}
    assert len(str(ids[0])) == 19


def test_changes_of_one_statement_end_in_reverse_and_leave_garbage_behind() -> None:
    registry = open_registry(None)

    registry.schema_change("DROP DATABASE shop CASCADE", "root", statement="q1", garbage=True)
    registry.schema_change(";removing references for view", "root", statement="q1", garbage=True)

    listed = jobs.show_jobs(registry.listed(), datetime(2026, 11, 22, 9, tzinfo=UTC))
    ended = [
        description
        for kind, description in zip(
            column(listed, "job_type"), column(listed, "description"), strict=True
        )
        if kind == "SCHEMA CHANGE"
    ]
    assert ended == ["DROP DATABASE shop CASCADE", ";removing references for view"]
    assert column(listed, "running_status").count("waiting for GC TTL") == 2


def test_a_time_series_table_waits_in_the_queue_until_something_else_changes() -> None:
    registry = open_registry(None)
    registry.schema_change("CREATE TABLE plant.public.sensors (…) TAGS (…)", "root")
    (waiting,) = registry.listed()

    registry.schema_change("updating privileges", "root")

    assert (waiting.status, waiting.started) == ("running", None)
    assert registry.get(waiting.id).status == "succeeded"


def test_the_engine_s_changes_become_jobs_that_their_owner_sees(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    root = engine.session("root", "defaultdb")
    ask(root, "CREATE USER teller")
    engine.announce(root, "DROP TABLE t.public.types", garbage=True)

    types = [row[1] for row in ask(root, "SHOW JOBS").rows]

    assert types[0] == "SCHEMA CHANGE GC"
    assert "SCHEMA CHANGE" in types
    assert ask(engine.session("teller", "defaultdb"), "SHOW JOBS").rows == []
    engine.close()


def test_a_cancelled_session_is_over_for_its_client(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    root = engine.session("root", "defaultdb")
    other = engine.session("root", "defaultdb")

    assert ask(root, f"CANCEL SESSION '{other.session_id}'").tag == "CANCEL SESSIONS 1"

    assert len(ask(root, "SHOW SESSIONS").rows) == 1
    with pytest.raises(StatementCancelled):
        ask(other, "SHOW DATABASES")
    error = refusal(root, f"CANCEL SESSION '{other.session_id}'")
    assert error.message.startswith(f"could not cancel session {other.session_id}")
    engine.close()


def test_control_statements_answer_as_recorded(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    root = engine.session("root", "defaultdb")
    job = engine.jobs.start(jobs.IMPORT, "IMPORT INTO t …", "", "root")

    assert refusal(root, "CANCEL JOB 1").message == "job with ID 1 does not exist"
    assert ask(root, f"CANCEL JOB {job.id}").tag == "CANCEL JOBS 1"
    assert engine.jobs.get(job.id).cancel_requested
    error = refusal(root, "CANCEL QUERY 'abc'")
    assert error.sqlstate == "42601"
    assert error.message == (
        "invalid query ID 'abc': could not decode abc as hex: encoding/hex: odd length hex string"
    )
    engine.close()
