"""A person plans a restore: the proven order, nothing harmed, everything named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.proof import ContentChecksum
from kwtui.model.requests import Dialect, RestoreRequest, RestoreStrategy
from kwtui.model.schema import (
    UNFINISHED,
    ColumnSpec,
    CommentSpec,
    DatabaseSchema,
    Engine,
    GrantSpec,
    ProgramSpec,
    TableName,
    TableSpec,
)
from kwtui.model.server import ServerFacts
from kwtui.operations.plan import Plan, StepKind
from kwtui.operations.restore.leaving_out import without_given
from kwtui.operations.restore.plan import plan_restore
from kwtui.operations.restore.source import RestoreSource
from kwtui.operations.restore.target import TargetFacts
from kwtui.operations.shared.refusals import check_allowed
from kwtui.operations.shared.scratch_names import scratch_name
from kwtui.sql.session import FORMER_TEXT_SETTINGS
from tests.operations.conftest import CHILD, INV, NOW, PATH, SHOP, source_of_schema


@pytest.fixture
def facts(server: ServerFacts) -> TargetFacts:
    everybody = frozenset({"root", "admin", "teller", "auditors"})
    return TargetFacts(server, 1, frozenset({"defaultdb"}), everybody)


def plan(source: RestoreSource, facts: TargetFacts, **options: object) -> Plan:
    request = replace(RestoreRequest(source.path), **options)  # type: ignore[arg-type]
    return plan_restore(source, request, facts, NOW, "p1")


def sql_of(made: Plan, step_id: str) -> tuple[str, ...]:
    return next((step.sql for step in made.steps if step.id == step_id), ())


def refused(made: Plan) -> ExitCode:
    with pytest.raises(KwtuiError) as error:
        check_allowed(made)
    return error.value.exit_code


def codes(made: Plan) -> set[str]:
    return {finding.code for finding in made.findings}


HASHED = TableSpec(
    name=TableName("public", "hashed"),
    columns=(
        ColumnSpec("id", "INT8", nullable=False),
        ColumnSpec("twice", "INT8", computed="id * 2"),
        ColumnSpec("v", "STRING", default="'x'"),
        ColumnSpec("kwdb_internal_id_shard_4", "INT4", computed="mod(…)", hidden=True),
    ),
    create_statement="CREATE TABLE hashed (\n\tid INT8 NOT NULL,\n\ttwice INT8 NULL AS (id * 2) "
    "STORED,\n\tv STRING NULL DEFAULT 'x',\n\tCONSTRAINT \"primary\" PRIMARY KEY (id ASC) USING "
    'HASH WITH BUCKET_COUNT = 4,\n\tFAMILY "primary" (id, twice, v, kwdb_internal_id_shard_4)\n)',
    create_without_foreign_keys="CREATE TABLE hashed (\n\tid INT8 NOT NULL,\n\ttwice INT8 NULL AS "
    "(id * 2) STORED,\n\tv STRING NULL DEFAULT 'x',\n\tCONSTRAINT \"primary\" PRIMARY KEY (id ASC) "
    "USING HASH WITH BUCKET_COUNT = 4,\n\t"
    'FAMILY "primary" (id, twice, v, kwdb_internal_id_shard_4)\n)',
    rows=2,
)
"""A key as recordings 19 and 20 have it (live-findings, row 35)."""


@pytest.fixture
def hashed_set() -> RestoreSource:
    return source_of_schema(replace(SHOP, tables=(INV, HASHED)))


def test_a_hash_sharded_table_is_filled_by_way_of_a_plain_one(
    hashed_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(hashed_set, facts, target="again")
    scratch = made.request["scratch"]

    assert "import_refused" not in codes(made)
    assert sql_of(made, "import:public.inv")[0].startswith("IMPORT INTO ")
    assert sql_of(made, "create-tables")[0] == (
        "SET experimental_enable_hash_sharded_indexes = true"
    )
    assert "USING HASH WITH BUCKET_COUNT = 4" in sql_of(made, "create-tables")[-1]
    drop, create, imported, copied, dropped = sql_of(made, "import:public.hashed")
    plain = f"{scratch}.public.kwtui_plain_2"
    assert drop == f"DROP TABLE IF EXISTS {plain}"
    assert create == (
        f"CREATE TABLE {plain} (\n\tid INT8 NOT NULL,\n\ttwice INT8 NULL AS (id * 2) STORED,"
        '\n\tv STRING NULL,\n\tCONSTRAINT "primary" PRIMARY KEY (id ASC)\n)'
    )
    assert imported.startswith(f"IMPORT INTO {plain} CSV DATA (")
    assert imported.count("data/public/hashed/n1.0.csv") == 1
    # A computed column computes itself, and the shard too.
    assert copied == f"INSERT INTO {scratch}.public.hashed (id, v) SELECT id, v FROM {plain}"
    assert dropped == f"DROP TABLE {plain}"


def test_rows_for_an_existing_hash_sharded_table_go_the_same_way(
    hashed_set: RestoreSource, facts: TargetFacts
) -> None:
    """What counts is the table that is there, and its names."""
    taken = TableName("public", "kwtui_plain_2")
    there = replace(SHOP, tables=(INV, HASHED, replace(INV, name=taken)))
    existing = replace(facts, databases=frozenset({"shop"}), existing=there)
    made = plan(hashed_set, existing, strategy=RestoreStrategy.DATA_ONLY)

    assert sql_of(made, "import:public.hashed")[0] == (
        "DROP TABLE IF EXISTS shop.public.kwtui_plain_2_"
    )
    assert len(sql_of(made, "import:public.inv")) == 1


def test_a_trigger_that_fires_for_inserted_rows_is_named(
    hashed_set: RestoreSource, facts: TargetFacts
) -> None:
    """An IMPORT fires none; what IMPORT refuses is inserted."""
    programs = tuple(
        ProgramSpec("trigger", "tg", "CREATE TRIGGER …", str(table.name)) for table in (INV, HASHED)
    )
    there = replace(SHOP, tables=(INV, HASHED), programs=programs)
    existing = replace(facts, databases=frozenset({"shop"}), existing=there)
    made = plan(hashed_set, existing, strategy=RestoreStrategy.DATA_ONLY)

    found = [f.subject for f in made.findings if f.code == "trigger_fires"]
    assert found == ["public.hashed"]


def test_kwdbs_own_import_is_refused_for_a_hash_sharded_table(
    hashed_set: RestoreSource, facts: TargetFacts
) -> None:
    whole = replace(hashed_set, import_root=PATH)
    made = plan(whole, facts, strategy=RestoreStrategy.NATIVE)

    found = [f for f in made.findings if f.code == "import_refused"]
    assert [(f.subject, f.severity) for f in found] == [("public.hashed", Severity.REFUSAL)]


def test_an_interleaved_table_goes_with_the_one_that_it_lies_in(facts: TargetFacts) -> None:
    tail = " INTERLEAVE IN PARENT inv (n)"
    child = replace(
        HASHED,
        name=TableName("public", "line"),
        columns=(ColumnSpec("n", "INT8", nullable=False),),
        create_statement=f"CREATE TABLE line (\n\tn INT8 NOT NULL\n){tail}",
        create_without_foreign_keys=f"CREATE TABLE line (\n\tn INT8 NOT NULL\n){tail}",
    )
    source = source_of_schema(replace(SHOP, tables=(INV, CHILD, child)))
    made = plan(source, facts, target="again")
    scratch = made.request["scratch"]

    assert sql_of(made, "create-tables")[-1].endswith(
        f") INTERLEAVE IN PARENT {scratch}.public.inv (n)"
    )
    # Both of them are refused by IMPORT INTO, the others go on as ever.
    assert len(sql_of(made, "import:public.line")) == len(sql_of(made, "import:public.inv")) == 5
    assert len(sql_of(made, "import:archive.child")) == 1
    assert refused(plan(source, facts, tables=(child.name,))) is ExitCode.REFUSED_BY_PLAN


def test_an_index_that_lies_in_another_table_is_made_there_again(facts: TargetFacts) -> None:
    """The grammar takes it inside of CREATE TABLE (sql.y, index_def)."""
    index = "INDEX by_n (n ASC) INTERLEAVE IN PARENT inv (n)"
    text = f"CREATE TABLE line (\n\tk INT8 NOT NULL,\n\tn INT8 NULL,\n\t{index}\n)"
    child = replace(
        HASHED,
        name=TableName("public", "line"),
        columns=(ColumnSpec("k", "INT8", nullable=False), ColumnSpec("n", "INT8")),
        create_statement=text,
        create_without_foreign_keys=text,
    )
    made = plan(source_of_schema(replace(SHOP, tables=(INV, child))), facts, target="again")
    scratch = made.request["scratch"]

    (create,) = (sql for sql in sql_of(made, "create-tables") if "line" in sql)
    assert f"INDEX by_n (n ASC) INTERLEAVE IN PARENT {scratch}.public.inv (n)" in create
    assert len(sql_of(made, "import:public.line")) == len(sql_of(made, "import:public.inv")) == 5


def test_a_set_of_an_older_kwtui_is_compared_under_its_own_settings(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    old = replace(shop_set, text_settings=dict(FORMER_TEXT_SETTINGS))
    asked = sql_of(plan(old, facts), "compare")

    assert asked[0] == "SET extra_float_digits = 0"
    assert asked[-1] == "SET extra_float_digits = 3"
    assert asked[1:-1] == sql_of(plan(shop_set, facts), "compare")


def test_checksums_that_round_floats_say_so(shop_set: RestoreSource, facts: TargetFacts) -> None:
    first, *rest = shop_set.tables
    float_column = replace(first.spec.columns[0], type="FLOAT8")
    spec = replace(first.spec, columns=(float_column, *first.spec.columns[1:]))
    table = replace(first, spec=spec, checksum=ContentChecksum(1, "2", "3"))
    source = replace(shop_set, tables=(table, *rest))
    old = replace(source, text_settings=dict(FORMER_TEXT_SETTINGS))

    assert "rounded_texts" not in codes(plan(source, facts))
    found = [f for f in plan(old, facts).findings if f.code == "rounded_texts"]
    assert [f.subject for f in found] == [str(first.name)]


def test_the_exact_restore_has_the_proven_order(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts)

    assert [step.id for step in made.steps] == [
        "check-files",
        "create-database",
        "create-schemas",
        "create-sequences",
        "create-tables",
        "import:public.inv",
        "import:archive.child",
        "set-defaults",
        "add-foreign-keys",
        "validate-checks",
        "set-sequences",
        "comment-and-grant",
        "compare",
        "publish",
        "set-last-defaults",
        "create-views",
        "comment-and-grant-last",
        "finish",
        "compare-others",
    ]
    check_allowed(made)


def test_a_database_with_its_name_says_that_it_is_not_complete_until_it_is(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    steps = {step.id: step.sql for step in plan(shop_set, facts).steps}

    _, mark, rename = steps["publish"]
    assert mark.startswith("COMMENT ON DATABASE ")
    assert UNFINISHED in mark
    assert " RENAME TO " in rename
    (last,) = steps["finish"]
    assert last.startswith("COMMENT ON DATABASE ")
    assert UNFINISHED not in last


def test_everything_is_made_under_a_scratch_name_until_it_was_compared(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts, target="second")
    compared = [step.id for step in made.steps].index("compare")

    before = [sql for step in made.steps[:compared] for sql in step.sql]
    assert not any("second." in sql or sql.endswith(" second") for sql in before)
    assert sql_of(made, "create-database")[0] == "CREATE DATABASE second_kwtui_restoring"
    assert sql_of(made, "publish")[-1] == "ALTER DATABASE second_kwtui_restoring RENAME TO second"
    assert sql_of(made, "create-views") == (
        "CREATE VIEW second.public.v (n) AS SELECT n FROM second.public.inv",
    )


def test_tables_are_made_without_what_an_import_refuses(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts)

    tables = "\n".join(sql_of(made, "create-tables"))
    assert "DEFAULT" not in tables
    assert "FOREIGN KEY" not in tables
    assert "AS (inv * 2) STORED" in tables
    assert sql_of(made, "set-defaults")[1:] == (
        "ALTER TABLE shop_kwtui_restoring.public.inv ALTER COLUMN v SET DEFAULT e'p\\'q'",
    )


def test_what_depends_on_a_sequence_comes_after_the_rename(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts)

    assert sql_of(made, "set-last-defaults") == (
        "USE shop",
        "ALTER TABLE shop.public.inv ALTER COLUMN n SET DEFAULT nextval('no':::STRING)",
    )


def test_a_foreign_key_names_the_schema_of_its_target(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    (key,) = sql_of(plan(shop_set, facts), "add-foreign-keys")

    assert key == (
        "ALTER TABLE shop_kwtui_restoring.archive.child ADD CONSTRAINT fk_inv FOREIGN KEY (inv) "
        "REFERENCES shop_kwtui_restoring.public.inv (n) ON DELETE CASCADE"
    )


def test_a_default_that_names_its_database_waits_for_the_final_name(
    facts: TargetFacts,
) -> None:
    named = replace(
        INV, columns=(ColumnSpec("n", "INT8", default="nextval('shop.public.no':::STRING)"),)
    )
    named = replace(
        named,
        create_without_foreign_keys="CREATE TABLE inv (\n\tn INT8 NULL "
        "DEFAULT nextval('shop.public.no':::STRING)\n)",
    )
    made = plan(source_of_schema(replace(SHOP, tables=(named,))), facts, target="second")

    assert sql_of(made, "set-defaults") == ()
    assert "nextval('second.public.no':::STRING)" in sql_of(made, "set-last-defaults")[-1]


def test_imports_name_every_file_and_the_text_for_null(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    (sql,) = sql_of(plan(shop_set, facts), "import:public.inv")

    assert sql == (
        "IMPORT INTO shop_kwtui_restoring.public.inv CSV DATA "
        f"('nodelocal://1/{PATH}/data/public/inv/n1.0.csv') WITH nullif = '\\N'"
    )


def test_a_sequence_without_a_value_is_not_set(shop_set: RestoreSource, facts: TargetFacts) -> None:
    made = plan(shop_set, facts)

    assert len(sql_of(made, "create-sequences")) == 2
    (setval,) = sql_of(made, "set-sequences")
    assert "102" in setval


def test_a_name_that_is_taken_is_refused(shop_set: RestoreSource, facts: TargetFacts) -> None:
    there = replace(facts, databases=facts.databases | {"shop"})

    assert refused(plan(shop_set, there)) is ExitCode.NAME_TAKEN
    check_allowed(plan(shop_set, there, target="second"))


def test_a_database_is_only_replaced_when_its_name_was_typed(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    there = replace(facts, databases=facts.databases | {"shop"})

    wrong = plan(shop_set, there, replace="shopp")
    right = plan(shop_set, there, replace="shop")

    assert refused(wrong) is ExitCode.REFUSED_BY_PLAN
    check_allowed(right)
    ids = [step.id for step in right.steps]
    assert ids.index("compare") < ids.index("drop-replaced") < ids.index("publish")
    assert sql_of(right, "drop-replaced")[-1] == "DROP DATABASE shop CASCADE"


def test_that_another_database_takes_the_place_is_said(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    there = replace(
        facts, databases=facts.databases | {"shop", "plant"}, replaced_engine=Engine.TIME_SERIES
    )

    made = plan(shop_set, there, target="plant", replace="plant")
    same = replace(there, replaced_engine=Engine.RELATIONAL)

    (warning,) = [f for f in made.findings if f.code == "replaces_another"]
    assert warning.severity is Severity.WARNING
    assert "another database: shop, not plant" in warning.message
    assert "relational" in warning.message
    assert "time series" in warning.message
    assert "replaces_another" not in codes(plan(shop_set, same, target="shop", replace="shop"))


def test_kwdbs_own_databases_are_never_a_target(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts, target="defaultdb", replace="defaultdb")

    assert "system_database" in codes(made)
    assert refused(made) is ExitCode.REFUSED_BY_PLAN


@pytest.mark.parametrize("name", ["kwtui_drill_x", "shop_kwtui_restoring", "a_kwtui_restoring_2"])
def test_nothing_is_restored_under_a_name_that_a_cleanup_drops(
    shop_set: RestoreSource, facts: TargetFacts, name: str
) -> None:
    made = plan(shop_set, facts, target=name)

    assert "scratch_name" in codes(made)
    assert refused(made) is ExitCode.NAME_TAKEN


def test_a_scratch_name_left_by_an_earlier_try_is_not_used_again() -> None:
    taken = frozenset({"shop_kwtui_restoring"})

    assert scratch_name("shop", taken) == "shop_kwtui_restoring_2"
    assert len(scratch_name("表" * 60, frozenset()).encode()) <= 63


def test_grants_to_somebody_who_is_not_there_are_named_or_the_account_is_made(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    stranger = replace(facts, accounts=frozenset({"auditors"}))

    without = plan(shop_set, stranger)
    with_accounts = plan(shop_set, stranger, create_missing_users=True)

    assert not any("teller" in sql for step in without.steps for sql in step.sql)
    assert any("teller" in words for words in without.not_included)
    assert sql_of(with_accounts, "create-accounts") == ("CREATE USER IF NOT EXISTS teller",)
    assert any("TO teller" in sql for sql in sql_of(with_accounts, "comment-and-grant"))


def test_grants_to_users_that_come_from_the_set_are_not_called_left_out(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    stranger = replace(facts, accounts=frozenset({"auditors"}))
    holding = replace(shop_set, users_sql="CREATE USER teller;\n")

    made = plan(holding, stranger, with_users=True)

    assert any("TO teller" in sql for sql in sql_of(made, "comment-and-grant"))
    assert "account_missing" not in codes(made)
    assert not any("teller" in words for words in made.not_included)


def test_some_tables_bring_only_what_belongs_to_them(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts, tables=(TableName("archive", "child"),))
    everything = "\n".join(sql for step in made.steps for sql in step.sql)

    assert "inv CSV" not in everything
    assert sql_of(made, "add-foreign-keys") == ()
    assert sql_of(made, "create-views") == ()
    assert sql_of(made, "create-sequences") == ()
    assert any("fk_inv" in words for words in made.not_included)
    assert "invoices" not in everything


def test_definitions_only_import_nothing_and_validate_nothing(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(shop_set, facts, strategy=RestoreStrategy.SCHEMA_ONLY)
    kinds = {step.kind for step in made.steps}

    assert kinds == {StepKind.SQL, StepKind.COMPARE}
    assert sql_of(made, "compare") == ()
    assert sql_of(made, "publish")


def test_data_only_takes_defaults_off_and_puts_them_back(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    there = replace(facts, databases=facts.databases | {"shop"}, existing=SHOP)
    made = plan(shop_set, there, strategy=RestoreStrategy.DATA_ONLY)

    assert [step.id for step in made.steps] == [
        "check-files",
        "count-rows",
        "drop-defaults",
        "import:public.inv",
        "import:archive.child",
        "set-defaults",
        "validate-checks",
        "compare",
    ]
    assert "DROP DEFAULT" in sql_of(made, "drop-defaults")[0]
    assert "tables_offline" in codes(made)
    assert len(sql_of(made, "validate-checks")) == 2


def test_data_only_needs_tables_with_the_same_columns(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    other = replace(INV, columns=INV.columns[:1])
    existing = replace(SHOP, tables=(other,))
    there = replace(facts, databases=facts.databases | {"shop"}, existing=existing)
    made = plan(shop_set, there, strategy=RestoreStrategy.DATA_ONLY)

    assert {"columns_differ", "not_found"} <= codes(made)


def test_native_says_what_it_will_lose_of_this_very_backup(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    by_table = plan(shop_set, facts, strategy=RestoreStrategy.NATIVE)
    by_database = replace(shop_set, import_root=f"{PATH}/data")
    made = plan(by_database, facts, strategy=RestoreStrategy.NATIVE)

    assert "not_native" in codes(by_table)
    assert [step.kind for step in made.steps] == [
        StepKind.CHECK_FILES,
        StepKind.STAGE,
        StepKind.IMPORT_DATABASE,
        StepKind.COMPARE,
        StepKind.SQL,
        StepKind.UNSTAGE,
    ]
    assert made.steps[4].id == "publish", "its name comes after the comparison"
    loses = next(f.message for f in made.findings if f.code == "native_loses")
    assert "1 foreign keys" in loses
    assert "2 sequences" in loses
    renamed = {"strategy": RestoreStrategy.NATIVE, "target": "second"}
    assert "native_name" not in codes(plan(by_database, facts, **renamed))
    assert "native_name" in codes(plan(by_database, replace(facts, may_stage=False), **renamed))


def test_a_time_series_database_comes_back_with_retention_and_fine_times_by_insert(
    plant_set: RestoreSource, facts: TargetFacts
) -> None:
    made = plan(plant_set, facts, target="second")

    assert sql_of(made, "create-database")[0] == (
        "CREATE TS DATABASE second_kwtui_restoring RETENTIONS 315360000s PARTITION INTERVAL 5d"
    )
    kinds = {step.subject: step.kind for step in made.steps if step.subject.startswith("public")}
    assert kinds == {
        "public.sensors": StepKind.IMPORT_TABLE,
        "public.fast": StepKind.INSERT_ROWS,
    }
    (sql,) = sql_of(made, "import:public.sensors")
    assert "/data/public/sensors')" in sql  # the folder, not its files


def test_the_comparison_expects_what_the_manifest_says(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    compare = next(s for s in plan(shop_set, facts).steps if s.kind is StepKind.COMPARE)

    assert compare.params["tables"][0] == {
        "schema": "public",
        "table": "inv",
        "rows": 3,
        "bytes": 1000,
        "columns": ["n", "v"],
        "series": False,
        "checksum": {"rows": 3, "xor": "7", "sum": "9"},
    }
    assert "xor_agg" in compare.sql[0]


def test_no_admin_no_restore_and_none_on_a_read_only_profile(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    nobody = replace(facts, server=replace(facts.server, is_admin=False))

    assert refused(plan(shop_set, nobody)) is ExitCode.ADMIN_ROLE_REQUIRED
    assert "read_only" in codes(plan(shop_set, replace(facts, read_only=True)))


def test_files_that_kwdb_would_read_wrong_are_not_restored(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    odd = replace(shop_set, dialect=Dialect(enclosed="'", escaped="\\"), adopted=True)

    with pytest.raises(KwtuiError) as error:
        plan(odd, facts)

    assert error.value.exit_code is ExitCode.REFUSED_BY_PLAN


def test_the_option_that_replaces_is_told_as_a_shell_takes_it(
    shop_set: RestoreSource, facts: TargetFacts
) -> None:
    there = replace(facts, databases=facts.databases | {"my shop"})

    made = plan(shop_set, there, target="my shop")

    (taken,) = [f for f in made.findings if f.code == "name_taken"]
    assert taken.remedy.endswith("--yes-replace 'my shop'")


# -- what somebody changed, one thing at a time --------------------------------------------------


def with_default(schema: DatabaseSchema, text: str) -> DatabaseSchema:
    """INV with another default of its last column."""
    *columns, last = INV.columns
    inv = replace(INV, columns=(*columns, replace(last, default=text)))
    return replace(schema, tables=(inv, CHILD))


def with_table(schema: DatabaseSchema, name: str) -> DatabaseSchema:
    text = 'CREATE TABLE x (n INT8 NOT NULL, CONSTRAINT "primary" PRIMARY KEY (n ASC))'
    odd = TableSpec(TableName("public", name), (ColumnSpec("n", "INT8"),), text, text)
    return replace(schema, tables=(INV, CHILD, odd))


def with_grant(schema: DatabaseSchema, privilege: str) -> DatabaseSchema:
    return replace(schema, grants=(GrantSpec("TABLE archive.child", "teller", (privilege,)),))


def with_comment(schema: DatabaseSchema, target: str) -> DatabaseSchema:
    return replace(schema, comments=(*schema.comments, CommentSpec(target, "x")))


def with_view(schema: DatabaseSchema, table: str) -> DatabaseSchema:
    view = replace(schema.views[0], create_statement=f"CREATE VIEW v (n) AS SELECT n FROM {table}")
    return replace(schema, views=(view,))


BROKEN = {
    "a default": (with_default(SHOP, "1; DROP DATABASE precious"), "public.inv"),
    "a name with a NUL": (with_table(SHOP, "a\0b"), "public.a\0b"),
    "a name with half a character": (with_table(SHOP, "a\ud800b"), "public.a\ud800b"),
    "a privilege that is none": (with_grant(SHOP, "SELECT; DROP"), "archive.child"),
    "a comment that breaks out": (
        with_comment(SHOP, "TABLE archive.child IS 'x'; DROP DATABASE a --"),
        "archive.child",
    ),
    "a comment on what is not there": (with_comment(SHOP, "TABLE public.gone"), "public.gone"),
    "a view of what is not there": (with_view(SHOP, "shop.public.gone"), "public.v"),
    "a view of another database": (with_view(SHOP, "precious.public.inv"), "public.v"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_is_refused_by_name_and_the_rest_is_planned(
    facts: TargetFacts, what: str
) -> None:
    schema, name = BROKEN[what]
    source = source_of_schema(schema)
    made = plan(source, facts, target="again")
    refusals = [f for f in made.findings if f.severity is Severity.REFUSAL]
    assert [f.subject for f in refusals] == [name]
    assert "--leave-out" in refusals[0].remedy
    assert refused(made) is ExitCode.REFUSED_BY_PLAN

    others = plan(without_given(source, (name,)), facts, target="again")
    check_allowed(others)
    kept = {t.name for t in schema.tables} - {TableName(*name.split("."))}
    assert len(sql_of(others, "create-tables")) == len(kept)
    assert any(line.startswith(f"{name}: left out") for line in others.not_included)


def test_what_needs_a_table_goes_with_it(facts: TargetFacts) -> None:
    source = source_of_schema(SHOP)
    made = plan(without_given(source, ("inv",)), facts, target="again")
    assert "public.v: it needs public.inv" in made.not_included
    assert sql_of(made, "create-views") == ()
    assert any("fk_inv" in line for line in made.not_included)
    assert not any("inv" in text for step in made.steps for text in step.sql if "shop" in text)


def test_nothing_is_left_out_that_is_not_there() -> None:
    with pytest.raises(KwtuiError) as error:
        without_given(source_of_schema(SHOP), ("nothing",))
    assert error.value.exit_code is ExitCode.NOT_FOUND


def test_a_privilege_of_the_database_that_is_none_is_no_wrong_usage(facts: TargetFacts) -> None:
    odd = replace(SHOP, grants=(GrantSpec("DATABASE shop", "teller", ("SELECT; DROP",)),))
    with pytest.raises(KwtuiError) as error:
        plan(source_of_schema(odd), facts, target="again")
    assert error.value.exit_code is ExitCode.REFUSED_BY_PLAN
