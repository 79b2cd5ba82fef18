"""Time-series tables: tags, retentions, replaced rows, tags of commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.engine.session import Session
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = new_engine(tmp_path)
    made = engine.session("root", "defaultdb")
    ask(made, "CREATE TS DATABASE plant RETENTIONS 3650d PARTITION INTERVAL 5d")
    ask(made, "USE plant")
    ask(
        made,
        "CREATE TABLE sensors (ts TIMESTAMPTZ NOT NULL, temp FLOAT8, note VARCHAR(60))"
        " TAGS (site INT4 NOT NULL, area VARCHAR(20)) PRIMARY TAGS (site)",
    )
    yield made
    engine.close()


def test_a_table_is_printed_with_its_tags_and_the_databases_retention(session: Session) -> None:
    """Recording 07."""
    assert ask(session, "SHOW CREATE TABLE sensors").rows == [
        (
            "sensors",
            "CREATE TABLE sensors (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\ttemp FLOAT8 NULL,\n"
            "\tnote VARCHAR(60) NULL\n) TAGS (\n\tsite INT4 NOT NULL,\n\tarea VARCHAR(20) )"
            " PRIMARY TAGS(site)\n\tretentions 315360000s",
        )
    ]


def test_a_select_that_the_time_series_engine_computes_counts_no_rows_in_its_tag(
    session: Session,
) -> None:
    """Recordings 07, 09 and 16: SELECT 0; a hash is computed elsewhere and is counted."""
    ask(session, "INSERT INTO sensors VALUES ('2024-05-01 00:00:00+00', 20.5, 'x', 1, 'north')")
    reply = ask(session, "SELECT * FROM sensors")
    assert (reply.tag, len(reply.rows)) == ("SELECT 0", 1)
    assert ask(session, "SELECT site, count(*), max(ts) FROM sensors GROUP BY site").tag == (
        "SELECT 0"
    )
    assert ask(session, "SELECT xor_agg(fnv64(note)) FROM sensors").tag == "SELECT 1"


def test_a_row_with_the_same_time_and_tags_replaces_the_other(session: Session) -> None:
    ask(session, "INSERT INTO sensors VALUES ('2024-05-01 00:00:00+00', 1, 'old', 1, NULL)")
    ask(
        session,
        "INSERT INTO sensors VALUES ('2024-05-01 00:00:00+00', 2, 'new', 1, NULL),"
        " ('2024-05-01 00:00:00+00', 3, 'other site', 2, NULL)",
    )
    assert ask(session, "SELECT temp, note FROM sensors").rows == [
        ("2", "new"),
        ("3", "other site"),
    ]


def test_rows_past_the_retention_are_not_there(session: Session) -> None:
    """Row 14 of the findings: the statement succeeds and count(*) is 0."""
    ask(session, "CREATE TS DATABASE aged RETENTIONS 30d")
    ask(session, "USE aged")
    ask(
        session,
        "CREATE TABLE s (ts TIMESTAMPTZ NOT NULL, v FLOAT8) TAGS (id INT4 NOT NULL)"
        " PRIMARY TAGS (id)",
    )
    assert ask(session, "INSERT INTO s VALUES ('2024-05-01 00:00:00+00', 1, 1)").tag == (
        "INSERT 0 1"
    )
    assert ask(session, "SELECT count(*) FROM s").rows == [("0",)]
    ask(session, "INSERT INTO s VALUES (now(), 1, 1)")
    assert ask(session, "SELECT count(*) FROM s").rows == [("1",)]


def test_nanoseconds_are_kept(session: Session) -> None:
    """Recording 09."""
    ask(
        session,
        "CREATE TABLE p9 (ts TIMESTAMP(9) NOT NULL, at TIMESTAMP(6), v INT4) TAGS"
        " (id INT4 NOT NULL) PRIMARY TAGS (id)",
    )
    ask(
        session,
        "INSERT INTO p9 VALUES ('2026-11-01 12:00:00.123456789', '2026-11-01 12:00:00.654321',"
        " 1, 1)",
    )
    reply = ask(session, "SELECT * FROM p9")
    assert list(reply.columns.values()) == [1184, 1114, 23, 23]
    assert reply.rows == [
        ("2026-11-01 12:00:00.123456789+00:00", "2026-11-01 12:00:00.654321", "1", "1")
    ]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "CREATE INDEX ON sensors (area)",
            'creating index on tag "area" with type varchar/varbytes is not supported in'
            " timeseries table",
        ),
        (
            "CREATE TABLE plain (id INT8 PRIMARY KEY)",
            'can not create relational table in timeseries database "plant"',
        ),
        (
            "CREATE STREAM s INTO sensors AS SELECT ts, site FROM sensors",
            'cannot use the table "plant.sensors" as both source and target table of stream',
        ),
    ],
)
def test_what_time_series_cannot_do_is_refused(session: Session, sql: str, message: str) -> None:
    assert message in refusal(session, sql).message
