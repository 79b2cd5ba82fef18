"""The runbook: a person restores with a shell and a SQL client, under any name, from any place.

Here the client is a shell script that writes down what it is told; on a living node it is psql, in
`tests.drills.test_restore_by_hand`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from kwtui.backups.layout.location import SetLocation
from kwtui.backups.manifest import Manifest, read_manifest
from kwtui.documents.restore_script import checksum_lines, restore_sh
from kwtui.documents.runbook import (
    TARGET_MARK,
    Runbook,
    RunbookCheck,
    RunbookStep,
    SeriesRows,
    restore_sql,
    source_uri,
)
from kwtui.sql.session import script_settings
from tests.backups.builder import make_set

SHELLS = [[name] for name in ("dash", "bash") if shutil.which(name)]
if shutil.which("busybox"):
    SHELLS.append(["busybox", "sh"])

CLIENT = """\
#!/bin/sh
# Writes down what it takes and answers every count with what $ANSWER holds.
while IFS= read -r line; do
    printf '%s\n' "$line" >>"$HEARD"
    case $line in
        "SELECT 'step "*) echo "${line#SELECT }" ;;
        "SELECT 'kwtui "*) echo "?column?"; echo "${line#SELECT }" | tr -d "';" ;;
        "SELECT count"*) printf 'count\\txor\\tsum\\n%b\\n(1 row)\\n' "$ANSWER" ;;
    esac
    case $line in *"${REFUSE-nothing at all}"*) echo "ERROR: ${WHY-refused}" >&2; exit 1 ;; esac
done
"""


@dataclass(frozen=True)
class Bench:
    """A set with its runbook, and a client that takes everything."""

    folder: Path
    client: Path
    heard: Path

    def run(
        self, *options: str, shell: Sequence[str] = ("sh",), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return self.call(*options, str(self.client), shell=shell, **environment)

    def call(
        self, *arguments: str, shell: Sequence[str] = ("sh",), **environment: str
    ) -> subprocess.CompletedProcess[str]:
        self.heard.unlink(missing_ok=True)
        variables = {"PATH": "/usr/bin:/bin", "HEARD": str(self.heard), "ANSWER": "4\\t1\\t2"}
        return subprocess.run(
            [*shell, str(self.folder / "restore.sh"), *arguments],
            check=False,
            capture_output=True,
            text=True,
            timeout=20,
            env=variables | environment,
        )

    @property
    def told(self) -> str:
        return self.heard.read_text()


@pytest.fixture
def location(tmp_path: Path) -> SetLocation:
    return make_set(tmp_path / "extern", tmp_path / "state")


@pytest.fixture
def manifest(location: SetLocation) -> Manifest:
    return replace(
        read_manifest(location.manifest),
        not_included=("Passwords of users: KWDB never exports them.",),
    )


FINE = SeriesRows(
    table="public.fine",
    folder="public/fine",
    head="INSERT INTO fine (ts, v) VALUES ",
    kinds="sn",
    rows=1,
)


@pytest.fixture
def runbook(manifest: Manifest) -> Runbook:
    file = f"{source_uri(manifest)}/public/orders/n1.0.csv"
    mark = TARGET_MARK
    steps = (
        RunbookStep(f"Create the database {mark}", (f"CREATE DATABASE {mark}", f"USE {mark}")),
        RunbookStep(
            "Create the table",
            (
                f'CREATE TABLE "{mark}"."public"."orders" (\n\tid INT8,\n\tname STRING'
                " DEFAULT e'it\\'s $HOME `x` \\\\ \"y\" & | #\n"
                "-- step 9: not one\n\\ir /etc/passwd'"
                "\n);",
            ),
        ),
        RunbookStep(
            "Load its rows",
            (f"IMPORT INTO {mark}.public.orders CSV DATA ('{file}') WITH nullif = '\\N'",),
            "From its own files.",
        ),
        RunbookStep("Insert the fine ones", (), rows=FINE),
        RunbookStep("Make a view", (f"CREATE VIEW {mark}.public.v AS SELECT 1",), late=True),
        RunbookStep("Give the grants", ("GRANT SELECT ON v TO teller",), late=True, grants=True),
        RunbookStep("Mark it complete", (f"COMMENT ON DATABASE {mark} IS NULL",), late=True),
    )
    check = RunbookCheck("public.orders", f"SELECT count(*) FROM {mark}.public.orders", 4, "1 2")
    return Runbook(steps, (check,))


@pytest.fixture
def bench(tmp_path: Path, location: SetLocation, manifest: Manifest, runbook: Runbook) -> Bench:
    return write_runbook(tmp_path, location, manifest, runbook)


def write_runbook(
    tmp_path: Path, location: SetLocation, manifest: Manifest, runbook: Runbook
) -> Bench:
    folder = location.sidecars
    (folder / "restore.sh").write_text(restore_sh(manifest, runbook))
    fine = folder / "data/public/fine"
    fine.mkdir()
    (fine / "n1.0.csv").write_text("2026,1\n")
    files = [file for table in manifest.tables for file in table.files]
    (folder / "SHA256SUMS").write_text(checksum_lines(files))
    client = tmp_path / "client"
    client.write_text(CLIENT)
    client.chmod(0o755)
    return Bench(folder, client, tmp_path / "heard")


def test_both_sessions_of_the_script_read_values_as_kwtui_did(bench: Bench) -> None:
    """Under whatever settings the client comes (live-findings, row 34)."""
    done = bench.run("--as", "again")

    assert done.returncode == 0, done.stderr
    for statement in script_settings():
        # Making the database, filling it, comparing it, what comes late, calling it complete.
        assert bench.told.count(f"{statement};\n") == 5


def test_the_program_is_plain_shell(bench: Bench) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    done = subprocess.run(
        ["shellcheck", str(bench.folder / "restore.sh")],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout == ""


def test_the_sql_script_restores_under_the_given_name(manifest: Manifest, runbook: Runbook) -> None:
    sql = restore_sql(manifest, runbook, 'sh"op')
    assert TARGET_MARK not in sql
    assert 'CREATE DATABASE "sh""op";' in sql
    assert 'IMPORT INTO "sh""op".public.orders' in sql
    assert "step 3: Load its rows\n" in sql
    assert "step 4: Insert the fine ones\n\\ir inserts/public/fine.sql\n" in sql
    assert "-- public.orders: 4 1 2\n" in sql


def test_the_shell_script_prints_what_the_sql_script_holds(
    bench: Bench, manifest: Manifest, runbook: Runbook
) -> None:
    printed = bench.call("--print")
    assert printed.stderr == ""
    assert printed.stdout in restore_sql(manifest, runbook, manifest.database)
    assert printed.stdout.count("step ") == 7 + 1


@pytest.mark.parametrize("name", ["shop_restored", "Shop 2", 'a"b', "a&b|c\\d", "it's", "数据"])
def test_another_name(bench: Bench, manifest: Manifest, runbook: Runbook, name: str) -> None:
    printed = bench.call("--as", name, "--print").stdout
    assert printed in restore_sql(manifest, runbook, name)


def test_everything_reaches_the_client_in_order_and_is_compared(bench: Bench) -> None:
    done = bench.run("--as", "x")

    assert (done.returncode, done.stdout.count("ERROR")) == (0, 0), done.stderr
    order = [
        'CREATE DATABASE "x"',
        'CREATE TABLE "x"."public"."orders"',
        'IMPORT INTO "x".public.orders',
        "INSERT INTO fine (ts, v) VALUES ('2026', 1);",
        'SELECT count(*) FROM "x".public.orders',
        'CREATE VIEW "x".public.v',
        "GRANT SELECT",
    ]
    places = [bench.told.index(text) for text in order]
    assert places == sorted(places)
    assert "public.orders: 4 rows, the content is the same" in done.stderr
    assert "Restored and compared: x" in done.stderr


def test_text_of_the_database_is_data_to_the_script(bench: Bench) -> None:
    """A default holds what looks like a step and like an include: it must arrive as it is."""
    bench.run()
    assert "\n-- step 9: not one\n\\ir /etc/passwd'\n);" in bench.told
    assert "root:" not in bench.told
    assert "DEFAULT e'it\\'s $HOME `x` \\\\ \"y\" & | #\n" in bench.told


def test_the_client_may_stand_in_the_environment(bench: Bench) -> None:
    done = bench.call("--as", "x", SQL_CLIENT=f"env {bench.client}")
    assert done.returncode == 0, done.stderr
    assert 'CREATE DATABASE "x"' in bench.told


def test_without_a_client_nothing_is_done(bench: Bench) -> None:
    done = bench.call()
    assert done.returncode == 2
    assert "Usage: restore.sh" in done.stderr


def test_a_name_that_is_taken_is_refused(bench: Bench) -> None:
    done = bench.run(REFUSE="CREATE DATABASE", WHY='database "shop" already exists')
    assert done.returncode == 3
    assert "There is a database shop already. Nothing was changed." in done.stderr
    assert "CREATE TABLE" not in bench.told


def test_the_first_error_stops_it_and_it_goes_on_from_there(bench: Bench) -> None:
    stopped = bench.run("--as", "x", REFUSE="IMPORT INTO")
    assert stopped.returncode == 1
    assert "--from N" in stopped.stderr
    assert "INSERT INTO" not in bench.told

    goes_on = bench.run("--as", "x", "--from", "3")
    assert goes_on.returncode == 0, goes_on.stderr
    assert "CREATE" not in bench.told.partition("CREATE VIEW")[0]
    assert bench.told.index('USE "x"') < bench.told.index("IMPORT INTO")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("3\\t1\\t2", "3 rows, and the backup holds 4"),
        ("4\\t1\\t3", "4 rows as in the backup, but their content is another"),
        ("0\\tNULL\\tNULL", "0 rows, and the backup holds 4"),
    ],
)
def test_other_rows_than_in_the_backup_are_an_error(bench: Bench, answer: str, words: str) -> None:
    done = bench.run(ANSWER=answer)
    assert done.returncode == 4
    assert words in done.stderr
    assert "CREATE VIEW" in bench.told, "what can be finished is"
    assert "COMMENT ON DATABASE" not in bench.told, "but it is not called complete"


def test_more_devices_than_were_counted_are_none_too_few(
    tmp_path: Path, location: SetLocation, manifest: Manifest, runbook: Runbook
) -> None:
    """Some may have come with rows while the backup was made."""
    check = RunbookCheck("public.d", "SELECT count(*) FROM d", 3, of_devices=True)
    bench = write_runbook(tmp_path, location, manifest, replace(runbook, checks=(check,)))
    assert bench.run(ANSWER="4").returncode == 0
    fewer = bench.run(ANSWER="2")
    assert fewer.returncode == 4
    assert "public.d: 2 devices, and the backup holds 3" in fewer.stderr


def test_a_step_that_fails_does_not_cost_those_behind_it(bench: Bench) -> None:
    failed = bench.run(REFUSE="CREATE VIEW")
    assert failed.returncode == 6
    assert "steps failed: 5." in failed.stderr
    assert "--from 5" in failed.stderr
    assert "GRANT SELECT" in bench.told
    assert "COMMENT ON DATABASE" not in bench.told
    both = bench.run(REFUSE="CREATE VIEW", ANSWER="3")
    assert both.returncode == 4, "rows are more than a view"
    assert "These steps failed too: 5" in both.stderr


def test_without_a_server_no_step_is_tried_after_the_other(bench: Bench) -> None:
    gone = bench.run("--from", "5", REFUSE="SET statement_timeout")
    assert gone.returncode == 1, "the comparison needs it too"


def test_an_answer_is_read_as_any_client_prints_it(bench: Bench) -> None:
    for answer in (" 4 |  1 |  2", "4|1|2", "| 4 | 1 | 2 |", "4,1,2"):
        assert bench.run(ANSWER=answer).returncode == 0


def test_a_client_that_answers_nothing_is_not_taken_for_success(bench: Bench) -> None:
    done = bench.call("cat")
    assert done.returncode == 1
    assert "no answer for public.orders" in done.stderr


def test_a_grant_to_nobody_costs_no_rows(bench: Bench) -> None:
    failed = bench.run(REFUSE="GRANT")
    assert failed.returncode == 6
    assert "All rows of shop are there and compared" in failed.stderr

    assert bench.run("--no-grants").returncode == 0
    assert "GRANT" not in bench.told
    assert "COMMENT ON DATABASE" in bench.told
    assert bench.run("--from", "6").returncode == 0
    assert "CREATE VIEW" not in bench.told


@pytest.mark.parametrize("options", [[], ["--no-checksums"]])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_pipe_in_place_of_a_file_is_never_read(
    bench: Bench, options: list[str], shell: list[str]
) -> None:
    file = next((bench.folder / "data/public/orders").iterdir())
    file.unlink()
    os.mkfifo(file)
    done = bench.run(*options, shell=shell)
    assert done.returncode == 5
    assert file.name in done.stderr
    assert not bench.heard.exists()
    file.unlink()
    file.symlink_to("/dev/zero")
    assert bench.run(*options, shell=shell).returncode == 5


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can own what is another account's")
@pytest.mark.parametrize("shell", SHELLS)
def test_root_runs_no_file_of_another_account(bench: Bench, shell: list[str]) -> None:
    os.chown(bench.folder / "restore.sh", 65534, 65534)
    done = bench.run(shell=shell)
    assert done.returncode == 1
    assert "belongs to another account" in done.stderr
    assert not bench.heard.exists()
    assert bench.run("--print", shell=shell).returncode == 0
    assert bench.run("--trust-owner", shell=shell).returncode == 0


@pytest.mark.parametrize("harm", ["change", "remove"])
def test_a_damaged_file_is_found_before_anything_is_done(bench: Bench, harm: str) -> None:
    file = next((bench.folder / "data/public/orders").iterdir())
    if harm == "change":
        file.write_text(file.read_text().replace("1", "2"))
    else:
        file.unlink()

    done = bench.run()

    assert done.returncode == 5
    assert f"data/public/orders/{file.name}" in done.stderr
    assert not bench.heard.exists()


def test_rows_that_come_by_insert_are_made_of_their_files(bench: Bench) -> None:
    assert bench.run().returncode == 0
    assert "\nINSERT INTO fine (ts, v) VALUES ('2026', 1);\n" in bench.told


def test_rows_that_cannot_be_read_are_no_success(bench: Bench) -> None:
    (bench.folder / "data/public/fine/n1.0.csv").write_text("2026\n")
    done = bench.run("--no-checksums")
    assert done.returncode == 1
    assert "public.fine, record 1: it has 1 values, the table 2 columns" in done.stderr
    assert "SELECT count" not in bench.told


def test_the_statements_are_written_for_the_sql_script(bench: Bench, tmp_path: Path) -> None:
    (bench.folder / "restore.sql").write_text("-- as it is\n")
    done = bench.call("--inserts", str(tmp_path / "sql"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sql/restore.sql").read_text() == "-- as it is\n"
    script = (tmp_path / "sql/inserts/public/fine.sql").read_text()
    assert script == "INSERT INTO fine (ts, v) VALUES ('2026', 1);\n"
    again = bench.call("--inserts", str(tmp_path / "sql"))
    assert (again.returncode, "does not exist yet" in again.stderr) == (1, True)


def test_a_set_that_was_moved_in_extern_is_found_there(bench: Bench, tmp_path: Path) -> None:
    moved = tmp_path / "extern/elsewhere/mine"
    moved.parent.mkdir()
    bench.folder.rename(moved)
    there = replace(bench, folder=moved)

    done = there.run("--extern", str(tmp_path / "extern"), "--node", "3")

    assert done.returncode == 0, done.stderr
    assert "('nodelocal://3/elsewhere/mine/data/public/orders/n1.0.csv')" in there.told


def test_a_script_that_is_kept_elsewhere_is_told_where_extern_is(
    bench: Bench, tmp_path: Path
) -> None:
    """As where kwtui could not write in extern, or where a person carried the script away."""
    elsewhere = tmp_path / "state/kept"
    elsewhere.mkdir(parents=True)
    for name in ("restore.sh", "SHA256SUMS"):
        (bench.folder / name).rename(elsewhere / name)
    there = replace(bench, folder=elsewhere)

    assert there.run("--extern", str(tmp_path / "extern")).returncode == 0

    file = next((bench.folder / "data/public/orders").iterdir())
    file.write_text(file.read_text().replace("1", "2"))
    assert there.run("--extern", str(tmp_path / "extern")).returncode == 5
    unseen = there.run()
    assert unseen.returncode == 1
    assert "they are not checked" in unseen.stderr
    assert "the rows of public.fine are made of data/public/fine" in unseen.stderr
    assert there.run("--from", "5").returncode == 0, "the server reads the others itself"


def test_another_address_of_the_files(bench: Bench, manifest: Manifest) -> None:
    bench.run("--source", "nodelocal://3/moved&h'ere/data")
    assert "('nodelocal://3/moved&h''ere/data/public/orders/n1.0.csv')" in bench.told
    assert source_uri(manifest) not in bench.told


@pytest.mark.parametrize(
    "options", [("--what",), ("--as",), ("--from", "x"), ("--from", "8"), ("--as", "a\nb")]
)
def test_what_is_not_understood_stops_before_anything(
    bench: Bench, options: tuple[str, ...]
) -> None:
    done = bench.run(*options) if len(options) > 1 else bench.call(*options)
    assert done.returncode == 2
    assert not bench.heard.exists()


def test_a_name_inside_a_text_is_written_as_a_text_wants_it(
    tmp_path: Path, location: SetLocation, manifest: Manifest, runbook: Runbook
) -> None:
    setval = RunbookStep("Set it", (f"SELECT setval('{TARGET_MARK}.public.no', 7)",))
    runbook = replace(runbook, steps=(*runbook.steps[:3], setval))
    bench = write_runbook(tmp_path, location, manifest, runbook)

    printed = bench.call("--as", "it's", "--print").stdout

    assert """SELECT setval('"it''s".public.no', 7);""" in printed
    assert printed in restore_sql(manifest, runbook, "it's")
