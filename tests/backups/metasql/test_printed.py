"""A table that is read line by line is the one that is read token by token.

Lines are read once for all tables that hold them. What only looks like a line of a table, since its
line end stands in a text, a comment or in brackets, must never be taken for one.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.metasql.meta_file import MetaFile, parse_meta
from kwtui.backups.metasql.printed import PrintedTables
from kwtui.errors import KwtuiError

NAMES = ["t", "größe", '"T x"', '"a""b"', "s.t", 's."T"', "T", "references", "if", "1t", '"x".y.z']
ELEMENTS = [
    "a INT8 NOT NULL DEFAULT 1:::INT8",
    "b STRING NULL DEFAULT 'a, b; (c':::STRING",
    "b STRING NULL DEFAULT 'x",
    "y' COLLATE en",
    '"Größe" DECIMAL(10,2) NULL AS (a * 2) STORED',
    "c INT8 REFERENCES d (e)",
    "references INT8 NULL",
    "d INT8, e INT8",
    "f INT8 NULL -- it's",
    "g INT8 /* it's",
    "*/ NULL",
    "h INT8 /* , */ NULL",
    " i INT8",
    "i INT8 ",
    "j",
    "K INT8",
    'CONSTRAINT "primary" PRIMARY KEY (a ASC)',
    "CONSTRAINT f FOREIGN KEY (a) REFERENCES d(e)",
    "CHECK (a > 0)",
    "check INT8",
    "INDEX i (a ASC)",
    'FAMILY "primary" (a, b)',
    "PARTITION x (",
    "l INT8) (",
    "e'\\n' INT8",
    "$a$ INT8",
    "a INT8\n)",
    "",
]
RESTS = [
    "",
    " ",
    "\n",
    " -- end",
    " TAGS (\n\tsite INT4 NOT NULL,\n\tarea VARCHAR(20) ) PRIMARY TAGS(site)\n\tretentions 30d",
    " TAGS (\n\tsite INT4 NOT NULL ) PRIMARY TAGS(site)\n\tactivetime 1d",
    " TAGS (\n\tsite",
    ' TAGS (\n\tsite INT4 NOT NULL ) PRIMARY TAGS(Site, site, "S")',
    " TAGS (\n\tsite INT4 REFERENCES d (e) ) PRIMARY TAGS(site)",
    ' TAGS (\n\tindex INT4,\n\t"S x" INT4 ) PRIMARY TAGS("S x") TAGS (\n\ta INT8 )',
    " TAGS (\n\tsite INT4 DEFAULT ') PRIMARY TAGS(' ) PRIMARY TAGS(site)x",
    ' TAGS (\n\tsite INT4,\n\tTags INT4 ) PRIMARY TAGS("a)b")',
    " INTERLEAVE IN PARENT x (a)",
    " REFERENCES",
    ") ",
    " COMMENT 'a;b'",
    " /* ; */",
]


def read(text: str) -> MetaFile | str:
    try:
        return parse_meta(text, "meta.sql")
    except KwtuiError as error:
        return error.title


def read_by_token(text: str) -> MetaFile | str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PrintedTables, "at", lambda self, text, position: None)
        return read(text)


def table(name: str, elements: list[str], rest: str) -> str:
    lines = ",\n\t".join(elements)
    return f"CREATE TABLE {name} (\n\t{lines}\n){rest};\n"


tables = st.builds(
    table,
    st.sampled_from(NAMES),
    st.lists(st.sampled_from(ELEMENTS), min_size=1, max_size=4),
    st.sampled_from(RESTS),
)


@given(st.lists(tables, max_size=3))
def test_whatever_stands_in_it_both_ways_agree(statements: list[str]) -> None:
    text = "CREATE DATABASE d;\n" + "".join(statements)
    assert read(text) == read_by_token(text)


@pytest.mark.parametrize("rest", RESTS)
def test_each_line_alone_and_behind_another(rest: str) -> None:
    for element in ELEMENTS:
        for elements in ([element], ["a INT8 NULL", element]):
            text = table("t", elements, rest) + table("u", ["a INT8 NULL"], "")
            assert read(text) == read_by_token(text)


def test_a_line_is_read_once_for_all_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = 0
    read_element = PrintedTables._read_element

    def counted(self: PrintedTables, line: str) -> object:
        nonlocal lines
        lines += 1
        return read_element(self, line)

    monkeypatch.setattr(PrintedTables, "_read_element", counted)
    text = "".join(
        f"CREATE TABLE t{n} (\n\tid INT8 NOT NULL,\n\tv{n} STRING NULL,\n\t"
        'CONSTRAINT "primary" PRIMARY KEY (id ASC)\n);\n'
        for n in range(100)
    )
    meta = parse_meta(text, "meta.sql")
    assert [c.name for c in meta.tables[99].columns] == ["id", "v99"]
    assert lines == 3
