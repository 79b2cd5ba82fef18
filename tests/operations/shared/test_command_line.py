"""Every plan shows the command that does the same: what is typed must give the same request."""

from __future__ import annotations

import shlex
from dataclasses import replace

import msgspec
import pytest

from kwtui.commands.backup import request_of
from kwtui.commands.parsers.root import make_parser
from kwtui.commands.restore import excerpt_of
from kwtui.commands.restore import request_of as restore_request_of
from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.requests import (
    BackupMethod,
    BackupRequest,
    Dialect,
    ExcerptRequest,
    Incremental,
    RestoreRequest,
    RestoreStrategy,
)
from kwtui.model.schema import TableName
from kwtui.operations.plan import Plan, PlanKind
from kwtui.operations.shared.command_line import command_for
from tests.operations.conftest import NOW, PATH


def plan_of(kind: PlanKind, request: object) -> Plan:
    values = msgspec.to_builtins(request)
    return Plan("p", kind, "", NOW, "c", 1, "shop", PATH, (), request=values)


BACKUPS = [
    BackupRequest("shop"),
    BackupRequest("my db; rm -rf /", label='say "hi" to $HOME', prefix="nightly"),
    BackupRequest("shop", tables=(TableName("public", "orders"), TableName("a", "b"))),
    BackupRequest("shop", tables=(TableName("public", 'odd, "na.me'),)),
    BackupRequest("shop", method=BackupMethod.DATABASE, parallel=4, node_id=3, chunk_rows=10),
    BackupRequest("shop", incremental=Incremental.ALWAYS, anew_after=7),
    BackupRequest("shop", check=CheckLevel.COUNTS, dialect=Dialect(null_text="", header=True)),
]

RESTORES = [
    RestoreRequest(PATH),
    RestoreRequest(PATH, target="shop_copy", create_missing_users=True),
    RestoreRequest(PATH, strategy=RestoreStrategy.DATA_ONLY, tables=(TableName("a", "b"),)),
    RestoreRequest(PATH, replace="shop", node_id=2),
    RestoreRequest("old/tree", dialect=Dialect(delimiter="|", null_text="NULL")),
]


@pytest.mark.parametrize("request_", BACKUPS, ids=str)
def test_a_backup_command_asks_for_the_same(request_: BackupRequest) -> None:
    words = shlex.split(command_for(plan_of(PlanKind.BACKUP, request_), []))

    args = make_parser().parse_args(words[1:])

    assert request_of(args) == request_


@pytest.mark.parametrize("request_", RESTORES, ids=str)
def test_a_restore_command_asks_for_the_same(request_: RestoreRequest) -> None:
    plan = plan_of(PlanKind.RESTORE, request_)
    plan = replace(plan, request=plan.request | {"scratch": "shop_kwtui_restoring"})

    args = make_parser().parse_args(shlex.split(command_for(plan, []))[1:])

    assert restore_request_of(args) == request_


M, NEW = TableName("public", "m"), TableName("public", "new, one")
EXCERPTS = [
    ExcerptRequest(PATH, M, NEW),
    ExcerptRequest(PATH, M, NEW, "plant", since="2026-11-01 00:00:00.25", where="site = 'no'"),
    ExcerptRequest(PATH, M, NEW, until="2026-11-01 00:00:00", node_id=2),
]


@pytest.mark.parametrize("request_", EXCERPTS, ids=str)
def test_a_restore_of_some_rows_asks_for_the_same(request_: ExcerptRequest) -> None:
    words = shlex.split(command_for(plan_of(PlanKind.EXCERPT, request_), []))

    args = make_parser().parse_args(words[1:])

    assert excerpt_of(args) == request_


@pytest.mark.parametrize(
    "words",
    ["--into b", "--tables a,c --into b", "--tables a --from today", "--tables a --where x=1",
     "--tables a --into b --from never", "--tables a --into b --strategy native",
     "--tables a --into b --yes-replace shop"],
)  # fmt: skip
def test_what_does_not_name_a_table_and_a_new_one_is_refused(words: str) -> None:
    with pytest.raises(KwtuiError) as caught:
        excerpt_of(make_parser().parse_args(["restore", PATH, *words.split()]))
    assert caught.value.exit_code is ExitCode.USAGE


def test_the_server_is_named_in_the_command() -> None:
    command = command_for(
        plan_of(PlanKind.BACKUP, BACKUPS[0]), ["--dsn", "postgresql://r@h:1/d?x=1"]
    )

    assert command == "kwtui backup shop --dsn 'postgresql://r@h:1/d?x=1'"


def test_a_check_is_a_command_too() -> None:
    plan = replace(plan_of(PlanKind.VERIFY, {"path": PATH, "level": 1}), kind=PlanKind.VERIFY)

    assert (
        command_for(plan, ["--extern", "/e x"]) == f"kwtui verify {PATH} --level P1 --extern '/e x'"
    )
