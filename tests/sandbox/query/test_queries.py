"""SELECT: names, types and texts as on a node, whatever the query is made of."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kwtui.sandbox.answers.answer import Row
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.query.query import scan
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """One engine for all queries: they change nothing."""
    engine = SqlEngine(tmp_path_factory.mktemp("engine"))
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE DATABASE d")
    ask(made, "USE d")
    ask(made, "CREATE SCHEMA s2")
    ask(made, 'CREATE TABLE t (id INT8 PRIMARY KEY, "Mixed" STRING, n INT4, ts TIMESTAMPTZ)')
    ask(
        made,
        "INSERT INTO t VALUES (1,'a',5,'2024-01-01'),(2,'b',NULL,NULL),"
        "(3,NULL,7,'2024-06-01 12:00:00+02')",
    )
    ask(made, "CREATE TABLE s2.t (id INT8 PRIMARY KEY)")
    yield made
    engine.close()


@pytest.mark.parametrize(
    ("sql", "columns", "rows"),
    [
        ("SELECT 1", {"?column?": 20}, [("1",)]),
        ("SELECT count(*), max(ts) FROM t", {"count": 20, "max": 1184},
         [("3", "2024-06-01 10:00:00+00:00")]),
        ("SELECT sum(n), avg(n), min(n) FROM t", {"sum": 1700, "avg": 1700, "min": 23},
         [("12", "6", "5")]),
        ("SELECT n + 1, n / 2, -n FROM t WHERE id = 1", {"?column?": 23},
         [("6", "2.5", "-5")]),
        ('SELECT "Mixed" || \'!\' AS x FROM t WHERE id = 1', {"x": 25}, [("a!",)]),
        ("SELECT id FROM t WHERE ts >= '2024-01-02'", {"id": 20}, [("3",)]),
        ("SELECT id FROM t WHERE n IN (5, 7) AND NOT id = 1", {"id": 20}, [("3",)]),
        ("SELECT id, n FROM t ORDER BY n", {"id": 20, "n": 23},
         [("2", None), ("1", "5"), ("3", "7")]),
        ("SELECT id FROM t ORDER BY n DESC LIMIT 1 OFFSET 1", {"id": 20}, [("1",)]),
        ("SELECT a.id, b.id AS next FROM t a LEFT JOIN t b ON b.id = a.id + 1 ORDER BY 1",
         {"id": 20, "next": 20}, [("1", "2"), ("2", "3"), ("3", None)]),
        ("SELECT t.* FROM t, s2.t AS other", {"id": 20, "Mixed": 25, "n": 23, "ts": 1184}, []),
        ("SELECT n IS NULL AS empty, count(*) FROM t GROUP BY n IS NULL ORDER BY 2",
         {"empty": 16, "count": 20}, [("t", "1"), ("f", "2")]),
        ("WITH q AS (SELECT id FROM t WHERE n > 5) SELECT count(*) FROM q", {"count": 20},
         [("1",)]),
        ("SELECT id FROM t UNION ALL SELECT 99 ORDER BY 1 DESC LIMIT 2", {"id": 20},
         [("99",), ("3",)]),
        ("SELECT (SELECT max(id) FROM t) AS m, EXISTS(SELECT 1 FROM t WHERE n > 100)",
         {"m": 20, "exists": 16}, [("3", "f")]),
        ("SELECT CASE WHEN n > 5 THEN 'big' ELSE 'small' END FROM t WHERE id = 3", {"case": 25},
         [("big",)]),
        ("SELECT x FROM (VALUES (1, 'a'), (2, 'b')) AS v(x, y) WHERE y = 'b'", {"x": 20},
         [("2",)]),
        ("SELECT i FROM generate_series(1, 2) AS g(i)", {"i": 20}, [("1",), ("2",)]),
        ("SELECT row_number() OVER (ORDER BY id DESC), id FROM t ORDER BY id LIMIT 1",
         {"row_number": 20, "id": 20}, [("3", "1")]),
        ("SELECT count(*) FILTER (WHERE n > 5), count(DISTINCT n) FROM t", {"count": 20},
         [("1", "2")]),
        ("SELECT array_agg(id), string_agg(\"Mixed\", ',') FROM t",
         {"array_agg": 1016, "string_agg": 25}, [("{1,2,3}", "a,b")]),
        ("SELECT json_agg(t.*) FROM s2.t", {"json_agg": 3802}, [(None,)]),
        ("SELECT '{\"a\": {\"b\": [1, 2]}}'::JSONB->'a'->>'b' AS j", {"j": 25}, [("[1,2]",)]),
        ("SELECT id FROM t@primary WHERE \"Mixed\" = ANY('{a,b}')", {"id": 20}, [("1",), ("2",)]),
        ("SELECT extract(year FROM ts), date_trunc('month', ts) FROM t WHERE id = 1",
         {"extract": 701, "date_trunc": 1184}, [("2024", "2024-01-01 00:00:00+00:00")]),
        ("SELECT database_name FROM [SHOW DATABASES] WHERE database_name LIKE 'd%'",
         {"database_name": 25}, [("d",), ("defaultdb",)]),
        ("SELECT count(*) FROM d.information_schema.tables WHERE table_schema = 's2'",
         {"count": 20}, [("1",)]),
    ],
)  # fmt: skip
def test_a_query_answers_names_types_and_rows(
    session: Session, sql: str, columns: dict[str, int], rows: list[Row]
) -> None:
    reply = ask(session, sql)
    assert reply.rows == rows
    assert reply.columns == columns
    assert reply.tag == f"SELECT {len(rows)}"


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("SELECT nope FROM t", "42703", 'column "nope" does not exist'),
        ("SELECT z.id FROM t", "42P01", "no data source matches prefix: z"),
        ("SELECT * FROM nope", "42P01", 'relation "nope" does not exist'),
        ("SELECT * FROM d.public.nope", "42P01", 'relation "d.public.nope" does not exist'),
        ("SELECT nofun(1)", "42883", "unknown function: nofun()"),
        ("SELECT a.b(1)", "42883", "unknown function: a.b()"),
        (
            "SELECT id FROM t a, t b",
            "42702",
            'column reference "id" is ambiguous (candidates: a.id, b.id)',
        ),
        ("SELECT row_to_json(t)::STRING FROM s2.t AS u", "42703", 'column "t" does not exist'),
        ("SELECT 1 / 0", "22012", "division by zero"),
        ("SELECT FROM WHERE", "42601", 'at or near "where": syntax error'),
        ("UPDATE t SET id = WHERE id = 1", "42601", 'at or near "where": syntax error'),
        ("INSERT INTO t VALUES (1 + (2, 3)", "42601", 'at or near "EOF": syntax error'),
        (
            "SELECT 'x'::INT8",
            "22P02",
            'could not parse "x" as type int: strconv.ParseInt: parsing "x": invalid syntax',
        ),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    session: Session, sql: str, sqlstate: str, message: str
) -> None:
    error = refusal(session, sql)
    assert (error.sqlstate, error.message) == (sqlstate, message)


def test_rows_stream_while_they_are_read(session: Session) -> None:
    """Ten rows of a hundred million are there long before the last one could be."""
    outputs, rows = scan(session, "SELECT i FROM generate_series(1, 100000000) AS g(i)")
    assert [name for name, _ in outputs] == ["i"]
    assert [next(rows) for _ in range(10)] == [(number,) for number in range(1, 11)]


def test_a_long_insert_keeps_every_row(session: Session) -> None:
    """A restore's batch: 5,000 rows in one statement, quotes and NULL among them."""
    ask(session, "CREATE TABLE bulk (id INT8 PRIMARY KEY, v STRING, d DECIMAL(9,2), t TIMESTAMPTZ)")
    rows = ", ".join(
        f"({i}, 'it''s {i}', {i}.25, '2024-01-01 00:00:00.{i:06d}+00')"
        if i % 7
        else f"({i}, NULL, NULL, NULL)"
        for i in range(5000)
    )
    assert ask(session, f"INSERT INTO bulk VALUES {rows}").tag == "INSERT 0 5000"
    reply = ask(session, "SELECT count(*), count(v), sum(d), max(t) FROM bulk")
    summed = sum(i * 100 + 25 for i in range(5000) if i % 7) / 100
    assert reply.rows == [("5000", "4285", f"{summed:.2f}", "2024-01-01 00:00:00.004999+00:00")]
