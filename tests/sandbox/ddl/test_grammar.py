"""CREATE TABLE takes what the grammar of KWDB 3.2.1 takes, and nothing of older versions."""

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
    ask(made, "CREATE DATABASE shop")
    ask(made, "CREATE TS DATABASE plant")
    yield made
    engine.close()


_COLUMNS = "(ts TIMESTAMPTZ NOT NULL, v INT4)"
_TAGS = "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
_SERIES = f"CREATE TABLE plant.s {_COLUMNS} {_TAGS}"


def _created(session: Session, table: str) -> str:
    ((_, text),) = ask(session, f"SHOW CREATE TABLE {table}").rows
    assert text is not None
    return text


# -- time series -------------------------------------------------------------------------------


def test_the_number_of_hash_buckets_is_not_printed_back(session: Session) -> None:
    """Recording 19."""
    assert ask(session, f"{_SERIES} WITH HASH(100)").tag == "CREATE TABLE"
    assert _created(session, "plant.s").endswith("PRIMARY TAGS(id)\n\tretentions 0s")


@pytest.mark.parametrize("number", [0, -1, 50001])
def test_hash_buckets_have_limits(session: Session, number: int) -> None:
    assert refusal(session, f"{_SERIES} WITH HASH({number})").message == (
        f'at or near ")": syntax error: The hash num {number} must be > 0 and <= 50000.'
    )


def test_comments_stand_beside_what_they_describe(session: Session) -> None:
    ask(
        session,
        "CREATE TABLE plant.s (ts TIMESTAMPTZ NOT NULL, v INT4 COMMENT 'a value')"
        " TAGS (id INT4 NOT NULL COMMENT = 'the device', area VARCHAR COMMENT where_it_is)"
        " PRIMARY TAGS (id) RETENTIONS 10d COMMENT = 'all readings' WITH HASH(20)",
    )
    assert _created(session, "plant.s").split(";\n")[1:] == [
        "COMMENT ON TABLE s IS 'all readings'",
        "COMMENT ON COLUMN s.v IS 'a value'",
        "COMMENT ON COLUMN s.id IS 'the device'",
        "COMMENT ON COLUMN s.area IS 'where_it_is'",
    ]


def test_an_empty_comment_in_create_table_is_none(session: Session) -> None:
    ask(session, f"{_SERIES} COMMENT ''")
    assert "COMMENT" not in _created(session, "plant.s")


@pytest.mark.parametrize(
    ("tail", "near"),
    [
        ("ACTIVETIME 2d", "activetime"),
        ("DICT ENCODING", "dict"),
        ("PARTITION INTERVAL 3d", "partition"),
        ("RETENTIONS 10d ACTIVETIME 2d", "activetime"),
        ("WITH HASH(20) COMMENT 'late'", "comment"),
        ("COMMENT 'early' RETENTIONS 10d", "retentions"),
        ("COMMENT 'one' COMMENT 'two'", "comment"),
    ],
)
def test_what_the_grammar_has_no_more_or_not_in_this_order(
    session: Session, tail: str, near: str
) -> None:
    """Recording 19 for the clauses of older versions."""
    error = refusal(session, f"{_SERIES} {tail}")
    assert (error.sqlstate, error.message) == ("42601", f'at or near "{near}": syntax error')
    assert error.hint is None


@pytest.mark.parametrize(
    ("tag", "near"),
    [
        ("id INT4 NOT NULL DEFAULT 1", "default"),
        ("id INT4 COMMENT 'x' NOT NULL", "not"),
        ("id INT4 NOT NULL PRIMARY KEY", "primary"),
    ],
)
def test_a_tag_has_no_constraints(session: Session, tag: str, near: str) -> None:
    error = refusal(session, f"CREATE TABLE plant.s {_COLUMNS} TAGS ({tag}) PRIMARY TAGS (id)")
    assert error.message == f'at or near "{near}": syntax error'


def test_what_only_a_node_does_is_refused_in_the_sandboxs_name(session: Session) -> None:
    error = refusal(session, f"{_SERIES} RETENTIONS 10d, 20d:1d SAMPLE avg(v)")
    assert (error.sqlstate, error.message) == (
        "0A000",
        "the sandbox does not implement the downsampling of RETENTIONS",
    )


# -- relational --------------------------------------------------------------------------------


def test_a_relational_table_takes_comments_too(session: Session) -> None:
    ask(session, "USE shop")
    ask(session, "CREATE TABLE t (id INT8 PRIMARY KEY COMMENT = 'key') COMMENT = 'goods'")
    assert _created(session, "t").split(";\n")[1:] == [
        "COMMENT ON TABLE t IS 'goods'",
        "COMMENT ON COLUMN t.id IS 'key'",
    ]


def test_a_column_has_one_comment(session: Session) -> None:
    error = refusal(session, "CREATE TABLE shop.t (id INT8 COMMENT 'a' COMMENT 'b')")
    assert error.sqlstate == "42601"
    assert error.message.endswith('syntax error: multiple comments specified for column "id"')


@pytest.mark.parametrize("target", ["n", "shop.n", "public.n", "shop.public.n"])
def test_a_table_refers_to_itself_under_each_of_its_names(session: Session, target: str) -> None:
    """Recording 19: ``rich.selfref``."""
    ask(session, f"CREATE TABLE shop.n (id INT8 PRIMARY KEY, up INT8 REFERENCES {target} (id))")
    text = _created(session, "shop.n")
    assert "CONSTRAINT fk_up_ref_n FOREIGN KEY (up) REFERENCES n(id)" in text
    assert "INDEX n_auto_index_fk_up_ref_n (up ASC)" in text
    ask(session, "INSERT INTO shop.n VALUES (1, NULL), (2, 1)")
    assert refusal(session, "INSERT INTO shop.n VALUES (3, 9)").sqlstate == "23503"


def test_the_name_of_another_database_is_not_its_own(session: Session) -> None:
    error = refusal(
        session, "CREATE TABLE shop.n (id INT8 PRIMARY KEY, up INT8 REFERENCES postgres.n (id))"
    )
    assert error.sqlstate == "42P01"
