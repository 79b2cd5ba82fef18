"""Values that IMPORT refuses are named, and nothing that it may take."""

from __future__ import annotations

from pathlib import Path

import pytest

from kwtui.backups.csv.alterations import FileForm
from kwtui.backups.csv.record_scan import FileScan, scan_file
from kwtui.backups.csv.values import MOST_COUNTED, ValueChecker, value_fits
from kwtui.model.requests import Dialect

GOOD = {
    "INT8": ["1", "-1", "+7", "007", "9223372036854775807", "-9223372036854775808"],
    "INT4": ["2147483647", "-2147483648"],
    "SMALLINT": ["32767", "-32768"],
    "INT1": ["127", "-128"],
    "VARCHAR(3)": ["abc", "温度计", "ab "],
    "CHAR(3)": ["abc   "],
    "VARCHAR(3)[]": ["{abcd,efgh}"],
    "DECIMAL(4,2)": ["99.99", "00099.1", "1e9"],
    "DECIMAL(12,2)": ["1.50", "-.5", "1E+5", "NaN", "Infinity"],
    "FLOAT8": ["1e-7", "-Inf", "nan", "3."],
    "BOOL": ["true", "F", "yes", "0"],
    "DATE": [
        "2026-02-28", "2024-02-29", "0001-01-01", "infinity", "January 5, 2026", "20260105",
        "1/8/1999", "0044-03-15 BC",
    ],
    "TIMESTAMP": ["2026-01-02 03:04:05.123+00:00", "2026-01-02T03:04:05Z", "1700000000000"],
    "TIMESTAMPTZ(6)": ["2026-12-31 24:00:00+00:00", "2026-06-30 23:59:60+00:00", "now"],
    "TIME": ["23:59:59", "24:00:00", "3:04 PM"],
    "INTERVAL": ["1 day 02:03:04", "P1Y2M", "00:00:00"],
    "UUID": ["6F7A1B1E-0000-4000-8000-000000000001", "{6f7a1b1e000040008000000000000001}"],
    "INET": ["10.0.0.0/8", "::1"],
    "JSONB": ['{"a": [1, null]}', "null", '"x"', "1.5"],
    "STRING": ["", "maybe"],
    "BYTES": [r"\x00ff", "plain"],
    "INT8[]": ["{1,2}", "ARRAY[1]"],
    "POINT": ["whatever a later version knows"],
}  # fmt: skip
BAD = {
    "INT4": ["1.5", "x", "", "1 2", "2147483648", "-2147483649"],
    "INT8": ["9223372036854775808", "1" * 5000 + "x"],
    "INT2": ["32768", "99999"],
    "TINYINT": ["128", "-129"],
    "VARCHAR(3)": ["abcd", "温度计数"],
    "NCHAR(2)": ["abc"],
    "DECIMAL(4,2)": ["100", "-100.5"],
    "DECIMAL": ["1,5", "--1"],
    "BOOL": ["maybe", "2", "wahr"],
    "DATE": ["2026-13-45", "2026-02-30", "2023-02-29", "soon"],
    "TIMESTAMP(3)": ["2026-01-02 25:00:00", "2026-00-10 00:00:00", "2026-01-02 03:61:00"],
    "TIMETZ": ["25:00:00", "noon"],
    "INTERVAL": ["long"],
    "UUID": ["zzzz1b1e-0000-4000-8000-000000000001", "6f7a1b1e"],
    "INET": ["example.com"],
    "JSON": ["{", '{"a": }', "{'a': 1}", ""],
}


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, many in GOOD.items() for v in many])
def test_what_import_may_take_fits(kind: str, value: str) -> None:
    assert value_fits(value, kind)


@pytest.mark.parametrize(("kind", "value"), [(k, v) for k, many in BAD.items() for v in many])
def test_what_import_refuses_does_not_fit(kind: str, value: str) -> None:
    assert not value_fits(value, kind)


COLUMNS = (("id", "INT8"), ("s", "STRING"), ("d", "DATE"), ("j", "JSONB"), ("ok", "BOOL"))
LINE = '{0},"a ""b"",\n{0}",2026-01-02,"{{""k"": {0}}}",true\n'


def scanned(path: Path, text: str, columns: tuple[tuple[str, str], ...] = COLUMNS) -> FileScan:
    path.write_text(text, encoding="utf-8")
    return scan_file(path, Dialect(), fields=len(columns), columns=columns)


@pytest.mark.parametrize("columns", [COLUMNS, COLUMNS[:3] + COLUMNS[4:]], ids=["json", "plain"])
def test_a_bad_value_deep_in_a_file_is_named_with_its_record(
    tmp_path: Path, columns: tuple[tuple[str, str], ...]
) -> None:
    line = LINE if len(columns) == len(COLUMNS) else '{0},"a ""b"",\n{0}",2026-01-02,true\n'
    lines = [line.format(number) for number in range(1, 20_001)]
    assert scanned(tmp_path / "good.csv", "".join(lines), columns).misfits == 0
    lines[14_999] = lines[14_999].replace("2026-01-02", "2026-01-32")
    lines[17_000] = lines[17_000].replace("true", "vrai")

    found = scanned(tmp_path / "n1.0.csv", "".join(lines), columns)

    assert (found.records, found.malformed, found.misfits) == (20_000, 0, 2)
    assert found.misfit == "record 15,000: '2026-01-32' is no DATE (column d)"


BOUNDED = (
    ("id", "INT8 NOT NULL"),
    ("small", "INT2"),
    ("s", "VARCHAR(5) NOT NULL"),
    ("d", "DECIMAL(4,2)"),
)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("9223372036854775808,1,a,1", "'9223372036854775808' is too large for INT8 (column id)"),
        ("1,32768,a,1", "'32768' is too large for INT2 (column small)"),
        ("1,1,abcdef,1", "'abcdef' of 6 characters is too large for VARCHAR(5) (column s)"),
        ('1,1,"a""bcdef",1', "of 7 characters is too large for VARCHAR(5)"),
        ("1,1,a,100.5", "'100.5' is too large for DECIMAL(4,2) (column d)"),
        (r"\N,1,a,1", "NULL in id, which is NOT NULL"),
        (r"1,1,\N,1", "NULL in s, which is NOT NULL"),
        ("x,1,a,1", "'x' is no INT8 (column id)"),
    ],
)
def test_what_a_column_has_no_room_for_is_named(tmp_path: Path, line: str, says: str) -> None:
    good = '-9223372036854775808,-32768,"a""b""c",-99.99\n'
    good += '9223372036854775807,\\N,"a,b\nc",99.994\n1,32767,温度计温度,\\N\n1,1,"",1\n'
    (tmp_path / "good.csv").write_text(good * 50)
    (tmp_path / "bad.csv").write_text(good * 50 + line + "\n" + good)

    assert scan_file(tmp_path / "good.csv", Dialect(), fields=4, columns=BOUNDED).misfits == 0
    scan = scan_file(tmp_path / "bad.csv", Dialect(), fields=4, columns=BOUNDED)

    assert scan.misfits == 1
    assert scan.misfit.startswith("record 201: ")
    assert says in scan.misfit


def test_a_document_that_is_none_is_found(tmp_path: Path) -> None:
    text = LINE.format(1) + LINE.format(2).replace(": 2}", ": }") + LINE.format(3)
    found = scanned(tmp_path / "n1.0.csv", text)
    assert (found.misfits, found.misfit) == (1, "record 2: '{\"k\": }' is no JSONB (column j)")


def test_null_is_no_value_and_a_header_no_record(tmp_path: Path) -> None:
    path = tmp_path / "n1.0.csv"
    path.write_text("id,s,d,j,ok\n\\N,\\N,\\N,\\N,\\N\n1,x,2026-01-02,1,wrong\n", encoding="utf-8")
    found = scan_file(path, Dialect(header=True), fields=5, columns=COLUMNS)
    assert (found.records, found.misfit) == (2, "record 2: 'wrong' is no BOOL (column ok)")


def test_other_dialects_and_forms_are_read_as_they_are(tmp_path: Path) -> None:
    path = tmp_path / "n1.0.csv"
    dialect = Dialect(";", "'", "\\", "", "GBK")
    path.write_bytes("1;'it\\'s';2026-01-02\n2;中文;2026-01-00\n".encode("gbk"))
    found = scan_file(path, dialect, columns=COLUMNS[:3])
    assert found.misfit == "record 2: '2026-01-00' is no DATE (column d)"

    path.write_bytes("\ufeffid,s\r\n1,x\r\nzwei,y\r\n".encode())
    form = FileForm(mark="UTF-8", line_end="\r\n", header=True)
    found = scan_file(path, Dialect(), fields=2, columns=COLUMNS[:2], form=form)
    assert found.misfit == "record 2: 'zwei' is no INT8 (column id)"


def test_blocks_may_end_anywhere() -> None:
    data = "".join(LINE.format(n) for n in range(1, 30)).encode() + b"x,y,z,1,true\n"
    for size in (1, 7, 1000):
        checker = ValueChecker(Dialect(), COLUMNS)
        for at in range(0, len(data), size):
            checker.feed(data[at : at + size])
        checker.finish()
        assert (checker.bad, checker.first) == (1, "record 30: 'x' is no INT8 (column id)")


def test_a_file_full_of_them_is_not_read_value_by_value() -> None:
    checker = ValueChecker(Dialect(), COLUMNS[:1])
    checker.feed(b"x\n" * 5000)
    checker.finish()
    assert checker.bad == MOST_COUNTED
