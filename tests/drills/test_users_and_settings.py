"""Users, roles and cluster settings as a part of a backup, when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.operations.restore.cluster_parts import setting_statements, user_statements
from tests.command_line import CommandLine
from tests.conftest import SandboxNode, start_sandbox, stop_sandbox


def ask(node: SandboxNode, *statements: str) -> list[Any]:
    rows: list[Any] = []
    with psycopg.connect(node.dsn, autocommit=True, prepare_threshold=None) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
            rows = cursor.fetchall() if cursor.description else []
    return rows


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[SandboxNode, SandboxNode]]:
    """Where the backup is made, and a fresh cluster that it is restored on."""
    first = start_sandbox(tmp_path / "first", "--empty")
    second = start_sandbox(tmp_path / "second", "--empty")
    ask(
        first,
        "CREATE DATABASE shop",
        "CREATE TABLE shop.public.t (id INT8 PRIMARY KEY)",
        "CREATE USER teller",
        "CREATE ROLE auditors",
        "GRANT auditors TO teller",
        "GRANT SELECT ON TABLE shop.public.t TO teller",
        "SET CLUSTER SETTING sql.stats.automatic_collection.enabled = false",
    )
    yield first, second
    stop_sandbox(first)
    stop_sandbox(second)


def test_they_come_with_the_set_and_back_when_asked(
    nodes: tuple[SandboxNode, SandboxNode], tmp_path: Path
) -> None:
    first, second = nodes
    made = CommandLine(tmp_path / "home", first).backup("shop", "--with-users", "--with-settings")
    other = CommandLine(tmp_path / "other", second)
    files = ["--extern", str(first.extern)]
    second.extern.parent.mkdir(parents=True, exist_ok=True)
    if second.extern.exists():
        second.extern.rmdir()
    second.extern.symlink_to(first.extern)

    checked = other.run("verify", made["path"], *files)
    restored = other.restore(made["path"], "--with-users", "--with-settings")
    drilled = other.run("drill", made["path"], "--on", "sandbox", *files)

    assert (first.extern / made["path"] / "users/users.sql").read_text()
    assert not [words for words in made["not_included"] if "--with" in words]
    assert checked.code == 0, checked.out
    assert restored["doubts"] == []
    users = {row[0] for row in ask(second, "SHOW USERS")}
    assert {"teller", "auditors"} <= users
    setting = ask(second, "SHOW CLUSTER SETTING sql.stats.automatic_collection.enabled")
    assert str(setting[0][0]).lower() in ("false", "f")
    assert drilled.code == 0, drilled.err


def test_a_damaged_users_file_is_found(
    nodes: tuple[SandboxNode, SandboxNode], tmp_path: Path
) -> None:
    first, _ = nodes
    kwtui = CommandLine(tmp_path / "home", first)
    made = kwtui.backup("shop", "--with-users")
    file = first.extern / made["path"] / "users/users.sql"
    file.write_text(file.read_text().replace("teller", "seller"))

    assert kwtui.run("verify", made["path"], *kwtui.files).code == ExitCode.BACKUP_DAMAGED


def test_a_set_without_users_says_so(
    nodes: tuple[SandboxNode, SandboxNode], tmp_path: Path
) -> None:
    kwtui = CommandLine(tmp_path / "home", nodes[0])
    made = kwtui.backup("shop")

    done = kwtui.run("restore", made["path"], "--as", "x", "--with-users", *kwtui.server)

    assert done.code == ExitCode.REFUSED_BY_PLAN
    assert "holds no users" in done.err
    assert any("--with-users" in words for words in made["not_included"])


# -- reading the files --------------------------------------------------------------------------


def test_names_that_kwdb_prints_without_quotes_get_them() -> None:
    text = "CREATE USER my-user;\nCREATE ROLE r WITH LOGIN ;\nGRANT r TO my-user ;\n"

    assert list(user_statements(text, frozenset())) == [
        'CREATE USER IF NOT EXISTS "my-user"',
        "CREATE ROLE IF NOT EXISTS r WITH LOGIN",
        'GRANT r TO "my-user"',
    ]
    assert list(user_statements(text, frozenset({"my-user", "r"}))) == ['GRANT r TO "my-user"']


@pytest.mark.parametrize(
    "text", ["DROP DATABASE shop;", "SET CLUSTER SETTING a = 1; DROP TABLE t;"]
)
def test_a_file_with_anything_else_in_it_is_refused(text: str) -> None:
    with pytest.raises(KwtuiError) as error:
        list(setting_statements(text))
    assert error.value.exit_code is ExitCode.META_DAMAGED
    with pytest.raises(KwtuiError):
        list(user_statements(text, frozenset()))
