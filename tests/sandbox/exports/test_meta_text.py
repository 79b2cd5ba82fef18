"""The texts beside the data: what ``meta.sql`` says, and how it falls apart into statements."""

from __future__ import annotations

from kwtui.sandbox.catalog.objects import (
    Catalog,
    DatabaseDef,
    Relation,
    RelationKind,
    UserDef,
)
from kwtui.sandbox.transfer import meta_text


def test_a_database_with_comment_and_grants_reads_as_recorded() -> None:
    shop = DatabaseDef(1, "shop", comment="retail store", grants={"teller": {"CREATE"}})
    assert meta_text.relational_database(shop, comment=False, privileges=False) == (
        "CREATE DATABASE shop;"
    )
    assert meta_text.relational_database(shop, comment=True, privileges=True) == (
        "CREATE DATABASE shop;\n"
        "COMMENT ON DATABASE shop IS 'retail store';\n"
        "GRANT CREATE ON DATABASE shop TO teller;"
    )


def test_a_dashed_name_is_left_bare_and_cannot_be_read_back() -> None:
    text = meta_text.relational_database(DatabaseDef(1, "my-db"), comment=False, privileges=False)
    assert text == "CREATE DATABASE my-db;"


def test_grants_are_sorted_and_leave_out_admin_and_root() -> None:
    orders = Relation(1, "orders", "public", "shop", RelationKind.TABLE)
    orders.grants = {"root": {"ALL"}, "auditors": {"SELECT", "INSERT"}}
    assert meta_text.relational_table("CREATE TABLE orders ()", orders, privileges=True) == (
        "CREATE TABLE orders ();\n"
        "GRANT INSERT ON TABLE shop.public.orders TO auditors;\n"
        "GRANT SELECT ON TABLE shop.public.orders TO auditors;\n"
    )


def test_a_time_series_definition_ends_at_its_first_semicolon() -> None:
    sensors = Relation(1, "sensors", "public", "plant", RelationKind.TIME_SERIES)
    shown = "CREATE TABLE sensors ();\nCOMMENT ON TABLE sensors IS 'x'"
    plain = meta_text.time_series_table(shown, sensors, comment=False, privileges=False)
    commented = meta_text.time_series_table(shown, sensors, comment=True, privileges=False)
    assert plain == "CREATE TABLE sensors ();\n"
    assert commented == f"{shown};\n"


def test_users_leave_without_passwords() -> None:
    catalog = Catalog("c")
    for user in (
        UserDef("admin", is_role=True),
        UserDef("root", member_of={"admin": False}),
        UserDef("teller", member_of={"auditors": False}, password="salted"),
        UserDef("auditors", is_role=True, options=["NOLOGIN"]),
    ):
        catalog.users[user.name] = user
    text, count = meta_text.users(catalog)
    assert count == 1
    assert text == (
        "CREATE USER teller;\nCREATE ROLE auditors WITH NOLOGIN ;\nGRANT auditors TO teller ;\n"
    )


def test_private_settings_stay_at_home() -> None:
    text, count = meta_text.cluster_settings({"cluster.secret": "x", "ts.dedup.rule": "merge"})
    assert (text, count) == ("SET CLUSTER SETTING ts.dedup.rule = 'merge';\n", 1)


def test_statements_are_split_outside_quotes_and_comments() -> None:
    text = (
        "CREATE TABLE \"a;b\" (x STRING DEFAULT 'p;q');\n-- a;b\n"
        "COMMENT ON TABLE t IS e'it\\'s; fine';"
    )
    assert meta_text.statements(text) == [
        "CREATE TABLE \"a;b\" (x STRING DEFAULT 'p;q')",
        "-- a;b\nCOMMENT ON TABLE t IS e'it\\'s; fine'",
    ]


def test_the_engine_is_read_from_the_first_words() -> None:
    assert meta_text.is_time_series("CREATE TS DATABASE plant;")
    assert not meta_text.is_time_series("CREATE DATABASE ts;")
