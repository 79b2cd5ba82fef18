"""Definitions as KWDB prints them, taken apart and put together for the exact restore."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.errors import KwtuiError
from kwtui.model.schema import ColumnSpec, TableName
from kwtui.server.catalogue import derive
from kwtui.sql import ddl
from tests.server.recorded import answer
from tests.sql.test_statements import recorded_sql

PRINTED_C = answer("12", "SHOW CREATE TABLE c").rows[0][1] or ""
COLUMNS_C = derive.columns(answer("12", "SHOW COLUMNS FROM c"))
PRINTED_A = answer("14", "SHOW CREATE TABLE a").rows[0][1] or ""
COLUMNS_A = derive.columns(answer("14", "SHOW COLUMNS FROM a"))
PRINTED_INV = answer("13", "SHOW CREATE TABLE inv").rows[0][1] or ""


def test_a_name_may_hold_what_ends_a_statement() -> None:
    definition = (
        'CREATE TABLE "t;\nx" (\n\t"c;\nd" INT8 NOT NULL DEFAULT 1:::INT8,\n\te INT8 NULL\n)'
    )
    printed = f"{definition};\nCOMMENT ON TABLE t IS 'x'"

    assert ddl.first_statement(printed) == definition
    assert [e.split()[-1] for e in ddl.split_table(printed).elements] == ["1:::INT8", "NULL"]


def test_the_first_statement_ends_before_its_comments() -> None:
    text = ddl.first_statement(PRINTED_C)
    assert text.endswith("CONSTRAINT pos CHECK (n > 0)\n)")
    assert "DEFAULT 'a\\'b;c'" in text
    warning = "CREATE TABLE p (\n\tid INT8 NOT NULL\n)\n-- Warning: Partitioned table"
    assert ddl.first_statement(warning) == "CREATE TABLE p (\n\tid INT8 NOT NULL\n)"


def test_every_default_goes_the_misprinted_ones_too() -> None:
    assert ddl.without_defaults(PRINTED_A, COLUMNS_A) == (
        "CREATE TABLE a (\n\tid INT8 NOT NULL,\n\tg STRING NULL,\n\tf STRING NULL,\n"
        "\tn STRING NULL,\n\tarr INT8[] NULL,\n\tj JSONB NULL,\n\td DATE NULL,\n"
        '\tCONSTRAINT "primary" PRIMARY KEY (id ASC),\n\tFAMILY "primary" (id, g, f, n, arr, j, d)'
        "\n)"
    )


def test_computed_columns_stay() -> None:
    text = ddl.without_defaults(PRINTED_C, COLUMNS_C)
    assert "DEFAULT" not in text.replace("ON UPDATE SET DEFAULT", "")
    assert "twice INT8 NULL AS (n * 2) STORED" in text


def test_the_tables_of_the_exact_restore_are_made_as_recorded() -> None:
    columns = (
        ColumnSpec("n", "INT8", default="nextval('no':::STRING)"),
        ColumnSpec("v", "STRING", default="'x,y'"),
        ColumnSpec("at", "TIMESTAMPTZ", default="now():::TIMESTAMPTZ"),
    )
    assert ddl.without_defaults(PRINTED_INV, columns) in recorded_sql("13")
    child = answer("13", "SHOW CREATE TABLE child").rows[0][1] or ""
    assert ddl.without_foreign_keys(child) in recorded_sql("13")


def test_a_definition_of_other_columns_is_not_touched() -> None:
    with pytest.raises(KwtuiError):
        ddl.without_defaults(PRINTED_A, COLUMNS_C)
    with pytest.raises(KwtuiError):
        ddl.without_defaults("CREATE VIEW v AS SELECT 1", ())
    with pytest.raises(KwtuiError):
        ddl.without_defaults(PRINTED_INV, (ColumnSpec("n", "INT8"), ColumnSpec("x", "INT8")))


def test_a_column_may_be_called_like_a_keyword_and_hidden_ones_may_be_printed() -> None:
    text = (
        'CREATE TABLE t (\n\t"INDEX" INT8 NULL DEFAULT 1,\n\tindex INT8 NULL DEFAULT 2,\n'
        "\trowid INT8 NOT NULL DEFAULT unique_rowid(),\n\tINDEX by_a (a ASC)\n)"
    )
    columns = (
        ColumnSpec("INDEX", "INT8", default="1"),
        ColumnSpec("index", "INT8", default="2"),
        ColumnSpec("rowid", "INT8", default="unique_rowid()", hidden=True),
        ColumnSpec("unseen", "INT8", default="3", hidden=True),
    )
    assert ddl.without_defaults(text, columns) == (
        'CREATE TABLE t (\n\t"INDEX" INT8 NULL,\n\tindex INT8 NULL,\n'
        "\trowid INT8 NOT NULL,\n\tINDEX by_a (a ASC)\n)"
    )


def test_names_that_hold_the_word_default_stay() -> None:
    text = (
        "CREATE TABLE t (\n\t\"a DEFAULT b\" STRING NULL DEFAULT 'x',\n"
        '\t"c""d" INT8 NULL DEFAULT 1\n)'
    )
    columns = (
        ColumnSpec("a DEFAULT b", "STRING", default="'x'"),
        ColumnSpec('c"d', "INT8", default="1"),
    )
    assert ddl.without_defaults(text, columns) == (
        'CREATE TABLE t (\n\t"a DEFAULT b" STRING NULL,\n\t"c""d" INT8 NULL\n)'
    )


def test_what_follows_a_default_stays_and_a_new_misprint_is_cut() -> None:
    text = "CREATE TABLE t (\n\ta INT8 NULL DEFAULT 1 COMPRESS lz4,\n\tb STRING NULL DEFAULT '?\n)"
    columns = (
        ColumnSpec("a", "INT8", default="1"),
        ColumnSpec("b", "STRING", default="e'\\'?'"),
    )
    assert ddl.without_defaults(text, columns) == (
        "CREATE TABLE t (\n\ta INT8 NULL COMPRESS lz4,\n\tb STRING NULL\n)"
    )


def test_a_default_in_lower_case_is_the_one_that_show_columns_tells() -> None:
    """KWDB 3.2, sqlbase/structured.go: letters in small, code points as they are, no ``e``."""
    true = "e'Gr\\u00FC\\u00DF \\U00004E2DA\\'B'"
    assert ddl.misprinted(true) == "'grüß 中a\\'b'"
    text = "CREATE TABLE t (\n\ta STRING NULL DEFAULT {} ENCODE SIMPLE8B COMPRESS LZ4 LEVEL LOW\n)"
    columns = (ColumnSpec("a", "STRING", default=true),)
    for printed in (true, ddl.misprinted(true), "'nothing like it'"):
        assert ddl.with_true_defaults(text.format(printed), columns) == text.format(true)
        assert " DEFAULT" not in ddl.without_defaults(text.format(printed), columns)
    assert ddl.misprinted("upper('A')") == "upper('A')", "no string with escapes"
    assert ddl.misprinted("e'\\u00E9AB'") == "'\ue9ab'", "what follows is taken for digits"


def test_a_default_that_is_a_part_of_what_is_printed_is_not_cut_in_its_middle() -> None:
    text = "CREATE TABLE t (\n\ta INT8 NULL DEFAULT 10\n)"
    columns = (ColumnSpec("a", "INT8", default="1"),)
    assert ddl.with_true_defaults(text, columns) == text.replace("10", "1")


def test_an_escape_is_no_capital() -> None:
    assert ddl.loses_capitals("e'\\U00004E2DA'")
    assert not ddl.loses_capitals("e'\\U00004E2Da\\n'")
    assert not ddl.loses_capitals("'A'")


def test_capitals_are_only_missed_where_kwdb_takes_them_away() -> None:
    assert ddl.hides_capitals("'größe'")
    assert ddl.hides_capitals("e'a\\'b'")
    for sure in ("'plain'", "'Größe'", "'中文'", "e'\\n'", "now()"):
        assert not ddl.hides_capitals(sure), sure


def test_a_default_of_a_time_series_column_is_printed_as_it_is() -> None:
    text = (
        "CREATE TABLE t (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\te VARCHAR(9) NULL DEFAULT 'a\\'b'\n)"
        " TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id)\n\tretentions 0s"
    )
    columns = (
        ColumnSpec("ts", "TIMESTAMPTZ(3)", nullable=False),
        ColumnSpec("e", "VARCHAR(9)", default="e'a\\'b'"),
        ColumnSpec("id", "INT4", tag=True),
    )
    assert ddl.with_true_defaults(text, columns) == text.replace("DEFAULT 'a", "DEFAULT e'a")


@given(
    st.text(
        st.characters(blacklist_characters="\0\n\r\t", blacklist_categories=["Cs", "Cc"]),
    )
)
def test_any_text_default_is_cut_however_it_is_printed(text: str) -> None:
    escaped = "e'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
    plain = "CREATE TABLE t (\n\ta STRING NULL{},\n\tb INT8 NULL\n)"
    for printed in (escaped, ddl.misprinted(escaped)):
        statement = plain.format(f" DEFAULT {printed}")
        columns = (ColumnSpec("a", "STRING", default=escaped), ColumnSpec("b", "INT8"))
        assert ddl.without_defaults(statement, columns) == plain.format("")


def test_objects_move_under_their_full_name() -> None:
    name = TableName("s 2", "other")
    assert ddl.with_name("CREATE TABLE other (\n\tid INT8\n)", "dst", name) == (
        'CREATE TABLE dst."s 2".other (\n\tid INT8\n)'
    )
    assert ddl.with_name("CREATE SEQUENCE q1 MINVALUE 10", "d", TableName("public", "q1")) == (
        "CREATE SEQUENCE d.public.q1 MINVALUE 10"
    )
    assert ddl.with_name(
        'CREATE MATERIALIZED VIEW "a b" (n) AS SELECT 1', "d", TableName("public", "a b")
    ) == ('CREATE MATERIALIZED VIEW d.public."a b" (n) AS SELECT 1')
    with pytest.raises(KwtuiError):
        ddl.with_name("DROP TABLE x", "d", name)


VIEW = (
    "CREATE VIEW v (name, id) AS SELECT p.name, c.id FROM src.public.parent AS p "
    "JOIN src.public.child AS c ON c.p = p.id"
)


def test_a_view_is_renamed_as_recorded() -> None:
    assert ddl.with_database(VIEW, "src", "dst", {"public"}) in recorded_sql("13")
    assert ddl.with_database(VIEW, "src", "src", {"public"}) == VIEW


def test_only_names_are_renamed_not_texts_and_not_columns() -> None:
    text = 'SELECT src.public.a, \'src.public.a\', src.x, t.src.public FROM src."public"."A b"'
    assert ddl.with_database(text, "src", "my-db", {"public"}) == (
        'SELECT "my-db".public.a, \'src.public.a\', src.x, t.src.public FROM "my-db"."public"."A b"'
    )


def test_a_name_without_quotes_is_read_in_small_letters() -> None:
    text = 'SELECT Src.public.a, "Src".public.a'
    assert ddl.with_database(text, "src", "d", {"public"}) == 'SELECT d.public.a, "Src".public.a'
    assert ddl.with_database(text, "Src", "d", {"public"}) == "SELECT Src.public.a, d.public.a"


@pytest.mark.parametrize(
    ("default", "renamed"),
    [
        ("nextval('no':::STRING)", "nextval('no':::STRING)"),
        ("nextval('src.public.no':::STRING)", "nextval('dst.public.no':::STRING)"),
        ("nextval( 'src.s2.\"No 1\"')", "nextval( 'dst.s2.\"No 1\"')"),
        ("nextval('src.no')", "nextval('dst.no')"),
        ("nextval('public.no')", "nextval('public.no')"),
        ("concat('src.public.no')", "concat('src.public.no')"),
    ],
)
def test_sequences_in_defaults_are_renamed_where_they_name_the_database(
    default: str, renamed: str
) -> None:
    assert ddl.with_database(default, "src", "dst", {"public", "s2"}) == renamed


def test_sequences_in_defaults_are_found() -> None:
    assert ddl.sequences_in("nextval('no':::STRING)") == (("no",),)
    assert ddl.sequences_in("nextval('d.s.q') + nextval('a')") == (("d", "s", "q"), ("a",))
    assert ddl.sequences_in("unique_rowid()") == ()


def test_what_a_view_reads() -> None:
    schemas = {"public"}
    assert ddl.view_dependencies(VIEW, "src", schemas) == (
        ("src", TableName("public", "parent")),
        ("src", TableName("public", "child")),
    )
    other = "CREATE VIEW v (a) AS SELECT a FROM (SELECT a FROM old.public.t, src.public.u)"
    assert ddl.view_dependencies(other, "src", schemas) == (
        ("old", TableName("public", "t")),
        ("src", TableName("public", "u")),
    )


def test_a_materialized_view_loses_the_column_that_cannot_be_typed() -> None:
    printed = answer("12", "SHOW CREATE TABLE mv").rows[0][1] or ""
    assert ddl.without_rowid(printed) == (
        "CREATE MATERIALIZED VIEW mv (n) AS SELECT count(*) AS n FROM sv.public.p"
    )


def test_foreign_keys_with_and_without_the_schema_of_their_target() -> None:
    key, printed = ddl.parse_foreign_key(
        "ALTER TABLE c ADD CONSTRAINT fk_p_id_ref_p FOREIGN KEY (p_id) REFERENCES p(id) "
        "ON DELETE CASCADE ON UPDATE SET DEFAULT"
    )
    assert (key.name, key.columns, key.target_columns) == ("fk_p_id_ref_p", ("p_id",), ("id",))
    assert printed == ("p",)
    assert key.clauses == "ON DELETE CASCADE ON UPDATE SET DEFAULT"
    key, printed = ddl.parse_foreign_key(
        'CONSTRAINT "f k" FOREIGN KEY (a, "B") REFERENCES d.s2."P x"(x, y) MATCH FULL'
    )
    assert key.name == "f k"
    assert key.columns == ("a", "B")
    assert key.target == TableName("s2", "P x")
    assert printed == ("d", "s2", "P x")
    assert key.clauses == "MATCH FULL"


@pytest.mark.parametrize(
    "text", ["", "CONSTRAINT", "CONSTRAINT x CHECK (a)", "CONSTRAINT x FOREIGN KEY a REFERENCES b"]
)
def test_what_is_no_foreign_key_is_refused(text: str) -> None:
    with pytest.raises(KwtuiError):
        ddl.parse_foreign_key(text)


SERIES = (
    'CREATE TABLE "it\'s" (\n\tts TIMESTAMPTZ(3) NOT NULL,\n\tv INT4 NULL\n) TAGS (\n\tid INT4 NOT '
    'NULL,\n\t"Site" VARCHAR(20) NOT NULL ) PRIMARY TAGS(id, "Site")\n\tretentions 8640000s'
)
"""As recording 20 has it, with a second primary tag."""


def test_primary_tags_are_read_from_the_definition() -> None:
    """Live-findings, row 37: SHOW TAGS does not take a name with an apostrophe."""
    assert ddl.primary_tags(SERIES) == ("id", "Site")
    assert ddl.primary_tags(f"{SERIES};\nCOMMENT ON TABLE t IS ') PRIMARY TAGS(x)'") == (
        "id",
        "Site",
    )
    assert ddl.primary_tags("CREATE TABLE t (\n\tid INT8 NOT NULL\n)") == ()


def test_an_inherited_retention_is_left_out_of_the_definition() -> None:
    """Live-findings, row 38."""
    assert ddl.without_retention(SERIES) == SERIES.removesuffix("\n\tretentions 8640000s")
    noted = SERIES.replace("v INT4 NULL", "v VARCHAR(30) NULL DEFAULT '\n\tretentions 5d'")
    assert "retentions 5d" in ddl.without_retention(noted)
