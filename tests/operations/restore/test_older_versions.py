"""Somebody restores what a KWDB before 3.2 exported (facts.md, 11.2)."""

from __future__ import annotations

from pathlib import Path

from kwtui.model.requests import RestoreRequest, RestoreStrategy
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan
from kwtui.operations.restore.plan import plan_restore
from kwtui.operations.restore.planning import read_source
from kwtui.operations.restore.target import TargetFacts
from tests.operations.conftest import NOW

META = """CREATE TS DATABASE tsdb;
CREATE TABLE meter_data (
\tts TIMESTAMPTZ(3) NOT NULL,
\tv FLOAT8 NULL
) TAGS (
\tid INT4 NOT NULL ) PRIMARY TAGS(id)
\t retentions 864000s
\t activetime 1d
\t partition interval 10d;
"""


def old_export(tmp_path: Path) -> Path:
    table = tmp_path / "tsdb/public/meter_data"
    table.mkdir(parents=True)
    (tmp_path / "tsdb/meta.sql").write_text(META)
    (table / "n1.0.csv").write_text("2026-11-22 00:00:00+00:00,1.5,1\n")
    return tmp_path


def plan(extern: Path, server: ServerFacts, strategy: RestoreStrategy) -> Plan:
    request = RestoreRequest("tsdb", target="copy", strategy=strategy)
    source = read_source(extern, request, extern / "state")
    return plan_restore(source, request, TargetFacts(server, 1), NOW, "0123456789abcdef")


def test_the_exact_restore_leaves_the_old_clauses_out_and_shows_it(
    tmp_path: Path, server: ServerFacts
) -> None:
    made = plan(old_export(tmp_path), server, RestoreStrategy.EXACT)

    create = next(step for step in made.steps if step.id == "create-tables")
    assert "activetime" not in create.sql[0]
    assert "partition interval" not in create.sql[0]
    assert "retentions 864000s" in create.sql[0]
    assert "-\t activetime 1d" in create.diff
    database = next(step for step in made.steps if step.id == "create-database")
    assert "PARTITION INTERVAL 10d" in database.sql[0]
    assert "older_version" in {finding.code for finding in made.findings}
    check = next(step for step in made.steps if step.id == "check-files")
    assert check.params["retentions"][0]["seconds"] == 864000, "rows that are older are counted"


def test_the_native_restore_reads_a_meta_sql_of_today_under_the_new_name(
    tmp_path: Path, server: ServerFacts
) -> None:
    made = plan(old_export(tmp_path), server, RestoreStrategy.NATIVE)

    stage = next(step for step in made.steps if step.id == "stage")
    text = stage.params["texts"]["meta.sql"]
    assert text.startswith('CREATE TS DATABASE "copy_kwtui_restoring";')
    assert "activetime" not in text
    assert "old_time_series_clause" not in {finding.code for finding in made.findings}
    assert "-CREATE TS DATABASE tsdb;" in stage.diff
    assert "-\t activetime 1d" in stage.diff
