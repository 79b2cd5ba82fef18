"""The runbook: a person restores with a shell and a SQL client, under any name, from any place."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.backups.manifest import Manifest, read_manifest
from kwtui.backups.runbook import (
    TARGET_MARK,
    RunbookStep,
    restore_md,
    restore_sh,
    restore_sql,
    source_uri,
)
from tests.backups.builder import CONTENT, make_set, schema_of


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    return replace(
        read_manifest(location.manifest),
        not_included=("Passwords of users: KWDB never exports them.",),
    )


@pytest.fixture
def steps(manifest: Manifest) -> list[RunbookStep]:
    file = f"{source_uri(manifest)}/public/orders/n1.0.csv"
    return [
        RunbookStep("Create the database", (f'CREATE DATABASE "{TARGET_MARK}"',)),
        RunbookStep(
            "Create the table",
            (
                f'CREATE TABLE "{TARGET_MARK}"."public"."orders" (\n\tid INT8,\n\tname STRING'
                " DEFAULT e'it\\'s $HOME `x` \\\\ \"y\" & | #'\n);",
            ),
        ),
        RunbookStep(
            "Load its rows",
            (f"IMPORT INTO {TARGET_MARK}.public.orders CSV DATA ('{file}') WITH nullif = '\\N'",),
            "From its own files.",
        ),
    ]


def run(tmp_path: Path, manifest: Manifest, steps: list[RunbookStep], *arguments: str) -> str:
    script = tmp_path / "restore.sh"
    script.write_text(restore_sh(manifest, steps))
    done = subprocess.run(
        ["sh", str(script), *arguments], check=True, capture_output=True, text=True, timeout=20
    )
    assert done.stderr == ""
    return done.stdout


def test_the_sql_script_restores_under_the_given_name(
    manifest: Manifest, steps: list[RunbookStep]
) -> None:
    sql = restore_sql(manifest, steps, 'sh"op')
    assert TARGET_MARK not in sql
    assert 'CREATE DATABASE "sh""op";' in sql
    assert 'IMPORT INTO "sh""op".public.orders' in sql
    assert "-- 3. Load its rows\n" in sql
    assert sql.count(";\n") == 3


def test_the_shell_script_prints_what_the_sql_script_holds(
    tmp_path: Path, manifest: Manifest, steps: list[RunbookStep]
) -> None:
    sql = restore_sql(manifest, steps, manifest.database)
    assert run(tmp_path, manifest, steps) == sql.split("\n\n", 1)[1]


@pytest.mark.parametrize("name", ["shop_restored", "Shop 2", 'a"b', "a&b|c\\d", "数据"])
def test_another_name(
    tmp_path: Path, manifest: Manifest, steps: list[RunbookStep], name: str
) -> None:
    printed = run(tmp_path, manifest, steps, "--as", name)
    assert printed == restore_sql(manifest, steps, name).split("\n\n", 1)[1]


def test_another_place_of_the_files(
    tmp_path: Path, manifest: Manifest, steps: list[RunbookStep]
) -> None:
    printed = run(tmp_path, manifest, steps, "--source", "nodelocal://3/moved&here/data")
    assert "('nodelocal://3/moved&here/data/public/orders/n1.0.csv')" in printed
    assert source_uri(manifest) not in printed


def test_the_statements_go_into_the_client(
    tmp_path: Path, manifest: Manifest, steps: list[RunbookStep]
) -> None:
    printed = run(tmp_path, manifest, steps, "--as", "x", "grep", "-c", '"x"')
    assert printed == "3\n"


def test_an_unknown_option_stops(
    tmp_path: Path, manifest: Manifest, steps: list[RunbookStep]
) -> None:
    script = tmp_path / "restore.sh"
    script.write_text(restore_sh(manifest, steps))
    done = subprocess.run(
        ["sh", str(script), "--what"], check=False, capture_output=True, text=True, timeout=20
    )
    assert done.returncode == 2
    assert "unknown option" in done.stderr


def test_the_page_says_what_is_in_the_set_and_what_is_not(
    manifest: Manifest, steps: list[RunbookStep]
) -> None:
    page = restore_md(manifest, schema_of(CONTENT), steps)
    assert "# Restoring shop" in page
    assert "| public.orders | 4 | 2 |" in page
    assert "Passwords of users" in page
    assert "3. Load its rows (1 statement)" in page
    assert source_uri(manifest) in page
    assert 'SELECT count(*) FROM "public"."orders"; -- 4' in page
