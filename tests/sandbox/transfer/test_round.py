"""Exports of a real node go into the sandbox and come out again; what a node loses is lost here."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kwtui.sandbox.answers.answer import Answer, StatementCancelled
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.exports import run
from kwtui.sandbox.imports import new_tables
from kwtui.sandbox.imports import table as import_table
from kwtui.sandbox.imports.rows import parsed_rows
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.contract.recordings import load
from tests.sandbox.stores import new_engine

Files = dict[str, bytes]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    opened = new_engine(tmp_path / "store")
    yield opened
    opened.close()


@pytest.fixture
def session(engine: SqlEngine) -> Session:
    return engine.session("root", "defaultdb")


def recorded(file: str, tree: str) -> Files:
    """The files of an export as a real node wrote them."""
    for step in load(file):
        if step.line.get("directive") == f"tree {tree}" and step.line.get("tree"):
            return {
                entry["path"]: entry["text"].encode()
                if "text" in entry
                else bytes.fromhex(entry["hex"])
                for entry in step.line["tree"]
            }
    raise AssertionError(f"recording {file} has no tree {tree}")


def put(engine: SqlEngine, name: str, files: Files) -> None:
    for path, content in files.items():
        target = engine.extern / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def found(engine: SqlEngine, name: str) -> Files:
    root = engine.extern / name
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def last_job(engine: SqlEngine) -> tuple[str, str]:
    job = engine.jobs.listed()[-1]
    return job.status, job.error


SHOP = {
    path: content
    for path, content in recorded("03", "db_default").items()
    if "computed" not in path and "invoices" not in path
}
"""A shop that IMPORT DATABASE takes: without the computed column and the sequence's default."""


def import_shop(engine: SqlEngine, session: Session, files: Files | None = None) -> None:
    put(engine, "in", SHOP if files is None else files)
    ask(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")


def test_a_recorded_shop_comes_out_byte_for_byte(engine: SqlEngine, session: Session) -> None:
    import_shop(engine, session)
    ask(session, "EXPORT INTO CSV 'nodelocal://1/out' FROM DATABASE shop")
    assert found(engine, "out") == SHOP


def test_a_recorded_plant_comes_out_byte_for_byte(engine: SqlEngine, session: Session) -> None:
    plant = recorded("07", "ts_db")
    put(engine, "in", plant)
    reply = ask(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert reply.rows == [("-", "succeeded", "1", "6", "0", "0", "None")]
    (answer,) = session.execute("EXPORT INTO CSV 'nodelocal://1/out' FROM DATABASE plant")
    assert len(answer.earlier) == 2, "an empty result set for each table"
    assert found(engine, "out") == plant


def test_hazards_survive_the_safe_dialect(engine: SqlEngine, session: Session) -> None:
    put(engine, "in", recorded("16", "hazards"))
    ask(session, "CREATE DATABASE t")
    ask(session, "USE t")
    ask(
        session,
        "IMPORT TABLE CREATE USING 'nodelocal://1/in/meta.sql' "
        "CSV DATA ('nodelocal://1/in/n1.0.csv') WITH nullif = '\\N'",
    )
    ask(session, "EXPORT INTO CSV 'nodelocal://1/out' FROM TABLE hazards WITH nullas = '\\N'")
    assert found(engine, "out") == recorded("16", "hazards")


def test_a_missing_data_file_is_no_error(engine: SqlEngine, session: Session) -> None:
    lost = {path: content for path, content in SHOP.items() if path != "public/orders/n1.0.csv"}
    put(engine, "in", lost)
    reply = ask(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert reply.rows[0][1:4] == ("succeeded", "1", "263")
    assert ask(session, "SELECT count(*) FROM shop.public.orders").rows == [("0",)]


def test_a_stray_file_beside_the_schemas_breaks_the_import(
    engine: SqlEngine, session: Session
) -> None:
    put(engine, "in", SHOP | {"manifest.json": b"{}"})
    error = refusal(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert error.message == 'import-create-schema: at or near ".": syntax error'
    assert "shop" not in engine.catalog.databases
    assert last_job(engine) == ("failed", error.message)


def test_a_stray_file_beside_the_data_does_no_harm(engine: SqlEngine, session: Session) -> None:
    import_shop(engine, session, SHOP | {"public/orders/notes.txt": b"{}"})
    assert ask(session, "SELECT count(*) FROM shop.public.orders").rows == [("6",)]


def test_a_bad_record_drops_the_database_again(engine: SqlEngine, session: Session) -> None:
    put(engine, "in", SHOP | {"public/orders/n1.0.csv": b"ten,1,1.00,x\n"})
    error = refusal(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert error.message.startswith(
        "nodelocal://1/in/public/orders//n1.0.csv: error parsing row 1: parse"
    )
    assert "shop" not in engine.catalog.databases


@pytest.mark.parametrize(
    ("file", "tree", "sqlstate", "message"),
    [
        ("08", "trap_seq", "42P01", 'import-create-table: relation "no" does not exist'),
        ("08", "trap_dash", "42601", 'at or near "-": syntax error'),
        ("08", "trap_viewonly", "XXUUU", "cannot import an empty database"),
        ("14", "dd_defaults", "42601", 'at or near "q": syntax error'),
    ],
)
def test_trees_that_cannot_come_back(
    engine: SqlEngine, session: Session, file: str, tree: str, sqlstate: str, message: str
) -> None:
    put(engine, "in", recorded(file, tree))
    error = refusal(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert (error.sqlstate, error.message) == (sqlstate, message)


def test_computed_columns_stop_the_whole_database(engine: SqlEngine, session: Session) -> None:
    put(engine, "in", recorded("03", "db_default"))
    error = refusal(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    assert error.message == (
        "unimplemented: computed columns not supported: b INT8 NULL AS (a * 2) STORED"
    )


def test_apostrophes_vanish_unless_the_table_is_there_already(
    engine: SqlEngine, session: Session
) -> None:
    put(engine, "in", recorded("06", "t_quotes"))
    ask(session, "CREATE DATABASE t")
    ask(session, "USE t")
    data = "CSV DATA ('nodelocal://1/in/n1.0.csv')"
    ask(session, f"IMPORT TABLE CREATE USING 'nodelocal://1/in/meta.sql' {data}")
    assert ("its", "a'b") in ask(session, "SELECT s, x FROM quotes").rows
    ask(session, "TRUNCATE quotes")
    ask(session, f"IMPORT INTO quotes {data}")
    assert ("it's", "a'b") in ask(session, "SELECT s, x FROM quotes").rows


def test_a_failed_import_blocks_its_name_for_a_while(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(new_tables, "later", lambda seconds, action: waiting.append(action))
    put(engine, "in", recorded("06", "t_quotes"))
    ask(session, "CREATE DATABASE t")
    ask(session, "USE t")
    folder = "IMPORT TABLE CREATE USING 'nodelocal://1/in/meta.sql' CSV DATA ('nodelocal://1/in')"
    assert refusal(session, folder).message == 'expected a file but "in" is a directory'
    assert ask(session, "SHOW TABLES").rows == []
    assert refusal(session, "SELECT * FROM quotes").sqlstate == "42P01"
    assert refusal(session, "CREATE TABLE quotes (a INT8)").sqlstate == "42P07"
    for action in waiting:
        action()
    ask(session, "CREATE TABLE quotes (a INT8)")


def test_times_finer_than_milliseconds_land_in_1970(engine: SqlEngine, session: Session) -> None:
    put(engine, "in", recorded("09", "prec"))
    ask(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    times = [ask(session, f"SELECT ts FROM prec.{table}").rows[0][0] for table in ("p3", "p6")]
    assert times == ["2026-11-01 12:00:00.123+00:00", "1970-01-21 18:12:14.400123+00:00"]


def test_bad_rows_go_into_the_folder_of_the_backup(engine: SqlEngine, session: Session) -> None:
    put(engine, "in", recorded("07", "ts_db"))
    ask(session, "IMPORT DATABASE CSV DATA ('nodelocal://1/in')")
    bad = recorded("07", "ts_bad")
    put(engine, "bad", {"n1.0.csv": bad["n1.0.csv"]})
    reply = ask(session, "IMPORT INTO plant.sensors CSV DATA ('nodelocal://1/bad')")
    note = "There is a REJECT FILE, please read and resolve it"
    assert reply.rows == [("-", "succeeded", "1", "4", "0", "1", note)]
    assert found(engine, "bad") == bad
    mode = (engine.extern / "bad" / "reject.n1.0.txt").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    assert ask(session, "SELECT count(*) FROM plant.sensors").rows == [("4",)]


def test_rows_past_their_retention_are_counted_and_gone(
    engine: SqlEngine, session: Session
) -> None:
    put(engine, "in", recorded("07", "aged"))
    ask(session, "CREATE TS DATABASE aged RETENTIONS 30d")
    ask(
        session,
        "CREATE TABLE aged.public.s (ts TIMESTAMPTZ NOT NULL, v FLOAT8) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    )
    reply = ask(session, "IMPORT INTO aged.public.s CSV DATA ('nodelocal://1/in/public/s')")
    assert reply.rows[0][3] == "2"
    assert ask(session, "SELECT count(*) FROM aged.public.s").rows == [("0",)]


def test_defaults_are_refused_and_orphans_accepted(engine: SqlEngine, session: Session) -> None:
    ask(session, "CREATE DATABASE t")
    ask(session, "USE t")
    ask(session, "CREATE TABLE parent (id INT8 PRIMARY KEY)")
    ask(session, "CREATE TABLE child (id INT8 PRIMARY KEY, p INT8 REFERENCES parent (id))")
    ask(session, "CREATE TABLE d (id INT8 PRIMARY KEY, v BOOL DEFAULT false)")
    put(engine, "in", {"n1.0.csv": b"1,1\n"})
    ask(session, "IMPORT INTO child CSV DATA ('nodelocal://1/in/n1.0.csv')")
    key = engine.catalog.find("t", "public", "child")
    assert key is not None
    assert [constraint.validated for constraint in key.foreign_keys] == [False]
    error = refusal(session, "IMPORT INTO d CSV DATA ('nodelocal://1/in/n1.0.csv')")
    assert error.message == (
        "cannot IMPORT INTO a table with a DEFAULT expression for any of its columns"
    )


def test_keys_cannot_be_imported_twice(engine: SqlEngine, session: Session) -> None:
    ask(session, "CREATE DATABASE t")
    ask(session, "CREATE TABLE t.public.k (id INT8 PRIMARY KEY)")
    put(engine, "in", {"n1.0.csv": b"1\n2\n"})
    statement = "IMPORT INTO t.public.k CSV DATA ('nodelocal://1/in/n1.0.csv')"
    ask(session, statement)
    assert refusal(session, statement).message == "ingested key collides with an existing one"
    assert ask(session, "SELECT count(*) FROM t.public.k").rows == [("2",)]


def make_pair(session: Session, rows: int = 3) -> None:
    """A database with two tables of as many rows."""
    ask(session, "CREATE DATABASE big")
    for table in ("a", "b"):
        ask(session, f"CREATE TABLE big.public.{table} (id INT8 PRIMARY KEY, v STRING)")
        ask(
            session,
            f"INSERT INTO big.public.{table} SELECT i, 'x' FROM generate_series(1, {rows}) AS g(i)",
        )


def test_a_database_export_is_one_snapshot(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pair(session)
    other = engine.session("root", "big")
    write_data = run.ExportRun.write_data

    def disturbed(self: run.ExportRun, *arguments: Any) -> list[run.Written]:
        written = write_data(self, *arguments)
        ask(other, f"INSERT INTO b VALUES ({engine.clock.now()}, 'late')")
        return written

    monkeypatch.setattr(run.ExportRun, "write_data", disturbed)
    reply = ask(session, "EXPORT INTO CSV 'nodelocal://1/out' FROM DATABASE big")
    assert [row[1] for row in reply.rows if row[0] != "meta.sql"] == ["3", "3"]
    assert found(engine, "out")["public/b/n1.0.csv"] == b"1,x\n2,x\n3,x\n"


def test_an_export_as_of_a_timestamp_reads_that_state(engine: SqlEngine, session: Session) -> None:
    make_pair(session)
    ((moment,),) = ask(session, "SELECT cluster_logical_timestamp()").rows
    ask(session, "DELETE FROM big.public.a WHERE true")
    reply = ask(
        session,
        "EXPORT INTO CSV 'nodelocal://1/out' FROM SELECT id, v FROM big.public.a "
        f"AS OF SYSTEM TIME '{moment}' WITH nullas = '\\N'",
    )
    assert reply.rows[0][1:] == ("3", "1", "1")


@pytest.fixture
def small_disk(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Only so many more bytes fit: the one number in the list, to be set by the test."""
    left = [10**9]
    write = os.write

    def limited(descriptor: int, data: memoryview) -> int:
        if left[0] <= 0:
            raise OSError(28, "No space left on device")
        written = write(descriptor, bytes(data[: left[0]]))
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", limited)
    return left


def test_a_full_disk_cuts_a_table_and_opens_the_next_file(
    engine: SqlEngine, session: Session, small_disk: list[int]
) -> None:
    make_pair(session, 250)
    small_disk[0] = 100
    error = refusal(
        session,
        "EXPORT INTO CSV 'nodelocal://1/out' FROM TABLE big.public.a WITH chunk_rows = '100'",
    )
    path = engine.extern / "out" / "n1.0.csv"
    assert error.message == f"write file n1.0.csv: write {path}: no space left on device"
    sizes = {name: len(content) for name, content in found(engine, "out").items()}
    assert (sizes["n1.0.csv"], sizes["n1.1.csv"]) == (100, 0)
    assert last_job(engine) == ("failed", error.message)


def test_a_full_disk_is_swallowed_by_a_database_export(
    engine: SqlEngine, session: Session, small_disk: list[int]
) -> None:
    make_pair(session, 250)
    small_disk[0] = 1500
    (answer,) = session.execute("EXPORT INTO CSV 'nodelocal://1/out' FROM DATABASE big")
    assert answer.tag == "EXPORT 2"
    assert next(iter(answer.rows)) == ("TABLE big.public.a", "250", "1", "1")
    (notice,) = answer.notices
    assert notice.message.endswith("no space left on device")
    assert last_job(engine) == ("succeeded", "")


def test_a_cancelled_export_stops_and_blocks_its_folder(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pair(session)
    write_meta = run.ExportRun.write_meta

    def then_cancel(self: run.ExportRun, folder: str, text: str) -> None:
        write_meta(self, folder, text)
        assert session.query is not None
        session.cancel_query(session.query.id)

    monkeypatch.setattr(run.ExportRun, "write_meta", then_cancel)
    export = "EXPORT INTO CSV 'nodelocal://1/out' FROM TABLE big.public.a"
    with pytest.raises(StatementCancelled):
        ask(session, export)
    assert list(found(engine, "out")) == ["meta.sql"]
    assert last_job(engine) == ("running", "")
    assert "is not empty (contains 1 files)" in refusal(session, export).message


def test_a_cancelled_import_hides_its_table_until_it_is_put_back(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting: list[Callable[[], None]] = []
    monkeypatch.setattr(import_table, "later", lambda seconds, action: waiting.append(action))
    make_pair(session)
    put(engine, "in", {"n1.0.csv": b"".join(b"%d,y\n" % n for n in range(10, 9000))})

    def then_cancel(*arguments: Any) -> Iterator[Any]:
        for number, row in enumerate(parsed_rows(*arguments)):
            if number == 100:
                engine.jobs.request_cancel(engine.jobs.listed()[-1].id)
            yield row

    monkeypatch.setattr(import_table, "parsed_rows", then_cancel)
    error = refusal(session, "IMPORT INTO big.public.a CSV DATA ('nodelocal://1/in/n1.0.csv')")
    job = engine.jobs.listed()[-1]
    assert error.message == f"cannot update progress on cancel-requested job (id {job.id})"
    assert job.status == "cancel-requested"
    assert refusal(session, "SELECT count(*) FROM big.public.a").sqlstate == "42P01"
    for action in waiting:
        action()
    assert ask(session, "SELECT count(*) FROM big.public.a").rows == [("3",)]
    assert last_job(engine)[0] == "canceled"


def test_a_node_that_dies_in_an_import_shows_the_table_again(tmp_path: Path) -> None:
    first = SqlEngine(tmp_path / "store")
    root = first.session("root", "defaultdb")
    make_pair(root)
    with first.change(None):
        for relation in first.catalog.relations_in("big"):
            relation.offline = True
            relation.unpublished = relation.name == "b"
    first.close()
    second = SqlEngine(tmp_path / "store")
    again = second.session("root", "big")
    assert ask(again, "SELECT count(*) FROM a").rows == [("3",)]
    assert ask(again, "SHOW TABLES").rows == [("a", "BASE TABLE")]
    second.close()


def test_other_sessions_do_not_see_a_table_before_it_is_complete(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pair(session)
    other = engine.session("root", "big")
    put(engine, "in", {"n1.0.csv": b"10,y\n"})
    seen: list[str] = []

    def look(*arguments: Any) -> Iterator[Any]:
        for row in parsed_rows(*arguments):
            seen.append(refusal(other, "SELECT count(*) FROM a").sqlstate)
            yield row

    monkeypatch.setattr(import_table, "parsed_rows", look)
    ask(session, "IMPORT INTO big.public.a CSV DATA ('nodelocal://1/in/n1.0.csv')")
    assert seen == ["42P01"]
    assert ask(other, "SELECT count(*) FROM a").rows == [("4",)]


def test_users_come_back_from_their_file_all_or_none(engine: SqlEngine, session: Session) -> None:
    ask(session, "CREATE USER teller")
    ask(session, "CREATE ROLE auditors")
    ask(session, "GRANT auditors TO teller")
    ask(session, 'EXPORT USERS TO SQL "nodelocal://1/users"')
    statement = "IMPORT USERS SQL DATA ('nodelocal://1/users/users.sql')"
    ask(session, "DROP ROLE auditors")
    error = refusal(session, statement)
    assert error.message == "import_users: a role/user named teller already exists"
    assert "auditors" not in engine.catalog.users
    ask(session, "DROP USER teller")
    assert ask(session, statement).rows == [("-", "succeeded", "3")]
    assert engine.catalog.users["teller"].member_of == {"auditors": False}


def test_two_imports_at_once_do_not_wait_for_each_other(
    engine: SqlEngine, session: Session
) -> None:
    make_pair(session)
    put(engine, "in", {"n1.0.csv": b"".join(b"%d,y\n" % n for n in range(10, 5000))})
    errors: list[BaseException] = []

    def load_into(table: str) -> None:
        own = engine.session("root", "big")
        try:
            ask(own, f"IMPORT INTO {table} CSV DATA ('nodelocal://1/in/n1.0.csv')")
        except BaseException as err:
            errors.append(err)

    threads = [threading.Thread(target=load_into, args=[table]) for table in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    counts = [ask(session, f"SELECT count(*) FROM big.public.{t}").rows[0][0] for t in ("a", "b")]
    assert counts == ["4993", "4993"]


def test_a_series_export_answers_one_word_and_a_relational_one_counts(
    engine: SqlEngine, session: Session
) -> None:
    make_pair(session)
    ask(session, "CREATE TS DATABASE ts")
    ask(
        session,
        "CREATE TABLE ts.public.s (t TIMESTAMPTZ NOT NULL, v INT4) "
        "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    )
    answers: list[Answer] = [
        next(iter(session.execute(f"EXPORT INTO CSV 'nodelocal://1/{name}' FROM {source}")))
        for name, source in [("a", "TABLE big.public.a"), ("s", "TABLE ts.public.s")]
    ]
    assert [len(answer.columns or ()) for answer in answers] == [4, 1]
    assert [len(answer.earlier) for answer in answers] == [0, 1]


def test_a_cancelled_query_ends_its_import_and_changes_nothing(
    engine: SqlEngine, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_pair(session)
    put(engine, "in", {"n1.0.csv": b"".join(b"%d,y\n" % n for n in range(10, 9000))})

    def then_cancel(*arguments: Any) -> Iterator[Any]:
        for number, row in enumerate(parsed_rows(*arguments)):
            if number == 100 and session.query is not None:
                session.cancel_query(session.query.id)
            yield row

    monkeypatch.setattr(import_table, "parsed_rows", then_cancel)
    with pytest.raises(StatementCancelled):
        ask(session, "IMPORT INTO big.public.a CSV DATA ('nodelocal://1/in/n1.0.csv')")
    assert last_job(engine)[0] == "canceled"
    assert ask(session, "SELECT count(*) FROM big.public.a").rows == [("3",)]


def test_a_timeout_fails_an_export_and_its_job(engine: SqlEngine, session: Session) -> None:
    make_pair(session, 200_000)
    ask(session, "SET statement_timeout = '30ms'")
    error = refusal(session, "EXPORT INTO CSV 'nodelocal://1/out' FROM DATABASE big")
    assert error.sqlstate == "57014"
    assert last_job(engine) == ("failed", "query execution canceled due to statement timeout")


def test_imports_read_from_the_node_alone(session: Session) -> None:
    error = refusal(session, "IMPORT DATABASE CSV DATA ('https://example.invalid/set')")
    assert error.message == "the sandbox reads nodelocal:// only, not https://"


def test_a_computed_column_left_out_of_the_list_is_computed(
    engine: SqlEngine, session: Session
) -> None:
    ask(session, "CREATE DATABASE t")
    ask(session, "USE t")
    ask(session, "CREATE TABLE c (id INT8 PRIMARY KEY, a INT8, b INT8 AS (a * 2) STORED)")
    put(engine, "in", {"n1.0.csv": b"1,21\n2,\n"})
    ask(session, "IMPORT INTO c (id, a) CSV DATA ('nodelocal://1/in/n1.0.csv')")
    assert ask(session, "SELECT * FROM c").rows == [("1", "21", "42"), ("2", None, None)]
