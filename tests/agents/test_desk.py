"""What an agent asks for, as the Controller is asked for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from kwtui.agents.desk import Desk
from kwtui.controller import Controller
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.requests import BackupRequest
from kwtui.model.schema import TableName


class Asked(Exception):
    """Instead of a plan: what it was asked for."""


async def asked_for(tables: tuple[str, ...]) -> Any:
    async def backup(request: BackupRequest) -> None:
        raise Asked(request.tables)

    async def connect() -> None:
        raise AssertionError("it is connected")

    controller = SimpleNamespace(
        connection=SimpleNamespace(is_connected=True), plans=SimpleNamespace(backup=backup)
    )
    desk = Desk(cast("Controller", controller), connect, asked_by="a test")
    with pytest.raises(Asked) as found:
        await desk.plan_backup("shop", tables)
    return found.value.args[0]


async def test_tables_are_named_as_a_backup_names_them() -> None:
    odd = TableName("public", "a.b")
    named = ("orders", "archive.old", odd.as_option)
    told = (TableName("public", "orders"), TableName("archive", "old"), odd)
    assert await asked_for(named) == told


async def test_what_names_no_table_is_wrong_usage() -> None:
    with pytest.raises(KwtuiError) as refused:
        await asked_for(("public.a.b",))
    assert refused.value.exit_code is ExitCode.USAGE
