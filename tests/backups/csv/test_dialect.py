"""How an export of somebody else was written: found from the files, or said to be unsure."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.altered_files import look_at_forms
from kwtui.backups.csv.dialect import Certainty, sniff_dialect
from kwtui.backups.csv.samples import TableSample
from kwtui.backups.metasql.meta_file import parse_meta
from kwtui.files.foreign.reading import open_regular
from kwtui.model.requests import Dialect
from kwtui.model.schema import ColumnSpec
from tests.backups.csvwriter import write_csv

RECORDINGS = Path(__file__).parent.parent.parent / "data" / "recordings"
COLUMNS = (ColumnSpec("id", "INT8"), ColumnSpec("name", "STRING"), ColumnSpec("born", "DATE"))
ROWS: list[list[str | None]] = [
    ["1", "Ann", "2001-02-03"],
    ["2", 'say "hi", it\'s\nme', None],
    ["3", "", "1999-01-01"],
    ["4", "back\\slash|bar;semi", None],
    ["5", "中文", "1999-01-01"],
]


def sample(
    tmp_path: Path, content: bytes, columns: tuple[ColumnSpec, ...] = COLUMNS
) -> TableSample:
    file = tmp_path / "n1.0.csv"
    file.write_bytes(content)
    return TableSample((file,), columns)


@pytest.mark.parametrize(
    "dialect",
    [
        Dialect(),
        Dialect(null_text=""),
        Dialect(null_text="NULL", delimiter="|"),
        Dialect(delimiter="\t", header=True),
        Dialect(delimiter=";", enclosed="'", escaped="'"),
        Dialect(delimiter="^", escaped="\\", null_text=""),
        Dialect(delimiter="|", enclosed="'", escaped="\\", null_text="NULL"),
    ],
)
def test_a_dialect_is_found_again(tmp_path: Path, dialect: Dialect) -> None:
    text = write_csv(ROWS, dialect)
    if dialect.header:
        text = dialect.delimiter.join(c.name for c in COLUMNS) + "\n" + text
    guess = sniff_dialect([sample(tmp_path, text.encode())])
    assert guess.candidates == (dialect,)
    assert guess.certainty is Certainty.CERTAIN


def recorded_tree(file: str, name: str) -> list[dict[str, str]]:
    for line in (RECORDINGS / file).read_text().splitlines():
        step = json.loads(line)
        if step.get("directive") == f"tree {name}" and step["tree"]:
            tree: list[dict[str, str]] = step["tree"]
            return tree
    raise AssertionError(name)


@pytest.mark.parametrize(
    ("file", "tree", "expected"),
    [
        ("03-relational-export.jsonl", "db_default", Dialect(null_text="")),
        ("03-relational-export.jsonl", "db_names", Dialect(null_text="", header=True)),
        ("16-more-traps.jsonl", "hazards", Dialect()),
        ("07-timeseries.jsonl", "ts_db", Dialect(null_text="")),
        (
            "07-timeseries.jsonl",
            "ts_opts",
            Dialect(delimiter="|", enclosed="'", escaped="\\", null_text="NULL"),
        ),
    ],
)
def test_what_a_real_node_wrote(tmp_path: Path, file: str, tree: str, expected: Dialect) -> None:
    files = recorded_tree(file, tree)
    metas = {f["path"]: parse_meta(f["text"], f["path"]) for f in files if "meta" in f["path"]}
    tables = {t.name: t for m in metas.values() for t in m.tables}
    samples = []
    for number, data in enumerate(f for f in files if f["path"].endswith(".csv")):
        folder = data["path"].split("/")[-2] if "/" in data["path"] else next(iter(tables))
        path = tmp_path / f"{number}.csv"
        path.write_text(data["text"], newline="")
        samples.append(TableSample((path,), tables[folder].columns))
    guess = sniff_dialect(samples)
    assert guess.dialect == expected, guess
    assert guess.certainty is Certainty.CERTAIN


def test_chinese_charsets_that_cannot_be_told_apart_are_said_to_be_unsure(tmp_path: Path) -> None:
    content = write_csv([["1", "中文", None], ["2", "", None]], Dialect()).encode("gbk")
    guess = sniff_dialect([sample(tmp_path, content)])
    assert {c.charset for c in guess.candidates} == {"GBK", "BIG5"}
    assert guess.certainty is Certainty.UNSURE
    assert "GBK or BIG5" in guess.reason


def test_without_columns_nothing_is_certain(tmp_path: Path) -> None:
    guess = sniff_dialect([sample(tmp_path, write_csv(ROWS, Dialect()).encode(), ())])
    assert guess.dialect == Dialect()
    assert guess.certainty is Certainty.UNSURE
    assert "columns are not known" in guess.reason


@pytest.mark.parametrize("delimiter", [",", "|"])
def test_the_dashes_of_a_time_are_no_delimiter(tmp_path: Path, delimiter: str) -> None:
    columns = (ColumnSpec("ts", "TIMESTAMPTZ(3)"), ColumnSpec("v", "INT4"), ColumnSpec("d", "INT4"))
    rows = ("2026-11-29 00:00:00+00:00", "1", "7"), ("2026-11-29 00:00:01+00:00", "2", "8")
    text = "".join(delimiter.join(row) + "\n" for row in rows)
    guess = sniff_dialect([sample(tmp_path, text.encode(), columns)])
    assert [c.delimiter for c in guess.candidates] == [delimiter]
    assert guess.certainty is Certainty.CERTAIN


def test_times_in_another_form_leave_it_open(tmp_path: Path) -> None:
    columns = (ColumnSpec("a", "TIMESTAMPTZ"), ColumnSpec("b", "STRING"))
    guess = sniff_dialect([sample(tmp_path, b"20261129|x,y\n", columns)])
    assert {c.delimiter for c in guess.candidates} == {",", "|"}
    assert guess.certainty is Certainty.UNSURE


def test_a_big_plain_file_is_looked_through_for_nulls(tmp_path: Path) -> None:
    content = b"1,ann,2001-01-01\n" * 40_000
    guess = sniff_dialect([sample(tmp_path, content)])
    assert (guess.candidates, guess.certainty) == ((Dialect(null_text=""),), Certainty.CERTAIN)
    guess = sniff_dialect([sample(tmp_path, content + b"2,,\n")])
    assert (guess.candidates, guess.certainty) == ((Dialect(null_text=""),), Certainty.CERTAIN)
    guess = sniff_dialect([sample(tmp_path, content + b"2,ann,\\N\n")])
    assert guess.certainty is Certainty.LIKELY


def test_a_big_file_with_quotes_and_without_null_leaves_its_text_open(tmp_path: Path) -> None:
    content = b'1,"a,b",2001-01-01\n' * 40_000
    guess = sniff_dialect([sample(tmp_path, content)])
    assert guess.certainty is Certainty.LIKELY
    assert [c.null_text for c in guess.candidates][:2] == ["", r"\N"]
    assert "no NULL was seen" in guess.reason


@pytest.mark.parametrize("content", [b'1,"Ann\n2,Bob\n', b'1,Ann"y\n2,Bob\n'])
def test_a_quote_that_stands_alone_is_damage_and_no_other_quoting(
    tmp_path: Path, content: bytes
) -> None:
    """Read as quoted by apostrophes, of which there are none, the quote would become a value's."""
    guess = sniff_dialect([sample(tmp_path, content, COLUMNS[:2])])
    assert guess.candidates == ()
    assert [m.record for m in guess.misfits] == [1]


def test_files_that_fit_nothing_have_no_candidate(tmp_path: Path) -> None:
    guess = sniff_dialect([sample(tmp_path, b"1,2\n1,2,3\n")])
    assert guess.candidates == ()
    assert guess.certainty is Certainty.UNSURE


def test_an_empty_export_needs_no_dialect(tmp_path: Path) -> None:
    assert sniff_dialect([sample(tmp_path, b"")]).certainty is Certainty.CERTAIN


def test_a_tree_of_many_tables_is_looked_at_in_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = []
    for number in range(600):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(b'1,"a, b",\\N\n' * 2_000)
        tables.append(TableSample((path,), COLUMNS))
    read: list[int] = []

    def open_file(path: Path) -> object:
        read.append(1)
        return open_regular(path)

    monkeypatch.setattr("kwtui.backups.csv.samples.open_regular", open_file)
    guess = sniff_dialect(tables)
    assert guess.dialect == Dialect()
    assert guess.certainty is Certainty.CERTAIN
    assert 0 < len(read) <= 300


def test_one_file_that_does_not_fit_is_named_with_its_record(tmp_path: Path) -> None:
    good = tmp_path / "n1.0.csv"
    bad = tmp_path / "n1.1.csv"
    good.write_bytes(b"1;ann;2001-01-01\n" * 3)
    for content, record, reason in (
        (b"1;ann;2001-01-01\nx;bob;2001-01-01\n", 2, "'x' is no INT8 (column id)"),
        (b"1;ann\n", 1, "2 fields instead of 3"),
        (b"id;name;born\n1;ann;2001-01-01;\n", 1, "4 fields instead of 3"),
        (b"name;id;born\n", 1, "column names, but not those of the table in its order"),
        (b'1;"ann', 1, "a quoted value is never closed"),
    ):
        bad.write_bytes(content)
        guess = sniff_dialect([TableSample((good, bad), COLUMNS)])
        assert guess.candidates == ()
        assert guess.nearest is not None
        assert guess.nearest.delimiter == ";"
        assert [(m.path, m.record, m.reason) for m in guess.misfits] == [(str(bad), record, reason)]


def test_damaged_utf8_is_not_taken_for_another_charset(tmp_path: Path) -> None:
    text = "1,中文字符集,2001-01-01\n".encode()
    guess = sniff_dialect([sample(tmp_path, text * 9 + text.replace(b"\xe4", b"\xc1", 1))])
    assert guess.candidates == ()
    ((misfit),) = guess.misfits
    assert misfit.record == 10
    assert "not UTF-8 text" in misfit.reason


def test_column_names_in_some_files_are_the_form_of_those(tmp_path: Path) -> None:
    files = [tmp_path / f"n1.{n}.csv" for n in range(6)]
    for file in files:
        file.write_bytes(b"1,ann,2001-01-01\n")
    files[5].write_bytes(b"ID, Name ,born\n2,bob,2001-01-01\n")
    tables = [TableSample(tuple(files), COLUMNS)]

    some, forms = look_at_forms(tables, Dialect())
    told, none = look_at_forms(tables, Dialect(), first_is_row=True)
    for file in files:
        file.write_bytes(b"id,name,born\n1,ann,2001-01-01\n")
    every, left = look_at_forms(tables, Dialect())

    assert (some.header, forms) == (False, {files[5]: FileForm(header=True)})
    assert (told.header, none) == (False, {})
    assert (every.header, left) == (True, {})
