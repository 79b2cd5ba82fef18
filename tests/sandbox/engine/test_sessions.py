"""Sessions: transactions, time limits, cancelling, read-only, variables, several at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError, StatementCancelled
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    made = new_engine(tmp_path)
    yield made
    made.close()


@pytest.fixture
def session(engine: SqlEngine) -> Session:
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING)")
    return made


def test_a_rollback_takes_back_rows_and_tables(session: Session) -> None:
    ask(session, "BEGIN")
    ask(session, "INSERT INTO t VALUES (1, 'a')")
    ask(session, "CREATE TABLE u (id INT8 PRIMARY KEY)")
    assert session.transaction_status == "T"
    ask(session, "ROLLBACK")
    assert ask(session, "SELECT count(*) FROM t").rows == [("0",)]
    assert refusal(session, "SELECT * FROM u").sqlstate == "42P01"


def test_other_sessions_see_rows_only_after_the_commit(engine: SqlEngine, session: Session) -> None:
    other = engine.session("root", "defaultdb")
    ask(session, "BEGIN")
    ask(session, "INSERT INTO t VALUES (1, 'a')")
    assert ask(other, "SELECT count(*) FROM t").rows == [("0",)]
    ask(session, "COMMIT")
    assert ask(other, "SELECT count(*) FROM t").rows == [("1",)]


def test_a_failed_transaction_takes_nothing_but_its_end(session: Session) -> None:
    ask(session, "BEGIN")
    ask(session, "INSERT INTO t VALUES (1, 'a')")
    refusal(session, "SELECT * FROM nowhere")
    assert session.transaction_status == "E"
    assert refusal(session, "SELECT 1").sqlstate == "25P02"
    assert ask(session, "COMMIT").tag == "ROLLBACK"
    assert ask(session, "SELECT count(*) FROM t").rows == [("0",)]


def test_a_statement_that_fails_leaves_no_rows_behind(session: Session) -> None:
    error = refusal(session, "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (1, 'c')")
    assert error.message == 'duplicate key value (id)=(1) violates unique constraint "primary"'
    assert ask(session, "SELECT count(*) FROM t").rows == [("0",)]


@pytest.mark.parametrize(
    "slow",
    ["SELECT pg_sleep(60)", "SELECT count(*) FROM generate_series(1, 1000000000000) AS g(i)"],
)
def test_statement_timeout_ends_what_takes_too_long(session: Session, slow: str) -> None:
    ask(session, "SET statement_timeout = '100ms'")
    error = refusal(session, slow)
    assert (error.sqlstate, error.message) == (
        "57014",
        "query execution canceled due to statement timeout",
    )
    ask(session, "SET statement_timeout = 0")
    assert ask(session, "SELECT 1").rows == [("1",)]


def _cancel_when_running(engine: SqlEngine, session: Session) -> None:
    other = engine.session("root", "defaultdb")
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        query = session.query
        if query is not None and session.cancel_query(query.id):
            break
        threading.Event().wait(0.005)
    other.close()


def test_cancel_query_reaches_the_running_statement(engine: SqlEngine, session: Session) -> None:
    canceller = threading.Thread(target=_cancel_when_running, args=(engine, session))
    canceller.start()
    with pytest.raises(StatementCancelled):
        ask(session, "SELECT pg_sleep(60)")
    canceller.join()


def test_cancel_query_of_another_statement_does_nothing(session: Session) -> None:
    assert session.cancel_query("0" * 32) is False


def test_a_read_only_session_refuses_to_write(session: Session) -> None:
    ask(session, "SET default_transaction_read_only = on")
    error = refusal(session, "INSERT INTO t VALUES (3, 'c')")
    assert (error.sqlstate, error.message) == (
        "25006",
        "cannot execute INSERT in a read-only transaction",
    )
    assert refusal(session, "CREATE TABLE u (a INT8)").message == (
        "cannot execute CREATE TABLE in a read-only transaction"
    )
    assert ask(session, "SELECT 1").rows == [("1",)]
    ask(session, "SET default_transaction_read_only = off")
    assert ask(session, "INSERT INTO t VALUES (3, 'c')").tag == "INSERT 0 1"


def test_variables_are_set_shown_and_reset(session: Session) -> None:
    ask(session, "SET application_name = 'kwtui'")
    assert ask(session, "SHOW application_name").rows == [("kwtui",)]
    ask(session, "RESET application_name")
    assert ask(session, "SHOW application_name").rows == [("",)]
    error = refusal(session, "SHOW crdb_version")
    assert (error.sqlstate, error.message) == (
        "42704",
        'unrecognized configuration parameter "crdb_version"',
    )


def test_use_changes_the_database_and_refuses_a_missing_one(session: Session) -> None:
    ask(session, "CREATE DATABASE shop")
    ask(session, "USE shop")
    assert ask(session, "SELECT current_database()").rows == [("shop",)]
    assert refusal(session, "USE nowhere").sqlstate == "3D000"


def test_several_statements_in_one_text_answer_one_by_one(session: Session) -> None:
    text = "INSERT INTO t VALUES (1, 'a'); SELECT 1; SELECT nope; SELECT 2"
    answers = session.execute(text)
    tags = []
    for _ in range(2):
        answer = next(answers)
        list(answer.rows)
        tags.append(answer.tag)
    assert tags == ["INSERT 0 1", "SELECT 1"]
    with pytest.raises(SqlError):
        next(answers)


def test_parameters_of_the_extended_protocol_take_the_columns_type(session: Session) -> None:
    list(session.execute("INSERT INTO t VALUES ($1, $2)", True, ["7", "it's"]))
    for answer in session.execute("SELECT v FROM t WHERE id = $1", True, ["7"]):
        assert list(answer.rows) == [("it's",)]


def test_describe_tells_the_columns_and_changes_nothing(session: Session) -> None:
    ask(session, "CREATE SEQUENCE numbers")
    described = session.describe("SELECT nextval('numbers')")
    assert described is not None
    assert [(c.name, c.oid) for c in described] == [("nextval", 20)]
    columns = session.describe("INSERT INTO t VALUES ($1, $2) RETURNING id, v")
    assert columns is not None
    assert [(c.name, c.oid) for c in columns] == [("id", 20), ("v", 25)]
    assert session.describe("INSERT INTO t VALUES ($1, $2)") is None
    assert ask(session, "SELECT nextval('numbers')").rows == [("1",)]
    assert ask(session, "SELECT count(*) FROM t").rows == [("0",)]


def test_sessions_write_at_the_same_time(engine: SqlEngine, session: Session) -> None:
    def write(start: int) -> None:
        own = engine.session("root", "defaultdb")
        for number in range(start, start + 20):
            ask(own, f"INSERT INTO t VALUES ({number}, 'x')")
        own.close()

    threads = [threading.Thread(target=write, args=(start,)) for start in (100, 200, 300)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ask(session, "SELECT count(*) FROM t").rows == [("60",)]


def test_a_user_without_rights_reads_nothing(engine: SqlEngine, session: Session) -> None:
    ask(session, "CREATE USER teller")
    teller = engine.session("teller", "defaultdb")
    error = refusal(teller, "SELECT count(*) FROM t")
    assert (error.sqlstate, error.message) == (
        "42501",
        "user teller does not have SELECT privilege on relation t",
    )
    ask(session, "GRANT SELECT ON TABLE t TO teller")
    assert ask(teller, "SELECT count(*) FROM t").rows == [("0",)]
    assert refusal(teller, "DELETE FROM t").sqlstate == "42501"
