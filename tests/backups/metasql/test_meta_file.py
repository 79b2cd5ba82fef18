"""meta.sql: every text that a real node wrote is read; damage is named with its line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kwtui.backups.metasql.meta_file import (
    MetaKind,
    import_refusals,
    parse_meta,
    peek_database,
    read_or_problem,
    rename_database,
)
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.schema import Engine
from kwtui.sql.quoting import quoted

RECORDINGS = Path(__file__).parent.parent.parent / "data" / "recordings"
CANNOT_BE_READ_BACK = {"trap_dash": "meta.sql", "dd_defaults": "public/a/meta.sql"}
"""Live-findings, rows 9 and 27: KWDB itself cannot read these."""


def recorded_metas() -> Iterator[tuple[str, str, str]]:
    for recording in sorted(RECORDINGS.glob("*.jsonl")):
        for line in recording.read_text().splitlines():
            step = json.loads(line)
            tree = step.get("tree")
            for file in tree if isinstance(tree, list) else []:
                if file["path"].endswith("meta.sql") and file.get("text") is not None:
                    yield step["directive"].split()[-1], file["path"], file["text"]


def test_every_recorded_meta_is_read_also_the_two_that_kwdb_cannot_read() -> None:
    texts = list(recorded_metas())
    assert len(texts) > 100
    mended = set()
    for tree, path, text in texts:
        meta, problem = read_or_problem(text, path)
        assert meta is not None, problem
        assert all(t.columns for t in meta.tables)
        if meta.mended.text != text:
            mended.add((tree, path))
    assert mended == set(CANNOT_BE_READ_BACK.items())


def test_a_relational_table_with_its_columns_defaults_and_checks() -> None:
    text = (
        "CREATE TABLE orders (\n\tid INT8 NOT NULL DEFAULT unique_rowid(),\n"
        "\ttotal DECIMAL(12,2) NULL,\n\tdouble DECIMAL(12,2) NULL AS (total * 2) STORED,\n"
        "\tnote STRING NULL DEFAULT 'a, b; (c':::STRING,\n"
        '\t"when" TIMESTAMPTZ NULL DEFAULT now():::TIMESTAMPTZ,\n'
        '\tCONSTRAINT "primary" PRIMARY KEY (id ASC),\n\tINDEX by_total (total ASC),\n'
        '\tFAMILY "primary" (id, total),\n\tCONSTRAINT positive CHECK (total >= 0)\n);\n'
        "COMMENT ON TABLE orders IS 'what; was bought';\n"
        "GRANT SELECT ON TABLE shop.public.orders TO reader;\n"
    )
    meta = parse_meta(text, "public/orders/meta.sql")
    (table,) = meta.tables
    assert table.visible_columns == ("id", "total", "double", "note", "when")
    types = [c.type for c in table.columns]
    assert types == ["INT8", "DECIMAL(12,2)", "DECIMAL(12,2)", "STRING", "TIMESTAMPTZ"]
    assert [c.nullable for c in table.columns] == [False, True, True, True, True]
    assert table.columns[0].default == "unique_rowid()"
    assert table.columns[2].computed == "(total * 2)"
    assert table.columns[3].default == "'a, b; (c':::STRING"
    assert [(s.kind, s.name, s.line) for s in meta.statements] == [
        (MetaKind.TABLE, "orders", 1),
        (MetaKind.COMMENT, "orders", 12),
        (MetaKind.GRANT, "orders", 13),
    ]
    assert [f.code for f in import_refusals(meta)] == ["computed_column"]


def test_a_time_series_database_in_one_file() -> None:
    text = (
        "CREATE TS DATABASE plant;\nCREATE TABLE sensors (\n\tts TIMESTAMPTZ(3) NOT NULL,\n"
        "\ttemp FLOAT8 NULL\n) TAGS (\n\tsite INT4 NOT NULL,\n"
        "\tarea VARCHAR(20) ) PRIMARY TAGS(site)\n\tretentions 315360000s;\n"
        "CREATE INDEX by_area ON plant.public.sensors (area);\n"
    )
    meta = parse_meta(text, "meta.sql")
    assert (meta.database, meta.engine) == ("plant", Engine.TIME_SERIES)
    (table,) = meta.tables
    assert table.visible_columns == ("ts", "temp", "site", "area")
    assert [(c.tag, c.primary_tag) for c in table.columns[2:]] == [(True, True), (True, False)]
    assert table.tail.strip() == "retentions 315360000s"
    assert meta.statements[-1].kind is MetaKind.INDEX


def test_clauses_of_older_versions_are_named_and_can_be_taken_out() -> None:
    text = (
        "CREATE TABLE meter_data (\n\tts TIMESTAMPTZ NOT NULL,\n\tv FLOAT8 NULL\n) TAGS (\n"
        "\tmeter_id VARCHAR(50) NOT NULL ) PRIMARY TAGS(meter_id)\n\tretentions 0s\n"
        "\tactivetime 0d\n\tpartition interval 10d;"
    )
    meta = parse_meta(text, "meta.sql")
    (table,) = meta.tables
    assert table.old_clauses == ("activetime 0d", "partition interval 10d")
    assert table.modern_text.endswith("PRIMARY TAGS(meter_id)\n\tretentions 0s")
    assert [f.code for f in import_refusals(meta)] == ["old_time_series_clause"]


def test_a_warning_that_swallows_the_semicolon_does_no_harm() -> None:
    text = (
        "CREATE TABLE t (\n\tid INT8 NOT NULL\n) PARTITION BY LIST (id) (\n"
        "\tPARTITION p VALUES IN ((1))\n)\n"
        "-- Warning: Partitioned table with no zone configurations.;\n"
    )
    assert parse_meta(text, "meta.sql").tables[0].name == "t"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("", 1, "no statement"),
        ("\n\n", 1, "no statement"),
        ("CREATE TABLE t (\n\tid INT8 NOT NULL,\n\tname STR", 1, "never closed"),
        ("CREATE TABLE t (\n\tid INT8 DEFAULT 'pq,\n\tb INT8\n);", 2, "never closed"),
        ("CREATE TABLE t (\n\tid INT8\n;", 1, "never closed"),
        ("CREATE TABLE t (\n\tid INT8\n));", 3, "closes nothing"),
        ("CREATE TABLE t ();", 1, "no columns"),
        ("CREATE TABLE (id INT8);", 1, "missing"),
        ("CREATE TABLE t (\n\tid\n);", 2, "missing"),
        ("CREATE SCHEMA s;\n\x00\x00\x00", 2, "is not allowed here"),
        ("garbage in;\n", 1, "no statement begins"),
    ],
)
def test_damage_is_named_with_its_line(text: str, line: int, what: str) -> None:
    with pytest.raises(KwtuiError) as caught:
        parse_meta(text, "public/t/meta.sql")
    assert caught.value.exit_code is ExitCode.META_DAMAGED
    assert f"public/t/meta.sql cannot be read: line {line}: " in caught.value.title
    assert what in caught.value.title


def test_the_database_is_seen_also_where_its_name_was_printed_wrong() -> None:
    assert peek_database("CREATE DATABASE rdb;") == ("rdb", Engine.RELATIONAL)
    assert peek_database("CREATE DATABASE rdb") == ("rdb", Engine.RELATIONAL)
    assert peek_database("CREATE DATABASE my-db;") == ("my-db", Engine.RELATIONAL)
    assert peek_database('CREATE TS DATABASE "Plant";\nx') == ("Plant", Engine.TIME_SERIES)
    assert peek_database("CREATE TABLE t (id INT8);") is None


def test_renaming_changes_the_database_and_nothing_that_has_the_same_name() -> None:
    text = (
        "CREATE TS DATABASE plant;\nCREATE TABLE plant (\n\tplant TIMESTAMPTZ(3) NOT NULL\n) TAGS"
        " (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id);\nCREATE INDEX i ON plant.public.plant (id);\n"
        "COMMENT ON TABLE plant IS 'plant.public.plant';\n"
        "GRANT SELECT ON TABLE plant.public.plant TO plant;\nGRANT ALL ON DATABASE plant TO u;\n"
    )
    renamed = rename_database(text, "meta.sql", "Plant 2")
    assert renamed == (
        'CREATE TS DATABASE "Plant 2";\nCREATE TABLE plant (\n\tplant TIMESTAMPTZ(3) NOT NULL\n)'
        " TAGS (\n\tid INT4 NOT NULL ) PRIMARY TAGS(id);\n"
        'CREATE INDEX i ON "Plant 2".public.plant (id);\n'
        "COMMENT ON TABLE plant IS 'plant.public.plant';\n"
        'GRANT SELECT ON TABLE "Plant 2".public.plant TO plant;\n'
        'GRANT ALL ON DATABASE "Plant 2" TO u;\n'
    )


def test_renaming_repairs_a_name_that_needed_quotes() -> None:
    assert rename_database("CREATE DATABASE my-db;", "meta.sql", "b") == 'CREATE DATABASE "b";'


names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)


@given(names, names, st.lists(names, min_size=1, max_size=4))
def test_quoted_names_come_back_as_they_were(database: str, table: str, columns: list[str]) -> None:
    body = ",\n\t".join(f"{quoted(c)} STRING NULL" for c in columns)
    text = f"CREATE DATABASE {quoted(database)};\nCREATE TABLE {quoted(table)} (\n\t{body}\n);\n"
    meta = parse_meta(text, "meta.sql")
    assert meta.database == database
    assert meta.tables[0].name == table
    assert meta.tables[0].visible_columns == tuple(columns)
    assert parse_meta(rename_database(text, "meta.sql", "n"), "meta.sql").database == "n"


@given(st.text(max_size=200))
def test_whatever_the_text_it_is_read_or_refused_with_a_message(text: str) -> None:
    meta, problem = read_or_problem(text, "meta.sql")
    assert (meta is None) == problem.startswith("meta.sql cannot be read: line ")


def test_a_quote_in_bytes_ends_neither_them_nor_the_statement() -> None:
    r"""KWDB prints bytes with escapes: ``b'\''`` is one constant (recording 19)."""
    table = "CREATE TABLE t (\n\tk BYTES NULL DEFAULT b'\\'':::BYTES,\n\tn INT8 NULL DEFAULT 1\n)"
    meta = parse_meta(
        f"CREATE DATABASE d;\n{table};\nCREATE TABLE u (\n\tid INT8\n);\n", "meta.sql"
    )
    assert [found.name for found in meta.tables] == ["t", "u"]
    assert meta.tables[0].columns[0].default == "b'\\'':::BYTES"
    assert meta.text.count(table) == 1
