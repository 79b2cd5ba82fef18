"""What KWDB prints so that it cannot be read back is read as it was meant, and nothing else is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.metasql.meta_file import (
    import_refusals,
    modern_meta,
    parse_meta,
    rename_database,
)
from kwtui.backups.metasql.repairs import mend
from kwtui.model.schema import ColumnSpec

MISPRINTED = (
    "CREATE TABLE a (\n\tid INT8 NOT NULL,\n\tg STRING NULL DEFAULT 'p\\'q',\n"
    "\tf STRING NULL DEFAULT 'x\\ny',\n\tn STRING NULL DEFAULT 'plain',\n"
    "\tj JSONB NULL DEFAULT '{\"a\": \"b\\'c\"}',\n\te STRING NULL DEFAULT e'a;\\'b',\n"
    '\tCONSTRAINT "primary" PRIMARY KEY (id ASC)\n);\n'
)
"""As recording 14 has it."""


def columns(text: str) -> dict[str, ColumnSpec]:
    (table,) = parse_meta(text, "meta.sql").tables
    return {column.name: column for column in table.columns}


def test_misprinted_defaults_are_those_that_show_columns_tells() -> None:
    read = columns(MISPRINTED)
    assert [read[name].default for name in "gfnje"] == [
        "e'p\\'q'",
        "e'x\\ny'",
        "'plain'",
        'e\'{"a": "b\\\'c"}\'',
        "e'a;\\'b'",
    ]


def test_import_would_refuse_it_and_that_is_said() -> None:
    found = import_refusals(parse_meta(MISPRINTED, "meta.sql"))
    assert [(f.code, f.subject) for f in found] == [("default_misprinted", "a")]


def test_what_is_written_anew_is_mended() -> None:
    text = f"CREATE DATABASE my-db;\n{MISPRINTED}"
    renamed = modern_meta(rename_database(text, "meta.sql", "other"), "meta.sql")
    assert renamed.startswith('CREATE DATABASE "other";')
    assert "DEFAULT e'p\\'q'" in renamed


@pytest.mark.parametrize(
    ("printed", "meant"),
    [
        ("CREATE DATABASE my-db;", 'CREATE DATABASE "my-db";'),
        ("CREATE TS DATABASE 1x", 'CREATE TS DATABASE "1x"'),
        ("CREATE DATABASE a b;\n", 'CREATE DATABASE "a b";\n'),
        ('CREATE SCHEMA a"b;', 'CREATE SCHEMA "a""b";'),
        (
            "CREATE DATABASE d;\nCOMMENT ON DATABASE d IS 'it's; so\nwhat';\nCREATE SCHEMA s;",
            "CREATE DATABASE d;\nCOMMENT ON DATABASE d IS 'it''s; so\nwhat';\nCREATE SCHEMA s;",
        ),
        (
            "GRANT SELECT ON TABLE my-db.public.t TO the-clerk;\n",
            'GRANT SELECT ON TABLE "my-db".public.t TO "the-clerk";\n',
        ),
        ("GRANT ALL ON DATABASE my-db TO u;", 'GRANT ALL ON DATABASE "my-db" TO u;'),
    ],
)
def test_names_get_the_quotes_that_they_need(printed: str, meant: str) -> None:
    assert mend(printed).text == meant
    assert parse_meta(printed, "meta.sql").statements


@pytest.mark.parametrize(
    "text",
    [
        "CREATE DATABASE shop;",
        'CREATE DATABASE "my-db";',
        "CREATE TS DATABASE plant RETENTIONS 30d PARTITION INTERVAL 1d;",
        "CREATE SCHEMA archive;\nGRANT CREATE ON SCHEMA archive TO clerk;",
        "COMMENT ON DATABASE d IS 'it''s';",
        "CREATE TABLE t (\n\ta STRING DEFAULT e'p\\'q',\n\tb BYTES DEFAULT b'\\x01',\n"
        "\tc STRING DEFAULT 'it''s'\n);\nCOMMENT ON TABLE t IS 'C:\\';\nCREATE SCHEMA s;",
        'CREATE TABLE "a\\b" (\n\tid INT8 -- it\'s \\ a remark\n);',
    ],
)
def test_what_can_be_read_stays_as_it_is(text: str) -> None:
    assert mend(text).text == text
    assert (mend(text).names, mend(text).strings) == ((), ())


@given(st.text(alphabet="'\\\";\n -eCREATE TABLE(),pq", max_size=60))
def test_mending_twice_is_mending_once(text: str) -> None:
    once = mend(f"CREATE TABLE t (\n\ta STRING DEFAULT {text}\n);").text
    assert mend(once).text == once
