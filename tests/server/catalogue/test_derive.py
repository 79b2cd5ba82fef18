"""From recorded answers to the schema that a backup keeps."""

from __future__ import annotations

from dataclasses import replace

from kwtui.model.schema import CommentSpec, Engine, ForeignKeySpec, GrantSpec, TableName, ViewSpec
from kwtui.server.catalogue import attachments, derive
from kwtui.server.connection.results import Column, ResultSet
from tests.server.recorded import answer

CREATE_STATEMENTS = (
    "SELECT * FROM sv.kwdb_internal.create_statements WHERE database_name = 'sv' "
    "ORDER BY descriptor_id"
)
SCHEMAS = ("public", "hollow", "s2")
ITEMS = {item.name: item for item in derive.described(answer("12", CREATE_STATEMENTS), SCHEMAS)}
C = TableName("public", "c")
P = TableName("public", "p")
OTHER = TableName("s2", "other")


def rows(names: str, *values: tuple[str | None, ...]) -> ResultSet:
    return ResultSet(tuple(Column(name, 25) for name in names.split()), values)


def test_databases_with_engine_and_comment() -> None:
    found = {d.name: d for d in derive.summaries(answer("07", "SHOW DATABASES"))}
    assert found["plant"].engine is Engine.TIME_SERIES
    assert found["shop"].engine is Engine.RELATIONAL
    assert found["system"].system
    assert not found["defaultdb"].system


def test_retention_and_partition_of_a_time_series_database() -> None:
    printed = answer("07", "SHOW CREATE DATABASE plant").rows[0][1] or ""
    assert derive.retention_and_partition(printed) == ("315360000s", "5d")
    assert derive.retention_and_partition("CREATE TS DATABASE x\n\t retentions 0s ") == (None, None)
    assert derive.retention_and_partition("CREATE DATABASE shop") == (None, None)


def test_schemas_without_the_virtual_ones() -> None:
    assert derive.user_schemas(answer("12", "SHOW SCHEMAS FROM sv")) == SCHEMAS


def test_definitions_of_all_kinds() -> None:
    assert {(str(i.name), i.kind) for i in ITEMS.values()} == {
        ("public.q1", "sequence"),
        ("public.p", "table"),
        ("public.c", "table"),
        ("s2.other", "table"),
        ("public.v1", "view"),
        ("public.v2", "view"),
        ("public.mv", "view"),
    }
    assert ITEMS[P].zone_statements == (
        "ALTER TABLE sv.public.p CONFIGURE ZONE USING\n\tgc.ttlseconds = 700",
    )


def test_columns_with_their_true_defaults() -> None:
    found = {c.name: c for c in derive.columns(answer("12", "SHOW COLUMNS FROM c WITH COMMENT"))}
    assert found["e"].default == "e'a\\'b;c'"
    assert found["twice"].computed == "n * 2"
    assert found["twice"].default is None
    assert not found["id"].nullable
    assert found["n"].nullable
    hidden = derive.columns(answer("02", "SHOW COLUMNS FROM no_pk"))
    assert [c.name for c in hidden if c.hidden] == ["rowid"]


def test_a_relational_table() -> None:
    keys = derive.foreign_keys(C, "sv", ITEMS[C].alter_statements, ITEMS, {})
    columns = derive.columns(answer("12", "SHOW COLUMNS FROM c WITH COMMENT"))
    table = derive.relational_table(ITEMS[C], columns, keys.keys)
    assert table.create_statement.endswith("CONSTRAINT pos CHECK (n > 0)\n)")
    assert "FOREIGN KEY" in table.create_statement
    assert "FOREIGN KEY" not in table.create_without_foreign_keys
    assert "COMMENT ON" not in table.create_without_foreign_keys
    assert table.check_constraints == ("pos",)
    assert table.foreign_keys == (
        ForeignKeySpec(
            "fk_p_id_ref_p", ("p_id",), P, ("id",), "ON DELETE CASCADE ON UPDATE SET DEFAULT"
        ),
    )
    assert table.visible_columns == ("id", "p_id", "n", "twice", "t", "u", "e")


def test_a_foreign_key_into_another_schema_finds_its_only_target() -> None:
    keys = derive.foreign_keys(OTHER, "sv", ITEMS[OTHER].alter_statements, ITEMS, {})
    assert keys.keys[0].target == P


def test_of_two_tables_with_the_targets_name_the_catalogue_decides() -> None:
    tables = [*ITEMS, TableName("s2", "p")]
    statements = ITEMS[OTHER].alter_statements
    unknown = derive.foreign_keys(OTHER, "sv", statements, tables, {})
    assert unknown.keys == ()
    assert unknown.ambiguous == ("fk_ref_ref_p",)
    targets = derive.key_targets(rows("a b c d e", ("s2", "other", "fk_ref_ref_p", "s2", "p")))
    known = derive.foreign_keys(OTHER, "sv", statements, tables, targets)
    assert known.keys[0].target == TableName("s2", "p")


def test_the_catalogue_is_asked_only_when_a_name_is_in_two_schemas() -> None:
    items = list(ITEMS.values())
    assert not derive.needs_catalogue(items)
    assert derive.needs_catalogue([*items, replace(ITEMS[P], name=TableName("s2", "p"))])


def test_a_foreign_key_that_cannot_be_read_is_kept_in_its_own_words() -> None:
    keys = derive.foreign_keys(C, "sv", ["ALTER TABLE c FOREIGN"], ITEMS, {})
    assert keys.unread == ("ALTER TABLE c FOREIGN",)


def test_a_foreign_key_into_another_database_is_told_apart() -> None:
    statement = "ALTER TABLE c ADD CONSTRAINT f FOREIGN KEY (a) REFERENCES old.public.p(id)"
    keys = derive.foreign_keys(C, "sv", [statement], ITEMS, {})
    assert keys.foreign == ("f",)
    own = statement.replace("old.", "sv.")
    assert derive.foreign_keys(C, "sv", [own], ITEMS, {}).keys[0].target == P


def test_a_time_series_table() -> None:
    printed = answer("07", "SHOW CREATE TABLE meters").rows[0][1] or ""
    item = derive.Described(TableName("public", "sensors"), "table", printed, printed)
    columns = derive.columns(
        answer("07", "SHOW COLUMNS FROM sensors"), answer("07", "SHOW TAGS FROM sensors")
    )
    table = derive.time_series_table(item, columns, answer("13", "SHOW INDEXES FROM p6"))
    assert [(c.name, c.tag, c.primary_tag) for c in table.columns[-2:]] == [
        ("site", True, True),
        ("area", True, False),
    ]
    assert (table.time_column, table.time_precision) == ("ts", 3)
    assert table.retention_seconds == 3000 * 86400
    assert table.index_statements == ()


def test_indexes_on_tags_are_written_out() -> None:
    names = "table_name index_name non_unique seq_in_index column_name direction storing implicit"
    indexes = rows(
        names,
        ("t", "primary", "f", "1", "ts", "ASC", "f", "f"),
        ("t", "By tag", "t", "1", "a", "ASC", "f", "f"),
        ("t", "By tag", "t", "2", "b", "ASC", "f", "f"),
        ("t", "By tag", "t", "3", "ts", "ASC", "f", "t"),
    )
    assert derive.tag_indexes(TableName("public", "t"), indexes) == (
        'CREATE INDEX "By tag" ON public.t (a, b)',
    )


def test_durations() -> None:
    assert derive.seconds("315360000s") == 315360000
    assert derive.seconds("30d") == 30 * 86400
    assert derive.seconds("0s") is None
    assert derive.seconds("5 fortnights") is None


def test_a_sequence_with_its_value() -> None:
    name = TableName("public", "q1")
    spec = derive.sequence(ITEMS[name], answer("12", "SELECT last_value, is_called FROM q1"))
    assert (spec.last_value, spec.called) == (25, True)
    assert spec.create_statement.startswith("CREATE SEQUENCE q1 MINVALUE 10")
    assert derive.sequence(ITEMS[name], ResultSet()).last_value is None


def test_views_come_after_what_they_read() -> None:
    items = [i for i in ITEMS.values() if i.kind == "view"]
    ordered = derive.views(reversed(items), "sv", SCHEMAS)
    assert [v.name.name for v in ordered].index("v1") < [v.name.name for v in ordered].index("v2")
    mv = next(v for v in ordered if v.materialized)
    assert "rowid" not in mv.create_statement
    assert mv.depends_on == (P,)
    v2 = next(v for v in ordered if v.name.name == "v2")
    assert v2.depends_on == (TableName("public", "v1"), C)


def test_a_misread_circle_of_views_loses_none() -> None:
    a, b = TableName("public", "a"), TableName("public", "b")
    circle = [ViewSpec(a, "", depends_on=(b,)), ViewSpec(b, "", depends_on=(a,))]
    assert derive.in_order(circle) == circle


def test_comments_of_every_kind() -> None:
    comment = answer("12", "SHOW INDEXES FROM c WITH COMMENT")
    shown = derive.columns(answer("12", "SHOW COLUMNS FROM c WITH COMMENT"))
    table = derive.relational_table(ITEMS[C], shown, ())
    found = attachments.comments(
        "db; it's", {P: "table"}, [table], {C: attachments.indexes_with_comment(comment)}
    )
    assert found == (
        CommentSpec("DATABASE", "db; it's"),
        CommentSpec("TABLE public.p", "table"),
        CommentSpec("INDEX public.c@by_n", "index"),
    )


def test_grants_of_database_schemas_and_tables() -> None:
    on_tables = rows(
        "table_schema table_name grantee privilege_type",
        ("public", "p", "admin", "ALL"),
        ("public", "p", "svu", "SELECT"),
        ("public", "p", "svu", "UPDATE"),
    )
    found = attachments.grants(answer("12", "SHOW GRANTS ON DATABASE sv"), on_tables)
    assert found == (
        GrantSpec("DATABASE", "svr", ("ALL",)),
        GrantSpec("SCHEMA s2", "svu", ("CREATE",)),
        GrantSpec("TABLE public.p", "svu", ("SELECT", "UPDATE")),
    )
    users = answer("12", 'SELECT username, "isRole" FROM system.users')
    assert attachments.grantees(found, users) == (("svu",), ("svr",))
    assert attachments.grantees(found, ResultSet()) == (("svr", "svu"), ())


def test_zone_configuration_of_the_database_itself() -> None:
    zones = answer("12", "SHOW ZONE CONFIGURATIONS")
    assert attachments.database_zones(zones, "sv") == ()
    assert len(attachments.database_zones(zones, "system")) == 1


def test_zone_configurations_tell_the_partitions_that_a_definition_does_not() -> None:
    statements = [
        "ALTER PARTITION p_low OF TABLE plant.public.s CONFIGURE ZONE USING\n\tnum_replicas = 3",
        'ALTER PARTITION "P 2" OF INDEX plant.public.s@primary CONFIGURE ZONE USING x = 1',
        "ALTER TABLE plant.public.s CONFIGURE ZONE USING\n\tgc.ttlseconds = 700",
    ]
    assert derive.partitions_in_zones(statements) == ["p_low", "P 2"]
