"""`kwtui survey DB` and the plan of a backup: what becomes of each kind of objects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.conftest import SandboxNode
from tests.faults.bench import Bench

DATABASE = "surveyed"


@pytest.fixture
def kwtui(sandbox: SandboxNode, tmp_path: Path) -> CommandLine:
    Bench(sandbox, tmp_path).do(
        f"DROP DATABASE IF EXISTS {DATABASE} CASCADE",
        f"CREATE DATABASE {DATABASE}",
        f"USE {DATABASE}",
        "CREATE SEQUENCE no",
        "CREATE TABLE t (id INT8 PRIMARY KEY DEFAULT nextval('no'), n INT8 AS (id * 2) STORED)",
        "CREATE VIEW seen AS SELECT id FROM t",
        "CREATE PROCEDURE tidy(a INT8) BEGIN SELECT a; END",
    )
    return CommandLine(tmp_path, sandbox)


def test_the_survey_says_of_each_kind_what_a_backup_makes_of_it(kwtui: CommandLine) -> None:
    done = kwtui.run("survey", DATABASE, *kwtui.server)

    assert done.code == 0, done.err
    _, _, told = done.out.partition("What a backup makes of it:\n")
    assert "exported: tables with their rows, 1." in told
    assert "captured beside: sequences, 1." in told
    assert "captured beside: computed columns, 1." in told
    assert "captured beside: views, 1." in told
    assert "captured beside: procedures, 1." in told

    found = kwtui.run("survey", DATABASE, "--json", *kwtui.server).object["survey"]
    assert {"kind": "views", "count": 1, "becomes": "captured beside"}.items() <= next(
        c for c in found["coverage"] if c["kind"] == "views"
    ).items()
    (procedure,) = found["schema"]["programs"]
    assert procedure["create_statement"].startswith("CREATE PROCEDURE tidy(a INT8)")


@pytest.fixture
def streaming(kwtui: CommandLine, sandbox: SandboxNode, tmp_path: Path) -> Iterator[str]:
    """A database of time series with a stream, which a person makes again."""
    series = "(ts TIMESTAMPTZ NOT NULL, a INT4) TAGS (id INT4 NOT NULL) PRIMARY TAGS (id)"
    bench = Bench(sandbox, tmp_path)
    bench.do(
        "CREATE TS DATABASE streaming",
        f"CREATE TABLE streaming.public.src {series}",
        f"CREATE TABLE streaming.public.dst {series}",
        "CREATE STREAM tidy INTO streaming.public.dst AS SELECT ts, a, id FROM"
        " streaming.public.src",
    )
    yield "streaming"
    bench.do("DROP DATABASE streaming CASCADE")


def test_the_plan_says_it_too_and_the_set_keeps_the_text(
    kwtui: CommandLine, streaming: str
) -> None:
    surveyed = kwtui.run("survey", streaming, *kwtui.server).out
    assert f"warning  {streaming}.tidy: The stream tidy into streaming.public.dst is in" in surveyed
    plan = kwtui.run("backup", streaming, "--dry-run", *kwtui.server).out
    assert "What is captured, by kind of object:" in plan
    assert "captured, put back by hand: streams, 1." in plan
    by_hand = "stream tidy into streaming.public.dst: only its text, to be run manually"
    assert by_hand in plan

    made = kwtui.backup(streaming)

    assert by_hand in made["not_included"]
    page = (Path(made["folder"]) / "RESTORE.md").read_text()
    assert "CREATE STREAM tidy INTO" in page.partition("made again by hand")[2]


def test_what_a_plain_user_may_not_see_is_not_said_to_be_absent(
    kwtui: CommandLine, sandbox: SandboxNode, tmp_path: Path
) -> None:
    bench = Bench(sandbox, tmp_path)
    bench.do("CREATE USER IF NOT EXISTS onlooker")
    dsn = sandbox.dsn.replace("root@", "onlooker@")

    surveyed = kwtui.run("survey", DATABASE, "--dsn", dsn)
    planned = kwtui.run("backup", DATABASE, "--dry-run", "--dsn", dsn)

    for told in (surveyed.out, planned.out):
        assert "has no tables" not in told
        assert "onlooker sees no table of this database" in told
        assert "not visible: tables, views and sequences" in told
        assert "with their rows, 0" not in told
    one = kwtui.run("backup", DATABASE, "--tables", "t", "--dry-run", "--dsn", dsn)
    assert "Or onlooker cannot see it" in one.err
    bench.do(f"GRANT SELECT ON TABLE {DATABASE}.public.t TO onlooker")
    assert "onlooker sees 1 table of this" in kwtui.run("survey", DATABASE, "--dsn", dsn).out
