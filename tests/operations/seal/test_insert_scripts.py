"""INSERT scripts of a set: what the CSV files hold, statement by statement, whatever is in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import Dialect
from kwtui.model.schema import TableName
from kwtui.operations.seal.insert_scripts import InsertScript, write_insert_script
from kwtui.sql.statements import insert_rows
from tests.backups.csvwriter import write_csv

TABLE = TableName("public", "fine")
COLUMNS = (("ts", "TIMESTAMPTZ(6)"), ("v", "FLOAT8"), ("note", "VARCHAR(60)"))
TIME = "2026-11-01 12:00:00.123456+00:00"
HAZARDS: list[list[str | None]] = [
    [TIME, "1.5", "plain"],
    [TIME, None, None],
    [TIME, "NaN", ""],
    [TIME, "1", r"\N"],
    [TIME, "1", 'quotes " and, commas'],
    [TIME, "1", "it's"],
    [TIME, "1", "值 \\ "],
]


def script(folder: Path, *contents: str, dialect: Dialect | None = None) -> InsertScript:
    files = []
    for number, text in enumerate(contents):
        files.append(folder / f"n1.{number}.csv")
        files[-1].write_text(text, newline="")
    return InsertScript(
        folder / "inserts/public/fine.sql",
        TABLE,
        COLUMNS,
        tuple(files),
        dialect or Dialect(),
        rows=7,
    )


def write(made: InsertScript) -> str:
    write_insert_script(made, lambda rows: None, lambda: False)
    return made.path.read_text()


def test_it_inserts_what_kwtui_itself_inserts(tmp_path: Path) -> None:
    """kwtui names the database, a script is for the current one."""
    text = write(script(tmp_path, write_csv(HAZARDS, Dialect())))

    ours = insert_rows("db", TABLE, COLUMNS, HAZARDS)
    assert text == ours.replace("db.public.", "", 1) + ";\n"


def test_blocks_with_and_without_quotes_follow_each_other(tmp_path: Path) -> None:
    """Over a megabyte of plain records before and behind the quoted ones, in two files."""
    plain: list[list[str | None]] = [[TIME, str(n), f"row {n}"] for n in range(30_000)]
    quoted: list[list[str | None]] = [[TIME, "1", "line\nend"], *HAZARDS]
    texts = [write_csv(records, Dialect()) for records in ([*plain, *quoted, *plain], quoted)]

    written = write(script(tmp_path, *texts))

    lines = [line for line in written.splitlines() if line.startswith("INSERT INTO fine ")]
    assert sum(line.count(f"'{TIME}'") for line in lines) == 2 * 30_000 + 2 * 8
    assert written.count(r"e'line\nend'") == 2
    assert written.count("AS doing;") == 1


def test_a_line_of_column_names_is_no_row(tmp_path: Path) -> None:
    made = script(tmp_path, f"ts,v,note\n{TIME},1,a\n", "ts,v,note\n", dialect=Dialect(header=True))
    assert write(made).count(TIME) == 1
    assert "note'" not in made.path.read_text()


def test_it_is_private_and_says_where_a_record_is_broken(tmp_path: Path) -> None:
    made = script(tmp_path, f"{TIME},1\n")
    with pytest.raises(KwtuiError) as error:
        write(made)
    assert error.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert "n1.0.csv" in error.value.title
    assert made.path.stat().st_mode & 0o007 == 0


def test_it_stops_when_the_run_is_cancelled(tmp_path: Path) -> None:
    made = script(tmp_path, f"{TIME},1,a\n")
    with pytest.raises(KwtuiError) as error:
        write_insert_script(made, lambda rows: None, lambda: True)
    assert error.value.exit_code is ExitCode.CANCELLED


def test_devices_that_read_the_same_when_joined_are_in_statements_of_their_own(
    tmp_path: Path,
) -> None:
    records: list[list[str | None]] = [[TIME, "1", "11"], [TIME, "1", "11"], [TIME, "11", "1"]]
    made = script(tmp_path, write_csv(records, Dialect()))

    text = write(replace(made, tags=(1, 2)))

    lines = text.splitlines()
    assert [line.count(TIME) for line in lines] == [2, 1]
