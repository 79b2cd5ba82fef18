"""A person plans a backup: what will be sent, what it risks, what stays outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.checks import CheckLevel
from kwtui.model.findings import Finding, Severity
from kwtui.model.requests import BackupMethod, BackupRequest, Dialect
from kwtui.model.schema import TableName
from kwtui.model.server import NodeFacts, Survey
from kwtui.operations.backup.destination import Destination
from kwtui.operations.backup.findings import destination_findings
from kwtui.operations.backup.plan import export_statements, plan_backup
from kwtui.operations.plan import Plan, StepKind
from kwtui.operations.shared.refusals import check_allowed
from tests.operations.conftest import NOW, PATH, SHOP


def plan(survey: Survey, destination: Destination, **options: object) -> Plan:
    request = replace(BackupRequest(survey.schema.database), **options)  # type: ignore[arg-type]
    return plan_backup(survey, request, destination, NOW, "p1")


def codes(plan: Plan) -> set[str]:
    return {finding.code for finding in plan.findings}


def test_a_snapshot_exports_every_table_at_one_instant(
    shop: Survey, destination: Destination
) -> None:
    made = plan(shop, destination)

    assert [step.kind for step in made.steps] == [
        StepKind.SNAPSHOT,
        StepKind.EXPORT_TABLE,
        StepKind.EXPORT_TABLE,
        StepKind.RECONCILE,
        StepKind.SEAL,
    ]
    assert made.steps[0].sql == ("SELECT cluster_logical_timestamp()",)
    assert made.steps[2].sql == (
        f"EXPORT INTO CSV 'nodelocal://1/{PATH}/data/archive/child' FROM SELECT id, inv, dbl "
        "FROM shop.archive.child AS OF SYSTEM TIME '{timestamp}' WITH nullas = '\\N'",
    )


def test_a_definition_that_cannot_be_read_is_refused_before_anything_is_exported(
    shop: Survey, destination: Destination
) -> None:
    first, *others = shop.schema.tables
    strange = replace(first, create_without_foreign_keys="CREATE TABLE AS IF BY MAGIC")
    survey = replace(shop, schema=replace(shop.schema, tables=(strange, *others)))

    with pytest.raises(KwtuiError, match="cannot parse the definition") as raised:
        check_allowed(plan(survey, destination))

    assert raised.value.exit_code is ExitCode.REFUSED_BY_PLAN
    check_allowed(plan(survey, destination, tables=tuple(t.name for t in others)))


def test_totals_say_where_they_come_from(shop: Survey, destination: Destination) -> None:
    made = plan(shop, destination)

    assert (made.estimated_rows, made.estimated_bytes) == (5, 1500)
    assert "row counts" in made.estimate_source
    assert plan_with_unknown_size(shop, destination).estimated_bytes is None


def plan_with_unknown_size(shop: Survey, destination: Destination) -> Plan:
    tables = (replace(shop.schema.tables[0], bytes=None), shop.schema.tables[1])
    return plan(replace(shop, schema=replace(shop.schema, tables=tables)), destination)


def test_time_series_tables_are_exported_one_by_one_without_a_false_snapshot(
    plant: Survey, destination: Destination
) -> None:
    made = plan(plant, destination)

    exports = [step.sql[0] for step in made.steps if step.kind is StepKind.EXPORT_TABLE]
    assert len(exports) == 2
    assert not any("AS OF" in sql for step in made.steps for sql in step.sql)
    assert all("WHERE ts <= '{until}'" in sql for sql in exports)
    assert any("Time series have no snapshot" in step.explanation for step in made.steps)
    assert (
        "no common instant"
        in plan(plant, destination, method=BackupMethod.TABLES).steps[0].explanation
    )


def test_fine_times_take_no_space_twice(plant: Survey, destination: Destination) -> None:
    """restore.sh makes their INSERTs of the files themselves."""
    tables = tuple(replace(t, bytes=1000) for t in plant.schema.tables)
    survey = replace(plant, schema=replace(plant.schema, tables=tables))
    assert "disk_full" not in codes(plan(survey, replace(destination, free_bytes=2500)))
    assert "disk_full" in codes(plan(survey, replace(destination, free_bytes=1900)))


@pytest.mark.parametrize("level", CheckLevel)
def test_the_plan_names_the_level_of_the_check_and_what_it_would_miss(
    shop: Survey, plant: Survey, destination: Destination, level: CheckLevel
) -> None:
    for survey in (shop, plant):
        seal = plan(survey, destination, check=level).steps[-1]
        assert f"Content check: {level}" in seal.explanation
        assert level.misses in seal.explanation
        assert seal.params["check"] == level
        hashed = any("fnv64" in sql for sql in seal.sql)
        assert hashed is (level is CheckLevel.FULL)
    assert ("only_counted" in codes(plan(shop, destination, check=level))) is (
        level is CheckLevel.COUNTS
    )


def test_what_costs_little_is_usual(shop: Survey, plant: Survey, destination: Destination) -> None:
    assert plan(shop, destination).steps[-1].params["check"] == "sample"
    assert plan(plant, destination).steps[-1].params["check"] == "aggregates"


def test_the_database_method_is_one_statement(shop: Survey, destination: Destination) -> None:
    made = plan(shop, destination, method=BackupMethod.DATABASE)

    assert made.steps[1].sql == (
        f"EXPORT INTO CSV 'nodelocal://1/{PATH}/data' FROM DATABASE shop WITH nullas = '\\N'",
    )
    assert "errors_are_notices" in codes(made)


def test_the_tables_method_says_that_rows_may_not_match(
    shop: Survey, destination: Destination
) -> None:
    made = plan(shop, destination, method=BackupMethod.TABLES)

    assert "FROM TABLE shop.public.inv" in made.steps[1].sql[0]
    assert "tables_at_own_moment" in codes(made)


def test_some_tables_leave_the_others_out_and_say_so(
    shop: Survey, destination: Destination
) -> None:
    made = plan(shop, destination, tables=(TableName("public", "inv"),))

    assert [s.subject for s in made.steps if s.kind is StepKind.EXPORT_TABLE] == ["public.inv"]
    assert any("1 other table" in words for words in made.not_included)


def test_a_table_that_is_not_there_is_refused_by_name(
    shop: Survey, destination: Destination
) -> None:
    with pytest.raises(KwtuiError) as error:
        plan(shop, destination, tables=(TableName("public", "nowhere"),))

    assert error.value.exit_code is ExitCode.NOT_FOUND
    assert "public.nowhere" in error.value.title


def refused(made: Plan) -> ExitCode:
    with pytest.raises(KwtuiError) as error:
        check_allowed(made)
    return error.value.exit_code


def test_what_a_stopped_restore_left_is_no_database_to_rely_on(
    shop: Survey, destination: Destination
) -> None:
    left = replace(shop, schema=replace(shop.schema, database="shop_kwtui_restoring"))
    codes = {f.code for f in destination_findings(left, destination, None)}
    assert "scratch_database" in codes
    sound = {f.code for f in destination_findings(shop, destination, None)}
    assert "scratch_database" not in sound


def test_a_plan_without_refusals_may_run(shop: Survey, destination: Destination) -> None:
    check_allowed(plan(shop, destination))


def test_each_reason_not_to_start_has_its_exit_code(shop: Survey, destination: Destination) -> None:
    nobody = replace(shop, server=replace(shop.server, is_admin=False))
    no_extern = replace(
        destination, problem=Finding(Severity.REFUSAL, "extern_not_found", "", "not found")
    )

    assert refused(plan(nobody, destination)) is ExitCode.ADMIN_ROLE_REQUIRED
    assert refused(plan(shop, no_extern)) is ExitCode.EXTERN_NOT_FOUND
    assert refused(plan(shop, replace(destination, taken=True))) is ExitCode.DESTINATION_NOT_EMPTY
    assert refused(plan(shop, replace(destination, free_bytes=1600))) is ExitCode.DISK_FULL


def test_a_node_that_is_dead_is_no_destination(shop: Survey, destination: Destination) -> None:
    dead = (NodeFacts(1, "a", is_live=True), NodeFacts(2, "b", is_live=False))
    cluster = replace(shop, server=replace(shop.server, nodes=dead))

    assert "node_not_live" in codes(plan(cluster, replace(destination, node_id=2)))
    assert "node_not_live" in codes(plan(cluster, replace(destination, node_id=3)))


def test_another_living_node_is_allowed_with_a_warning(
    shop: Survey, destination: Destination
) -> None:
    both = (NodeFacts(1, "a", is_live=True), NodeFacts(2, "b", is_live=True))
    cluster = replace(shop, server=replace(shop.server, nodes=both))

    made = plan(cluster, replace(destination, node_id=2))

    assert "other_node" in codes(made)
    assert "nodelocal://2/" in made.steps[1].sql[0]
    check_allowed(made)


def test_dialects_that_lose_data_are_never_planned(shop: Survey, destination: Destination) -> None:
    with pytest.raises(KwtuiError) as error:
        plan(shop, destination, dialect=Dialect(enclosed="'"))

    assert error.value.exit_code is ExitCode.USAGE


def test_dialects_that_risk_something_say_what(shop: Survey, destination: Destination) -> None:
    made = plan(shop, destination, dialect=Dialect(null_text="", header=True, charset="GBK"))

    assert {"null_text", "charset"} <= codes(made)
    check_allowed(made)


def test_odd_names_become_safe_folders_and_stay_quoted_in_sql(
    shop: Survey, destination: Destination
) -> None:
    odd = replace(shop.schema.tables[0], name=TableName("public", "sel/ect 表"))
    made = plan(replace(shop, schema=replace(shop.schema, tables=(odd,))), destination)

    assert 'FROM shop.public."sel/ect 表"' in made.steps[1].sql[0]
    assert "/data/public/sel=2Fect=20表'" in made.steps[1].sql[0]
    by_database = plan(
        replace(shop, schema=replace(shop.schema, tables=(odd,))),
        destination,
        method=BackupMethod.DATABASE,
    )
    assert refused(by_database) is ExitCode.REFUSED_BY_PLAN


def test_a_time_series_that_needs_quotes_is_selected_for_from_table_does_not_find_it(
    plant: Survey, destination: Destination
) -> None:
    """KWDB 3.2, sql/export.go: the names of the table and of its database are looked for bare."""

    def export(database: str, table: str) -> str:
        named = replace(plant.schema.tables[0], name=TableName("public", table))
        schema = replace(plant.schema, database=database, tables=(named,))
        made = plan(replace(plant, schema=schema), destination, method=BackupMethod.TABLES)
        (step,) = (step for step in made.steps if step.kind is StepKind.EXPORT_TABLE)
        return step.sql[0]

    assert "FROM TABLE plant.public.sensors" in export("plant", "sensors")
    for database, table in (("plant", "it's"), ("plant", "Sel"), ("p-1", "s"), ("Plant", "s")):
        assert "FROM SELECT ts, temp, site FROM " in export(database, table), (database, table)


def test_a_run_notices_that_the_database_changed_since_the_plan(
    shop: Survey, destination: Destination
) -> None:
    request = BackupRequest("shop")
    made = plan(shop, destination)
    planned = tuple(s.sql[0] for s in made.steps if s.kind is StepKind.EXPORT_TABLE)

    assert export_statements(SHOP, request, 1, PATH) == planned
    fewer = replace(SHOP, tables=SHOP.tables[:1])
    assert export_statements(fewer, request, 1, PATH) != planned


@pytest.mark.parametrize("method", [BackupMethod.DATABASE, BackupMethod.TABLES])
def test_what_writes_files_for_the_database_s_account_alone_is_refused_to_another(
    shop: Survey, destination: Destination, method: BackupMethod
) -> None:
    foreign = replace(destination, owner="kaiwudb")

    refused = plan(shop, foreign, method=method)
    taken = plan(shop, foreign)

    (finding,) = (f for f in refused.findings if f.code == "meta_not_readable")
    assert finding.severity is Severity.REFUSAL
    assert "kaiwudb" in finding.message + finding.remedy
    assert "meta_not_readable" not in codes(taken)


def test_a_backup_of_no_table_is_refused(shop: Survey, destination: Destination) -> None:
    every = tuple(table.name for table in shop.schema.tables)

    with pytest.raises(KwtuiError, match="No table of shop is left") as raised:
        plan(shop, destination, without=every)

    assert raised.value.exit_code is ExitCode.USAGE
