"""A meta.sql that KWDB's own IMPORT reads holds definitions, and nothing else."""

from __future__ import annotations

import re

import pytest

from kwtui.backups.metasql.statements import MOST_STATEMENTS
from kwtui.operations.shared.staged_definitions import more_than_definitions
from kwtui.sql.bound_names import Bounds
from tests.backups.metasql.test_meta_file import recorded_metas

OWN = Bounds(frozenset({"shop"}))
PLAIN = (
    "CREATE DATABASE shop;\nCREATE SCHEMA archive;\nCREATE TABLE t (\n\tid INT8 NOT NULL,\n"
    "\tCONSTRAINT \"primary\" PRIMARY KEY (id ASC)\n);\nCOMMENT ON COLUMN public.t.id IS 'a; b';\n"
    "GRANT SELECT ON TABLE shop.public.t TO clerk;\n"
)


def test_what_an_export_writes_is_read() -> None:
    assert more_than_definitions({"meta.sql": PLAIN}, OWN) == ""


def test_what_was_recorded_of_exports_is_read() -> None:
    databases = frozenset({*(tree for tree, _, _ in recorded_metas()), "shop"})
    named = re.compile(r"CREATE (?:TS )?DATABASE (\w+)")
    for tree, path, text in recorded_metas():
        own = frozenset(named.findall(text)) | databases
        schemas = frozenset({"public", *path.split("/")[:1]})
        assert more_than_definitions({path: text}, Bounds(own, schemas)) == "", tree


@pytest.mark.parametrize(
    "more",
    [
        "DROP DATABASE precious CASCADE;",
        "INSERT INTO precious.public.t VALUES (1);",
        "SET CLUSTER SETTING a = 'b';",
        "GRANT admin TO clerk; ALTER USER root WITH PASSWORD 'x';",
        "COMMENT ON DATABASE precious IS 'mine';",
        "CREATE TABLE u (a INT8) AS SELECT 1;",
        "CREATE TABLE u (a INT8 DEFAULT kwdb_internal.force_panic('x'));",
    ],
)
@pytest.mark.parametrize("end", ["", "SELECT 'never ends"])
def test_what_does_more_is_not(more: str, end: str) -> None:
    assert more_than_definitions({"meta.sql": PLAIN + more + end}, OWN)


@pytest.mark.parametrize(
    "before",
    [";" * 1_001, "CREATE TABLE u (", "CREATE TABLE u (a INT8));", "GRANT a ON TABLE b TO )"],
)
def test_what_cannot_be_read_hides_no_statement_behind_it(before: str) -> None:
    assert more_than_definitions({"meta.sql": f"{before}; DROP DATABASE precious;"}, OWN)


def test_more_statements_than_any_export_has_are_not_read_one_by_one() -> None:
    told = more_than_definitions({"meta.sql": ";" * (MOST_STATEMENTS + 1)}, OWN)
    assert told == "meta.sql holds more than 500,000 statements"
