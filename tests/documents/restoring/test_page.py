"""``RESTORE.md``: the same page in two languages, whatever the names in it hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.manifest import Manifest, read_manifest
from kwtui.documents.restoring.page import LANGUAGES, restore_md
from kwtui.documents.runbook import (
    TARGET_MARK,
    Runbook,
    RunbookStep,
    SeriesRows,
    restore_sql,
    source_uri,
)
from kwtui.model.schema import ProgramSpec
from tests.backups.builder import CONTENT, make_set, schema_of


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    missing = ("Passwords of users: KWDB never exports them.",)
    made = read_manifest(make_set(tmp_path / "extern", tmp_path / "state").manifest)
    return replace(made, not_included=missing)


@pytest.fixture
def runbook() -> Runbook:
    rows = SeriesRows("public.fine", "public/fine", "INSERT INTO fine (ts) VALUES ", "s", rows=1)
    steps = (
        RunbookStep(f"Create the database {TARGET_MARK}", ("a", "b"), act="create-database"),
        RunbookStep("Make the tables", ("c",), "Without keys.", act="create-tables"),
        RunbookStep("Load its rows", ("d",), act="import", subject="orders"),
        RunbookStep("Insert the fine ones", (), rows=rows, act="insert", subject="fine"),
        RunbookStep("Make a view, 2 of 3", ("e",), act="create-views", number=2, of=3),
        RunbookStep("Give the grants", ("f",), act="grants", subject="teller"),
    )
    return Runbook(steps, series_folders=("public/fine",))


def test_the_page_says_what_is_in_the_set_and_what_is_not(
    manifest: Manifest, runbook: Runbook
) -> None:
    page = restore_md(manifest, schema_of(CONTENT), runbook)
    assert "# Restoring shop" in page
    assert "| public.orders | 4 | 2 |" in page
    assert "Passwords of users" in page
    assert "3. Load its rows (1 statement)" in page
    assert "4. Insert the fine ones (INSERT of the rows in data/public/fine)" in page
    assert source_uri(manifest) in page
    assert "SQL_CLIENT=" in page
    assert 'SELECT count(*) FROM "public"."orders"; -- 4' in page
    assert TARGET_MARK not in page


def test_the_page_has_the_text_of_what_no_restore_makes(
    manifest: Manifest, runbook: Runbook
) -> None:
    """Whatever stands in it, it stays in its fence and is not run by any script."""
    text = "CREATE STREAM p INTO t AS\n\tSELECT '```\x1b[31m';"
    made = ProgramSpec("procedure", "made", "CREATE PROCEDURE made() BEGIN SELECT 1; END")
    schema = replace(schema_of(CONTENT), programs=(ProgramSpec("stream", "p", text), made))

    page = restore_md(manifest, schema, runbook)

    _, _, section = page.partition("## What is made again by hand")
    fenced = "````sql\nCREATE STREAM p INTO t AS\n    SELECT '```␛[31m';\n````"
    assert f"stream p\n\n{fenced}" in section
    assert "procedure" not in section, "a restore makes it again"
    assert "CREATE STREAM" not in restore_sql(manifest, runbook, "again")
    assert "made again by hand" not in restore_md(manifest, schema_of(CONTENT), runbook)


def test_rows_that_expire_are_not_missed(manifest: Manifest, runbook: Runbook) -> None:
    schema = schema_of(CONTENT)
    orders, *rest = schema.tables
    schema = replace(schema, tables=(replace(orders, retention_seconds=86400), *rest))
    page = restore_md(manifest, schema, runbook)
    assert '"orders"; -- 4, less what is older than the retention of 86400 s\n' in page


def test_the_chinese_page_says_the_same(manifest: Manifest, runbook: Runbook) -> None:
    """Commands, statements and numbers are those of the English one; headings are as many."""
    english, page = (restore_md(manifest, schema_of(CONTENT), runbook, k) for k in LANGUAGES)
    assert page.startswith("# \u6062\u590d shop\n")
    for kind in (
        "## ",
        "    ./restore.sh",
        "    SQL_CLIENT=",
        "SELECT count(*)",
        "| public.",
        "- ",
    ):
        found, wanted = ([x for x in p.splitlines() if x.startswith(kind)] for p in (page, english))
        assert len(found) == len(wanted) > 0, kind
        if kind[0] in " S|":
            assert found == wanted
    assert "1. \u521b\u5efa\u6570\u636e\u5e93(2 \u6761\u8bed\u53e5)" in page
    assert "4. \u63d2\u5165 fine \u7684\u884c(\u7531 data/public/fine" in page
    assert "\u7b2c 2 \u6761,\u5171 3 \u6761" in page
    assert "\u5411 teller \u6388\u4e88\u6743\u9650" in page
    assert "IMPORT INTO" in page, "why tables are made without defaults"
    assert "Passwords of users" in page
    assert "Load its rows" not in page
    assert TARGET_MARK not in page
