"""A definition is read in any layout that KWDB takes, and laid out as KWDB prints it."""

from __future__ import annotations

import pytest

from kwtui.backups.metasql.create_table import MetaTable
from kwtui.backups.metasql.meta_file import parse_meta, peek_database
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import Engine
from kwtui.sql import ddl
from tests.backups.metasql.test_meta_file import recorded_metas


def table_of(text: str) -> MetaTable:
    (table,) = parse_meta(text, "public/a/meta.sql").tables
    return table


def test_what_kwdb_printed_stays_letter_by_letter() -> None:
    seen = 0
    for _, path, text in recorded_metas():
        for table in parse_meta(text, path).tables:
            assert table.printed == table.modern_text
            seen += 1
    assert seen > 100


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("CREATE TABLE a(a int primary key);", "CREATE TABLE a (\n\ta int PRIMARY KEY\n)"),
        (
            "create table if not exists A (\n  Id INT8 not null default 1, -- the key\n"
            "  s varchar(9) DEFAULT 'a,  b'\n)",
            "CREATE TABLE a (\n\tid INT8 NOT NULL DEFAULT 1,\n\ts varchar(9) DEFAULT 'a,  b'\n)",
        ),
        (
            'CREATE TABLE "A b" ("Id" int, unique ("Id"), index (  "Id" desc))',
            'CREATE TABLE "A b" (\n\t"Id" int,\n\tUNIQUE ("Id"),\n\tINDEX ( "Id" desc)\n)',
        ),
        (
            "CREATE TABLE b (x int references p (id) on delete set null not null, y int)",
            "CREATE TABLE b (\n\tx int NOT NULL,\n\ty int,\n\t"
            "CONSTRAINT fk_x_ref_p FOREIGN KEY (x) REFERENCES p(id) ON DELETE SET NULL\n)",
        ),
        (
            "CREATE TABLE b (x int check (x > 0) default 3, foreign key (X) references s2.Q (Id), "
            "constraint c check (x < 9))",
            "CREATE TABLE b (\n\tx int DEFAULT 3,\n\t"
            "CONSTRAINT fk_x_ref_q FOREIGN KEY (x) REFERENCES s2.q(id),\n\t"
            "CONSTRAINT c CHECK (x < 9),\n\tCONSTRAINT check_x CHECK (x > 0)\n)",
        ),
    ],
)
def test_another_layout_is_laid_out_anew(written: str, printed: str) -> None:
    assert table_of(written).printed == printed


def test_defaults_and_keys_are_taken_out_of_a_definition_on_one_line() -> None:
    table = table_of(
        "CREATE TABLE b(id int primary key, n int default  2*3  not null, p int references p(id));"
    )

    bare = ddl.without_defaults(ddl.without_foreign_keys(table.printed), table.columns)

    assert bare == "CREATE TABLE b (\n\tid int PRIMARY KEY,\n\tn int NOT NULL,\n\tp int\n)"
    assert [(c.name, c.default) for c in table.columns] == [("id", None), ("n", "2*3"), ("p", None)]


def test_a_time_series_on_one_line_keeps_its_tags_and_loses_old_clauses() -> None:
    table = table_of(
        "create table m (ts timestamp not null, v float) tags (id int not null) primary tags (id)"
        " activetime 1d"
    )

    assert table.time_series
    assert table.printed == (
        "CREATE TABLE m (\n\tts timestamp NOT NULL,\n\tv float\n) "
        "tags (id int not null) primary tags (id)"
    )


def test_what_an_editor_adds_is_no_part_of_a_definition() -> None:
    text = "\ufeff-- by hand\r\nCREATE TABLE a (\r\n\tid INT8 NOT NULL\r\n);\r\n"

    assert table_of(text).printed == "CREATE TABLE a (\n\tid INT8 NOT NULL\n)"
    assert peek_database("\ufeff/* by hand */ create database IF NOT EXISTS Shop;") == (
        "shop",
        Engine.RELATIONAL,
    )


def test_a_foreign_key_of_nothing_is_named_with_its_line() -> None:
    with pytest.raises(KwtuiError, match=r"line 2: a foreign key names no table") as raised:
        table_of("CREATE TABLE a (x int,\n foreign key (x) references (y))")

    assert raised.value.exit_code is ExitCode.META_DAMAGED
