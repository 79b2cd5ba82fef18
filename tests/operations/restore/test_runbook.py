"""The script of a set is the recipe of the restore, cut so that a person can go on in between."""

from __future__ import annotations

import re
from dataclasses import replace
from inspect import getsource

from kwtui.documents.restoring.chinese import CHINESE
from kwtui.documents.runbook import TARGET_MARK
from kwtui.model.server import ServerFacts
from kwtui.operations.restore import recipe
from kwtui.operations.restore.runbook import runbook_of
from kwtui.operations.restore.source import RestoreSource


def test_the_runbook_is_the_same_recipe_in_one_name(
    shop_set: RestoreSource, server: ServerFacts
) -> None:
    runbook = runbook_of(shop_set, server, 1)
    titles = [step.title for step in runbook.steps]

    assert titles.index("Create the tables, without defaults and foreign keys") < titles.index(
        "Add the foreign keys, 1 of 1"
    )
    statements = [sql for step in runbook.steps for sql in step.sql]
    assert not any("RENAME" in sql for sql in statements)
    assert statements[0] == f"CREATE DATABASE {TARGET_MARK}"


def test_views_comments_and_grants_wait_until_the_rows_were_compared(
    shop_set: RestoreSource, server: ServerFacts
) -> None:
    steps = runbook_of(shop_set, server, 1).steps

    late = [step.title for step in steps if step.late]
    assert late == [step.title for step in steps][-len(late) :]
    assert late[-2].startswith("Give the grants to ")
    assert late[-1] == "Mark it complete"
    assert "Create the views, 1 of 1" in late
    assert all(sql.startswith(("GRANT", "USE")) for s in steps if s.grants for sql in s.sql)
    before = [sql for step in steps if not step.late for sql in step.sql]
    assert not any(sql.startswith(("GRANT", "CREATE VIEW")) for sql in before)
    (mark,) = (sql for sql in before if sql.startswith("COMMENT"))
    assert "not complete" in mark


def test_fine_times_come_back_by_a_script_of_inserts(
    plant_set: RestoreSource, server: ServerFacts
) -> None:
    runbook = runbook_of(plant_set, server, 1)

    fine = next(step for step in runbook.steps if "fast" in step.title)
    assert fine.sql == ()
    assert fine.rows is not None
    assert (fine.rows.folder, fine.rows.script) == ("public/fast", "inserts/public/fast.sql")
    assert fine.rows.head.startswith("INSERT INTO fast (")
    assert runbook.series_folders == ("public/sensors",)


def test_every_table_is_compared_by_what_is_known_of_it(
    shop_set: RestoreSource, server: ServerFacts
) -> None:
    first, *others = shop_set.tables
    uncounted = replace(shop_set, tables=(replace(first, checksum=None), *others))

    checks = runbook_of(uncounted, server, 1).checks

    assert [check.table for check in checks] == [str(t.name) for t in shop_set.tables]
    assert (checks[0].content, "xor_agg" in checks[0].sql) == ("", False)
    assert "xor_agg" in checks[1].sql
    assert checks[1].content


def test_devices_without_readings_come_back_by_inserts_of_their_tags(
    plant_set: RestoreSource, server: ServerFacts
) -> None:
    """Live-findings, row 33."""
    first, *others = plant_set.tables
    silent = tuple((str(number),) for number in range(501))
    spec = replace(first.spec, devices=502, silent_devices=silent)
    source = replace(plant_set, tables=(replace(first, spec=spec), *others))

    steps = runbook_of(source, server, 1).steps

    assert not any("devices" in step.title for step in runbook_of(plant_set, server, 1).steps)
    (step,) = [step for step in steps if step.title == "Restore 501 devices without readings"]
    assert not step.late
    assert len(step.sql) == 2
    assert step.sql[0].startswith(
        f"INSERT INTO {TARGET_MARK}.public.sensors (site) VALUES (0), (1), "
    )
    assert step.sql[1].endswith("VALUES (500)")
    assert steps.index(step) > [s.title for s in steps].index("Import public.sensors")


def test_every_step_has_words_in_chinese(
    shop_set: RestoreSource, plant_set: RestoreSource, server: ServerFacts
) -> None:
    steps = [s for each in (shop_set, plant_set) for s in runbook_of(each, server, 1).steps]
    assert {step.act for step in steps} - set(CHINESE.acts) == set()
    told = set(re.findall(r'sql_(?:step|if_any)\(\s*"([a-z-]+)"', getsource(recipe)))
    in_no_script = {"publish", "try-name", "drop-replaced", "create-accounts", "drop-defaults"}
    assert told - set(CHINESE.acts) == in_no_script
