"""Server, jobs, WAL and reading statements from the command line, on a living node."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode


@pytest.fixture
def kwtui(tmp_path: Path, demo_sandbox: SandboxNode) -> CommandLine:
    return CommandLine(tmp_path / "home", demo_sandbox)


@pytest.fixture
def own(tmp_path: Path, sandbox: SandboxNode) -> CommandLine:
    """On a node whose databases tests may change."""
    return CommandLine(tmp_path / "home", sandbox)


def files_of(kwtui: CommandLine) -> list[str]:
    assert kwtui.node is not None
    return ["--store", str(kwtui.node.store)]


# -- server -----------------------------------------------------------------------------------


def test_the_server_is_told_to_people_and_to_scripts(kwtui: CommandLine) -> None:
    done = kwtui.run("server", *kwtui.server)
    assert done.code == 0, done.err
    for words in (" live ", "ts.wal.wal_level", "the admin role (EXPORT)"):
        assert words in done.out
    told = kwtui.run("server", "--json", *kwtui.server).object
    assert told["facts"]["is_admin"]
    assert [node["id"] for node in told["nodes"]["items"]] == [1]
    assert all(s["meaning"] for s in told["settings"]["items"])
    assert told["sessions"]["items"]


def test_any_setting_is_found_by_words(kwtui: CommandLine) -> None:
    told = kwtui.run("server", "--settings", "slow query threshold", "--json", *kwtui.server)
    names = [s["name"] for s in told.object["settings"]["items"]]
    assert names == ["sql.log.slow_query.latency_threshold"]


def test_a_user_without_the_admin_role_is_told_what_was_kept_back(kwtui: CommandLine) -> None:
    assert kwtui.node is not None
    dsn = kwtui.node.dsn.replace("root@", "clerk@")
    assert "clerk@" in dsn
    done = kwtui.run("server", "--dsn", dsn)
    assert done.code == 0, done.err
    assert "only users with the admin role" in done.out
    told = kwtui.run("server", "--json", "--dsn", dsn).object
    assert told["settings"]["refused"]
    assert {a["action"] for a in told["abilities"] if a["allowed"] is False} >= {"Back up"}
    done = kwtui.run("wal", "--json", "--dsn", dsn)
    assert "admin" in done.object["report"]["settings"]["refused"]


# -- jobs -------------------------------------------------------------------------------------


def test_an_export_is_listed_with_what_the_servers_word_is_worth(own: CommandLine) -> None:
    assert own.node is not None
    with psycopg.connect(own.node.dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS defaultdb.public.cli_jobs (a INT8)")
        connection.execute(b"EXPORT INTO CSV 'nodelocal://1/cli_jobs' FROM TABLE cli_jobs")
    done = own.run("jobs", "--search", "cli_jobs", "--json", *own.server)
    (job,) = done.object["jobs"]
    assert (job["type"], job["status"], job["state"]) == ("EXPORT", "succeeded", "says done")
    assert "verify" in job["advice"]
    assert job["allowed"] == []
    text = own.run("jobs", "--search", "cli_jobs", *own.server)
    assert "says done" in text.out


def test_what_cannot_be_stopped_is_explained(own: CommandLine) -> None:
    jobs = own.run("jobs", "--all", "--json", *own.server).object["jobs"]
    number = next(job["id"] for job in jobs if job["type"] == "TS TXN")
    done = own.run("jobs", "cancel", number, "--yes", *own.server)
    assert done.code == ExitCode.STATEMENT_REFUSED
    assert "only imports can be stopped" in done.err
    shown = own.run("jobs", "show", number, *own.server)
    assert shown.code == 0
    assert "time-series transactions" in shown.out
    assert own.run("jobs", "show", "4711", *own.server).code == ExitCode.NOT_FOUND


# -- WAL --------------------------------------------------------------------------------------


def test_of_an_older_wal_it_is_not_said_how_much_is_needed(
    kwtui: CommandLine, tmp_path: Path
) -> None:
    ring = tmp_path / "store" / "tsdb" / "wal" / "vg_001"
    ring.mkdir(parents=True)
    for number in range(3):
        with (ring / f"kwdb_wal{number}").open("wb") as file:
            file.truncate(64 * 1024 * 1024)
    done = kwtui.run("wal", *kwtui.server, "--store", str(tmp_path / "store"))
    (row,) = [line.split() for line in done.out.splitlines() if line.startswith("vg_001")]
    assert row[1:4] == ["192.0", "MiB", "?"]
    assert "The older layout is in use" in done.out


def test_the_wal_is_told_with_the_nodes_own_files(kwtui: CommandLine) -> None:
    done = kwtui.run("wal", *kwtui.server, *files_of(kwtui))
    assert done.code == 0, done.err + done.out
    for words in ("vg_004", "2 (flush)", "every 1m0s", "If the node died now"):
        assert words in done.out
    told = kwtui.run("wal", "--json", *kwtui.server, *files_of(kwtui)).object
    assert told["level"] == 2
    assert len(told["report"]["files"]["areas"]) == 6
    assert told["alarms"] == []


def test_a_level_that_kwdb_takes_and_does_not_document_is_warned_of(tmp_path: Path) -> None:
    """Row 42: SET CLUSTER SETTING takes 9. On a node of its own: it counts for the cluster."""
    from tests.conftest import start_sandbox, stop_sandbox

    node = start_sandbox(tmp_path / "node", "--empty")
    try:
        own = CommandLine(tmp_path, node)
        with psycopg.connect(node.dsn, autocommit=True) as db:
            db.execute("SET CLUSTER SETTING ts.wal.wal_level = 9")
        checks = own.run("doctor", "--json", *own.server).object["checks"]
        (wal,) = (check for check in checks if check["id"] == "wal")
        assert wal["state"] == "warning"
        assert "The WAL level is 9" in wal["detail"]
        page = own.run("wal", *own.server)
        assert page.code == ExitCode.FAILED
        assert "! The WAL level is 9" in page.out
        assert "does not document it" in own.run("server", "--settings", "wal", *own.server).out
    finally:
        stop_sandbox(node)


def test_a_change_is_only_told_until_the_name_is_given(kwtui: CommandLine) -> None:
    done = kwtui.run("wal", "set", "--level", "1", *kwtui.server)
    assert done.code == 0
    assert "SET CLUSTER SETTING ts.wal.wal_level = 1" in done.out
    assert "nothing was changed" in done.err
    wrong = kwtui.run("wal", "set", "--level", "1", "--yes", "prod", *kwtui.server)
    assert wrong.code == ExitCode.USAGE
    for words in (["--level", "9"], ["--level", "-1"], ["--level", "x"]):
        refused = kwtui.run("wal", "set", *words, *kwtui.server)
        assert refused.code == ExitCode.USAGE
        assert "0 off, 1 sync, 2 flush, 3 by raft" in refused.err
    for words in (["--interval", "1ms"], ["--level", "2"]):
        # What can never run is not offered with the word that runs it.
        refused = kwtui.run("wal", "set", *words, *kwtui.server)
        assert refused.code == ExitCode.REFUSED_BY_PLAN
        assert "--yes" not in refused.out + refused.err
    level = kwtui.run("wal", "--json", *kwtui.server).object["level"]
    assert level == 2


def test_a_change_is_a_run_that_reads_back_what_it_set(tmp_path: Path) -> None:
    """On a node of its own: a setting belongs to the whole cluster."""
    from tests.conftest import start_sandbox, stop_sandbox

    node = start_sandbox(tmp_path / "node", "--empty")
    try:
        kwtui = CommandLine(tmp_path / "home", node)
        cluster = kwtui.run("server", "--json", *kwtui.server).object["facts"]["cluster_id"]
        done = kwtui.run(
            "wal", "set", "--level", "1", "--interval", "30s", "--yes", cluster[:8], "--json",
            *kwtui.server,
        )  # fmt: skip
        assert done.code == 0, done.err + done.out
        settings = done.objects[-1]["result"]["settings"]
        assert "the engine works with 1" in settings["ts.wal.wal_level"]
        told = kwtui.run("wal", "--json", *kwtui.server).object
        assert (told["level"], told["report"]["settings"]["interval"]) == (1, "30s")
        (run,) = kwtui.run("runs", "--json").object["runs"]
        assert run["status"] == "succeeded"
    finally:
        stop_sandbox(node)


# -- SQL --------------------------------------------------------------------------------------


def test_a_reading_statement_is_run(kwtui: CommandLine) -> None:
    done = kwtui.run("sql", "SELECT count(*) AS n FROM orders", "--database", "shop", *kwtui.server)
    assert done.code == 0, done.err
    assert done.out.split() == ["n", "1200"]
    told = kwtui.run(
        "sql", "SELECT no FROM shop.public.orders", "--rows", "5", "--json", *kwtui.server
    ).object
    assert (told["columns"], len(told["rows"]), told["limited"]) == (["no"], 5, True)


@pytest.mark.parametrize(
    "sql",
    ["DELETE FROM shop.public.orders", "EXPORT INTO CSV 'nodelocal://1/x' FROM TABLE a", "BEGIN"],
)
def test_a_statement_that_does_more_is_not(kwtui: CommandLine, sql: str) -> None:
    assert kwtui.run("sql", sql, *kwtui.server).code == ExitCode.REFUSED_BY_PLAN


def test_every_row_is_saved(kwtui: CommandLine, tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    words = ["sql", "SELECT * FROM shop.public.orders", "--rows", "1", "--csv", str(path)]
    done = kwtui.run(*words, "--json", *kwtui.server)
    assert done.code == 0, done.err
    assert json.loads(done.out)["rows"] == 1200
    assert path.read_bytes().count(b"\r\n") == 1201
    again = kwtui.run(*words, *kwtui.server)
    assert again.code == ExitCode.USAGE
    assert "there already" in again.err
