"""People and what they may do: users, roles, grants, and who is turned away."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from kwtui.sandbox.answers.answer import SqlError
from kwtui.sandbox.catalog import grants, users
from kwtui.sandbox.catalog.objects import Catalog
from kwtui.sandbox.engine.session import Session
from kwtui.sandbox.sql_engine import SqlEngine
from tests.sandbox.asking import ask, refusal
from tests.sandbox.shop import add_shop, customers
from tests.sandbox.stores import new_engine

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[SqlEngine]:
    engine = new_engine(tmp_path)
    add_shop(engine.catalog)
    engine.save_catalog()
    yield engine
    engine.close()


@pytest.fixture
def root(engine: SqlEngine) -> Session:
    return engine.session("root", "shop")


@pytest.fixture
def catalog(engine: SqlEngine) -> Catalog:
    return engine.catalog


def test_a_role_cannot_log_in_unless_told_to(root: Session) -> None:
    ask(root, "CREATE USER teller")
    ask(root, "CREATE ROLE auditors")

    assert ask(root, "SHOW USERS").rows == [
        ("admin", "CREATEROLE", "{}"),
        ("auditors", "NOLOGIN", "{}"),
        ("root", "CREATEROLE", "{admin}"),
        ("teller", "", "{}"),
    ]


def test_dropping_a_user_counts_who_is_gone(root: Session) -> None:
    ask(root, "CREATE USER loner")

    assert ask(root, "DROP USER loner").tag == "DROP USER 1"
    assert ask(root, "DROP USER IF EXISTS loner").tag == "DROP USER 0"
    assert refusal(root, "DROP USER loner").message == "role/user loner does not exist"


def test_a_user_with_grants_stays(root: Session) -> None:
    ask(root, "CREATE USER teller")
    ask(root, "GRANT SELECT ON TABLE customers TO teller")

    error = refusal(root, "DROP USER teller")

    assert error.sqlstate == "2BP01"
    assert error.message.endswith("grants still exist on shop.public.customers")


def test_a_second_user_of_the_same_name_is_refused(root: Session) -> None:
    ask(root, "CREATE USER teller")

    error = refusal(root, "CREATE USER teller")

    assert (error.sqlstate, error.message) == (
        "42710",
        "a role/user named teller already exists",
    )
    assert ask(root, "CREATE USER IF NOT EXISTS teller").tag == "CREATE USER"


def test_a_database_grant_reaches_public_and_the_virtual_schemas_only(root: Session) -> None:
    ask(root, "CREATE USER teller")
    ask(root, "GRANT CREATE ON DATABASE shop TO teller")

    reply = ask(root, "SHOW GRANTS ON DATABASE shop")

    assert reply.tag == "SHOW GRANTS 14"
    assert {row[1] for row in reply.rows if row[2] == "teller"} == {
        "information_schema",
        "kwdb_internal",
        "pg_catalog",
        "public",
    }
    assert ("shop", "archive", "root", "ALL") in reply.rows


def test_grants_for_a_user_list_the_schema_before_its_tables(root: Session) -> None:
    ask(root, "CREATE USER teller")
    ask(root, "GRANT CREATE ON DATABASE shop TO teller")
    ask(root, "GRANT SELECT ON TABLE shop.customers TO teller")

    rows = ask(root, "SHOW GRANTS FOR teller").rows

    assert rows[-2:] == [
        ("shop", "public", None, None, "teller", "CREATE"),
        ("shop", "public", "customers", None, "teller", "SELECT"),
    ]


def test_granting_to_nobody_changes_nothing(root: Session) -> None:
    error = refusal(root, "GRANT SELECT ON TABLE customers TO nobody_here")

    assert (error.sqlstate, error.message) == (
        "XXUUU",
        "user or role nobody_here does not exist",
    )
    assert len(ask(root, "SHOW GRANTS ON TABLE customers").rows) == 2


def test_a_privilege_of_postgresql_is_a_syntax_error_after_it(root: Session) -> None:
    error = refusal(root, "GRANT USAGE ON SCHEMA s2 TO svu")

    assert error.message == 'at or near "on": syntax error: not a valid privilege: "usage"'
    assert error.detail == "source SQL:\nGRANT USAGE ON SCHEMA s2 TO svu\n            ^"


def test_one_privilege_taken_from_all_leaves_the_others() -> None:
    table = customers()
    grants.grant(table, ["ALL"], ["teller"])

    grants.revoke(table, ["DELETE"], ["teller"])

    assert table.grants["teller"] == set(grants.PRIVILEGES) - {"DELETE"}


def test_all_single_privileges_together_are_all() -> None:
    table = customers()

    grants.grant(table, grants.PRIVILEGES, ["teller"])

    assert table.grants["teller"] == {"ALL"}


def test_the_administrators_keep_their_privileges(root: Session) -> None:
    assert (
        "root must have exactly ALL" in refusal(root, "REVOKE ALL ON customers FROM root").message
    )


def test_membership_counts_through_other_roles(root: Session, engine: SqlEngine) -> None:
    for statement in (
        "CREATE ROLE readers",
        "CREATE ROLE clerks",
        "CREATE USER teller",
        "GRANT readers TO clerks",
        "GRANT clerks TO teller",
        "GRANT SELECT ON TABLE customers TO readers",
    ):
        ask(root, statement)

    teller = engine.session("teller", "shop")

    assert ask(teller, "SHOW TABLES FROM shop").rows == [("customers", "BASE TABLE")]
    assert refusal(root, "GRANT teller TO readers").sqlstate == "0LP01"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SHOW USERS", "user teller does not have SELECT privilege on relation users"),
        (
            "SHOW GRANTS ON ROLE admin",
            "user teller does not have SELECT privilege on relation role_members",
        ),
        (
            "SHOW CLUSTER SETTINGS",
            "only users with the admin role are allowed to SHOW CLUSTER SETTINGS",
        ),
        (
            "SELECT * FROM kwdb_internal.gossip_nodes",
            "only users with the admin role are allowed to read kwdb_internal.gossip_nodes",
        ),
        ("CREATE USER friend", "user teller does not have CREATEROLE privilege"),
    ],
)
def test_a_plain_user_is_turned_away(
    root: Session, engine: SqlEngine, statement: str, message: str
) -> None:
    ask(root, "CREATE USER teller")

    error = refusal(engine.session("teller", "shop"), statement)

    assert (error.sqlstate, error.message) == ("42501", message)


def test_users_outlive_the_engine(tmp_path: Path) -> None:
    first = SqlEngine(tmp_path)
    ask(first.session("root", "defaultdb"), "CREATE USER teller WITH PASSWORD 'secret'")
    first.close()

    second = SqlEngine(tmp_path)
    users.authenticate(second.catalog, "teller", "secret", NOW)
    assert "secret" not in str(second.catalog.users["teller"].password)
    second.close()


def test_the_right_password_opens_and_the_wrong_one_does_not(catalog: Catalog) -> None:
    users.create(catalog, "op", password="open sesame")

    users.authenticate(catalog, "op", "open sesame", NOW)
    for name, password in (("op", "open"), ("ghost", "open sesame"), ("op", "")):
        with pytest.raises(SqlError, match=f"password authentication failed for user {name}"):
            users.authenticate(catalog, name, password, NOW)


def test_an_expired_password_is_told_apart_from_a_wrong_one(catalog: Catalog) -> None:
    until = (NOW - timedelta(days=1)).isoformat(sep=" ")
    users.create(catalog, "old", password="x", valid_until=until)

    with pytest.raises(SqlError, match="password is expired"):
        users.authenticate(catalog, "old", "x", NOW)
    with pytest.raises(SqlError, match="authentication failed"):
        users.authenticate(catalog, "old", "y", NOW)


def test_a_user_without_login_is_turned_away_with_its_reason(catalog: Catalog) -> None:
    users.create(catalog, "nologin_user", password="x", options=("NOLOGIN",))

    with pytest.raises(SqlError, match="nologin_user does not have login privilege"):
        users.authenticate(catalog, "nologin_user", "x", NOW)


def test_an_empty_password_is_no_password(catalog: Catalog) -> None:
    with pytest.raises(SqlError, match="empty passwords"):
        users.create(catalog, "op", password="")


def test_options_that_contradict_each_other_are_refused(catalog: Catalog) -> None:
    with pytest.raises(SqlError, match="conflicting role options"):
        users.create(catalog, "op", options=("LOGIN", "NOLOGIN"))
