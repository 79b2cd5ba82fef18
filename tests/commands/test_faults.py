"""What goes wrong in the middle, and what must still hold: nothing lost, nothing called good."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kwtui.backups.manifest import read_manifest, write_manifest
from kwtui.errors import ExitCode
from tests.command_line import CommandLine, Done
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.faults.nodes import held


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    """A node with a small database and one that takes some seconds to back up."""
    node = start_sandbox(tmp_path_factory.mktemp("faults") / "node", "--empty")
    ask(node, *SMALL, *BIG)
    yield node
    stop_sandbox(node)


SMALL = (
    "CREATE DATABASE small",
    "CREATE TABLE small.public.a (id INT8 PRIMARY KEY, v STRING)",
    "CREATE TABLE small.public.b (id INT8 PRIMARY KEY, v STRING DEFAULT 'x')",
    "INSERT INTO small.public.a VALUES (1, 'it''s'), (2, NULL), (3, '')",
    "INSERT INTO small.public.b VALUES (1, 'one')",
    "CREATE VIEW small.public.v AS SELECT id FROM small.public.a",
)
BIG = (
    "CREATE DATABASE big",
    "CREATE TABLE big.public.rows (id INT8 PRIMARY KEY, v STRING)",
    "INSERT INTO big.public.rows "
    "SELECT i, 'row ' || i::STRING FROM generate_series(1, 120000) AS g(i)",
)
BACKUP_BIG = ("backup", "big", "--incremental", "full", "--check", "full")
"""Everything anew: one that links what did not change has ended before anybody interferes."""
WIDE = (
    *BIG[:2],
    "INSERT INTO big.public.rows SELECT i, repeat('x', 100) FROM generate_series(1, 40000) AS g(i)",
)
"""More than the small file system takes."""


@pytest.fixture
def kwtui(node: SandboxNode, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", node)


def ask(node: SandboxNode, *statements: str) -> list[Any]:
    answer: list[Any] = []
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
            answer = cursor.fetchall() if cursor.description else []
    return answer


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.02)


def start_big_backup(kwtui: CommandLine) -> str:
    done = kwtui.run(*BACKUP_BIG, "--detach", "--json", *kwtui.server)
    assert done.code == 0, done.err
    run: str = done.object["run"]
    return run


def journal(kwtui: CommandLine, run: str) -> str:
    path = kwtui.state / "state/runs" / run / "journal.jsonl"
    return path.read_text() if path.exists() else ""


def worker_pid(kwtui: CommandLine, run: str) -> int:
    process = json.loads((kwtui.state / "state/runs" / run / "process.json").read_text())
    pid: int = process["pid"]
    return pid


def listed(kwtui: CommandLine, database: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = kwtui.run("list", database, "--json", *kwtui.files).object[
        "entries"
    ]
    return entries


def result_of(done: Done) -> dict[str, Any]:
    finished: dict[str, Any] = done.objects[-1]
    return finished


# -- the run ----------------------------------------------------------------------------------


def test_killing_the_run_leaves_no_backup_and_the_next_one_works(kwtui: CommandLine) -> None:
    run = start_big_backup(kwtui)
    wait_for(lambda: "export:public.rows" in journal(kwtui, run), "the export")

    os.kill(worker_pid(kwtui, run), signal.SIGKILL)

    shown = kwtui.run("runs", "show", run, "--json").object
    assert shown["state"]["status"] == "lost"
    left = shown["plan"]["path"]
    assert [e["kind"] for e in listed(kwtui, "big") if e["path"] == left] in ([], ["incomplete"])
    assert kwtui.run("verify", left, *kwtui.files).code in (
        ExitCode.BACKUP_INCOMPLETE,
        ExitCode.NOT_FOUND,
    )
    assert kwtui.run("restore", left, *kwtui.server).code != 0
    assert kwtui.backup("small")["proof"] == 2


def test_cancelling_stops_the_export_on_the_server_and_names_what_stays(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    run = start_big_backup(kwtui)
    wait_for(lambda: "export:public.rows" in journal(kwtui, run), "the export")

    cancelled = kwtui.run("runs", "cancel", run)

    assert cancelled.code == 0
    followed = kwtui.run("runs", "follow", run, "--json")
    assert followed.code == ExitCode.CANCELLED
    assert result_of(followed)["status"] == "cancelled"
    running = ask(node, "SELECT count(*) FROM [SHOW QUERIES] WHERE query LIKE 'EXPORT%'")
    assert running == [(0,)]
    shown = kwtui.run("runs", "show", run, "--json").object
    assert not (node.extern / shown["plan"]["path"] / "manifest.json").exists()


def test_ctrl_c_on_the_command_cancels_where_nobody_can_be_asked(kwtui: CommandLine) -> None:
    command = kwtui.start(*BACKUP_BIG, "--json", *kwtui.server)
    command.stdout.readline()

    command.send_signal(signal.SIGINT)

    out, _ = command.communicate(timeout=60)
    assert command.returncode == ExitCode.CANCELLED
    assert json.loads(out.splitlines()[-1])["status"] == "cancelled"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_policy_that_is_stopped_cancels_what_is_at_work_and_remembers_it(
    kwtui: CommandLine, number: signal.Signals
) -> None:
    assert kwtui.run("policy", "add", "nightly", "--databases", "big,small").code == 0
    command = kwtui.start("policy", "run", "nightly", *kwtui.server)
    told = command.stdout.readline()
    assert "Back up big" in told, "the work began"

    command.send_signal(number)

    out, err = command.communicate(timeout=60)
    assert command.returncode == ExitCode.CANCELLED, out + err
    runs = kwtui.run("runs", "--json").object["runs"]
    assert [run["status"] for run in runs] == ["cancelled"], "small was not begun"
    history = kwtui.run("policy", "show", "nightly", "--json").object["history"]
    assert [event["event"] for event in history] == ["began", "cancelled"]
    assert f"cancelled by {number.name}" in history[-1]["words"]
    assert kwtui.run("policy", "run", "nightly", "--missed", *kwtui.server).out == (
        "No run was missed.\n"
    )


def test_closing_the_terminal_does_not_stop_the_run(kwtui: CommandLine, node: SandboxNode) -> None:
    command = kwtui.start(*BACKUP_BIG, *kwtui.server)
    runs = kwtui.state / "state/runs"
    wait_for(lambda: runs.is_dir() and any(runs.iterdir()), "the run")
    (folder,) = runs.iterdir()
    wait_for(lambda: "step-started" in journal(kwtui, folder.name), "the first step")

    # Nothing goes on at the node meanwhile: on a busy machine the backup would end first.
    with held(node):
        command.send_signal(signal.SIGHUP)
        command.communicate(timeout=30)

    # What waits for the command must not take a backup for done that is under way.
    assert command.returncode == ExitCode.TERMINAL_CLOSED
    followed = kwtui.run("runs", "follow", folder.name, "--json")
    assert result_of(followed)["status"] == "succeeded"


def test_under_nohup_the_command_waits_on(kwtui: CommandLine) -> None:
    command = subprocess.Popen(
        ["nohup", *kwtui.command(*BACKUP_BIG, "--json", *kwtui.server)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        text=True,
        env=kwtui.variables(),
    )
    assert command.stdout is not None
    command.stdout.readline()

    command.send_signal(signal.SIGHUP)

    out, _ = command.communicate(timeout=60)
    assert command.returncode == 0
    assert json.loads(out.splitlines()[-1])["status"] == "succeeded"


def test_a_reader_that_leaves_does_not_make_a_backup_done(kwtui: CommandLine) -> None:
    command = kwtui.start(*BACKUP_BIG, "--json", *kwtui.server)
    run = json.loads(command.stdout.readline())["run"]

    command.stdout.close()
    kwtui.run("runs", "cancel", run, "--no-wait")

    assert command.wait(timeout=60) == ExitCode.CANCELLED
    assert "Traceback" not in command.stderr.read()


def test_two_runs_never_work_on_the_same_database(kwtui: CommandLine) -> None:
    run = start_big_backup(kwtui)

    second = kwtui.run(*BACKUP_BIG, *kwtui.server)

    assert second.code == ExitCode.RUN_IN_PROGRESS
    assert run in second.err
    assert kwtui.backup("small")["proof"] == 2
    kwtui.run("runs", "cancel", run)


def test_another_folder_than_the_nodes_stops_the_first_export(
    kwtui: CommandLine, node: SandboxNode, tmp_path: Path
) -> None:
    """Not after everything was exported into a place that nobody looks at."""
    (tmp_path / "other").mkdir()

    done = kwtui.run("backup", "small", "--dsn", node.dsn, "--extern", str(tmp_path / "other"))

    assert done.code == ExitCode.EXTERN_NOT_FOUND
    assert f"none of its files are in {tmp_path / 'other'}" in done.err
    assert "--extern" in done.err


@pytest.mark.parametrize("how", [(), ("--no-checksums",), ("--method", "database")])
def test_a_time_series_without_its_files_is_no_backup(
    kwtui: CommandLine, node: SandboxNode, tmp_path: Path, how: tuple[str, ...]
) -> None:
    """The server counts neither rows nor files of them: nothing but looking tells."""
    (tmp_path / "other").mkdir()
    ask(
        node,
        "CREATE TS DATABASE IF NOT EXISTS series",
        "CREATE TABLE IF NOT EXISTS series.public.s "
        "(ts TIMESTAMP NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
        "INSERT INTO series.public.s VALUES ('2026-01-01 00:00:00', 1, 1)",
    )

    words = ("backup", "series", *how, "--dsn", node.dsn, "--extern", str(tmp_path / "other"))
    done = kwtui.run(*words)

    assert done.code == ExitCode.EXTERN_NOT_FOUND, done.out
    assert not list((tmp_path / "other").rglob("manifest.json"))


def test_a_time_series_that_is_empty_needs_no_files(kwtui: CommandLine, node: SandboxNode) -> None:
    ask(
        node,
        "CREATE TS DATABASE hollow",
        "CREATE TABLE hollow.public.s "
        "(ts TIMESTAMP NOT NULL, v INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    )

    assert kwtui.backup("hollow")["proof"] == 2


def test_a_set_of_which_only_a_meta_sql_changed_has_its_own_code(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    made = node.extern / kwtui.backup("small", "--method", "database")["path"]
    path = str(made.relative_to(node.extern))
    (made / "data/public/a/meta.sql").write_text("garbage((")

    assert kwtui.run("verify", path, *kwtui.files).code == ExitCode.META_DAMAGED

    next((made / "data/public/b").glob("*.csv")).write_text("2,two\n")
    assert kwtui.run("verify", path, *kwtui.files).code == ExitCode.BACKUP_DAMAGED


# -- the server -------------------------------------------------------------------------------


def test_a_server_that_dies_in_the_middle_fails_the_run_and_loses_nothing(
    tmp_path: Path,
) -> None:
    node = start_sandbox(tmp_path / "node", "--empty")
    try:
        ask(node, *SMALL, *BIG)
        kwtui = CommandLine(tmp_path / "home", node)
        good = kwtui.backup("small")
        run = start_big_backup(kwtui)
        wait_for(lambda: "export:public.rows" in journal(kwtui, run), "the export")

        os.kill(node.pid, signal.SIGKILL)

        followed = kwtui.run("runs", "follow", run, "--json")
        assert followed.code in (ExitCode.CONNECTION_LOST, ExitCode.SERVER_UNREACHABLE)
        assert kwtui.run("verify", good["path"], *kwtui.files).code == 0
    finally:
        again = start_sandbox(tmp_path / "node")
        stop_sandbox(again)


def test_a_user_without_the_admin_role_is_told_so(kwtui: CommandLine, node: SandboxNode) -> None:
    ask(node, "CREATE USER IF NOT EXISTS visitor")
    dsn = node.dsn.replace("root@", "visitor@")
    made = kwtui.backup("small")

    backup = kwtui.run("backup", "small", "--dsn", dsn, *kwtui.files)
    restore = kwtui.run("restore", made["path"], "--as", "x", "--dsn", dsn, *kwtui.files)

    assert backup.code == ExitCode.ADMIN_ROLE_REQUIRED
    assert "GRANT admin TO visitor" in backup.err
    assert restore.code == ExitCode.ADMIN_ROLE_REQUIRED


def test_tls_where_the_server_has_none_is_a_tls_failure(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    dsn = node.dsn.replace("sslmode=disable", "sslmode=require")

    done = kwtui.run("survey", "--dsn", dsn)

    assert done.code == ExitCode.TLS_FAILED


def test_a_wrong_password_and_none_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KWTUI_SANDBOX_ROOT_PASSWORD", "right")
    node = start_sandbox(tmp_path / "node", "--empty", "--password-required")
    try:
        profile = tmp_path / "home/config"
        profile.mkdir(parents=True)
        port = node.dsn.partition("127.0.0.1:")[2].partition("/")[0]
        (profile / "profiles.toml").write_text(
            f'format = 1\n[profile.p]\nport = {port}\ntls = "disable"\n'
            "allow_cleartext_password = true\n"
        )
        wrong = CommandLine(tmp_path / "home", node, {"PGPASSWORD": "wrong"})
        right = CommandLine(tmp_path / "home", node, {"PGPASSWORD": "right"})
        none = CommandLine(tmp_path / "home", node)

        assert wrong.run("survey", "--profile", "p").code == ExitCode.AUTHENTICATION_FAILED
        assert none.run("survey", "--profile", "p").code == ExitCode.AUTHENTICATION_FAILED
        assert right.run("survey", "--profile", "p").code == 0
        without = right.run("survey", "--dsn", node.dsn)
        assert without.code == ExitCode.AUTHENTICATION_FAILED
        assert "without TLS" in without.err
    finally:
        stop_sandbox(node)


def test_a_database_that_is_not_there(kwtui: CommandLine) -> None:
    assert kwtui.run("backup", "nowhere", *kwtui.server).code == ExitCode.NOT_FOUND
    tables = kwtui.run("backup", "small", "--tables", "nowhere", *kwtui.server)
    assert tables.code == ExitCode.NOT_FOUND


# -- the files --------------------------------------------------------------------------------


def test_without_the_nodes_files_nothing_is_started(kwtui: CommandLine, node: SandboxNode) -> None:
    before = sorted(node.extern.rglob("*")) if node.extern.exists() else []

    done = kwtui.run("backup", "small", "--dsn", node.dsn, "--extern", "/nowhere/extern")

    assert done.code == ExitCode.EXTERN_NOT_FOUND
    assert "--extern" in done.err
    assert (sorted(node.extern.rglob("*")) if node.extern.exists() else []) == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(file.read_bytes().replace(b"it", b"IT")),
        lambda file: file.write_bytes(file.read_bytes()[:-3]),
        lambda file: file.unlink(),
    ],
    ids=["a byte changed", "cut", "gone"],
)
def test_damage_is_found_and_a_restore_does_not_begin(
    kwtui: CommandLine, damage: Callable[[Path], object]
) -> None:
    made = kwtui.backup("small")
    damage(Path(made["folder"]) / "data/public/a/n1.0.csv")

    checked = kwtui.run("verify", made["path"], *kwtui.files)
    restored = kwtui.run("restore", made["path"], "--as", "damaged", "--json", *kwtui.server)

    assert checked.code == ExitCode.BACKUP_DAMAGED
    assert "n1.0.csv" in checked.out
    assert restored.code == ExitCode.BACKUP_DAMAGED
    assert not [name for name in kwtui.databases() if name.startswith("damaged")]
    assert listed(kwtui, "small")[0]["path"] == made["path"]


def test_a_damaged_manifest_or_schema_is_refused(kwtui: CommandLine) -> None:
    made = kwtui.backup("small")
    folder = Path(made["folder"])
    schema = folder / "schema.json"
    schema.write_text(schema.read_text().replace("small", "smell", 1))
    assert kwtui.run("verify", made["path"], *kwtui.files).code == ExitCode.BACKUP_DAMAGED
    (folder / "manifest.json").write_text("{")

    assert kwtui.run("verify", made["path"], *kwtui.files).code == ExitCode.BACKUP_DAMAGED
    restored = kwtui.run("restore", made["path"], "--as", "damaged", *kwtui.server)
    assert restored.code == ExitCode.BACKUP_DAMAGED


def test_a_damaged_meta_sql_is_named_with_its_place(kwtui: CommandLine, node: SandboxNode) -> None:
    made = kwtui.backup("small", "--method", "database")
    tree = node.extern / "somebody_elses"
    shutil.copytree(Path(made["folder"]) / "data", tree)
    meta = tree / "public/a/meta.sql"
    meta.write_text(meta.read_text()[:30])

    checked = kwtui.run("verify", "somebody_elses", *kwtui.files)
    restored = kwtui.run("restore", "somebody_elses", "--as", "other", *kwtui.server)

    shutil.rmtree(tree)
    assert checked.code == ExitCode.META_DAMAGED
    assert "public/a/meta.sql" in checked.out
    assert restored.code == ExitCode.META_DAMAGED
    assert not [name for name in kwtui.databases() if name.startswith("other")]


def test_a_set_of_another_place_is_restored_like_our_own(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    made = kwtui.backup("small")
    moved = node.extern / "from elsewhere" / "copy"
    moved.parent.mkdir(exist_ok=True)
    shutil.copytree(made["folder"], moved)

    result = kwtui.restore("from elsewhere/copy", "--as", "moved")

    assert all(line["checksum"] == "the same" for line in result["comparison"])


# -- the disk ---------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MB; needs root, as in most containers."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m,mode=0755", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small file system can only be mounted by root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("method", ["snapshot", "database"])
def test_a_disk_that_fills_up_fails_the_backup_and_not_silently(
    tmp_path: Path, small_disk: Path, method: str
) -> None:
    node = start_sandbox(tmp_path / "node", "--empty")
    try:
        ask(node, *SMALL, *WIDE)
        node.extern.parent.mkdir(exist_ok=True)
        if node.extern.exists():
            node.extern.rmdir()
        node.extern.symlink_to(small_disk)
        kwtui = CommandLine(tmp_path / "home", node)
        good = kwtui.backup("small")

        done = kwtui.run("backup", "big", "--json", "--method", method, *kwtui.server)

        assert done.code in (ExitCode.DISK_FULL, ExitCode.BACKUP_INCOMPLETE), done.err
        shown = done.objects[-1]
        assert shown["status"] == "failed" if "status" in shown else shown["kind"] == "error"
        assert not [e for e in listed(kwtui, "big") if e["kind"] == "set"]
        assert kwtui.run("verify", good["path"], *kwtui.files).code == 0
    finally:
        stop_sandbox(node)


# -- the restore ------------------------------------------------------------------------------


def test_a_restore_that_fails_leaves_nothing_under_the_name_and_says_what_stays(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    made = kwtui.backup("small")
    folder = Path(made["folder"])
    manifest = read_manifest(folder / "manifest.json")
    tables = tuple(
        replace(table, checksum=table.checksum and replace(table.checksum, xor="42"))
        for table in manifest.tables
    )
    write_manifest(folder / "manifest.json", replace(manifest, tables=tables))

    done = kwtui.run("restore", made["path"], "--as", "differs", *kwtui.server)

    assert done.code == ExitCode.RESTORE_DIFFERS
    assert "nothing exists under differs" in done.err
    assert "kwtui cleanup --run" in done.err
    assert "differs" not in kwtui.databases()
    assert "differs_kwtui_restoring" in kwtui.databases()
    again = kwtui.run("restore", made["path"], "--as", "differs", "--dry-run", *kwtui.server)
    assert "differs_kwtui_restoring_2" in again.out
    ask(node, "DROP DATABASE differs_kwtui_restoring CASCADE")


@pytest.fixture(scope="module")
def big_set(node: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> str:
    kwtui = CommandLine(tmp_path_factory.mktemp("big"), node)
    path: str = kwtui.backup("big", "--no-checksums")["path"]
    return path


def start_big_restore(kwtui: CommandLine, path: str, name: str) -> str:
    done = kwtui.run("restore", path, "--as", name, "--detach", "--json", *kwtui.server)
    assert done.code == 0, done.err
    run: str = done.object["run"]
    wait_for(lambda: "import:public.rows" in journal(kwtui, run), "the import")
    return run


def test_cancelling_a_restore_stops_its_job_and_leaves_nothing_under_the_name(
    kwtui: CommandLine, node: SandboxNode, big_set: str
) -> None:
    run = start_big_restore(kwtui, big_set, "unwanted")

    kwtui.run("runs", "cancel", run)

    assert kwtui.run("runs", "follow", run, "--json").code == ExitCode.CANCELLED
    assert "unwanted" not in kwtui.databases()
    jobs = ask(
        node,
        "SELECT count(*) FROM [SHOW JOBS] WHERE job_type = 'IMPORT' "
        "AND status IN ('pending', 'running')",
    )
    assert jobs == [(0,)]
    if "unwanted_kwtui_restoring" in kwtui.databases():
        wait_for(lambda: dropped(node, "unwanted_kwtui_restoring"), "the table to be let go")


def dropped(node: SandboxNode, database: str) -> bool:
    """Drop it, unless a cancelled import still holds one of its tables."""
    try:
        ask(node, f"DROP DATABASE {database} CASCADE")
    except psycopg.errors.ObjectNotInPrerequisiteState:
        return False
    return True


def test_killing_a_restore_leaves_nothing_under_the_name_and_says_where_to_look(
    kwtui: CommandLine, big_set: str
) -> None:
    run = start_big_restore(kwtui, big_set, "interrupted")

    os.kill(worker_pid(kwtui, run), signal.SIGKILL)

    followed = kwtui.run("runs", "follow", run)
    assert followed.code != 0
    assert "interrupted_kwtui_restoring" in followed.err
    assert "interrupted" not in kwtui.databases()


def test_a_view_that_cannot_be_made_is_named_and_costs_no_rows(
    kwtui: CommandLine, node: SandboxNode
) -> None:
    made = kwtui.backup("small")
    folder = Path(made["folder"])
    schema = json.loads((folder / "schema.json").read_text())
    schema["views"][0]["create_statement"] = "CREATE VIEW v (id) AS SELECT nothing FROM nowhere"
    broken = json.dumps(schema).encode()
    (folder / "schema.json").write_bytes(broken)
    manifest = read_manifest(folder / "manifest.json")
    files = tuple(f for f in manifest.files if f.path != "schema.json")
    write_manifest(folder / "manifest.json", replace(manifest, files=files))

    done = kwtui.run("restore", made["path"], "--as", "viewless", *kwtui.server)

    assert done.code == ExitCode.RESTORE_DIFFERS, done.err
    assert "CREATE VIEW" in done.err
    assert "viewless" in kwtui.databases()
    ask(node, "DROP DATABASE viewless CASCADE")
