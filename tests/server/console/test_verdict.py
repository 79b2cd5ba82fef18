"""What may be typed on a page that only reads, and what is kept of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import ExitCode, KwtuiError
from kwtui.server.connection.results import Column, ResultSet
from kwtui.server.console.verdict import (
    Kind,
    classify,
    parsed_statements,
    removing_word,
    split,
    statement_at,
    without_secrets,
)
from tests.server.recorded import answer, lines

READING = (
    "SELECT 1",
    "  select * from shop.public.orders -- DROP TABLE x\n",
    "/* INSERT */ SELECT 'DROP TABLE x; DELETE' AS \"DELETE\"",
    "(SELECT 1) UNION (SELECT 2)",
    "VALUES (1), (2)",
    "TABLE orders",
    "WITH a AS (SELECT 1) SELECT * FROM a",
    "SHOW JOBS",
    "SELECT * FROM [SHOW JOBS] WHERE status = 'running'",
    "SELECT * FROM [SHOW CREATE TABLE t]",
    "EXPLAIN SELECT * FROM p",
    "EXPLAIN DELETE FROM t",
    "EXPLAIN (VERBOSE) SELECT 1",
    "EXPLAIN ANALYZE SELECT 1",
    "SELECT kwdb_internal.is_admin()",
    "SELECT a[1], ARRAY[1, 2] FROM t",
    "USE shop",
    "SET database = shop",
    "SET TIME ZONE 'UTC'",
    "SELECT count(*) FROM t AS OF SYSTEM TIME '-1s';",
    "SELECT e'it\\'s', b'\\x00'",
    "SELECT $$a$$, $tag$ it's; DROP TABLE t $tag$",
    "SELECT update, t.into FROM t",
    "WITH a (x, y) AS (SELECT 1, 2) SELECT * FROM a AS b(x, y) WHERE x IN (1, 2) AND (y > 1)",
    "SELECT CAST(a AS VARCHAR(20)), pg_catalog.version(), count(*) FILTER (WHERE (a > 1)) FROM t",
    "SELECT time_bucket(ts, '1m'), last_row(v), COALESCE(max(v), 0) FROM plant.public.t GROUP BY 1",
    "SELECT b'\\'', 'nextval(', b'\\''",
    "SELECT a::STRING(3), sum(b) OVER (PARTITION BY (a)), sum(b) FILTER (WHERE (b > 1)) FROM t",
    "SELECT * FROM t LEFT JOIN (SELECT 1) AS u ON a NOT LIKE ('x') ESCAPE ('y') ORDER BY (a)",
)

WRITING = (
    "INSERT INTO t VALUES (1)",
    "UPDATE t SET a = 1",
    "DROP TABLE t",
    "EXPORT INTO CSV 'nodelocal://1/ro' FROM TABLE p",
    "IMPORT DATABASE CSV DATA ('nodelocal://1/x')",
    "SELECT * FROM [DELETE FROM t RETURNING id]",
    "SELECT * FROM [EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE p]",
    "SELECT * FROM [ EXPLAIN ANALYZE DELETE FROM t ]",
    "WITH a AS (INSERT INTO t VALUES (1) RETURNING id) SELECT * FROM a",
    "WITH a AS ( /* x */ DELETE FROM t RETURNING id) SELECT * FROM a",
    "EXPLAIN ANALYZE DELETE FROM t",
    "EXPLAIN ANALYZE (DEBUG) UPDATE t SET a = 1",
    "EXPLAIN ANALYZE (DEBUG) SELECT 1",
    "EXPLAIN ANALYZE (DISTSQL, DEBUG) SELECT 1",
    "EXPLAIN (ANALYZE, DEBUG) SELECT 1",
    "EXPLAIN (DEBUG) SELECT 1",
    "explain analyze ( debug ) SELECT 1",
    "EXPLAIN (ANALYZE) INSERT INTO t VALUES (1)",
    "EXPLAIN EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE p",
    "SELECT nextval('s')",
    "SELECT \"setval\"('s', 1)",
    r"SELECT b'\'', nextval('s'), b'\''",
    "SELECT no_such_function(1)",
    "SELECT public.my_function(1)",
    'SELECT "in"(1)',
    # Words of the grammar that can be functions' names too, as somebody may have made them.
    "SELECT by(1)",
    "SELECT string('x')",
    "SELECT like('x')",
    "SELECT a AND NOT like('x') FROM t",
    "SELECT 1 + over(1)",
    "SELECT now() AT TIME ZONE join('x')",
    "SELECT to_char(1)",
    "SELECT pg_sleep(60)",
    "SELECT relocate_range(1, 2, 3)",
    "SELECT kwdb_internal.range_info_debug()",
    "SELECT pg_catalog.set_config('a', 'b', false)",
    "WITH y AS (SELECT 1) DELETE FROM t",
    "WITH y AS (SELECT 1) UPSERT INTO t VALUES (1)",
    "WITH y AS (SELECT 1) /*+ x */ DELETE FROM t",
    "SET search_path = evil, public",
    "SELECT set_config('default_transaction_read_only', 'off', false)",
    "SELECT kwdb_internal.force_panic('x')",
    "SELECT crdb_internal.force_log_fatal('x')",
    "SELECT kwdb_internal.no_such_function()",
    "SELECT * FROM t FOR UPDATE",
    "SELECT a INTO b FROM t",
    "SET default_transaction_read_only = off",
    "SET CLUSTER SETTING ts.wal.wal_level = 0",
    "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    "CANCEL JOB 1",
    "PREPARE a AS DELETE FROM t",
    "EXECUTE a",
    "CALL p()",
    "GRANT admin TO teller",
    "SHOW TRACE FOR DELETE FROM t",
    "SHOW BACKUP 'http://inside/x'",
    "SELECT 'unfinished",
    "SELECT 1; DROP TABLE t",
    "",
)


def verdict(sql: str) -> Kind:
    return classify(sql, [sql.strip().rstrip(";")]).kind


@pytest.mark.parametrize("sql", READING)
def test_what_reads_is_let_through(sql: str) -> None:
    assert verdict(sql) is Kind.READ


@pytest.mark.parametrize("sql", WRITING)
def test_what_does_more_is_not(sql: str) -> None:
    found = classify(sql, [sql])
    assert found.kind is Kind.WRITE
    assert found.reason


@pytest.mark.parametrize(
    "sql", ["BEGIN", "BEGIN READ WRITE", "COMMIT", "SAVEPOINT a", "COPY t FROM STDIN"]
)
def test_transactions_and_copy_are_never_run(sql: str) -> None:
    assert classify(sql, [sql]).kind is Kind.REFUSED


def test_the_servers_parse_counts_as_much_as_ours() -> None:
    """A statement that looks harmless to one of the two is not run."""
    assert classify("SELECT 1", ["DROP TABLE t"]).kind is Kind.WRITE
    assert classify("DROP TABLE t", ["SELECT 1"]).kind is Kind.WRITE


@pytest.mark.parametrize("parsed", [[], ["SELECT 1", "SELECT 2"]])
def test_more_or_less_than_one_statement_is_refused(parsed: list[str]) -> None:
    with pytest.raises(KwtuiError) as caught:
        classify("SELECT 1", parsed)
    assert caught.value.exit_code is ExitCode.USAGE


def test_every_statement_that_a_node_took_for_a_write_is_one() -> None:
    """Nothing that the recordings changed a node with passes as reading."""
    changing = ("CREATE ", "DROP ", "INSERT ", "EXPORT ", "IMPORT ", "ALTER ", "GRANT ", "CANCEL ",
                "UPDATE ", "DELETE ", "COMMENT ", "TRUNCATE ", "REVOKE ")  # fmt: skip
    seen = 0
    for number in range(1, 17):
        for line in lines(f"{number:02}"):
            sql = str(line.get("sql") or "")
            if sql.upper().startswith(changing):
                seen += 1
                assert classify(sql, [sql]).kind is not Kind.READ, sql
    assert seen > 500


def test_every_select_and_show_of_the_recordings_reads() -> None:
    refused = set()
    for number in range(1, 17):
        for line in lines(f"{number:02}"):
            sql = str(line.get("sql") or "")
            calls = ("nextval(", "setval(", "set_config(", "kwdb_internal.node_id")
            is_reading = sql.upper().startswith(("SELECT ", "SHOW ")) and ";" not in sql.rstrip(
                "; "
            )
            if not is_reading or "error" in line or any(c in sql for c in calls):
                continue
            if classify(sql, [sql]).kind is not Kind.READ:
                refused.add(sql)
    assert refused == set()


@given(st.text(alphabet="SELCTDROPINU'\"[](); -/*\n1ae", max_size=60))
def test_no_text_hides_a_second_statement(text: str) -> None:
    """Whatever is read as one reading statement has no other one behind a semicolon."""
    found = classify(text, [text])
    if found.kind is Kind.READ:
        assert len(split(text)) == 1


def test_the_answer_of_show_syntax() -> None:
    assert parsed_statements(answer("12", "SHOW SYNTAX 'DROP TABLE p'")) == ["DROP TABLE p"]
    columns = (Column("field", 25), Column("message", 25))
    wrong = ResultSet(columns, (("error", 'at or near "x": syntax error'), ("code", "42601")))
    with pytest.raises(KwtuiError) as caught:
        parsed_statements(wrong)
    assert "syntax error" in caught.value.cause


def test_the_statement_at_the_cursor_is_taken() -> None:
    text = "SELECT ';' ;\n-- a note; with a semicolon\nSELECT 2;\n\nSELECT 3"
    assert [s.text for s in split(text)] == ["SELECT ';'", "SELECT 2", "SELECT 3"]
    for position, wanted in (
        (0, "SELECT ';'"),
        (text.index("2"), "SELECT 2"),
        (len(text), "SELECT 3"),
    ):
        found = statement_at(text, position)
        assert found is not None
        assert found.text == wanted
    assert statement_at(" -- nothing\n ;", 3) is None


SECRETS = (
    ("CREATE USER a WITH PASSWORD 'hunter2'", "CREATE USER a WITH PASSWORD '***'"),
    ("ALTER USER a PASSWORD = e'hunter\\'2'", "ALTER USER a PASSWORD = '***'"),
    ('create user a password "hunter2"', "create user a password '***'"),
    ("ALTER USER a WITH PASSWORD NULL", "ALTER USER a WITH PASSWORD NULL"),
    ("CREATE USER a IDENTIFIED BY 'hunter2'", "CREATE USER a IDENTIFIED BY '***'"),
    ("SELECT 'password hunter2 is no secret word here'", None),
)  # fmt: skip


@pytest.mark.parametrize(("sql", "kept"), SECRETS)
def test_passwords_are_not_kept(sql: str, kept: str | None) -> None:
    assert without_secrets(sql) == (kept or sql)


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE USER a PASSWORD 'hunter2",
        "EXPORT INTO CSV 's3://b/x?AWS_ACCESS_KEY_ID=k&AWS_SECRET_ACCESS_KEY=hunter2&a=b' FROM t",
        "IMPORT INTO t CSV DATA ('https://me:hunter2@host/x.csv')",
        "SELECT 'postgresql://root:hunter2@h:26257/d'",
        "CREATE USER a PASSWORD /* x */ 'hunter2' VALID UNTIL '2030-01-01'",
        "SET password = 'hunter2'",
    ],
)
def test_no_form_of_a_secret_is_kept(sql: str) -> None:
    assert "hunter2" not in without_secrets(sql)


@given(st.text(max_size=80))
def test_text_without_secrets_is_kept_as_it_is(text: str) -> None:
    if not any(
        w in text.lower()
        for w in ("passw", "pwd", "secret", "token", "key", "://", "ident", "passph", "credent")
    ):
        assert without_secrets(text) == text


@pytest.mark.parametrize(
    "text",
    [
        r"SELECT b'\'', nextval('s'), b'\''",
        r"SELECT b'\'', kwdb_internal.force_panic('x'), b'\''",
        "WITH y AS (SELECT 1) DELETE FROM t",
        "SELECT $a$'$a$, setval('s', 1)",
        "SELECT /*+ */ nextval('s') /* */",
    ],
)
def test_no_text_hides_what_changes_something(text: str) -> None:
    assert classify(text, [text]).kind is Kind.WRITE


def test_a_text_between_dollars_is_whole() -> None:
    assert classify("SELECT $$a$$", ["SELECT 'a'"]).kind is Kind.READ


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ("DROP TABLE t", "DROP"),
        ("EXPLAIN ANALYZE DELETE FROM t", "DELETE"),
        ("/* a */ truncate t", "TRUNCATE"),
        ("ALTER TABLE t ALTER COLUMN c DROP NOT NULL", "DROP"),
        ("INSERT INTO t VALUES ('drop it', b'\\'', 'DELETE')", ""),
        ('UPDATE "drop" SET "delete" = 1', ""),
        ("CREATE TABLE c (id INT REFERENCES t (id) ON DELETE CASCADE)", ""),
    ],
)
def test_what_removes_is_known_by_its_words(sql: str, word: str) -> None:
    assert removing_word(sql) == word
