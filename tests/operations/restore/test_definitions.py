"""A definition that cannot be read is refused by the name of what it defines."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.errors import ExitCode
from kwtui.model.schema import ColumnSpec, DatabaseSchema, Engine, TableName, TableSpec
from kwtui.operations.restore.definitions import create_tables
from kwtui.operations.shared.selection import Chosen
from kwtui.sql.ddl import StrangeDefinitionError

_TEXT = "CREATE TABLE t (\n\tid INT8 NOT NULL\n)"
_TABLE = TableSpec(TableName("public", "t"), (ColumnSpec("id", "INT8"),), _TEXT, _TEXT)


def _chosen(table: TableSpec) -> Chosen:
    schema = DatabaseSchema("shop", Engine.RELATIONAL, "CREATE DATABASE shop", tables=(table,))
    return Chosen(schema, schema.tables, whole=True)


@pytest.mark.parametrize("text", ["DROP DATABASE precious", "CREATE TABLE t AS SELECT 1"])
def test_a_table_that_cannot_be_read_is_named(text: str) -> None:
    table = replace(_TABLE, create_statement=text, create_without_foreign_keys=text)
    with pytest.raises(StrangeDefinitionError, match=r"^public\.t: ") as refused:
        list(create_tables(_chosen(table), "copy"))
    assert refused.value.exit_code is ExitCode.REFUSED_BY_PLAN
    assert text in refused.value.cause
