"""The names that completion offers are those that a survey of the same database finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.errors import KwtuiError
from kwtui.server.catalogue.names import read_names
from kwtui.server.catalogue.survey import read_schema
from kwtui.server.connection.server import connect
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode
from tests.server.refusing import refuse


async def test_names_are_the_ones_of_a_survey(demo_sandbox: SandboxNode) -> None:
    server = await connect(resolve_target(dsn=demo_sandbox.dsn, environ={}))
    try:
        for database in ("shop", "plant"):
            schema = await read_schema(server, database)
            names = await read_names(server, database)
            assert {table.name for table in schema.tables} <= names.keys()
            for table in schema.tables:
                told = [(column.name, column.type) for column in names[table.name]]
                assert told == [(column.name, column.type) for column in table.columns]
            assert {view.name for view in schema.views} <= names.keys()
        with pytest.raises(KwtuiError):
            await read_names(server, "nowhere")
    finally:
        await server.close()


async def test_a_node_that_does_not_tell_all_columns_at_once_is_asked_table_by_table(
    demo_sandbox: SandboxNode, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = await connect(resolve_target(dsn=demo_sandbox.dsn, environ={}))
    try:
        before = await read_names(server, "plant")
        refused = refuse(monkeypatch, "information_schema.columns")
        told = await read_names(server, "plant")
        # Only SHOW COLUMNS has the comments.
        plain = {
            table: tuple(replace(column, comment=None) for column in columns)
            for table, columns in told.items()
        }
        assert plain == before
        assert len(refused) == 1
        refuse(monkeypatch, "information_schema.columns|SHOW COLUMNS", sqlstate="42501")
        assert await read_names(server, "plant") == dict.fromkeys(before, ())
    finally:
        await server.close()
