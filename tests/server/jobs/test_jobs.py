"""What a DBA reads in the list of jobs, from the rows that a real node showed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.server import Server
from kwtui.server.jobs.control import find_job
from kwtui.server.jobs.filter import JobFilter, chosen
from kwtui.server.jobs.listing import (
    EXPORT,
    IMPORT,
    RESTART,
    Job,
    JobListing,
    parse_jobs,
    read_jobs,
)
from kwtui.server.jobs.meaning import (
    JobVerb,
    Outlook,
    age_words,
    consequences,
    read_as,
    reason_against,
)
from kwtui.server.state.activity import Query, parse_queries, parse_sessions
from kwtui.sql import statements
from tests.server.recorded import answer, lines
from tests.server.scripted import Reply, scripted

NOW = datetime(2026, 11, 22, 9, 0, 0, tzinfo=UTC)
KILLED = "EXPORT INTO CSV 'nodelocal://1/killed' FROM DATABASE big"


def job(kind: str = EXPORT, status: str = "running", **more: object) -> Job:
    values = {
        "id": 1,
        "type": kind,
        "description": "export" if kind == EXPORT else "IMPORT INTO t.public.a CSV DATA ('x')",
        "statement": KILLED if kind == EXPORT else "",
        "user": "root",
        "status": status,
        "created": NOW - timedelta(hours=1),
        **more,
    }
    return Job(**values)  # type: ignore[arg-type]


def query(sql: str, user: str = "root") -> Query:
    return Query("18ea", 1, "s1", user, sql, "127.0.0.1:5", "kwtui", "executing", NOW)


def listing(*jobs: Job, queries: tuple[Query, ...] = ()) -> JobListing:
    return JobListing(jobs, queries, NOW)


def test_every_row_that_a_node_showed_is_understood() -> None:
    for name in ("01", "03", "05", "06", "07"):
        jobs = parse_jobs(answer(name, "SHOW JOBS"))
        seen = JobListing(jobs, (), NOW)
        assert jobs == tuple(sorted(jobs, key=lambda j: j.created or NOW, reverse=True))
        for each in jobs:
            reading = read_as(each, seen)
            assert reading.meaning
            assert each.created is not None
            assert each.created.tzinfo is UTC


def test_the_rows_after_a_server_was_killed() -> None:
    """Three exports say running for ever (recording 10): two cancelled, one killed."""
    recorded = next(
        line
        for line in lines("10")
        if line.get("situation") == "after the restart" and "rows" in line
    )
    jobs = [
        job(row[0], row[1], id=number, statement=row[2], error=row[4])
        for number, row in enumerate(recorded["rows"])
    ]
    seen = listing(*jobs)
    outlooks = [read_as(each, seen).outlook for each in jobs]
    assert outlooks.count(Outlook.ABANDONED) == 3
    assert outlooks.count(Outlook.CLAIMED) == 3
    for each in jobs:
        assert bool(reason_against(each, JobVerb.PAUSE, seen))
        if read_as(each, seen).outlook is Outlook.ABANDONED:
            assert "nothing to stop" in reason_against(each, JobVerb.CANCEL, seen)


def test_a_restart_after_the_export_is_named_as_the_reason() -> None:
    start = job(RESTART, "succeeded", id=2, statement="", created=NOW - timedelta(minutes=5))
    reading = read_as(job(), listing(job(), start))
    assert reading.outlook is Outlook.ABANDONED
    assert "2026-11-22 08:55:00 UTC" in reading.meaning


def test_an_export_that_a_query_runs_is_alive_and_its_query_can_be_cancelled() -> None:
    seen = listing(job(), queries=(query(f"  {KILLED};\n"),))
    assert read_as(job(), seen).outlook is Outlook.RUNNING
    assert reason_against(job(), JobVerb.CANCEL, seen) == ""
    assert "not controllable" in reason_against(job(), JobVerb.PAUSE, seen)
    assert "blocks" in consequences(job(), JobVerb.CANCEL) or "block" in consequences(
        job(), JobVerb.CANCEL
    )


def test_the_same_statement_of_somebody_else_does_not_keep_an_export_alive() -> None:
    seen = listing(job(), queries=(query(KILLED, user="teller"),))
    assert read_as(job(), seen).outlook is Outlook.ABANDONED


def test_an_export_that_began_after_the_queries_were_read_is_not_called_dead() -> None:
    young = job(created=NOW + timedelta(seconds=1))
    assert read_as(young, listing(young)).outlook is Outlook.RUNNING


@pytest.mark.parametrize("kind", [EXPORT, IMPORT])
def test_succeeded_is_never_taken_for_a_proof(kind: str) -> None:
    reading = read_as(job(kind, "succeeded"), listing())
    assert reading.outlook is Outlook.CLAIMED
    assert reading.outlook.value == "says done"
    assert reading.advice


@pytest.mark.parametrize(
    ("status", "verb", "allowed"),
    [
        ("running", JobVerb.CANCEL, True),
        ("running", JobVerb.PAUSE, True),
        ("running", JobVerb.RESUME, False),
        ("paused", JobVerb.RESUME, True),
        ("paused", JobVerb.CANCEL, True),
        ("reverting", JobVerb.CANCEL, False),
        ("cancel-requested", JobVerb.CANCEL, False),
        ("succeeded", JobVerb.CANCEL, False),
    ],
)
def test_imports_can_be_controlled_as_their_state_allows(
    status: str, verb: JobVerb, allowed: bool
) -> None:
    assert (reason_against(job(IMPORT, status), verb, listing()) == "") is allowed


def test_housekeeping_cannot_be_stopped_and_says_what_it_is() -> None:
    waiting = job("SCHEMA CHANGE GC", "running", running_status="waiting for GC TTL")
    reading = read_as(waiting, listing())
    assert reading.outlook is Outlook.WAITING
    assert "normal" in reading.advice
    assert "only imports" in reason_against(waiting, JobVerb.CANCEL, listing())


def test_people_see_their_jobs_first_and_find_any_by_words() -> None:
    jobs = parse_jobs(answer("05", "SHOW JOBS"))
    seen = JobListing(jobs, (), NOW)
    assert {j.type for j in chosen(seen, JobFilter())} == {EXPORT, IMPORT}
    assert len(chosen(seen, JobFilter(housekeeping=True))) == len(jobs)
    failed = chosen(seen, JobFilter(text="failed already exists"))
    assert failed
    assert all("already exists" in j.error for j in failed)
    assert not [j for j in chosen(seen, JobFilter(unfinished=True)) if j.is_over]
    assert chosen(seen, JobFilter(type="schema change"))


def test_ages_come_from_the_servers_clock() -> None:
    assert age_words(job(), listing()) == "1 h"
    ended = job(status="succeeded", started=NOW, finished=NOW + timedelta(seconds=42))
    assert age_words(ended, listing()) == "42 s"


def test_an_unknown_number_is_said() -> None:
    with pytest.raises(KwtuiError) as caught:
        find_job(listing(job()), 4711)
    assert caught.value.exit_code is ExitCode.NOT_FOUND


def test_sessions_and_queries_of_a_node() -> None:
    (session,) = parse_sessions(answer("01", "SHOW SESSIONS"))
    assert (session.user, session.active) == ("root", "SHOW CLUSTER SESSIONS")
    (running,) = parse_queries(answer("01", "SHOW QUERIES"))
    assert running.session_id == session.id
    assert running.started is not None


async def test_an_export_that_ends_between_two_looks_is_not_called_abandoned() -> None:
    """Its query was gone already, its row not yet updated: the second look finds it ended."""
    recorded = answer("03", "SHOW JOBS")
    ended = recorded.rows[1]
    names = recorded.names
    running = tuple(
        "running" if n == "status" else None if n == "finished" else v
        for n, v in zip(names, ended, strict=True)
    )
    empty = answer("01", "SHOW QUERIES").names
    looks = [Reply(sets=[(names, [running])]), Reply(sets=[(names, [ended])])]
    async with scripted(
        {
            statements.server_time(): Reply(sets=[(("t",), [("2026-11-22 09:00:00+00:00",)])]),
            "SHOW QUERIES": Reply(sets=[(empty, [])]),
            "SHOW JOBS": looks[0],
        }
    ) as node:
        node.on_statement = lambda sql: (
            node.script.__setitem__("SHOW JOBS", looks[min(1, node.received.count(sql) - 1)])
            if sql == "SHOW JOBS"
            else None
        )
        server = await Server.open(node.target())
        seen = await read_jobs(server)
        await server.close()
    assert node.received.count("SHOW JOBS") == 2
    assert [read_as(each, seen).outlook for each in seen.jobs] == [Outlook.FAILED]
