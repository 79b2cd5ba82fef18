"""Looking after sets from the command line: pins, retention, deletion, leftovers, comparison."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.errors import ExitCode
from kwtui.runs.directory import RunsDirectory
from kwtui.runs.lock import LockHolder
from kwtui.runs.process import hold_set
from kwtui.runs.process_identity import current_identity
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.conftest import SandboxNode

DAY = datetime(2026, 9, 1, 8, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    extern = tmp_path / "extern"
    extern.mkdir()
    return extern


@pytest.fixture
def sets(home: CommandLine, extern: Path) -> list[SetLocation]:
    """One a day, the oldest first."""
    days = [DAY + timedelta(days=n) for n in range(4)]
    return [make_set(extern, home.state / "state", started=day) for day in days]


def listed(home: CommandLine, extern: Path) -> dict[str, dict[str, Any]]:
    done = home.run("list", "--extern", str(extern), "--json")
    return {entry["path"]: entry for entry in done.object["entries"]}


@contextmanager
def held(home: CommandLine, extern: Path, path: str) -> Iterator[None]:
    """As by a living run."""
    locks = RunsDirectory(home.state / "state").locks
    locks.mkdir(parents=True, exist_ok=True)
    with hold_set(
        locks, str(extern), path, LockHolder("20261122T080000Z-abcd", current_identity())
    ):
        yield


@pytest.mark.parametrize(
    "command", ["compare", "pin", "unpin", "note", "label", "delete", "prune", "cleanup"]
)
def test_every_command_explains_itself_with_examples(home: CommandLine, command: str) -> None:
    done = home.run(command, "--help")

    assert done.code == 0
    assert f"kwtui {command}" in done.out.split("examples:")[1]


def test_a_pinned_set_with_a_note_survives_retention(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    oldest = sets[0].path
    assert home.run("pin", oldest, *files).code == 0
    assert home.run("note", oldest + "/", "before the move", *files).code == 0
    assert home.run("label", oldest, "release 4.2", *files).code == 0

    shown = home.run("prune", "--keep-last", "1", *files)
    before = listed(home, extern)
    done = home.run("prune", "--keep-last", "1", "--yes", *files)

    assert shown.code == done.code == 0, done.err
    assert len(before) == 4, "without --yes nothing goes"
    after = listed(home, extern)
    assert set(after) == {oldest, sets[3].path}
    entry = after[oldest]
    assert (entry["pinned"], entry["remark"]) == (True, "before the move")
    assert entry["label"] == "release 4.2"
    assert "pinned; release 4.2; before the move" in home.run("list", *files).out


def test_the_preview_as_json_is_what_is_done(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    options = ("--keep-daily", "2", "--extern", str(extern), "--json")
    preview = home.run("prune", "shop", *options).object["preview"]
    events = home.run("prune", "shop", "--yes", *options).objects

    goes = sorted(d["entry"]["path"] for d in preview["decisions"] if not d["keep"])
    assert goes == [s.path for s in sets[:2]]
    assert events[-1]["result"]["removed"] == goes
    assert [day["day"] for day in preview["days"]] == [f"2026-09-0{n}" for n in (4, 3, 2, 1)]
    assert sorted(listed(home, extern)) == [s.path for s in sets[2:]]


def test_a_database_without_a_backup_is_not_found_and_gets_no_rules(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    for more in ((), ("--yes",), ("--json",), ("--save",)):
        options = ("--keep-last", "1", *more, "--extern", str(extern))
        done = home.run("prune", "shpo", *options)
        assert done.code == ExitCode.NOT_FOUND
        assert "no backup of shpo" in done.out + done.err
    assert len(listed(home, extern)) == 4
    assert home.run("prune", "shpo", "--yes", "--extern", str(extern)).code == ExitCode.USAGE


def test_saved_rules_run_from_cron_without_options(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    assert home.run("prune", "--yes", *files).code == ExitCode.USAGE
    assert len(listed(home, extern)) == 4

    assert home.run("prune", "shop", "--keep-last", "2", "--save", *files).code == 0
    assert len(listed(home, extern)) == 4
    assert home.run("prune", "--yes", *files).code == 0
    assert len(listed(home, extern)) == 2
    again = home.run("prune", "--yes", *files)
    assert (again.code, again.out) == (0, "Nothing goes.\n")
    assert home.run("prune", "plant", "--yes", *files).code == ExitCode.USAGE


@pytest.mark.parametrize(
    "words",
    [
        ["prune", "--keep-last", "-1"],
        ["prune", "--keep-last", "0"],
        ["prune", "--min-proof", "P2"],
        ["prune", "--save"],
        ["prune", "--keep-last", "1", "--yes", "--dry-run"],
        ["delete", "x", "--yes", "--yes-delete", "x"],
        ["note", "kwtui/shop/20260901T080000Z", "two\nlines"],
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_wrong_usage(
    home: CommandLine, extern: Path, sets: list[SetLocation], words: list[str]
) -> None:
    assert home.run(*words, "--extern", str(extern)).code == ExitCode.USAGE
    assert len(listed(home, extern)) == 4


def test_deleting_shows_first_and_refuses_the_last_proven_one(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    for location in sets[:3]:
        shown = home.run("delete", location.path, *files)
        assert shown.code == 0
        assert shown.out.splitlines()[-1] == "Nothing was removed. Add --yes to do it."
        assert location.root.exists()
        done = home.run("delete", location.path, "--yes", *files)
        assert done.code == 0
        assert done.out.splitlines()[-1].endswith("is free now.")
        assert not location.root.exists()
    last = sets[3]

    refused = home.run("delete", last.path, "--yes", *files)
    wrong = home.run("delete", last.path, "--yes-delete", "shop", *files)

    assert refused.code == wrong.code == ExitCode.REFUSED_BY_PLAN
    assert "last proven" in refused.err
    assert f"--yes-delete {last.root.name}" in refused.err
    assert last.root.exists()
    assert home.run("delete", last.path, "--yes-delete", last.root.name, *files).code == 0
    assert not last.root.exists()


@pytest.mark.parametrize("command", ["prune", "delete"])
def test_nothing_goes_on_the_word_of_a_newest_one_that_a_disk_has_changed(
    home: CommandLine, tmp_path: Path, command: str
) -> None:
    """One byte differs, which only reading it all shows; the hint can be pasted as it is."""
    extern = tmp_path / "extern of mine"
    extern.mkdir()
    days = [DAY + timedelta(days=n) for n in range(2)]
    old, new = (make_set(extern, home.state / "state", started=day) for day in days)
    file = next(new.data.rglob("*.csv"))
    content = file.read_bytes()
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    words = ["prune", "--keep-last", "1"] if command == "prune" else ["delete", old.path]

    shown = home.run(*words, "--extern", str(extern))
    done = home.run(*words, "--yes", "--extern", str(extern))

    assert f"Check the backup that is kept: {new.path}" in shown.out
    assert done.code == ExitCode.BACKUP_DAMAGED
    assert f"Nothing was removed: the backup to be kept failed its check. {new.path}" in (done.err)
    (verify,) = (w for w in done.err.splitlines() if "kwtui verify" in w)
    pasted = shlex.split(verify.partition("kwtui ")[2].partition("  Then")[0])
    assert pasted == ["verify", new.path, "--extern", str(extern)]
    assert home.run(*pasted).code == ExitCode.BACKUP_DAMAGED
    assert old.root.exists()
    assert new.root.exists()


def test_a_copied_folder_stays_and_blocks_nothing(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    copy = sets[3].root.with_name('it\'s "x"')
    shutil.copytree(sets[3].root, copy)
    files = ("--extern", str(extern))

    shown = home.run("prune", "--keep-last", "1", *files)
    done = home.run("prune", "--keep-last", "1", "--yes", *files)
    refused = home.run("delete", f"kwtui/shop/{copy.name}", "--yes", *files)

    assert (shown.code, shown.err) == (0, "")
    assert f"a copy of {sets[3].path}: never removed by a rule" in shown.out
    assert done.code == 0, done.err
    assert sorted(listed(home, extern)) == [sets[3].path, f"kwtui/shop/{copy.name}"]
    assert refused.code == ExitCode.REFUSED_BY_PLAN
    assert 'kwtui/shop/it\'s "x" does not have the name of' in refused.err


def test_deletions_are_runs_that_stay_on_record(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    home.run("delete", sets[0].path, "--yes", "--extern", str(extern))

    (run,) = home.run("runs", "--json").object["runs"]

    assert (run["kind"], run["status"], run["path"]) == ("delete", "succeeded", sets[0].path)


def test_what_a_run_holds_is_neither_deleted_nor_pruned(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    with held(home, extern, sets[0].path):
        deleted = home.run("delete", sets[0].path, "--yes", *files)
        pruned = home.run("prune", "--keep-last", "1", "--yes", "--json", *files)

    assert deleted.code == ExitCode.RUN_IN_PROGRESS
    assert pruned.code == 0, pruned.err
    assert len(pruned.objects[-1]["result"]["left"]) == 1
    assert sorted(listed(home, extern)) == [sets[0].path, sets[3].path]


def test_leftovers_of_unknown_origin_go_only_by_name(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    unfinished = sets[1]
    unfinished.manifest.unlink()
    recent = home.run("cleanup", unfinished.path, "--yes", *files)
    hour_ago = time.time() - 3600
    for path in unfinished.root.rglob("*"):
        if path.is_file():
            os.utime(path, (hour_ago, hour_ago))

    shown = home.run("cleanup", *files)
    all_of_them = home.run("cleanup", "--yes", *files)
    still = unfinished.root.exists()
    named = home.run("cleanup", unfinished.path, "--yes", *files)

    assert recent.code == ExitCode.RUN_IN_PROGRESS
    assert "unknown origin" in shown.out
    assert all_of_them.code == 0
    assert still
    assert named.code == 0, named.err
    assert sorted(listed(home, extern)) == [s.path for s in sets if s is not unfinished]
    assert home.run("cleanup", sets[0].path, "--yes", *files).code == ExitCode.NOT_FOUND


def test_a_half_deleted_set_is_named_and_goes(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    files = ("--extern", str(extern))
    sets[0].root.rename(sets[0].root.with_name(f".deleted-{sets[0].root.name}"))
    kinds = {e["kind"] for e in listed(home, extern).values()}

    done = home.run("cleanup", "--yes", *files)

    assert kinds == {"set", "deleted"}
    assert done.code == 0
    assert sorted(listed(home, extern)) == [s.path for s in sets[1:]]


# -- with a server ----------------------------------------------------------------------------


@pytest.fixture
def kwtui(demo_sandbox: SandboxNode, tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home", demo_sandbox)


def test_two_backups_are_compared(kwtui: CommandLine) -> None:
    whole = kwtui.backup("shop")
    part = kwtui.backup("shop", "--tables", "orders")

    done = kwtui.run("compare", whole["path"], part["path"], "--json", *kwtui.files).object
    same = kwtui.run("compare", whole["path"], whole["path"], *kwtui.files)

    assert not done["same"]
    tables = {t["name"]["name"]: t for t in done["difference"]["tables"]}
    assert (tables["orders"]["change"], tables["orders"]["content"]) == ("same", "the same")
    assert tables["customers"]["change"] == "removed"
    assert "No difference is known." in same.out


def test_a_backup_of_one_table_does_not_stand_for_the_database(
    tmp_path: Path, sandbox: SandboxNode
) -> None:
    here = CommandLine(tmp_path, sandbox)
    with psycopg.connect(sandbox.dsn, autocommit=True) as connection:
        # On a machine that is too busy a command may not end in time: it is tried once more.
        connection.execute("DROP DATABASE IF EXISTS care_parts CASCADE")
        connection.execute("CREATE DATABASE care_parts")
        for table in ("a", "b"):
            connection.execute(f"CREATE TABLE care_parts.{table} (i INT8 PRIMARY KEY)")
            connection.execute(f"INSERT INTO care_parts.{table} VALUES (1)")
    whole = here.backup("care_parts")
    here.backup("care_parts", "--tables", "a")

    done = here.run("delete", whole["path"], "--yes", *here.files)
    options = ("--keep-last", "1", "--json", *here.files)
    pruned = here.run("prune", "care_parts", *options).object

    assert done.code == ExitCode.REFUSED_BY_PLAN
    assert [d["keep"] for d in pruned["preview"]["decisions"]] == [True, True]


def test_the_database_of_a_killed_restore_is_found_and_dropped(
    kwtui: CommandLine, sandbox: SandboxNode
) -> None:
    with psycopg.connect(sandbox.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE care_kwtui_restoring")
        connection.execute("CREATE DATABASE care")
    here = CommandLine(kwtui.state, sandbox)

    shown = here.run("cleanup", *here.server)
    unnamed = here.run("cleanup", "--yes", *here.server)
    kept = here.databases()
    with psycopg.connect(sandbox.dsn, autocommit=True) as connection:
        connection.execute("USE care_kwtui_restoring")
        busy = here.run("cleanup", "care_kwtui_restoring", "--yes", *here.server)
    named = here.run("cleanup", "care_kwtui_restoring", "--yes", *here.server)

    assert "care_kwtui_restoring" in shown.out
    assert unnamed.code == 0
    assert "care_kwtui_restoring" in kept
    assert busy.code == ExitCode.RUN_IN_PROGRESS
    assert named.code == 0, named.err
    assert here.databases() & {"care", "care_kwtui_restoring"} == {"care"}


def test_a_removal_that_is_killed_can_be_finished(
    home: CommandLine, extern: Path, sets: list[SetLocation]
) -> None:
    """kill -9 of the run itself, whenever that hits: the set is whole, gone, or a leftover."""
    files = ("--extern", str(extern))
    process = home.start("delete", sets[0].path, "--yes", *files)
    runs = RunsDirectory(home.state / "state")
    deadline = time.monotonic() + 60
    identity = None
    while identity is None and time.monotonic() < deadline and process.poll() is None:
        identity = next((r.read_process() for r in runs.all()), None)
    if identity is not None:
        with suppress(ProcessLookupError):
            os.kill(identity.pid, signal.SIGKILL)
    process.communicate(timeout=60)

    entry = listed(home, extern).get(sets[0].path)
    assert entry is None or (entry["kind"], entry["problem"]) == ("set", "")
    assert home.run("cleanup", "--yes", *files).code == 0
    assert {e["kind"] for e in listed(home, extern).values()} == {"set"}


@pytest.mark.parametrize("command", ["delete", "show", "verify", "drill", "pin", "restore"])
@pytest.mark.parametrize("path", ["", ".", "./"])
def test_no_path_at_all_is_asked_for(kwtui: CommandLine, command: str, path: str) -> None:
    done = kwtui.run(command, path, "--extern", "/nowhere")
    assert done.code == ExitCode.USAGE
    assert "as kwtui list prints it" in done.err


def test_a_backup_and_its_run_say_where_it_lies(kwtui: CommandLine) -> None:
    done = kwtui.run("backup", "shop", "--tables", "orders", *kwtui.server)
    entries = kwtui.run("list", "--json", *kwtui.files).object["entries"]
    newest = max((e for e in entries if e["kind"] == "set"), key=lambda e: e["started"])
    run = kwtui.run("runs").out.splitlines()[1].split()[0]

    shown = kwtui.run("runs", "show", run)

    assert done.code == shown.code == 0, done.err + shown.err
    assert newest["path"] in done.out
    assert newest["path"] in shown.out
