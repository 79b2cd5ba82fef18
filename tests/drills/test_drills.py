"""A person rehearses restores: on the server, on a sandbox, and after somebody pulled the plug."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kwtui.errors import ExitCode
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox

STATEMENTS = (
    "CREATE DATABASE depot",
    "CREATE SEQUENCE depot.public.no START 100",
    "CREATE TABLE depot.public.rows (id INT8 PRIMARY KEY, v STRING DEFAULT 'it''s')",
    "CREATE TABLE depot.public.parts (id INT8 PRIMARY KEY, row INT8 REFERENCES "
    "depot.public.rows(id), n INT8 CHECK (n > 0))",
    "INSERT INTO depot.public.rows SELECT i, 'row ' || i::STRING "
    "FROM generate_series(1, 15000) AS g(i)",
    "INSERT INTO depot.public.parts VALUES (1, 1, 5), (2, 2, 7)",
    "CREATE VIEW depot.public.v AS SELECT id FROM depot.public.rows",
    "CREATE TS DATABASE gauges",
    "CREATE TABLE gauges.public.t (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) "
    "TAGS (site INT4 NOT NULL) PRIMARY TAGS (site)",
    "INSERT INTO gauges.public.t VALUES ('2026-01-01 00:00:00', 1.5, 1), "
    "('2026-01-02 00:00:00', NULL, 2)",
)


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxNode]:
    node = start_sandbox(tmp_path_factory.mktemp("drills") / "node", "--empty")
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for statement in STATEMENTS:
            connection.execute(statement.encode())
    yield node
    stop_sandbox(node)


@pytest.fixture(scope="module")
def kwtui(node: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    return CommandLine(tmp_path_factory.mktemp("home"), node)


@pytest.fixture(scope="module")
def depot(kwtui: CommandLine) -> str:
    path: str = kwtui.backup("depot")["path"]
    return path


@pytest.fixture(scope="module")
def gauges(kwtui: CommandLine) -> str:
    path: str = kwtui.backup("gauges")["path"]
    return path


def drill(kwtui: CommandLine, path: str, *options: str) -> dict[str, Any]:
    done = kwtui.run("drill", path, *options, "--json", *kwtui.server)
    assert done.code == 0, done.err + done.out
    result: dict[str, Any] = done.objects[-1]["result"]
    return result


def proofs(kwtui: CommandLine, path: str) -> list[dict[str, Any]]:
    assert kwtui.node is not None
    file = kwtui.node.extern / path / "proofs.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines()]


def snapshot(folder: Path) -> dict[str, bytes]:
    """Everything in a set but its proofs."""
    return {
        str(p.relative_to(folder)): p.read_bytes()
        for p in folder.rglob("*")
        if p.is_file() and p.name != "proofs.jsonl"
    }


def nothing_is_left(kwtui: CommandLine) -> None:
    assert kwtui.node is not None
    assert not [name for name in kwtui.databases() if name.startswith("kwtui_drill_")]
    assert not (kwtui.node.extern / "kwtui/.staging").exists()
    drills = kwtui.state / "state/drills"
    assert not drills.exists() or not list(drills.iterdir())


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"never came: {what}"
        time.sleep(0.01)


# -- proving ----------------------------------------------------------------------------------


@pytest.mark.parametrize("level", [3, 4])
def test_a_drill_proves_a_set_and_leaves_nothing_but_a_line(
    kwtui: CommandLine, depot: str, level: int
) -> None:
    assert kwtui.node is not None
    before = snapshot(kwtui.node.extern / depot)

    result = drill(kwtui, depot, "--level", f"P{level}")

    line = proofs(kwtui, depot)[-1]
    assert (line["level"], line["wanted"], line["ok"]) == (level, level, True)
    assert "cluster" in line["where"]
    assert line["seconds"] > 0
    assert result["recorded"].endswith("proofs.jsonl")
    assert (result["tables"], result["rows"]) == ((2, 15002) if level == 4 else (None, 0))
    assert snapshot(kwtui.node.extern / depot) == before
    nothing_is_left(kwtui)


def test_the_listing_shows_the_level_and_its_age(kwtui: CommandLine, gauges: str) -> None:
    drill(kwtui, gauges)

    entries = kwtui.run("list", "gauges", "--json", *kwtui.files).object["entries"]
    told = kwtui.run("list", "gauges", *kwtui.files).out

    assert entries[0]["proof"] == 4
    assert entries[0]["proof_at"] > entries[0]["started"]
    assert "P4, " in told
    assert " ago" in told


@pytest.mark.parametrize(("which", "level"), [("depot", "P3"), ("depot", "P4"), ("gauges", "P4")])
def test_a_drill_on_a_sandbox_needs_no_server(
    kwtui: CommandLine, request: pytest.FixtureRequest, which: str, level: str
) -> None:
    path = request.getfixturevalue(which)

    done = kwtui.run("drill", path, "--level", level, "--on", "sandbox", "--json", *kwtui.files)

    assert done.code == 0, done.err + done.out
    assert done.objects[-1]["result"]["where"] == "a private sandbox"
    assert proofs(kwtui, path)[-1]["where"] == "a private sandbox"
    assert kwtui.node is not None
    plan = (kwtui.node.extern / path).parent / "RECOVERY.en.md"
    assert path in plan.read_text("utf-8")
    assert f"The recovery plan of {which} was rewritten" in done.err
    nothing_is_left(kwtui)


def test_what_import_database_brings_back_can_be_rehearsed(kwtui: CommandLine) -> None:
    """Through a folder of links with a meta.sql that names the scratch database."""
    path = kwtui.backup("gauges", "--method", "database")["path"]

    result = drill(kwtui, path, "--strategy", "native")

    assert result["level"] == 2
    assert result["rows"] == 2
    shown = kwtui.run("drill", path, "--strategy", "native", "--dry-run", *kwtui.server).out
    assert "-CREATE TS DATABASE gauges" in shown
    assert '+CREATE TS DATABASE "kwtui_drill_' in shown
    nothing_is_left(kwtui)


def test_the_plan_shows_every_step_and_its_own_command(kwtui: CommandLine, depot: str) -> None:
    done = kwtui.run("drill", depot, "--level", "P3", "--dry-run", "--json", *kwtui.server)

    plan = done.object["plan"]
    kinds = [step["kind"] for step in plan["steps"]]
    assert kinds[0] == "check-files"
    assert plan["steps"][-1]["sql"][-1].startswith("DROP DATABASE kwtui_drill_")
    assert f"drill {depot} --level P3" in done.object["command"]
    nothing_is_left(kwtui)


def test_a_drill_of_what_is_no_level_of_its_own_is_refused(kwtui: CommandLine, depot: str) -> None:
    assert kwtui.run("drill", depot, "--level", "P2", *kwtui.files).code == ExitCode.USAGE


# -- what it finds ----------------------------------------------------------------------------


def test_a_flipped_bit_is_found_before_anything_is_made_and_written_down(
    kwtui: CommandLine, depot: str
) -> None:
    assert kwtui.node is not None
    copy = "kwtui/depot/20200101T000000Z"
    shutil.copytree(kwtui.node.extern / depot, kwtui.node.extern / copy)
    file = kwtui.node.extern / copy / "data/public/parts/n1.0.csv"
    content = bytearray(file.read_bytes())
    content[0] ^= 1
    file.write_bytes(bytes(content))

    done = kwtui.run("drill", copy, *kwtui.server)

    assert done.code == ExitCode.BACKUP_DAMAGED
    line = proofs(kwtui, copy)[-1]
    assert (line["ok"], line["level"]) == (False, 0)
    entries = kwtui.run("list", "depot", "--json", *kwtui.files).object["entries"]
    entry = next(e for e in entries if e["path"] == copy)
    assert "The last check failed" in entry["problem"]
    nothing_is_left(kwtui)


def test_a_row_that_no_node_takes_is_named_before_anything_is_made(kwtui: CommandLine) -> None:
    """In an export of somebody else; a node would leave it out (live-findings, row 15)."""
    assert kwtui.node is not None
    tree = kwtui.node.extern / "theirs"
    export = "EXPORT INTO CSV 'nodelocal://1/theirs' FROM DATABASE gauges WITH nullas = '\\N'"
    with psycopg.connect(kwtui.node.dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute(export.encode())
    with next(tree.glob("public/t/*.csv")).open("a") as file:
        file.write("2026-01-03 00:00:00+00:00,1.5,99999999999999999999\n")

    done = kwtui.run("drill", "theirs", "--null-text", r"\N", *kwtui.server)

    assert done.code == ExitCode.BACKUP_DAMAGED, done.err
    assert "record 3: '99999999999999999999' is too large" in done.err
    assert not list(tree.rglob("reject*"))
    assert not (tree / "proofs.jsonl").exists()
    nothing_is_left(kwtui)


# -- when the plug is pulled --------------------------------------------------------------------


def start(kwtui: CommandLine, path: str, *options: str) -> str:
    done = kwtui.run("drill", path, "--detach", "--json", *options)
    assert done.code == 0, done.err + done.out
    run: str = done.object["run"]
    return run


def journal(kwtui: CommandLine, run: str) -> str:
    file = kwtui.state / "state/runs" / run / "journal.jsonl"
    return file.read_text() if file.exists() else ""


def kill(kwtui: CommandLine, run: str, moment: str) -> None:
    """SIGKILL as soon as the journal tells of the moment."""
    wait_for(lambda: moment in journal(kwtui, run), moment)
    folder = kwtui.state / "state/runs" / run
    os.kill(json.loads((folder / "process.json").read_text())["pid"], signal.SIGKILL)
    assert "run-finished" not in journal(kwtui, run)


MOMENTS = [
    '"step-started","at"',
    '"step":"stage"',
    '"step":"create-tables"',
    '"step":"import:public.rows"',
    '"step":"compare"',
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_killed_drill_left_goes_with_the_next_one(
    kwtui: CommandLine, depot: str, moment: str
) -> None:
    run = start(kwtui, depot, *kwtui.server)
    kill(kwtui, run, moment.replace('"step-started","at"', "step-started"))
    before = len(proofs(kwtui, depot))

    result = drill(kwtui, depot)

    assert result["level"] == 4
    assert len(proofs(kwtui, depot)) == before + 1
    nothing_is_left(kwtui)


def test_a_killed_drill_on_a_sandbox_leaves_no_process_for_long(
    kwtui: CommandLine, depot: str
) -> None:
    run = start(kwtui, depot, "--on", "sandbox", *kwtui.files)
    kill(kwtui, run, '"step":"create-tables"')
    (left,) = (kwtui.state / "state/drills").iterdir()

    done = kwtui.run("cleanup", "--yes", "--json", *kwtui.files)

    assert done.code == 0, done.err + done.out
    assert not left.exists()
    assert not _processes_of(left)


def test_a_living_drill_is_left_alone(kwtui: CommandLine, depot: str, gauges: str) -> None:
    run = start(kwtui, depot, *kwtui.server)
    wait_for(lambda: '"step":"import:public.rows"' in journal(kwtui, run), "the import")

    drill(kwtui, gauges)
    offered = kwtui.run("cleanup", "--dry-run", *kwtui.server)

    assert "DROP DATABASE kwtui_drill_" not in offered.out
    assert kwtui.run("runs", "follow", run).code == 0
    nothing_is_left(kwtui)


def test_a_cancelled_drill_takes_everything_away(kwtui: CommandLine, depot: str) -> None:
    run = start(kwtui, depot, *kwtui.server)
    wait_for(lambda: '"step":"import:public.rows"' in journal(kwtui, run), "the import")

    kwtui.run("runs", "cancel", run)

    assert '"status":"cancelled"' in journal(kwtui, run)
    nothing_is_left(kwtui)


def _processes_of(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if str(folder) in words:
            found.append(words)
    return found


@pytest.mark.parametrize("where", ["here", "on a sandbox"])
def test_a_drill_that_brings_nothing_back_proves_nothing(
    kwtui: CommandLine, node: SandboxNode, where: str, request: pytest.FixtureRequest
) -> None:
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for folder, options in (("bare", "WITH data_only"), ("full", "")):
            shutil.rmtree(node.extern / folder, ignore_errors=True)
            connection.execute(
                f"EXPORT INTO CSV 'nodelocal://1/{folder}' FROM DATABASE depot {options}".encode()
            )
    on = ("--on", "sandbox") if where == "on a sandbox" else ()
    place = kwtui.files if on else kwtui.server

    bare = kwtui.run("drill", "bare", *on, *place)
    (node.extern / "full/public/parts/meta.sql").unlink()
    for level in ("P3", "P4"):
        part = kwtui.run("drill", "full", "--level", level, *on, *place)
        assert part.code == ExitCode.BACKUP_DAMAGED
        assert "public.parts has 1 data file and no definition" in part.err
        assert "proven" not in part.out + part.err
    rest = kwtui.run("drill", "full", "--leave-out", "public/parts", *on, *place)

    assert bare.code == ExitCode.BACKUP_DAMAGED
    assert "proven" not in bare.out + bare.err
    assert rest.code == 0, rest.err
    words = "1 table and 15,000 rows came back as they were, record by record, proven to P4"
    assert words in rest.out
    assert "public/parts was left out" in rest.out
