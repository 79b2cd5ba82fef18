"""A person without kwtui restores a set: with restore.sh, a SQL client and coreutils, no more."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from kwtui.backups.layout.location import find_location
from kwtui.backups.manifest import FileEntry, read_manifest, write_manifest
from kwtui.backups.proof.findings import Fault
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import BackupMethod, Dialect
from kwtui.model.schema import UNFINISHED_BY_SCRIPT
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox
from tests.drills.line_client import statements_in
from tests.faults.bench import Bench, Made, Row
from tests.server.forms import form_of

PSQL = "psql"
LINES = "a client that reads lines"

FINE = (
    "CREATE TABLE us (ts TIMESTAMPTZ(6) NOT NULL, at TIMESTAMP(3), n INT8, f FLOAT8, ok BOOL, "
    "note VARCHAR(200), wide NVARCHAR(60), raw VARBYTES(20)) "
    "TAGS (site INT4 NOT NULL, area VARCHAR(30)) PRIMARY TAGS (site)",
    'CREATE TABLE "select" (ts TIMESTAMPTZ(9) NOT NULL, "Mixed Case" VARCHAR(60), v FLOAT4) '
    "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    "CREATE TABLE ms (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8, note VARCHAR(60)) "
    "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
    "CREATE TABLE nothing (ts TIMESTAMPTZ(6) NOT NULL, v INT4) "
    "TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)",
)
HAZARDS = (
    "",
    " ",
    "NULL",
    r"\N",
    "\\",
    r"it's \' \n",
    'say "hi", or not',
    "two\nlines;\n-- step 1: none\n\\ir /etc/passwd\n",
    "\r\n\t\x01\x7f",
    "; DROP DATABASE fine; --",
    "值 🙂",
    "$HOME `id` & | #",
    "kwtui 1",
    ":name :'name'",
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("by hand") / "node")
    yield node
    stop_sandbox(node)


@pytest.fixture(scope="module")
def bench(node: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(node, tmp_path_factory.mktemp("state"))
    bench.do("CREATE TS DATABASE fine PARTITION INTERVAL 5d")
    bench.do(*FINE, *_rows(), database="fine")
    return bench


@pytest.fixture(scope="module")
def made_once(bench: Bench) -> Callable[[str], Made]:
    """A backup of a database that nobody changes, for tests that do not change it either."""
    return cache(bench.backup)


@pytest.fixture(params=[PSQL, LINES])
def client(request: pytest.FixtureRequest, node: SandboxNode) -> list[str]:
    if request.param == PSQL:
        if shutil.which("psql") is None:
            pytest.skip("psql is not installed")
        return ["psql", node.dsn]
    return [sys.executable, str(Path(__file__).with_name("line_client.py")), node.dsn]


def _rows() -> Iterator[str]:
    """Every hazard at times that only the last digit of a second tells apart."""
    for number, text in enumerate(HAZARDS):
        note = "'" + text.replace("'", "''") + "'"
        yield (
            f"INSERT INTO us VALUES ('2026-11-01 12:00:00.12345{number % 10}', "
            f"'2026-11-01 12:00:00.654', {number}, {number}.25, true, {note}, {note}, "
            f"b'\\x00\\xff', {number}, {note[:25] if len(text) < 20 else 'NULL'})"
        )
        yield (
            f"INSERT INTO \"select\" VALUES ('2026-11-01 12:00:00.12345678{number % 10}', "
            f"{note}, 1.5, {number})"
        )
        yield f"INSERT INTO ms VALUES ('2026-11-01 12:00:00.12{number % 10}', 1, {note}, {number})"
    yield "INSERT INTO us VALUES ('2026-11-01', NULL, NULL, NULL, NULL, NULL, NULL, NULL, 99, NULL)"
    yield "INSERT INTO us (ts, f, site) VALUES ('1969-12-31 23:59:59.999999', 'NaN', 98)"


def restore(
    bench: Bench, path: str, client: list[str], *options: str
) -> subprocess.CompletedProcess[str]:
    """With nothing of kwtui in the environment, from another folder than the set's."""
    return subprocess.run(
        [str(bench.extern / path / "restore.sh"), *options, *client],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
        cwd="/",
        env={"PATH": "/usr/local/bin:/usr/bin:/bin"},
    )


def contents(bench: Bench, database: str) -> dict[str, list[Row]]:
    """Every value of every table and view as the server prints it."""
    names = bench.rows(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema IN "
        "('public', 'archive')",
        database,
    )
    return {
        f"{schema}.{name}": sorted(
            bench.rows(f'SELECT * FROM "{schema}"."{name}"', database), key=repr
        )
        for schema, name in names
    }


def fingerprints(folder: Path) -> dict[str, str]:
    """Every file of the extern folder, but for what the sandbox's other sets may add."""
    return {
        str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.mark.parametrize("method", [BackupMethod.SNAPSHOT, BackupMethod.DATABASE])
def test_fine_times_and_every_hazard_come_back(
    bench: Bench, client: list[str], method: BackupMethod
) -> None:
    made = bench.backup("fine", method=method)
    before = fingerprints(bench.extern)

    done = restore(bench, made.path, client, "--as", "fine again")

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(bench, "fine again") == contents(bench, "fine")
    assert len(contents(bench, "fine")["public.us"]) == len(HAZARDS) + 2
    for table in ("us", '"select"', "ms", "nothing"):
        assert bench.rows(f"SHOW CREATE TABLE {table}", "fine again") == bench.rows(
            f"SHOW CREATE TABLE {table}", "fine"
        )
    # Not a file was touched, and of the staging folder nothing is left.
    assert fingerprints(bench.extern) == before
    assert not (bench.extern / "kwtui/.staging").exists()
    bench.do('DROP DATABASE "fine again" CASCADE')


@pytest.mark.parametrize("database", ["shop", "plant", "fine"])
def test_no_statement_is_told_to_a_node_without_evidence_that_it_takes_it(
    bench: Bench, made_once: Callable[[str], Made], database: str, tmp_path: Path
) -> None:
    folder = bench.extern / made_once(database).path
    written = tmp_path / "sql"
    subprocess.run([folder / "restore.sh", "--inserts", written], check=True, timeout=100)
    lines = (written / "restore.sql").read_text().splitlines(keepends=True)
    lines = [line for line in lines if not line.startswith("\\ir inserts/")]
    for script in written.glob("inserts/*/*.sql"):
        lines += script.read_text().splitlines(keepends=True)

    statements = [re.sub(r"\A(--[^\n]*\n)+", "", s).strip()[:-1] for s in statements_in(lines)]

    assert len(statements) > 5
    assert [sql for sql in statements if form_of(sql) is None] == []


def test_rows_lie_in_the_backup_once(bench: Bench) -> None:
    made = bench.backup("fine")
    assert not (bench.extern / made.path / "inserts").exists()


def test_insert_scripts_of_an_older_backup_belong_to_it(bench: Bench) -> None:
    """They are checked with the rest of it, and go away with it."""
    made = bench.backup("fine")
    location = find_location(bench.extern, made.path, bench.state)
    script = location.root / "inserts/public/us.sql"
    script.parent.mkdir(parents=True)
    script.write_text("INSERT INTO us (ts, f) VALUES ('2026', 12.25);\n")
    content = script.read_bytes()
    entry = FileEntry("inserts/public/us.sql", len(content), hashlib.sha256(content).hexdigest())
    manifest = read_manifest(location.manifest)
    location.manifest.unlink()
    write_manifest(location.manifest, replace(manifest, files=(*manifest.files, entry)))
    whole = bench.verify(made.path)
    assert (whole.ok, whole.findings) == (True, ())

    script.write_text(script.read_text().replace("12.25", "13.25"))
    (script.parent / "mine.sql").write_text("")

    damaged = bench.verify(made.path, ProofLevel.P1)
    assert not damaged.ok
    assert {(f.fault, f.subject) for f in damaged.findings} == {
        (Fault.CHANGED, "inserts/public/us.sql"),
        (Fault.STRAY, "inserts/public/mine.sql"),
    }


def test_a_backup_that_is_older_than_its_retention_says_why_rows_are_missing(
    bench: Bench, client: list[str]
) -> None:
    bench.do("CREATE TS DATABASE aged RETENTIONS 3650d")
    bench.do(
        "CREATE TABLE s (ts TIMESTAMPTZ(6) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES (now(), 1, 1), ('2020-01-01', 2, 1)",
        database="aged",
    )
    made = bench.backup("aged")
    script = bench.extern / made.path / "restore.sh"
    # Five years later the older row is too old.
    script.write_text(script.read_text().replace("RETENTIONS 315360000s", "RETENTIONS 30d"))
    script.write_text(script.read_text().replace("retentions 315360000s", "retentions 2592000s"))

    done = restore(bench, made.path, client, "--as", "aged_by_hand")

    assert done.returncode == 4, done.stderr
    assert "public.s: 1 rows, and the backup holds 2 (KWDB drops what is older" in done.stderr
    bench.do("DROP DATABASE aged CASCADE", "DROP DATABASE aged_by_hand CASCADE")


@pytest.mark.parametrize("name", ["shop_by_hand", 'it\'s "theirs" & more'])
def test_the_shop_comes_back_with_all_that_exports_leave_out(
    bench: Bench, made_once: Callable[[str], Made], client: list[str], name: str
) -> None:
    made = made_once("shop")
    before = fingerprints(bench.extern)

    done = restore(bench, made.path, client, "--as", name)

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(bench, name) == contents(bench, "shop")
    ours, theirs = bench.schema("shop"), bench.schema(name)
    assert [t.foreign_keys for t in theirs.tables] == [t.foreign_keys for t in ours.tables]
    assert [t.check_constraints for t in theirs.tables] == [
        t.check_constraints for t in ours.tables
    ]
    assert [(s.name, s.last_value) for s in theirs.sequences] == [
        (s.name, s.last_value) for s in ours.sequences
    ]
    assert [v.name for v in theirs.views] == [v.name for v in ours.views]
    assert [c.text for c in theirs.comments] == [c.text for c in ours.comments]
    assert [(g.grantee, g.privileges) for g in theirs.grants] == [
        (g.grantee, g.privileges) for g in ours.grants
    ]
    assert fingerprints(bench.extern) == before
    quoted = name.replace('"', '""')
    bench.do(f'DROP DATABASE "{quoted}" CASCADE')


def test_the_plant_comes_back_with_its_retention(
    bench: Bench, made_once: Callable[[str], Made], client: list[str]
) -> None:
    made = made_once("plant")

    done = restore(bench, made.path, client, "--as", "plant_by_hand")

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(bench, "plant_by_hand") == contents(bench, "plant")
    ours, theirs = bench.schema("plant"), bench.schema("plant_by_hand")
    assert (theirs.retention, theirs.partition_interval) == (
        ours.retention,
        ours.partition_interval,
    )
    bench.do("DROP DATABASE plant_by_hand CASCADE")


def test_odd_names_come_back(bench: Bench, client: list[str]) -> None:
    names = ["Mixed Case", "sel/ect", 'quo"te', "it's", "表", "-- step 1: a", "kwtui"]
    bench.do("CREATE DATABASE odd")
    for name in names:
        quoted = '"' + name.replace('"', '""') + '"'
        bench.do(
            f"CREATE TABLE {quoted} ({quoted} INT8 PRIMARY KEY, v STRING)",
            f"INSERT INTO {quoted} VALUES (1, 'a\nb'), (2, NULL), (3, '')",
            database="odd",
        )
    made = bench.backup("odd")

    done = restore(bench, made.path, client, "--as", "odd_by_hand")

    assert done.returncode == 0, done.stdout + done.stderr
    for name in names:
        quoted = '"' + name.replace('"', '""') + '"'
        assert bench.rows(f"SELECT * FROM {quoted} ORDER BY 1", "odd_by_hand") == [
            ("1", "a\nb"),
            ("2", None),
            ("3", ""),
        ]
    bench.do("DROP DATABASE odd CASCADE", "DROP DATABASE odd_by_hand CASCADE")


def test_files_with_a_line_of_column_names_come_back(bench: Bench, client: list[str]) -> None:
    """IMPORT takes that line for a row of a time series (row 20): it goes by INSERT as well."""
    made = bench.backup("fine", dialect=Dialect(header=True))

    done = restore(bench, made.path, client, "--as", "fine_with_header")

    assert done.returncode == 0, done.stdout + done.stderr
    assert contents(bench, "fine_with_header") == contents(bench, "fine")
    bench.do("DROP DATABASE fine_with_header CASCADE")


def test_a_name_that_is_taken_stays_as_it_is(
    bench: Bench, made_once: Callable[[str], Made], client: list[str]
) -> None:
    made = made_once("plant")
    before = contents(bench, "shop")

    done = restore(bench, made.path, client, "--as", "shop")

    assert done.returncode == 3
    assert "There is a database shop already" in done.stderr
    assert contents(bench, "shop") == before
    assert not (bench.extern / "kwtui/.staging").exists()


def test_rejected_rows_are_shown_and_land_outside_of_the_set(
    bench: Bench, client: list[str]
) -> None:
    """Somebody changed the backup, and does not want to hear of checksums."""
    made = bench.backup("plant")
    (file,) = (bench.extern / made.path / "data/public/sensors").glob("*.csv")
    content = file.read_text()
    file.unlink()  # Other backups may share it.
    file.write_text(content + "2026-11-01 00:00:00+00:00,many,1,x,true,5,east\n")
    before = fingerprints(bench.extern / made.path)

    refused = restore(bench, made.path, client, "--as", "plant_changed")
    done = restore(bench, made.path, client, "--as", "plant_changed", "--no-checksums")

    assert (refused.returncode, f"sensors/{file.name}: FAILED" in refused.stderr) == (5, True)
    assert "rejected from public/sensors" in done.stderr
    assert 'could not parse "many"' in done.stderr
    assert fingerprints(bench.extern / made.path) == before
    bench.do("DROP DATABASE plant_changed CASCADE")


def comment(bench: Bench, database: str) -> str | None:
    """The comment that the server shows."""
    rows = bench.rows("SHOW DATABASES WITH COMMENT")
    return next(row[-1] for row in rows if row[0] == database)


def test_rows_that_are_missing_are_counted_and_the_rest_is_finished(
    bench: Bench, client: list[str]
) -> None:
    made = bench.backup("shop")
    file = bench.extern / made.path / "data/public/customers/n1.0.csv"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))

    done = restore(bench, made.path, client, "--as", "shop_lost", "--no-checksums")

    assert done.returncode == 4, done.stderr
    assert "public.customers: " in done.stderr
    assert "These steps failed too:" in done.stderr, "an order of the lost customer, at its key"
    ours, theirs = bench.schema("shop"), bench.schema("shop_lost")
    assert [v.name for v in theirs.views] == [v.name for v in ours.views]
    assert [(g.grantee, g.privileges) for g in theirs.grants] == [
        (g.grantee, g.privileges) for g in ours.grants
    ]
    assert comment(bench, "shop_lost") == UNFINISHED_BY_SCRIPT
    assert "restore_unfinished" in bench.findings("shop_lost")
    bench.do("DROP DATABASE shop_lost CASCADE")


def test_devices_are_counted_too(bench: Bench, client: list[str]) -> None:
    bench.do(
        "CREATE TS DATABASE counted RETENTIONS 36500d",
        "CREATE TABLE counted.public.d (ts TIMESTAMPTZ NOT NULL, v INT4) TAGS (id INT4 NOT NULL)"
        " PRIMARY TAGS (id)",
        "INSERT INTO counted.public.d VALUES ('2026-05-01 00:00:00', 5, 1)",
        "INSERT INTO counted.public.d (id) VALUES (2)",
    )
    made = bench.backup("counted")
    whole = restore(bench, made.path, client, "--as", "counted_whole")
    assert whole.returncode == 0, whole.stderr
    assert "public.d: 2 devices, as in the backup" in whole.stderr

    script = bench.extern / made.path / "restore.sh"
    text = script.read_text()
    script.write_text(re.sub(r"\nINSERT INTO [^\n]*\(id\) VALUES \(2\);", "", text))
    assert script.read_text() != text, "as if somebody had taken a line out"
    lost = restore(bench, made.path, client, "--as", "counted_lost")
    assert lost.returncode == 4, lost.stderr
    assert "public.d: 1 devices, and the backup holds 2" in lost.stderr
    bench.do(*(f"DROP DATABASE {n} CASCADE" for n in ("counted", "counted_whole", "counted_lost")))


def test_a_grant_to_a_user_who_is_gone_is_given_later(bench: Bench, client: list[str]) -> None:
    bench.do(
        "CREATE USER passing",
        "CREATE DATABASE granted",
        "CREATE TABLE granted.public.t (id INT8 PRIMARY KEY)",
        "INSERT INTO granted.public.t VALUES (1)",
        "GRANT SELECT ON TABLE granted.public.t TO passing",
        "COMMENT ON DATABASE granted IS 'it''s own'",
    )
    made = bench.backup("granted")
    bench.do("DROP DATABASE granted CASCADE", "DROP USER passing")

    first = restore(bench, made.path, client)
    assert comment(bench, "granted") == UNFINISHED_BY_SCRIPT
    bench.do("CREATE USER passing")
    number = first.stderr.rpartition("--from ")[2].strip()
    second = restore(bench, made.path, client, "--from", number)

    assert first.returncode == 6, first.stderr
    assert "All rows of granted are there and compared" in first.stderr
    assert second.returncode == 0, second.stderr
    assert any("passing" in row for row in bench.rows("SHOW GRANTS ON TABLE granted.public.t"))
    assert comment(bench, "granted") == "it's own"
    bench.do("DROP DATABASE granted CASCADE", "DROP USER passing")


def test_a_set_in_a_copy_of_extern_restores_from_there(
    bench: Bench, made_once: Callable[[str], Made], client: list[str], tmp_path: Path
) -> None:
    """Copied to another place of extern, as by a person who puts backups away."""
    made = made_once("plant")
    put_away = bench.extern / "put away/plant"
    shutil.copytree(bench.extern / made.path, put_away)

    done = subprocess.run(
        [
            str(put_away / "restore.sh"),
            *("--as", "plant_moved", "--extern", str(bench.extern)),
            *client,
        ],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert done.returncode == 0, done.stderr
    assert contents(bench, "plant_moved") == contents(bench, "plant")
    shutil.rmtree(bench.extern / "put away")
    bench.do("DROP DATABASE plant_moved CASCADE")
