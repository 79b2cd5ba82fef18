"""INSERT statements made of CSV files by awk: what kwtui itself would insert, on one line each."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kwtui.backups.csv.device_clashes import without_clashes
from kwtui.model.schema import TableName
from kwtui.sql.insert_script import insert_head, value_kinds
from kwtui.sql.statements import typed_literal

PROGRAM = Path(str(resources.files("kwtui.documents"))) / "insert_rows.awk"
AWKS = {"mawk": ["mawk"], "gawk": ["gawk"], "busybox": ["busybox", "awk"], "awk": ["awk"]}
TYPES = ("TIMESTAMPTZ(9)", "INT8", "FLOAT8", "BOOL", "VARCHAR(60)", "VARBYTES(20)", "STRING")
TIME = "2026-11-01 12:00:00.123456789+00:00"
HEAD = "INSERT INTO t (c) VALUES "
Record = tuple[str | None, ...]


@pytest.fixture(params=AWKS, scope="module")
def awk(request: pytest.FixtureRequest) -> list[str]:
    words = AWKS[request.param]
    if shutil.which(words[0]) is None:
        pytest.skip(f"{words[0]} is not installed")
    return words


def run(
    awk: list[str], files: Sequence[Path], types: Sequence[str] = TYPES, **words: str
) -> subprocess.CompletedProcess[bytes]:
    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LC_ALL": "C",
        "KW_HEAD": HEAD,
        "KW_KINDS": value_kinds(types),
        "KW_TAGS": "",
        "KW_TABLE": "public.t",
        "KW_ROWS": "",
        "KW_DELIMITER": ",",
        "KW_QUOTE": '"',
        "KW_NULL": r"\N",
        "KW_HEADER": "",
    }
    return subprocess.run(
        [*awk, "-f", str(PROGRAM), *map(str, files)],
        check=False,
        capture_output=True,
        timeout=60,
        env=environment | words,
    )


def csv(records: Sequence[Record], delimiter: str = ",") -> bytes:
    """As EXPORT writes them."""

    def one(value: str | None) -> str:
        if value is None:
            return r"\N"
        if value == r"\N" or any(c in value for c in f'{delimiter}"\n\r'):
            return '"' + value.replace('"', '""') + '"'
        return value

    return "".join(delimiter.join(map(one, record)) + "\n" for record in records).encode()


_ESCAPES = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\", "'": r"\'"}


def literal(value: str | None, kind: str) -> str:
    """As kwtui writes it, but for control characters, which no line of a script may hold."""
    text = typed_literal(value, kind)
    if value is None or not re.search(r"[\x01-\x1f\x7f]", text):
        return text
    escaped = (
        _ESCAPES.get(c) or (f"\\x{ord(c):02x}" if c < " " or c == "\x7f" else c) for c in value
    )
    return f"e'{''.join(escaped)}'"


def rows(records: Sequence[Record], types: Sequence[str] = TYPES) -> str:
    return ", ".join(f"({', '.join(map(literal, record, types))})" for record in records)


def written(folder: Path, *contents: bytes) -> list[Path]:
    paths = []
    for number, content in enumerate(contents):
        paths.append(folder / f"n1.{number}.csv")
        paths[-1].write_bytes(content)
    return paths


TEXT = st.text(
    st.one_of(st.sampled_from(list("\"',\\\n\r\t\x01\x7f&N|$`;0 ")), st.characters(codec="utf-8")),
    max_size=12,
).filter(lambda text: "\0" not in text)
RECORD = st.tuples(
    st.just(TIME),
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1).map(str)),
    st.sampled_from([None, "1.5", "1e+10", "-0.0", ".5", "5.", "+1", "NaN", "+Inf", "1e", "."]),
    st.sampled_from([None, "true", "false", "t", "f"]),
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), st.binary(max_size=9).map(lambda b: rf"\x{b.hex()}"), TEXT),
    st.one_of(st.none(), TEXT),
)


@settings(max_examples=25)
@given(records=st.lists(RECORD, min_size=1, max_size=30))
def test_it_inserts_what_kwtui_itself_inserts(
    awk: list[str], tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    done = run(awk, written(tmp_path_factory.mktemp("rows"), csv(records)))
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.decode() == f"{HEAD}{rows(records)};\n"


def test_every_character_comes_through(awk: list[str], tmp_path: Path) -> None:
    values = [chr(i) for i in range(1, 256)] + ["温度", "🙂", "\\N", ""]
    records: list[Record] = [(str(n), value) for n, value in enumerate(values)]
    done = run(awk, written(tmp_path, csv(records)), ("INT8", "STRING"))
    assert done.stdout.decode() == f"{HEAD}{rows(records, ('INT8', 'STRING'))};\n"


def test_one_column_of_nothing(awk: list[str], tmp_path: Path) -> None:
    """An empty line is an empty text, `\\N` is NULL."""
    done = run(awk, written(tmp_path, b"\n\\N\nx\n"), ("STRING",))
    assert done.stdout == b"INSERT INTO t (c) VALUES (''), (NULL), ('x');\n"


def test_statements_hold_so_many_rows_as_kwtuis_own_and_say_how_far_they_are(
    awk: list[str], tmp_path: Path
) -> None:
    records: list[Record] = [(str(n), "x") for n in range(60_001)]
    files = written(tmp_path, csv(records[:30_000]), csv(records[30_000:]))
    done = run(awk, files, ("INT8", "STRING"), KW_ROWS=" of 60,001")
    lines = done.stdout.decode().splitlines()
    assert max(line.count("(") for line in lines) == 501
    assert "SELECT 'public.t: 50000 of 60,001 rows' AS doing;" in lines
    assert sum(line.count("'x'") for line in lines) == 60_001


def test_a_long_statement_is_parted(awk: list[str], tmp_path: Path) -> None:
    records: list[Record] = [(str(n), "y" * 100_000) for n in range(12)]
    done = run(awk, written(tmp_path, csv(records)), ("INT8", "STRING"))
    assert [line.count("'") // 2 for line in done.stdout.decode().splitlines()] == [5, 5, 2]


def test_a_line_of_column_names_is_no_row(awk: list[str], tmp_path: Path) -> None:
    named = b'id,"two\nlines"\n'
    files = written(tmp_path, named + b"1,a\n", named, named + b"2,b\n")
    done = run(awk, files, ("INT8", "STRING"), KW_HEADER="1")
    assert done.stdout == b"INSERT INTO t (c) VALUES (1, 'a'), (2, 'b');\n"


@pytest.mark.parametrize("delimiter", [",", ";", "|", "\t"])
def test_other_delimiters(awk: list[str], tmp_path: Path, delimiter: str) -> None:
    records: list[Record] = [("1", f"a{delimiter}b"), ("2", "c,;|")]
    done = run(
        awk, written(tmp_path, csv(records, delimiter)), ("INT8", "STRING"), KW_DELIMITER=delimiter
    )
    assert done.stdout.decode() == f"{HEAD}{rows(records, ('INT8', 'STRING'))};\n"


@given(st.lists(st.tuples(*[st.sampled_from([None, "1", "11", "111", ""])] * 3), max_size=20))
@settings(max_examples=25)
def test_devices_that_read_the_same_when_joined_are_in_statements_of_their_own(
    awk: list[str],
    tmp_path_factory: pytest.TempPathFactory,
    records: list[tuple[str | None, ...]],
) -> None:
    types = ("INT8", "VARCHAR", "VARCHAR")
    files = written(tmp_path_factory.mktemp("tags"), csv(records))
    done = run(awk, files, types, KW_TAGS="2 3")
    parts = list(without_clashes(records, (1, 2)))
    assert done.stdout.decode() == "".join(f"{HEAD}{rows(part, types)};\n" for part in parts)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'1,"cut', "never closed"),
        (b"1\n", "1 values, the table 2 columns"),
        (b'1,"a"b\n', "behind a value in quotes"),
        (b'1,a"b"\n', "a quote stands inside"),
    ],
)
def test_a_broken_file_ends_it_with_an_error(
    awk: list[str], tmp_path: Path, content: bytes, words: str
) -> None:
    done = run(awk, written(tmp_path, b"0,x\n" + content), ("INT8", "STRING"))
    assert done.returncode == 1
    assert words in done.stderr.decode()
    assert "public.t, record 2" in done.stderr.decode()


def test_a_value_that_goes_on_in_the_next_file_is_an_error(awk: list[str], tmp_path: Path) -> None:
    done = run(awk, written(tmp_path, b'1,"cut', b'2,"b"\n'), ("INT8", "STRING"))
    assert done.returncode == 1
    assert b"never closed before" in done.stderr


def test_names_are_quoted_as_sql_wants_them() -> None:
    head = insert_head(TableName("S-1", "select"), ["ts", "Mixed Case"])
    assert head == 'INSERT INTO "S-1"."select" (ts, "Mixed Case") VALUES '
    assert insert_head(TableName("public", "t"), ["a"]) == "INSERT INTO t (a) VALUES "
