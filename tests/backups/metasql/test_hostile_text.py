"""Reading a meta.sql takes time in proportion to its size, whatever stands in it.

Sets lie where others write: a file that makes the reader look at the same text again and again
would stop every listing and every restore.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from kwtui.backups.listing.shape import read_shape
from kwtui.backups.metasql import statements
from kwtui.backups.metasql.meta_file import (
    import_refusals,
    modern_meta,
    parse_meta,
    peek_database,
    rename_database,
)
from kwtui.backups.metasql.repairs import mend
from kwtui.errors import ExitCode, KwtuiError
from kwtui.sql.bounds import MOST_TOKENS
from tests.growth import assert_linear

SIZE = 1 << 12
UNITS = [
    "/*a",
    " /*a*/",
    "'",
    '"',
    "'\\",
    "b'\\'",
    "$a$",
    " ",
    "\n",
    "(",
    "ON TABLE x ",
    "\nGRANT a ON ",
    "\nGRANT a ON TABLE x.y TO ",
    "\nGRANT a ON DATABASE b ",
    "\nCOMMENT ON DATABASE x IS 'a",
    "\nCREATE TABLE '",
    "\nCREATE TABLE \\ ",
    "\nCREATE SCHEMA a b",
    ";",
    "CREATE TABLE a (\n\tb INT8,\n\t",
    "CREATE TABLE a (\n\tb INT8\n) x",
    "CREATE TABLE a (\n\tb INT8\n) TAGS (c INT8,\n\t;",
    "CREATE TABLE a (b INT8 DEFAULT 'c\\'d');\n",
    "CREATE TABLE a (b INT8 CHECK (b > 0), c INT8 REFERENCES d (e));\n",
]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("head", ["", "CREATE TS DATABASE a;\n"])
def test_twice_the_text_takes_twice_the_time(head: str, unit: str) -> None:
    assert_linear(partial(read_in_every_way, head, unit), SIZE)


def read_in_every_way(head: str, unit: str, size: int) -> None:
    text = head + unit * (size // len(unit))
    with suppress(KwtuiError):
        import_refusals(parse_meta(text, "meta.sql"))
    peek_database(text)
    mend(text)
    with suppress(KwtuiError):
        rename_database(text, "meta.sql", "new")
    with suppress(KwtuiError):
        modern_meta(text)


def test_many_checks_of_one_column_get_names_in_time() -> None:
    def read(count: int) -> str:
        checks = ", ".join(["check (a > 0)"] * count)
        (table,) = parse_meta(f"create table t (a int8, {checks})", "meta.sql").tables
        return table.head

    assert_linear(read, 200)
    assert "CONSTRAINT check_t_500 CHECK" in read(500)


def test_empty_statements_are_no_file() -> None:
    with pytest.raises(KwtuiError, match="line 1: more than 1,000 empty statements"):
        parse_meta(";" * 2_000, "meta.sql")
    assert parse_meta(";;CREATE DATABASE shop;;\n;", "meta.sql").database == "shop"


def test_more_statements_than_any_export_has_are_refused_before_they_are_read() -> None:
    table = "CREATE TABLE a (\n\tb INT8\n);\n"
    with pytest.raises(KwtuiError, match="line 1: the file holds more than 500,000 statements"):
        parse_meta(table * (statements.MOST_STATEMENTS + 1), "meta.sql")


def test_the_files_of_an_export_share_one_budget(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for table in ("a", "b"):
        (tmp_path / "public" / table).mkdir(parents=True)
        (tmp_path / "public" / table / "meta.sql").write_text(f"CREATE TABLE {table} (c INT8);")
    monkeypatch.setattr(statements, "MOST_SECONDS", 0)
    for table, problem in zip("ab", read_shape(tmp_path).problems, strict=True):
        told = f"public/{table}/meta.sql cannot be read: reading those before it took"
        assert problem.startswith(told)


def test_a_statement_without_an_end_is_named_with_its_line() -> None:
    text = "CREATE DATABASE shop;\nGRANT a" + " a" * MOST_TOKENS
    with pytest.raises(KwtuiError, match="line 2: a statement of more than 500,000") as refused:
        parse_meta(text, "meta.sql")
    assert refused.value.exit_code is ExitCode.META_DAMAGED


def test_what_begins_no_statement_is_named_before_the_rest_is_read() -> None:
    with pytest.raises(KwtuiError, match="line 2: no statement begins with 'ON'"):
        parse_meta("CREATE DATABASE shop;\n" + "ON TABLE x " * 100_000, "meta.sql")


def test_a_file_that_would_be_read_for_minutes_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statements, "MOST_SECONDS", 0)
    with pytest.raises(KwtuiError, match="parsing did not finish within 0 seconds") as error:
        parse_meta("CREATE DATABASE shop;\n" + "GRANT a ON DATABASE b TO c;" * 10, "meta.sql")
    assert error.value.exit_code is ExitCode.META_DAMAGED
    assert "compare the file with another copy" in error.value.title
