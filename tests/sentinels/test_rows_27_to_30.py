"""Live-findings, rows 27 to 30: misprinted definitions, a silent disk elsewhere, no snapshot."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.findings import Severity
from kwtui.model.requests import BackupMethod, Dialect, RestoreStrategy
from kwtui.operations.plan import Step
from tests.faults.bench import Bench


def test_row_27_a_default_with_a_quote_is_printed_so_that_it_does_not_parse(bench: Bench) -> None:
    bench.do("CREATE DATABASE row27")
    bench.do(
        "CREATE TABLE c (id INT8 PRIMARY KEY, q STRING DEFAULT 'p''q', b STRING DEFAULT e'a\\\\b', "
        "n STRING DEFAULT e'x\\ny')",
        "INSERT INTO c (id) VALUES (1)",
        "EXPORT INTO CSV 'nodelocal://1/row27' FROM DATABASE row27",
        database="row27",
    )
    rows = bench.rows("SELECT * FROM row27.public.c")
    assert rows == [("1", "p'q", "a\\b", "x\ny")]
    shown = bench.rows("SHOW CREATE TABLE row27.public.c")[0][1] or ""
    assert "DEFAULT 'p\\'q'" in shown, "as a node misprints it"

    made = bench.backup("row27")
    assert "default_misprinted" in {f.code for f in made.plan.findings}
    bench.restore(made.path, target="row27_again")
    bench.do("INSERT INTO c (id) VALUES (2)", database="row27_again")
    (_, *old), (_, *new) = bench.rows("SELECT * FROM c ORDER BY id", "row27_again")
    assert new == old == list(rows[0][1:])
    bench.restore("row27", target="row27_tree", dialect=Dialect(null_text=""))
    bench.do("INSERT INTO c (id) VALUES (3)", database="row27_tree")
    *_, (_, *tree) = bench.rows("SELECT * FROM c ORDER BY id", "row27_tree")
    assert tree == old, "an export by somebody else, which has nothing but the misprint"
    native = bench.backup("row27", method=BackupMethod.DATABASE)
    bench.do("DROP DATABASE row27 CASCADE")
    assert bench.say("IMPORT DATABASE CSV DATA ('nodelocal://1/row27')").error
    with pytest.raises(KwtuiError) as refused:
        bench.restore(native.path, strategy=RestoreStrategy.NATIVE)
    assert refused.value.exit_code in (ExitCode.REFUSED_BY_PLAN, ExitCode.META_DAMAGED)


def test_row_27_a_default_with_letters_beyond_ascii_is_printed_in_lower_case(bench: Bench) -> None:
    """KWDB 3.2, sqlbase/structured.go: SHOW COLUMNS tells it as it is."""
    bench.do("CREATE DATABASE row27_case")
    bench.do(
        "CREATE TABLE c (id INT8 PRIMARY KEY, q STRING DEFAULT 'Grüß 中A')",
        "INSERT INTO c (id) VALUES (1)",
        "EXPORT INTO CSV 'nodelocal://1/row27_case' FROM DATABASE row27_case",
        database="row27_case",
    )
    shown = bench.rows("SHOW CREATE TABLE row27_case.public.c")[0][1] or ""
    assert "DEFAULT 'grüß 中a'" in shown
    made = bench.restore(bench.backup("row27_case").path, target="row27_case_again")
    assert made.result.exit_code is ExitCode.OK
    bench.do("INSERT INTO c (id) VALUES (2)", database="row27_case_again")
    assert bench.rows("SELECT DISTINCT q FROM c", "row27_case_again") == [("Grüß 中A",)]

    plan = bench.plan_restore("row27_case", target="row27_case_tree", dialect=Dialect(null_text=""))
    assert "public.c.q" in {f.code: f.message for f in plan.findings}["default_in_lower_case"]


def test_row_28_a_foreign_key_into_another_schema_loses_the_schema(bench: Bench) -> None:
    bench.do("CREATE DATABASE row28")
    bench.do(
        "CREATE SCHEMA s2",
        "CREATE TABLE p (id INT8 PRIMARY KEY)",
        "CREATE TABLE s2.p (id INT8 PRIMARY KEY)",
        "CREATE TABLE a (id INT8 PRIMARY KEY, x INT8 REFERENCES s2.p (id))",
        "INSERT INTO s2.p VALUES (5)",
        "INSERT INTO a VALUES (1, 5)",
        database="row28",
    )
    shown = bench.rows("SHOW CREATE TABLE row28.public.a")[0][1] or ""
    assert "REFERENCES p" in shown
    assert "s2" not in shown, "run as printed, it points to another table of that name"

    made = bench.backup("row28")
    assert "foreign_key_other_schema" in {f.code for f in made.plan.findings}
    bench.restore(made.path, target="row28_again")

    bench.do("INSERT INTO s2.p VALUES (6)", database="row28_again")
    bench.do("INSERT INTO a VALUES (2, 6)", database="row28_again")
    bench.do("INSERT INTO p VALUES (7)", database="row28_again")
    assert bench.say("INSERT INTO a VALUES (3, 7)", "row28_again").error, "p is not its target"


def cut_at_a_record(extern: Path) -> None:
    """The newest big file loses its end, at a line, while nobody says a word."""
    (path, *_) = sorted(extern.rglob("*.csv"), key=lambda p: -p.stat().st_size)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) * 3 // 8]))


@pytest.mark.parametrize("method", [BackupMethod.SNAPSHOT, BackupMethod.DATABASE])
def test_row_29_the_disk_of_another_node_fills_up_without_a_word(
    bench: Bench, method: BackupMethod
) -> None:
    """A sandbox is one node, so what such a node leaves is staged.

    The result rows are right and the statement succeeds (recording 15); the files are cut before
    kwtui looks at them.
    """
    name = f"row29_{method.value}"
    bench.do(
        f"CREATE DATABASE {name}",
        f"CREATE TABLE {name}.public.t (id INT8 PRIMARY KEY, v STRING)",
        f"INSERT INTO {name}.public.t SELECT i, 'x' FROM generate_series(1, 900) AS g(i)",
    )

    def cut(step: Step) -> None:
        (folder,) = (bench.extern / "kwtui" / name).iterdir()
        cut_at_a_record(folder)

    with pytest.raises(KwtuiError) as incomplete:
        bench.backup(name, method=method, hooks={"reconcile": cut})

    assert incomplete.value.exit_code is ExitCode.BACKUP_INCOMPLETE
    assert "public.t: the server says 900 rows, the files hold 337" in incomplete.value.title
    (folder,) = (bench.extern / "kwtui" / name).iterdir()
    assert not (folder / "manifest.json").exists()


def test_row_30_a_time_series_export_is_no_snapshot(bench: Bench) -> None:
    bench.do("CREATE TS DATABASE row30")
    bench.do(
        "CREATE TABLE s (ts TIMESTAMPTZ(3) NOT NULL, v INT4) TAGS (id INT4 NOT NULL) "
        "PRIMARY TAGS (id)",
        "INSERT INTO s VALUES ('2026-11-22 08:00:00', 1, 1)",
        database="row30",
    )
    instant = bench.one("SELECT cluster_logical_timestamp()")
    late = "INSERT INTO s VALUES ('2026-11-22 07:59:59', {n}, {n})"
    bench.do(late.format(n=2), database="row30")
    then = bench.rows(f"SELECT v FROM s AS OF SYSTEM TIME '{instant}' ORDER BY v", "row30")
    assert then == [("1",), ("2",)], "written after that instant, and in the answer"

    plan = bench.plan_backup("row30")
    assert ("no_snapshot", Severity.WARNING) in {(f.code, f.severity) for f in plan.findings}

    def write(step: Step) -> None:
        bench.do(late.format(n=3), database="row30")

    made = bench.run(plan, {"reconcile": write})

    assert made["rows"] == 2
    assert any("public.s" in doubt for doubt in made["doubts"]), made["doubts"]
    done = bench.restore(made.path, target="row30_again")
    assert done["rows"] == 2, "what the files hold comes back, and that is what is said"
    quiet = bench.backup("row30")
    assert (quiet["doubts"], quiet["proof"], quiet["rows"]) == ([], 2, 3)
