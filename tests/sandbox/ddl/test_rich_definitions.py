"""A person makes what few databases have: partitions, shards, triggers, streams (recording 19)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kwtui.sandbox.engine.session import Session
from tests.sandbox.asking import ask, refusal
from tests.sandbox.stores import new_engine


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Session]:
    engine = new_engine(tmp_path)
    session = engine.session("root", "defaultdb")
    ask(session, "SET experimental_enable_hash_sharded_indexes = true")
    yield session
    engine.close()


def shown(session: Session, table: str) -> str:
    ((_, text),) = ask(session, f"SHOW CREATE TABLE {table}").rows
    assert text is not None
    return text


def typed_back(session: Session, table: str, *, database: str = "again") -> str:
    """What SHOW CREATE prints of a table that its own SHOW CREATE has made."""
    text = shown(session, table)
    ask(session, f"CREATE DATABASE {database}")
    ask(session, f"USE {database}")
    ask(session, text)
    return shown(session, table)


PARTITIONED = [
    't (r STRING, id INT8, PRIMARY KEY (r, id)) PARTITION BY LIST (r) (PARTITION "C n" VALUES IN'
    " ('cn', ('it''s')), PARTITION eu VALUES IN ('eu'))",
    "t (r STRING, id INT8, PRIMARY KEY (r, id)) PARTITION BY LIST (r, id) (PARTITION a VALUES IN"
    " (('cn', 1), ('cn', 2)))",
    "t (id INT8 PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES FROM (-5) TO (10))",
]


@pytest.mark.parametrize("table", PARTITIONED)
def test_a_partitioned_table_can_be_typed_back_comment_and_all(root: Session, table: str) -> None:
    ask(root, f"CREATE TABLE {table}")
    first = shown(root, "t")
    assert first.endswith("-- Warning: Partitioned table with no zone configurations.")
    assert typed_back(root, "t") == first


def test_a_zone_takes_the_warning_away_and_nothing_takes_the_partitions(root: Session) -> None:
    ask(root, f"CREATE TABLE {PARTITIONED[2]}")
    listed = ask(root, "SHOW PARTITIONS FROM TABLE t").rows
    assert [(row[2], row[4], row[6]) for row in listed] == [("a", "id", "(-5) TO (10)")]
    ask(root, "ALTER TABLE t CONFIGURE ZONE USING num_replicas = 1")
    assert "Warning" not in shown(root, "t")
    ask(root, "ALTER TABLE t PARTITION BY NOTHING")
    assert "PARTITION" not in shown(root, "t")


@pytest.mark.parametrize(
    ("clause", "message"),
    [
        ("LIST (v) (PARTITION a VALUES IN (1))", "do not match first 1 columns"),
        ("LIST (id) (PARTITION a VALUES IN (DEFAULT))", "PARTITION a: DEFAULT can only appear"),
        ("RANGE (id) (PARTITION a VALUES FROM (MINVALUE) TO (1))", "PARTITION a: MINVALUE can"),
        ("LIST (id) (PARTITION a VALUES IN ((1, 2)))", "has 1 columns but 2 values"),
        ("SIZE (id) (PARTITION a VALUES IN (1))", 'at or near "size": syntax error'),
    ],
)
def test_partitions_that_a_node_refuses(root: Session, clause: str, message: str) -> None:
    error = refusal(root, f"CREATE TABLE t (id INT8 PRIMARY KEY, v INT8) PARTITION BY {clause}")
    assert message in error.message
    assert refusal(root, "SHOW CREATE TABLE t").sqlstate == "42P01"


def test_a_sharded_key_spreads_rows_and_stays_unique(root: Session) -> None:
    ask(
        root,
        "CREATE TABLE h (a INT8, b STRING, PRIMARY KEY (b, a) USING HASH WITH BUCKET_COUNT = 8)",
    )
    ask(root, "INSERT INTO h SELECT g, 'x' FROM generate_series(1, 100) AS g")
    buckets = ask(root, "SELECT DISTINCT kwdb_internal_a_b_shard_8 FROM h ORDER BY 1").rows
    assert [row[0] for row in buckets] == [str(n) for n in range(8)]
    assert ask(root, "SELECT * FROM h WHERE a = 1").rows == [("1", "x")]
    assert refusal(root, "INSERT INTO h VALUES (1, 'x')").sqlstate == "23505"
    constraints = ask(root, "SELECT details FROM [SHOW CONSTRAINTS FROM h]").rows
    assert ("CHECK ((kwdb_internal_a_b_shard_8 IN (0, 1, 2, 3, 4, 5, 6, 7)))",) in constraints
    assert typed_back(root, "h") == shown(root, "defaultdb.public.h")


def test_an_index_can_be_sharded_and_a_key_changed(root: Session) -> None:
    ask(root, "CREATE TABLE t (id INT8 PRIMARY KEY, v STRING NOT NULL)")
    ask(root, "INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    ask(root, "CREATE INDEX ON t (v) USING HASH WITH BUCKET_COUNT = 2")
    assert (
        "INDEX t_kwdb_internal_v_shard_2_v_idx (v ASC) USING HASH WITH BUCKET_COUNT = 2"
        in shown(root, "t")
    )
    ask(root, "ALTER TABLE t ALTER PRIMARY KEY USING COLUMNS (v)")
    assert "PRIMARY KEY (v ASC)" in shown(root, "t")
    assert "UNIQUE INDEX t_id_key (id ASC)" in shown(root, "t")
    assert refusal(root, "INSERT INTO t VALUES (1, 'c')").sqlstate == "23505"
    ask(root, "CREATE TABLE n (id INT8 PRIMARY KEY, v STRING)")
    nullable = refusal(root, "ALTER TABLE n ALTER PRIMARY KEY USING COLUMNS (v)")
    assert nullable.message == 'cannot use nullable column "v" in primary key'
    ask(root, "SET experimental_enable_hash_sharded_indexes = false")
    again = "ALTER TABLE n ALTER PRIMARY KEY USING COLUMNS (id) USING HASH WITH BUCKET_COUNT = 2"
    assert refusal(root, again).sqlstate == "0A000"


def test_triggers_do_what_they_say_once_for_each_row(root: Session) -> None:
    ask(root, "CREATE TABLE a (id INT8 PRIMARY KEY, t STRING)")
    ask(root, "CREATE TABLE log (id INT8, what STRING)")
    for trigger in (
        "i AFTER INSERT ON a FOR EACH ROW BEGIN INSERT INTO log VALUES (NEW.id, NEW.t); END",
        "u BEFORE UPDATE ON a FOR EACH ROW BEGIN INSERT INTO log VALUES (OLD.id, OLD.t || NEW.t);"
        " END",
        "d AFTER DELETE ON a FOR EACH ROW DELETE FROM log WHERE id = OLD.id",
    ):
        ask(root, f"CREATE TRIGGER {trigger}")
    ask(root, "INSERT INTO a VALUES (1, 'it''s'), (2, NULL)")
    ask(root, "UPDATE a SET t = '!' WHERE id = 1")
    rows = ask(root, "SELECT * FROM log ORDER BY id, what").rows
    assert rows == [("1", "it's"), ("1", "it's!"), ("2", None)]
    ask(root, "DELETE FROM a WHERE id = 1")
    assert ask(root, "SELECT id FROM log").rows == [("2",)]

    text = ask(root, "SHOW CREATE TRIGGER u ON a").rows[0][1]
    ask(root, "DROP TRIGGER u ON a")
    ask(root, str(text))
    assert ask(root, "SHOW CREATE TRIGGER u ON a").rows == [("u", text)]
    assert "already exists on table a" in refusal(root, str(text)).message


def test_a_stream_is_kept_with_its_options_and_goes_with_its_tables(root: Session) -> None:
    ask(root, "CREATE TS DATABASE s")
    for name in ("src", "dst"):
        ask(
            root,
            f"CREATE TABLE s.public.{name} (ts TIMESTAMPTZ NOT NULL, a INT4) TAGS"
            " (id INT4 NOT NULL) PRIMARY TAGS (id)",
        )
    stream = (
        "CREATE STREAM st INTO s.public.dst{options} AS SELECT ts, a, id FROM s.public.{source}"
    )
    ask(root, stream.format(options=" WITH OPTIONS (enable = 'off')", source="src WHERE a > 1"))
    ((title, target, options, query, status, *_),) = ask(root, "SHOW STREAMS").rows
    assert (title, target, status) == ("st", "s.public.dst", "Disable")
    assert query == "SELECT ts, a, id FROM s.public.src WHERE a > 1"
    assert '"enable":"off"' in (options or "")
    assert (
        "both source and target"
        in refusal(root, stream.format(options="", source="dst").replace("st ", "s2 ", 1)).message
    )
    ask(root, "DROP TABLE s.public.src")
    assert ask(root, "SHOW STREAMS").rows == []


def test_how_a_series_stores_its_values_is_printed(root: Session) -> None:
    ask(root, "CREATE TS DATABASE s")
    table = (
        "CREATE TABLE s.public.t (ts TIMESTAMPTZ NOT NULL, a INT4 ENCODE simple8b COMPRESS lz4"
        " LEVEL h, b {kind}) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id) RETENTIONS 5d{rest}"
    )
    ask(root, table.format(kind="FLOAT8 ENCODE CHIMP", rest=""))
    text = shown(root, "s.public.t")
    assert "a INT4 NULL ENCODE SIMPLE8B COMPRESS LZ4 LEVEL HIGH,\n" in text
    assert "b FLOAT8 NULL ENCODE CHIMP\n" in text
    wrong = refusal(
        root, table.format(kind="FLOAT8 ENCODE SIMPLE8B", rest="").replace(".t ", ".u ")
    )
    assert wrong.message == "type float8 does not support encode type simple8b"
    for rest in (" ACTIVETIME 2d", " DICT ENCODING", " PARTITION INTERVAL 3d"):
        assert (
            refusal(root, table.format(kind="INT4", rest=rest).replace(".t ", ".u ")).hint is None
        )


def test_an_index_interleaved_in_another_table_is_printed_so(root: Session) -> None:
    """KWDB 3.2, sql.y, index_def and create_index_stmt."""
    ask(root, "CREATE TABLE par (id INT8 PRIMARY KEY)")
    ask(
        root,
        "CREATE TABLE kid (n INT8 PRIMARY KEY, p INT8,"
        " INDEX by_p (p) INTERLEAVE IN PARENT par (p))",
    )
    ask(root, "CREATE INDEX too ON kid (p, n) STORING (n) INTERLEAVE IN PARENT par (p)")
    assert "INDEX by_p (p ASC) INTERLEAVE IN PARENT par (p)" in shown(root, "kid")
    assert "(p ASC, n ASC) STORING (n) INTERLEAVE IN PARENT par (p)" in shown(root, "kid")
    for name in ("par", "kid"):
        refused = refusal(root, f"IMPORT INTO {name} CSV DATA ('nodelocal://1/none.csv')")
        assert refused.message == "Cannot use IMPORT INTO with interleaved tables"
    wrong = "CREATE INDEX no ON kid (n) INTERLEAVE IN PARENT par (p)"
    assert "must be a prefix of the primary columns" in refusal(root, wrong).message
    ask(root, "DROP TABLE par CASCADE")
    assert "by_p" not in shown(root, "kid")


def test_a_table_interleaved_in_another_is_printed_so_and_takes_no_import(root: Session) -> None:
    """KWDB 3.2, show_create_clauses.go, importer/import_table_details.go and drop_table.go."""
    ask(root, "CREATE TABLE par (id INT8 PRIMARY KEY)")
    ask(root, "CREATE TABLE kid (p INT8, n INT8, PRIMARY KEY (p, n)) INTERLEAVE IN PARENT par (p)")
    assert shown(root, "kid").endswith("\n) INTERLEAVE IN PARENT par (p)")
    for name in ("par", "kid"):
        refused = refusal(root, f"IMPORT INTO {name} CSV DATA ('nodelocal://1/none.csv')")
        assert refused.message == "Cannot use IMPORT INTO with interleaved tables"
    assert 'is interleaved by table "kid"' in refusal(root, "DROP TABLE par").message
    wrong = "CREATE TABLE other (a INT8 PRIMARY KEY) INTERLEAVE IN PARENT par (b)"
    assert "must be a prefix of the primary columns" in refusal(root, wrong).message
    ask(root, "DROP TABLE par CASCADE")
    assert shown(root, "kid").endswith("\n)")
