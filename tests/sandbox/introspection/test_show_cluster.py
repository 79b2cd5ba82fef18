"""A person asks what runs, how the node is set, and what it has none of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.catalog import listings
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.shop import add_shop, orders
from tests.sandbox.stores import new_engine


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = new_engine(tmp_path)
    add_shop(engine.catalog)
    engine.save_catalog()
    yield engine
    engine.close()


@pytest.fixture
def root(engine: SqlEngine) -> Session:
    return engine.session("root", "shop")


def test_all_variables_are_listed_with_what_the_session_set(root: Session) -> None:
    ask(root, "SET application_name = 'kwtui'")

    reply = ask(root, "SHOW ALL")

    assert reply.tag == "SHOW 63"
    assert ("application_name", "kwtui") in reply.rows
    assert ("database", "shop") in reply.rows


@pytest.mark.parametrize(
    ("statement", "tag"),
    [
        ("SHOW AUTOMATIC JOBS", "SHOW JOBS 0"),
        ("SHOW SCHEDULES", "SHOW FUNCTIONS 1"),
        ("SHOW FUNCTIONS", "SHOW FUNCTIONS 0"),
        ("SHOW PROCEDURES", "SHOW PROCEDURES 0"),
        ("SHOW STREAMS", "SHOW STREAMS 0"),
        ("SHOW AUDITS", "SHOW AUDITS 0"),
        ("SHOW TRIGGERS FROM customers", "SHOW TRIGGERS 0"),
        ("SHOW STATISTICS FOR TABLE customers", "SHOW STATISTICS 0"),
        ("SHOW PARTITIONS FROM TABLE customers", "SHOW PARTITIONS 0"),
        ("SHOW RANGES FROM DATABASE shop", "SHOW RANGES 0"),
        ("SHOW DISTRIBUTION FROM DATABASE plant", "SHOW DISTRIBUTION 1"),
        ("SHOW SAVEPOINT STATUS", "SHOW SAVEPOINT STATUS 0"),
        ("SHOW SYNTAX 'DROP TABLE p'", "SHOW SYNTAX 1"),
    ],
)
def test_each_list_ends_with_the_node_s_own_tag(root: Session, statement: str, tag: str) -> None:
    assert ask(root, statement).tag == tag


def test_only_time_series_have_a_distribution(root: Session) -> None:
    error = refusal(root, "SHOW DISTRIBUTION FROM DATABASE shop")

    assert (error.sqlstate, error.message) == (
        "42809",
        "can not show distributions on non time series database",
    )


def test_jobs_can_be_picked_by_condition_by_query_and_by_id(root: Session) -> None:
    (first, *_) = ask(root, "SELECT job_id FROM [SHOW JOBS]").rows

    assert ask(root, f"SHOW JOB {first[0]}").rows[0][0] == first[0]
    found = ask(root, "SHOW JOBS WHERE job_type = 'RESTART HISTORY'")
    assert [row[1] for row in found.rows] == ["RESTART HISTORY"]
    assert found.tag == "SHOW JOBS 1"
    chosen = ask(root, "SHOW JOBS SELECT job_id FROM [SHOW JOBS] WHERE job_type = 'TS TXN'")
    assert [row[1] for row in chosen.rows] == ["TS TXN"]


def test_what_is_wrong_with_a_statement_is_told_without_running_it(root: Session) -> None:
    rows = ask(root, "SHOW SYNTAX 'DROP TABLE ''p'").rows

    assert ("code", "42601") in rows


@pytest.mark.parametrize(
    "statement", ["SHOW TS PARTITIONS FROM TABLE t", "SHOW DEFAULT PRIVILEGES"]
)
def test_keywords_that_show_does_not_know_are_syntax_errors(root: Session, statement: str) -> None:
    error = refusal(root, statement)

    assert error.sqlstate == "42601"
    assert error.message == f'at or near "{statement.split()[1].lower()}": syntax error'
    assert error.hint == "try \\h SHOW"


def test_backups_of_the_enterprise_version_are_refused(root: Session) -> None:
    for word in ("BACKUP", "RESTORE"):
        error = refusal(root, f"{word} DATABASE shop TO 'nodelocal://1/b'")
        assert error.message == f"The {word} can only be used in the enterprise version"


def test_no_backup_can_be_scheduled(root: Session) -> None:
    select = refusal(root, "CREATE SCHEDULE nightly FOR SQL 'SELECT 1' RECURRING '@daily'")
    backup = refusal(root, "CREATE SCHEDULE nightly FOR BACKUP INTO 'b' RECURRING '@daily'")

    assert select.message == "SELECT does not support to be scheduled"
    assert backup.message == 'at or near "backup": syntax error'


def test_a_plan_is_shown_for_a_full_scan_and_refused_for_the_rest(root: Session) -> None:
    assert ask(root, "EXPLAIN SELECT * FROM customers").rows[3] == (
        "",
        "table",
        "customers@primary",
    )
    assert refusal(root, "EXPLAIN SELECT name FROM customers WHERE id = 1").sqlstate == "0A000"


def test_partitions_are_read_from_their_clause() -> None:
    table = orders()
    table.partitioning = (
        "PARTITION BY LIST (id) (\n\tPARTITION p0 VALUES IN ((1), (2)), "
        "\n\tPARTITION p1 VALUES IN ((3))\n)"
    )

    rows = listings.partitions(table)

    assert [(row[2], row[4], row[5], row[6]) for row in rows] == [
        ("p0", "id", "orders@primary", "(1), (2)"),
        ("p1", "id", "orders@primary", "(3)"),
    ]
