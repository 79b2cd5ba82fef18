"""The names that completion offers are those that a survey of the same database finds."""

from __future__ import annotations

import pytest

from kwtui.errors import KwtuiError
from kwtui.server.catalogue.names import read_names
from kwtui.server.catalogue.survey import read_schema
from kwtui.server.connection.server import connect
from kwtui.server.connection.target import resolve_target
from tests.conftest import SandboxNode


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
