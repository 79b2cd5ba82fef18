"""A definition that came back otherwise is named with both texts, and can be accepted by name."""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName, TableSpec
from kwtui.operations.restore.execution.differences import (
    DefinitionsDiffer,
    definition_differences,
    late_defaults,
    left_after,
    printed_differences,
)
from kwtui.operations.shared.selection import Chosen
from kwtui.sql.ddl import TableText, split_table
from tests.operations.conftest import CHILD, INV, SHOP
from tests.server.recorded import answer, lines

ARR = TableName("public", "arr")


def arr_of(nth: int) -> TableSpec:
    """The table `arr` as recording 20 has it, before its default was typed back and after."""
    shown = answer("20", "SHOW COLUMNS FROM arr", nth=nth)
    columns = tuple(
        ColumnSpec(row["column_name"] or "", row["data_type"] or "", default=row["column_default"])
        for row in shown.dicts()
    )
    create = answer("20", "SHOW CREATE TABLE arr").rows[0][1] or ""
    was = "DEFAULT ARRAY[1:::INT8, 2:::INT8]:::INT4[]:::INT4[]"
    assert was in create
    text = create.replace(was, f"DEFAULT {columns[1].default}")
    return TableSpec(ARR, columns, text, text)


def schema_of(*tables: TableSpec, database: str = "look") -> DatabaseSchema:
    return DatabaseSchema(database, Engine.RELATIONAL, f"CREATE DATABASE {database}", tables=tables)


def chosen(schema: DatabaseSchema) -> Chosen:
    return Chosen(schema, schema.tables, whole=True)


def test_a_typed_array_that_is_printed_with_another_cast_is_the_same_default() -> None:
    """Live-findings, row 39."""
    was, now = schema_of(arr_of(0)), schema_of(arr_of(1), database="again")
    assert was.tables[0].columns != now.tables[0].columns

    assert list(definition_differences(chosen(was), now, "again")) == []
    assert list(printed_differences(chosen(was), now, "again")) == []


def test_a_difference_names_the_column_and_both_texts() -> None:
    table = arr_of(0)
    other = replace(table.columns[2], default="ARRAY['y':::STRING]:::STRING[]", nullable=False)
    columns = (*table.columns[:2], other, *table.columns[3:])
    text = table.create_statement.replace("ARRAY['x':::STRING]", "ARRAY['y':::STRING]")
    now = replace(table, columns=columns, create_statement=text)

    found = list(definition_differences(chosen(schema_of(table)), schema_of(now), "look"))
    assert [d.words for d in found] == [
        "the kind of public.arr.b is `NOT NULL`, and was `NULL`",
        "the default of public.arr.b is `ARRAY['y':::STRING]:::STRING[]`, and was "
        "`ARRAY['x':::STRING]:::STRING[]`",
    ]
    printed = list(printed_differences(chosen(schema_of(table)), schema_of(now), "look"))
    assert [d.printed_name for d in printed] == ["public.arr.b"]
    assert "b STRING[] NULL DEFAULT ARRAY['y':::STRING]" in printed[0].words
    assert "b STRING[] NULL DEFAULT ARRAY['x':::STRING]" in printed[0].words


def test_columns_that_came_went_or_changed_places_are_named() -> None:
    table = arr_of(0)
    first, second, third, fourth = table.columns
    now = replace(table, columns=(second, first, third, ColumnSpec("d", "INT8")))

    found = definition_differences(chosen(schema_of(table)), schema_of(now), "look")
    assert [(d.printed_name, d.words) for d in found] == [
        ("public.arr.c", "public.arr has no column c"),
        ("public.arr.d", "public.arr has a column d, which it had not"),
    ]
    moved = replace(table, columns=(second, first, third, fourth))
    (order,) = definition_differences(chosen(schema_of(table)), schema_of(moved), "look")
    assert order.words == "the columns of public.arr are a, id, b, c; their order was id, a, b, c"


def test_keys_and_checks_are_named_too() -> None:
    now = replace(CHILD, foreign_keys=(), check_constraints=("other",))
    found = definition_differences(chosen(SHOP), replace(SHOP, tables=(INV, now)), "shop")
    assert [d.words for d in found] == [
        "archive.child has no foreign key fk_inv",
        "archive.child has a check constraint other, which it had not",
        "archive.child has no check constraint pos",
    ]


def test_what_a_person_accepts_by_name_is_left_out() -> None:
    table = arr_of(0)
    now = schema_of(replace(table, columns=(*table.columns[:3], ColumnSpec("c", "INT4[]"))))
    found = list(definition_differences(chosen(schema_of(table)), now, "look"))
    assert {d.printed_name for d in found} == {"public.arr.c"}

    assert left_after(found, ["public.arr.c"]) == []
    assert left_after(found, ['public."arr"']) == []
    assert left_after(found, ["public.arr.a", "s2.arr", "arr.a"]) == found
    assert DefinitionsDiffer("look", found).accepting == "--accept public.arr.c"


def test_a_table_that_is_missing_cannot_be_accepted() -> None:
    found = list(definition_differences(chosen(schema_of(arr_of(0))), schema_of(), "look"))
    assert left_after(found, ["public.arr"]) == found
    assert DefinitionsDiffer("look", found).accepting == ""


def test_names_that_sql_quotes_are_quoted_for_the_shell_too() -> None:
    odd = replace(arr_of(0), name=TableName("public", "it's Me"))
    now = replace(odd, columns=odd.columns[:3])
    found = list(definition_differences(chosen(schema_of(odd)), schema_of(now), "look"))
    assert DefinitionsDiffer("look", found).accepting == ("--accept 'public.\"it'\"'\"'s Me\".c'")


def test_a_late_default_is_compared_by_its_meaning() -> None:
    column = ColumnSpec("n", "INT8", default="nextval('no':::STRING)")
    table = TableSpec(ARR, (column,), "", "")
    same = replace(table, columns=(replace(column, default="NEXTVAL('no':::STRING)"),))
    gone = replace(table, columns=(replace(column, default=None),))
    assert list(late_defaults(chosen(schema_of(table)), schema_of(same), "look")) == []
    (found,) = late_defaults(chosen(schema_of(table)), schema_of(gone), "look")
    assert found.words == (
        "the default of public.arr.n is nothing, and was `nextval('no':::STRING)`"
    )


def test_the_order_in_which_a_definition_is_printed_does_not_matter() -> None:
    """What comes back by ALTER TABLE is printed last. Every definition of recording 19."""
    texts = [
        row[1]
        for line in lines("19")
        if str(line.get("sql", "")).startswith("SHOW CREATE TABLE ") and line.get("rows")
        for row in line["rows"]
    ]
    assert len(texts) > 10
    for text in texts:
        table = TableSpec(ARR, (), text, text)
        parts = split_table(text)
        turned = str(TableText(parts.head, parts.elements[::-1], parts.tail))
        anew = schema_of(replace(table, create_statement=turned))
        assert list(printed_differences(chosen(schema_of(table)), anew, "look")) == []
