"""A person starts, stops, looks at and resets the sandbox, and things go wrong on the way."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from kwtui.errors import ExitCode
from kwtui.sandbox.control import manage
from kwtui.sandbox.control.home import Home, Running, write_json
from kwtui.sandbox.exit_status import Status


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A directory whose sandbox is stopped when the test is over, whatever happened."""
    directory = tmp_path / "sandbox"
    yield directory
    running = Home(directory).running()
    if running is not None:
        os.kill(running.pid, signal.SIGKILL)
        _until(lambda: Home(directory).running() is None)


def _until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def _run(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "kwtui.sandbox", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
        env=os.environ | environment,
    )


def _query(dsn: str, sql: str) -> object:
    with psycopg.connect(dsn, autocommit=True, connect_timeout=5) as db:
        row = db.execute(sql).fetchone()
        return None if row is None else row[0]


def test_a_day_with_the_sandbox(home: Path) -> None:
    done = _run("start", "--dir", home, "--empty", "--json")
    assert done.returncode == 0, done.stderr
    info = json.loads(done.stdout)
    places = {"store", "extern", "logs", "certs", "nodes"}
    assert set(info) == {"v", "kind", "running", "dsn", "port", "pid", "tls"} | places
    assert (info["v"], info["kind"]) == (1, "sandbox")
    assert [node["node_id"] for node in info["nodes"]] == [1]
    assert info["running"] is True
    assert info["dsn"] == f"postgresql://root@127.0.0.1:{info['port']}/defaultdb?sslmode=disable"
    assert str(_query(info["dsn"], "SELECT version()")).startswith("KaiwuDB V3.2.1")

    again = json.loads(_run("start", "--dir", home, "--json").stdout)
    assert again == info, "a second start finds the first one's server"

    status = _run("status", "--dir", home)
    assert status.returncode == 0
    assert info["dsn"] in status.stdout

    assert _run("stop", "--dir", home).stdout == "The sandbox is stopped.\n"
    assert _run("stop", "--dir", home).stdout == "The sandbox was not running.\n"
    stopped = _run("status", "--dir", home)
    assert stopped.returncode == 3
    assert "not running" in stopped.stdout
    assert json.loads(_run("status", "--dir", home, "--json").stdout)["dsn"] is None

    restarted = json.loads(_run("start", "--dir", home, "--json").stdout)
    assert restarted["port"] == info["port"], "the port is remembered"
    assert restarted["pid"] != info["pid"]

    assert _run("reset", "--dir", home).stdout == "The sandbox's data are deleted.\n"
    assert not (home / "store").exists()
    assert _run("reset", "--dir", home).stdout == "There was no sandbox.\n"


def test_data_survive_a_stop(home: Path) -> None:
    info = manage.start(home, empty=True)
    assert info.dsn
    with psycopg.connect(info.dsn, autocommit=True) as db:
        db.execute("CREATE DATABASE kept")
        db.execute("CREATE TABLE kept.public.t (id INT8 PRIMARY KEY)")
        db.execute("INSERT INTO kept.public.t VALUES (1), (2)")
    assert manage.stop(home)
    info = manage.start(home, empty=True)
    assert info.dsn
    assert _query(info.dsn, "SELECT count(*) FROM kept.public.t") == 2


def test_after_kill_9_the_next_start_finds_what_was_committed(home: Path) -> None:
    info = manage.start(home, empty=True)
    assert info.dsn
    assert info.pid
    with psycopg.connect(info.dsn, autocommit=True) as db:
        db.execute("CREATE DATABASE kept")
    os.kill(info.pid, signal.SIGKILL)
    _until(lambda: not manage.status(home).running)
    assert (home / "run.json").exists(), "the killed server left its file behind"
    again = manage.start(home, empty=True)
    assert again.pid != info.pid
    assert again.port == info.port
    assert again.dsn
    assert (
        _query(again.dsn, "SELECT count(*) FROM [SHOW DATABASES] WHERE database_name='kept'") == 1
    )


def test_a_stale_pid_that_now_belongs_to_another_program_is_left_alone(home: Path) -> None:
    home.mkdir()
    Home(home).open()
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        stale = Running(stranger.pid, 1, "postgresql://x", "2026-01-01T00:00:00+00:00", "boot", 7)
        write_json(home / "run.json", vars(stale))
        assert not manage.status(home).running
        assert manage.stop(home) is False
        assert stranger.poll() is None, "it was not ours to stop"
    finally:
        stranger.kill()
        stranger.wait()


def test_a_port_in_use_is_named_with_a_way_out(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = _run("start", "--dir", home, "--port", str(port), "--empty")
    assert done.returncode == Status.PORT_IN_USE
    assert done.stderr == (
        f"kwtui sandbox: Port {port} is in use by another program. "
        "Name another one with --port, or leave it out to take a free one.\n"
    )


def test_a_remembered_port_that_is_taken_is_replaced(home: Path) -> None:
    first = manage.start(home, empty=True)
    manage.stop(home)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", first.port))
        other.listen()
        assert manage.start(home, empty=True).port != first.port


def test_a_running_sandbox_does_not_move_to_another_port(home: Path) -> None:
    first = manage.start(home, empty=True)
    with pytest.raises(manage.ManageError, match=f"already runs, on port {first.port}"):
        manage.start(home, port=1)


def test_two_starts_at_once_make_one_server(home: Path) -> None:
    found: list[manage.SandboxInfo] = []
    threads = [
        threading.Thread(target=lambda: found.append(manage.start(home, empty=True)))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 3
    assert len({info.pid for info in found}) == 1


def test_a_directory_of_something_else_is_not_touched(home: Path) -> None:
    home.mkdir()
    (home / "letters.txt").write_text("dear")
    done = _run("start", "--dir", home)
    assert done.returncode == Status.FAILED
    assert "is not a sandbox and not empty (it holds letters.txt)" in done.stderr
    assert "Name an empty or new directory with --dir" in done.stderr
    assert _run("reset", "--dir", home).returncode == Status.FAILED
    assert (home / "letters.txt").read_text() == "dear"


@pytest.mark.parametrize(
    ("content", "said", "status"),
    [
        (
            '{"format": 0}',
            "a sandbox of an older format (0; this one writes 1)",
            Status.OTHER_VERSION,
        ),
        (
            '{"format": 99}',
            "a sandbox of a newer format (99; this one writes 1)",
            Status.OTHER_VERSION,
        ),
        ("not json", "sandbox.json cannot be read", Status.STORE_BROKEN),
        ('{"format": 1}', "is not complete", Status.STORE_BROKEN),
    ],
)
def test_a_directory_of_another_format_says_how_to_make_it_new(
    home: Path, content: str, said: str, status: Status
) -> None:
    home.mkdir()
    (home / "sandbox.json").write_text(content)
    (home / "store").mkdir()
    for command in ("start", "status"):
        done = _run(command, "--dir", home)
        assert done.returncode == status
        assert said in done.stderr
        assert f"kwtui sandbox reset --dir {home}" in done.stderr
    assert _run("reset", "--dir", home).returncode == 0
    assert not (home / "store").exists()


def test_a_server_that_does_not_come_up_shows_the_end_of_its_log(home: Path) -> None:
    manage.start(home, empty=True)
    manage.stop(home)
    (home / "store" / "sql" / "data.duckdb").write_bytes(b"not a database" * 500)
    with pytest.raises(manage.ManageError) as caught:
        manage.start(home)
    text = str(caught.value)
    assert "did not start (exit status 54)" in text
    assert caught.value.status == Status.STORE_BROKEN
    assert f"kwtui sandbox reset --dir {home}" in text
    assert f"The end of {home / 'server.log'}:" in text
    assert "data.duckdb" in text


def test_a_first_start_that_was_killed_is_begun_anew(home: Path) -> None:
    Home(home).open()
    (home / "store" / "sql").mkdir(parents=True)
    (home / "store" / "sql" / "data.duckdb").write_bytes(b"half")
    info = manage.start(home, empty=True)
    assert info.dsn
    assert _query(info.dsn, "SELECT 1") == 1


def test_without_the_extra_it_says_what_to_install(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(manage.ManageError) as caught:
        manage.start(home)
    assert "duckdb, sqlglot" in str(caught.value)
    assert f"{sys.executable} -m pip install duckdb sqlglot" in str(caught.value)
    assert caught.value.status == Status.EXTRA_MISSING
    with pytest.raises(manage.ManageError, match="cryptography"):
        manage.start(home, tls=True)
    assert not home.exists()


def test_its_files_are_not_for_others(home: Path) -> None:
    manage.start(home, empty=True)
    for path in home.rglob("*"):
        if not path.is_symlink():
            assert path.stat().st_mode & 0o007 == 0, path


def test_closing_the_terminal_does_not_stop_it(home: Path) -> None:
    info = manage.start(home, empty=True)
    assert info.pid
    assert info.dsn
    os.kill(info.pid, signal.SIGHUP)
    log = home / "store" / "logs" / "kwbase.log"
    _until(lambda: "SIGHUP" in log.read_text(errors="replace"))
    assert _query(info.dsn, "SELECT 1") == 1


def test_a_stop_with_a_client_connected_is_clean(home: Path) -> None:
    info = manage.start(home, empty=True)
    assert info.dsn
    with psycopg.connect(info.dsn, autocommit=True) as db:
        db.execute("SELECT 1")
        assert manage.stop(home)
        with pytest.raises(psycopg.OperationalError):
            db.execute("SELECT 1")
    text = (home / "store" / "logs" / "kwbase.log").read_text(errors="replace")
    assert "server drained and shutdown completed" in text
    assert (home / "server.log").read_text() == ""


def test_wrong_usage_is_status_2() -> None:
    assert _run("begin").returncode == 2
    assert _run("start", "--port", "70000").returncode == 2


def test_the_default_directory_follows_the_state_directory(tmp_path: Path) -> None:
    done = _run("status", "--json", XDG_STATE_HOME=str(tmp_path))
    assert done.returncode == 3
    assert json.loads(done.stdout)["store"] == str(tmp_path / "kwtui" / "sandbox" / "store")
    assert not (tmp_path / "kwtui").exists(), "looking makes nothing"


def test_the_default_directory_can_be_moved_by_itself(tmp_path: Path) -> None:
    done = _run("status", "--json", XDG_STATE_HOME=str(tmp_path), KWTUI_DATA_DIR=f"{tmp_path}/d")
    assert json.loads(done.stdout)["store"] == str(tmp_path / "d" / "sandbox" / "store")


def test_kwtui_ends_with_the_status_of_its_sandbox(home: Path) -> None:
    """What ``kwtui sandbox`` promises to scripts."""
    manage.start(home, empty=True)
    manage.stop(home)
    (home / "store" / "sql" / "data.duckdb").write_bytes(b"not a database" * 500)
    done = subprocess.run(
        [sys.executable, "-m", "kwtui.cli", "sandbox", "start", "--dir", str(home)],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == ExitCode.SANDBOX_STORE_BROKEN
    assert f"kwtui sandbox reset --dir {home}" in done.stderr


def test_every_status_from_50_on_is_an_exit_code_of_kwtui() -> None:
    own = {status.value for status in Status if status >= 50}
    assert own == {code.value for code in ExitCode if code.name.startswith("SANDBOX_")}
