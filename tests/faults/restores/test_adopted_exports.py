"""Foreign exports, as they come: every file with rows is restored, or refused by its name."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kwtui.errors import ExitCode, KwtuiError
from kwtui.model.proof import ProofLevel
from kwtui.model.requests import Dialect, DrillRequest, RestoreStrategy
from kwtui.model.schema import TableName
from kwtui.operations.shared.command_line import command_for
from tests.conftest import SandboxNode
from tests.faults.bench import Bench, Made

ROWS_A = {("k1", "x, y"), ("k2", None), ("k3", 'say "hi"'), ("k4", "中文")}
ROWS_B = {("1",), ("2",)}
A = Path("public/a/n1.0.csv")


@pytest.fixture(scope="module")
def bench(sandbox: SandboxNode, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    bench = Bench(sandbox, tmp_path_factory.mktemp("state"))
    bench.do(
        "CREATE DATABASE foreign_src",
        "CREATE TABLE foreign_src.a (id VARCHAR(9) PRIMARY KEY, s VARCHAR(99))",
        "CREATE TABLE foreign_src.b (n INT8 PRIMARY KEY)",
        "INSERT INTO foreign_src.a VALUES ('k1', 'x, y'), ('k2', NULL), ('k3', 'say \"hi\"'), "
        "('k4', '中文')",
        "INSERT INTO foreign_src.b VALUES (1), (2)",
        "CREATE DATABASE foreign_dst",
        "CREATE TABLE foreign_dst.a (id VARCHAR(9) PRIMARY KEY, s VARCHAR(99))",
        "CREATE TABLE foreign_dst.b (n INT8 PRIMARY KEY DEFAULT 7)",
        "EXPORT INTO CSV 'nodelocal://1/foreign/full' FROM DATABASE foreign_src",
        "EXPORT INTO CSV 'nodelocal://1/foreign/names' FROM DATABASE foreign_src WITH column_name",
        "EXPORT INTO CSV 'nodelocal://1/foreign/bare' FROM DATABASE foreign_src WITH data_only",
        "EXPORT INTO CSV 'nodelocal://1/foreign/picked' FROM SELECT * FROM foreign_src.a",
        "EXPORT INTO SQL 'nodelocal://1/foreign/inserts' FROM DATABASE foreign_src",
        "EXPORT INTO CSV 'nodelocal://1/foreign/defs' FROM DATABASE foreign_src WITH meta_only",
        "CREATE TS DATABASE foreign_ts",
        "CREATE TABLE foreign_ts.public.m (ts TIMESTAMPTZ(3) NOT NULL, v FLOAT8) "
        "TAGS (site INT4 NOT NULL) PRIMARY TAGS (site)",
        "INSERT INTO foreign_ts.public.m VALUES ('2026-01-01 00:00:00', 1.5, 1), "
        "('2026-01-02 00:00:00', NULL, 2)",
        "EXPORT INTO CSV 'nodelocal://1/foreign/series' FROM DATABASE foreign_ts",
    )
    return bench


@pytest.fixture
def tree(bench: Bench, request: pytest.FixtureRequest) -> Path:
    """A copy of the whole export, for one test to change."""
    return copied(bench, "full", request)


def copied(bench: Bench, name: str, request: pytest.FixtureRequest) -> Path:
    folder = bench.extern / f"copy_{abs(hash(request.node.nodeid)):x}"
    shutil.copytree(bench.extern / "foreign" / name, folder)
    request.addfinalizer(lambda: shutil.rmtree(folder))
    return folder


def restored(bench: Bench, tree: Path, **options: Any) -> Made:
    return bench.restore(tree.name, target=f"of_{tree.name}", **options)


def csv_files(bench: Bench) -> set[Path]:
    """All of kwtui's own, sets of other tests among them."""
    return set((bench.extern / "kwtui").rglob("*.csv"))


def refused(bench: Bench, tree: Path, **options: Any) -> KwtuiError:
    options.setdefault("target", f"of_{tree.name}")
    before = bench.databases()
    with pytest.raises(KwtuiError) as raised:
        bench.restore(tree.name, **options)
    assert bench.databases() == before, "nothing was written"
    return raised.value


def rows(bench: Bench, tree: Path, table: str) -> set[tuple[str | None, ...]]:
    return set(bench.rows(f"SELECT * FROM of_{tree.name}.public.{table}"))


# -- what other programs do to files ----------------------------------------------------------


def _changed(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def apply(tree: Path) -> None:
        (tree / A).write_bytes(change((tree / A).read_bytes()))

    return apply


def _split_with_header_in_one(tree: Path) -> None:
    first, *others = (tree / A).read_bytes().splitlines(keepends=True)
    (tree / A).write_bytes(b"id,s\n" + first)
    (tree / A).with_name("n1.1.csv").write_bytes(b"".join(others))


def _renamed(name: str) -> Callable[[Path], None]:
    def apply(tree: Path) -> None:
        (tree / A).rename((tree / A).with_name(name))

    return apply


RECOGNISED: dict[str, tuple[Callable[[Path], None], str]] = {
    "bom": (_changed(lambda data: b"\xef\xbb\xbf" + data), "byte order mark"),
    "crlf": (_changed(lambda data: data.replace(b"\n", b"\r\n")), "CR LF"),
    "cr": (_changed(lambda data: data.replace(b"\n", b"\r")), "with CR"),
    "utf-16": (
        _changed(lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le")),
        "mark (BOM) of UTF-16LE",
    ),
    "utf-16 without a mark": (
        _changed(lambda data: data.decode().encode("utf-16-be")),
        "is UTF-16BE text",
    ),
    "header in one file": (_split_with_header_in_one, "column names"),
    "header behind a mark, as a spreadsheet has it": (
        _changed(lambda data: b"\xef\xbb\xbfID,S\r\n" + data.replace(b"\n", b"\r\n")),
        "mark (BOM) of UTF-8, ends its lines with CR LF and has the column names",
    ),
}
RENAMED = ("N1.0.CSV", "orders of May.csv", "w1.n1.0.csv", "%31.csv")


@pytest.mark.parametrize("name", RECOGNISED)
def test_what_a_spreadsheet_adds_is_said_and_no_part_of_the_data(
    bench: Bench, tree: Path, name: str
) -> None:
    change, says = RECOGNISED[name]
    change(tree)
    files = csv_files(bench)

    made = restored(bench, tree)

    assert any(says in f.message for f in made.plan.findings)
    assert rows(bench, tree, "a") == ROWS_A
    assert any(says in f.message for f in bench.verify(tree.name).findings)
    assert csv_files(bench) == files, "the copies went"


@pytest.mark.parametrize("name", RENAMED)
def test_a_csv_file_of_any_name_is_data(bench: Bench, tree: Path, name: str) -> None:
    _renamed(name)(tree)

    restored(bench, tree)

    assert rows(bench, tree, "a") == ROWS_A


def test_a_header_in_every_file_is_skipped_and_can_be_called_a_row(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "names", request)

    made = restored(bench, tree)

    assert "header" in {f.code for f in made.plan.findings}
    assert rows(bench, tree, "a") == ROWS_A
    (tree / "public/b/n1.0.csv").write_bytes(b"1\n2\n")
    bench.do(f"DROP DATABASE of_{tree.name} CASCADE")
    restored(bench, tree, first_is_row=True)
    assert rows(bench, tree, "a") == {*ROWS_A, ("id", "s")}


def test_a_time_series_through_a_spreadsheet(bench: Bench, request: pytest.FixtureRequest) -> None:
    tree = copied(bench, "series", request)
    (file,) = tree.rglob("*.csv")
    lines = file.read_bytes().replace(b"\n", b"\r\n")
    file.rename(file.with_suffix(".CSV")).write_bytes(b"\xef\xbb\xbfts,v,site\r\n" + lines)

    restored(bench, tree)

    assert len(rows(bench, tree, "m")) == 2


# -- what nobody here reads -------------------------------------------------------------------


def _packed_and_renamed(tree: Path) -> None:
    file = tree / "public/a/n1.0.csv"
    file.write_bytes(gzip.compress(file.read_bytes()))


def _packed(tree: Path) -> None:
    (tree / A).with_suffix(".csv.gz").write_bytes(gzip.compress((tree / A).read_bytes()))
    (tree / A).unlink()


def _link(tree: Path) -> None:
    (tree / A).rename(tree.parent / f"{tree.name}.away")
    (tree / A).symlink_to(tree.parent / f"{tree.name}.away")


def _linked_folder(tree: Path) -> None:
    (tree / "public/a").rename(tree / "public/.a")
    (tree / "public/a").symlink_to(".a")


def _beside(path: str) -> Callable[[Path], None]:
    def apply(tree: Path) -> None:
        (tree / path).write_bytes(b"PK..")

    return apply


UNREAD: dict[str, tuple[Callable[[Path], None], str]] = {
    "packed": (_packed, "public/a/n1.0.csv.gz is packed with gzip"),
    "hidden": (_renamed(".n1.0.csv"), "public/a/.n1.0.csv is hidden"),
    "an interrupted rsync": (
        _renamed(".n1.0.csv.Xy12Ab"),
        "as an interrupted copy leaves its part",
    ),
    "packed and renamed": (_packed_and_renamed, "public/a/n1.0.csv is packed with gzip"),
    "packed beside": (_beside("public/a/n1.1.csv.ZST"), "n1.1.csv.ZST is packed with zstd"),
    "a packed table": (_beside("public/c.zip"), "public/c.zip is packed with zip"),
    "another ending": (_renamed("n1.0.txt"), "public/a/n1.0.txt is not named as a CSV file"),
    "a copy": (_renamed("n1.0.csv.bak"), "public/a/n1.0.csv.bak is not named as a CSV file"),
    "no ending": (_renamed("data"), "public/a/data is in a data folder"),
    "a link": (_link, "public/a/n1.0.csv is a link"),
    "a link instead of a folder": (_linked_folder, "public/a is a link"),
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_file_that_is_not_read_is_named_before_anything_is_written(
    bench: Bench, tree: Path, name: str
) -> None:
    change, says = UNREAD[name]
    change(tree)

    error = refused(bench, tree)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert says in error.title
    report = bench.verify(tree.name)
    assert not report.ok
    assert any(says in f"{f.subject} {f.message}" for f in report.findings)


def test_a_person_may_leave_out_what_is_not_read(bench: Bench, tree: Path) -> None:
    _beside("public/a/n1.1.csv.zst")(tree)

    made = restored(bench, tree, leave_out=("public/a/n1.1.csv.zst",))

    assert rows(bench, tree, "a") == ROWS_A
    assert any("n1.1.csv.zst: left out" in words for words in made["not_included"])
    error = refused(bench, tree, target="left", leave_out=("public/a/n1.9.csv",))
    assert error.exit_code is ExitCode.NOT_FOUND


def test_what_lies_beside_data_and_holds_none_does_no_harm(bench: Bench, tree: Path) -> None:
    for name in ("README", ".DS_Store", "SHA256SUMS", "n1.0.csv.sha256", "reject.n1.0.txt"):
        (tree / "public/a" / name).write_text("x")
    (tree / "public/b/n1.1.csv.gz").touch()

    restored(bench, tree)

    assert rows(bench, tree, "a") == ROWS_A


def test_insert_statements_are_not_restored_as_no_rows(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "inserts", request)

    error = refused(bench, tree)
    restored(bench, tree, strategy=RestoreStrategy.SCHEMA_ONLY)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert "public/a/n1.0.sql holds INSERT statements" in error.title
    assert rows(bench, tree, "a") == set()


# -- definitions ------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", [RestoreStrategy.EXACT, RestoreStrategy.SCHEMA_ONLY])
@pytest.mark.parametrize("name", ["bare", "picked"])
def test_rows_without_a_definition_make_no_database(
    bench: Bench, request: pytest.FixtureRequest, name: str, strategy: RestoreStrategy
) -> None:
    error = refused(bench, copied(bench, name, request), strategy=strategy)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert "no definition" in error.title


def test_rows_without_a_definition_go_into_the_tables_that_the_folders_name(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "bare", request)
    (tree / A).write_bytes(b"\xef\xbb\xbf" + (tree / A).read_bytes())

    made = bench.restore(tree.name, strategy=RestoreStrategy.DATA_ONLY, target="foreign_dst")

    assert (made["tables"], made["rows"]) == (2, 6)
    assert set(bench.rows("SELECT * FROM foreign_dst.public.a")) == ROWS_A
    assert set(bench.rows("SELECT * FROM foreign_dst.public.b")) == ROWS_B
    bench.do("DELETE FROM foreign_dst.a", "DELETE FROM foreign_dst.b")


def test_a_selection_goes_into_the_table_that_a_person_names(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "picked", request)
    into: dict[str, Any] = {"strategy": RestoreStrategy.DATA_ONLY, "target": "foreign_dst"}

    error = refused(bench, tree, **into)
    made = bench.restore(tree.name, tables=(TableName("public", "a"),), **into)

    assert error.exit_code is ExitCode.NOT_FOUND
    assert "--tables" in error.hint
    assert made["rows"] == 4
    assert set(bench.rows("SELECT * FROM foreign_dst.public.a")) == ROWS_A
    bench.do("DELETE FROM foreign_dst.a")
    wrong = refused(bench, tree, tables=(TableName("public", "b"),), **into)
    assert wrong.exit_code is ExitCode.BACKUP_DAMAGED
    assert "n1.0.csv, record 1" in wrong.title


def test_data_only_of_definitions_alone_brings_nothing_and_says_so(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "defs", request)

    error = refused(bench, tree, strategy=RestoreStrategy.DATA_ONLY, target="foreign_dst")

    assert error.exit_code is ExitCode.NOT_FOUND
    assert "No file holds rows" in error.title


def _lost(*paths: str) -> Callable[[Path], None]:
    def apply(tree: Path) -> None:
        for path in paths:
            (tree / path).unlink()

    return apply


@pytest.mark.parametrize(
    "change",
    [
        _lost("public/a/meta.sql"),
        _lost("public/a/meta.sql", "public/b/meta.sql"),
        _lost("meta.sql", "public/a/meta.sql"),
    ],
    ids=["one", "all", "one and the database's"],
)
def test_a_table_that_lost_its_definition_is_not_left_out_unsaid(
    bench: Bench, tree: Path, change: Callable[[Path], None]
) -> None:
    change(tree)

    error = refused(bench, tree)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert error.title.startswith("public.a has 1 data file and no definition")
    assert any(
        "public.a" in f.subject and "no definition" in f.message
        for f in bench.verify(tree.name).findings
    )


def test_the_other_tables_are_restored_when_a_person_wants_that(bench: Bench, tree: Path) -> None:
    _lost("public/a/meta.sql")(tree)

    restored(bench, tree, tables=(TableName("public", "b"),))
    assert rows(bench, tree, "b") == ROWS_B
    bench.do(f"DROP DATABASE of_{tree.name} CASCADE")
    made = restored(bench, tree, leave_out=("public/a",))

    assert made["tables"] == 1
    assert rows(bench, tree, "b") == ROWS_B


def test_a_time_series_that_lost_its_definitions(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "series", request)
    (tree / "meta.sql").unlink()

    assert refused(bench, tree).exit_code is ExitCode.BACKUP_DAMAGED
    bench.do("DELETE FROM foreign_ts.public.m WHERE ts > '2000-01-01 00:00:00'")
    made = bench.restore(tree.name, strategy=RestoreStrategy.DATA_ONLY, target="foreign_ts")

    assert made["rows"] == 2


def test_a_definition_that_cannot_be_read_stops_only_its_table(bench: Bench, tree: Path) -> None:
    (tree / "public/a/meta.sql").write_text("CREATE TABLE a (id VARCHAR(9) (")

    error = refused(bench, tree)
    restored(bench, tree, leave_out=("public/a",))
    into: dict[str, Any] = {"strategy": RestoreStrategy.DATA_ONLY, "target": "foreign_dst"}
    made = bench.restore(tree.name, **into)

    assert error.exit_code is ExitCode.META_DAMAGED
    assert "public/a/meta.sql" in error.title
    assert rows(bench, tree, "b") == ROWS_B
    assert made["rows"] == 6
    bench.do("DELETE FROM foreign_dst.a", "DELETE FROM foreign_dst.b")


def test_an_export_without_tables_restores_nothing(
    bench: Bench, request: pytest.FixtureRequest
) -> None:
    tree = copied(bench, "defs", request)
    shutil.rmtree(tree / "public")

    error = refused(bench, tree)

    assert error.exit_code is ExitCode.NOT_FOUND
    assert "no table" in error.title


# -- lost files -------------------------------------------------------------------------------

INTO_EXISTING: dict[str, Any] = {"strategy": RestoreStrategy.DATA_ONLY, "target": "foreign_dst"}


@pytest.mark.parametrize(
    "options", [{}, {"strategy": RestoreStrategy.NATIVE}, INTO_EXISTING], ids=repr
)
def test_a_table_without_a_file_was_empty_only_if_a_person_says_so(
    bench: Bench, tree: Path, options: dict[str, Any]
) -> None:
    _lost("public/b/n1.0.csv")(tree)

    error = refused(bench, tree, **options)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert "public.b has no data file: it was empty, or its file is lost" in error.title
    assert "--empty public.b" in error.hint


def test_a_table_that_was_empty_comes_back_without_rows(bench: Bench, tree: Path) -> None:
    _lost("public/b/n1.0.csv")(tree)
    said = (TableName("public", "b"),)

    made = restored(bench, tree, empty=said)

    assert "said_to_be_empty" in {f.code for f in made.plan.findings}
    assert rows(bench, tree, "a") == ROWS_A
    assert rows(bench, tree, "b") == set()
    assert "--empty public.b" in command_for(made.plan, ())
    (tree / "public/b/n1.0.csv").write_bytes(b"1\n2\n")
    there = refused(bench, tree, target="not_made", empty=said)
    assert there.exit_code is ExitCode.NOT_FOUND, "it has a file now"


def test_a_drill_proves_nothing_of_a_table_whose_file_is_lost(bench: Bench, tree: Path) -> None:
    _lost("public/b/n1.0.csv")(tree)
    said = DrillRequest(tree.name, empty=(TableName("public", "b"),))

    with pytest.raises(KwtuiError) as raised:
        bench.run(bench.plan_drill(DrillRequest(tree.name)))
    made = bench.run(bench.plan_drill(said))

    assert raised.value.exit_code is ExitCode.BACKUP_DAMAGED
    assert made["level"] == ProofLevel.P4
    assert "public.b has no data file: empty, as declared" in made["doubts"]
    assert any("is unknown" in doubt for doubt in made["doubts"])


def _without_the_first_of_two(tree: Path) -> None:
    (tree / A).rename((tree / A).with_name("n1.1.csv"))


def _emptied(tree: Path) -> None:
    (tree / A).with_name("n1.1.csv").touch()


LOST: dict[str, tuple[Callable[[Path], None], str]] = {
    "a number is left out": (_without_the_first_of_two, "public/a/n1.0.csv is missing"),
    "no byte of the only one": (_changed(lambda _: b""), "public/a/n1.0.csv is empty"),
    "no byte of the last one": (_emptied, "public/a/n1.1.csv is empty"),
}


@pytest.mark.parametrize("name", LOST)
def test_a_file_that_must_have_been_there_is_named(bench: Bench, tree: Path, name: str) -> None:
    change, says = LOST[name]
    change(tree)

    error = refused(bench, tree)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    assert says in error.title
    report = bench.verify(tree.name)
    assert not report.ok
    assert any(says in f"{f.subject} {f.message}" for f in report.findings)


def test_a_table_that_is_lost_with_its_folder_is_missed_in_the_database_of_that_name(
    bench: Bench, tree: Path
) -> None:
    """EXPORT names it nowhere else; whether it was made later nobody can tell."""
    shutil.rmtree(tree / "public/b")
    done = bench.run(bench.plan_drill(DrillRequest(tree.name)))
    assert any("holds no folder: public.b" in words for words in done["doubts"]), done["doubts"]
    made = restored(bench, tree, tables=(TableName("public", "a"),))
    assert "tables_not_held" not in {f.code for f in made.plan.findings}, "b was not asked for"


def test_a_person_may_do_without_a_file_that_is_lost(bench: Bench, tree: Path) -> None:
    _without_the_first_of_two(tree)

    restored(bench, tree, leave_out=("public/a/n1.0.csv",))

    assert rows(bench, tree, "a") == ROWS_A


# -- damage -----------------------------------------------------------------------------------

DAMAGE: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "cut in quotes": (lambda data: data + b'k5,"unfinished', "record 5"),
    "cut in a record": (lambda data: data[:-4], "record 4"),
    "a field too many": (lambda data: data + b"k5,x,y\n", "record 5: 3 fields instead of 2"),
    "an empty line": (lambda data: data + b"\n", "record 5: 1 field"),
    "a quote in a value": (lambda data: data + b'k5,x"y\n', "record 5: a quote inside"),
    "no text": (lambda data: data + b"k5,\xff\xfe\xfd\n", "record 5"),
    "a hole": (lambda data: data + b"k5," + bytes(99) + b"\n", "record 5: a hole of zero bytes"),
    "nothing but a hole": (lambda data: bytes(len(data)), "record 1"),
    "half of utf-16": (
        lambda data: b"\xff\xfe" + data.decode().encode("utf-16-le")[:-1],
        "truncated data",
    ),
    "some line ends": (lambda data: data + b"k5,x\r\n", "record 5: a carriage return"),
    "names in another order": (lambda data: b"s,id\n" + data, "record 1: column names"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_told_with_its_file_and_record(bench: Bench, tree: Path, name: str) -> None:
    change, says = DAMAGE[name]
    _changed(change)(tree)

    error = refused(bench, tree)
    report = bench.verify(tree.name)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    told = "\n".join(error.lines())
    assert "public/a/n1.0.csv" in told
    assert says in told
    assert any(f.subject == "public/a/n1.0.csv" and says in f.message for f in report.findings), (
        report.findings
    )


def test_the_same_file_twice_is_doubted(bench: Bench, tree: Path) -> None:
    shutil.copyfile(tree / A, (tree / A).with_name("n1.0 (1).csv"))

    told = {str(f.subject): f.message for f in bench.verify(tree.name).findings}

    assert "is the same as public/a/n1.0 (1).csv" in told[str(A)]


def test_a_value_of_another_type_is_told_as_that(bench: Bench, tree: Path) -> None:
    (tree / "public/b/n1.0.csv").write_bytes(b"1\nshanxi\n")

    for message in (
        refused(bench, tree).title,
        next(f"{f.subject}, {f.message}" for f in bench.verify(tree.name).findings),
    ):
        assert "public/b/n1.0.csv, record 2: 'shanxi' is no INT8 (column n)" in message


def test_a_value_of_another_type_behind_the_sample_is_found_before_anything_is_written(
    bench: Bench, tree: Path
) -> None:
    data = b"".join(b"%d\n" % number for number in range(200_000)) + b"2000-bad\n"
    (tree / "public/b/n1.0.csv").write_bytes(data)
    before = bench.databases()

    error = refused(bench, tree)

    assert error.exit_code is ExitCode.BACKUP_DAMAGED
    told = "\n".join(error.lines())
    assert "public/b/n1.0.csv: record 200,001: '2000-bad' is no INT8 (column n)" in told
    assert bench.databases() == before


def test_a_charset_that_nobody_can_tell_is_asked_for(bench: Bench, tree: Path) -> None:
    (tree / A).write_bytes((tree / A).read_bytes().decode().encode("gbk"))

    error = refused(bench, tree)
    restored(bench, tree, dialect=Dialect(null_text="", charset="GBK"))

    assert error.exit_code is ExitCode.REFUSED_BY_PLAN
    assert "--charset" in error.hint
    assert rows(bench, tree, "a") == ROWS_A


# -- rows of NULL alone -----------------------------------------------------------------------


def test_rows_that_are_null_alone_are_inserted_where_an_import_loses_them(bench: Bench) -> None:
    bench.do(
        "CREATE DATABASE nulls_src",
        "CREATE TABLE nulls_src.one (x STRING)",
        "INSERT INTO nulls_src.one VALUES (NULL), ('a'), (''), (NULL)",
        "EXPORT INTO CSV 'nodelocal://1/nulls' FROM DATABASE nulls_src",
    )

    report = bench.verify("nulls", ProofLevel.P2)
    made = bench.restore("nulls", target="nulls_again")

    assert any("2 rows of NULL alone" in f.message for f in report.findings)
    assert report.ok
    assert made["rows"] == 4
    found = sorted(str(row) for row in bench.rows("SELECT x FROM nulls_again.public.one"))
    assert found == ["('',)", "('a',)", "(None,)", "(None,)"]


def test_a_default_of_a_sequence_that_no_export_holds_is_left_out_by_name(bench: Bench) -> None:
    """KWDB refuses it where the sequence is not there, when the rows are in already."""
    bench.do(
        "CREATE DATABASE foreign_numbers",
        "USE foreign_numbers",
        "CREATE SEQUENCE q",
        "CREATE TABLE n (id INT8 PRIMARY KEY DEFAULT nextval('q'), v INT8 DEFAULT 7)",
        "INSERT INTO n (v) VALUES (1)",
        "EXPORT INTO CSV 'nodelocal://1/foreign_numbers' FROM DATABASE foreign_numbers",
    )
    done = bench.restore("foreign_numbers", target="foreign_numbers_again")
    said = [f.message for f in done.plan.findings if f.code == "default_without_sequence"]
    assert len(said) == 1
    assert "public.n.id takes values from the sequence q" in said[0]
    told = bench.rows("SELECT column_name, column_default FROM [SHOW COLUMNS FROM n]",
                      "foreign_numbers_again")  # fmt: skip
    assert told == [("id", None), ("v", "7")]
