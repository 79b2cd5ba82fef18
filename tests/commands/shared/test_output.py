"""Where output goes that nobody takes, and what names and words it survives."""

from __future__ import annotations

import io
import json
import os
import subprocess
from pathlib import Path

import pytest

from kwtui.commands.shared.output import Output, fitted_table
from kwtui.errors import ExitCode, KwtuiError, lines_of
from tests.command_line import CommandLine

ASCII = {"PYTHONIOENCODING": "ascii"}


@pytest.fixture
def kwtui(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    """An export with a Chinese name, beside a file whose name is no text at all."""
    table = tmp_path / "extern/订单/public/t"
    table.mkdir(parents=True)
    (table / "meta.sql").write_text("CREATE TABLE t (\n\ta INT8 NULL\n);\n")
    (table / "n1.0.csv").write_text("1\n")
    (tmp_path / "extern" / os.fsdecode(b"odd\xff.txt")).write_text("x")
    return tmp_path / "extern"


def test_a_terminal_of_another_encoding_gets_marks_not_a_crash(
    kwtui: CommandLine, extern: Path
) -> None:
    # A process of its own: its encoding is chosen when Python starts.
    done = subprocess.run(
        kwtui.command("list", "--all", "--extern", str(extern)),
        env={**kwtui.variables(), **ASCII},
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
    assert rb"\u8ba2\u5355" in done.stdout


def test_json_is_utf8_wherever_it_is_printed(kwtui: CommandLine, extern: Path) -> None:
    done = subprocess.run(
        kwtui.command("list", "--all", "--json", "--extern", str(extern)),
        env={**kwtui.variables(), **ASCII},
        capture_output=True,
        check=True,
        timeout=60,
    )

    paths = {entry["path"] for entry in json.loads(done.stdout.decode())["entries"]}
    assert paths == {"订单", "odd‹ff›.txt"}


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_full_disk_behind_the_output_is_told_in_words(
    kwtui: CommandLine, extern: Path, form: tuple[str, ...]
) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            kwtui.command("list", *form, "--extern", str(extern)),
            env=kwtui.variables(),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert done.returncode == ExitCode.FAILED
    assert "No space left" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_left_before_the_first_word_is_no_failure(
    kwtui: CommandLine, extern: Path
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as gone:
        done = subprocess.run(
            kwtui.command("list", "--extern", str(extern)),
            env=kwtui.variables(),
            stdout=gone,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )

    assert (done.returncode, done.stderr) == (0, "")


def test_a_closed_output_is_no_crash(kwtui: CommandLine, extern: Path) -> None:
    words = " ".join(kwtui.command("list", "--extern", str(extern)))
    done = subprocess.run(
        ["sh", "-c", f"{words} >&-"],
        env=kwtui.variables(),
        stderr=subprocess.PIPE,
        text=True,
        check=False,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("words", [("backup",), ("frobnicate",), ("runs", "show")])
def test_a_script_reads_about_wrong_words_as_about_every_other_failure(
    kwtui: CommandLine, words: tuple[str, ...]
) -> None:
    done = kwtui.run(*words, "--json")

    assert done.code == ExitCode.USAGE
    assert done.object["kind"] == "error"
    assert done.object["exit_code"] == ExitCode.USAGE
    assert "usage:" in done.err


def test_what_only_some_take_for_a_line_end_begins_no_line() -> None:
    err = io.StringIO()
    hostile = "a\rkwtui: fine\x85kwtui: fine\u2028kwtui: fine\x0b\x1c\x1b[2J"
    Output(json=False, out=io.StringIO(), err=err).error(
        KwtuiError(hostile, cause=lines_of("one", hostile), hint=hostile)
    )
    lines = err.getvalue().split("\n")
    assert len(lines) == 5
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize(
    ("width", "first", "second"),
    [
        (
            None,
            "PATH      KIND    ROWS  NOTE",
            "kwtui/a1  backup     7  before the upgrade of May",
        ),
        (60, "PATH      KIND    ROWS  NOTE", "kwtui/a1  backup     7  before the upgrade of May"),
        (44, "PATH      ROWS  NOTE", "kwtui/a1     7  before the upgrade of May"),
        (32, "PATH      NOTE", "kwtui/a1  before the upgrade of…"),
        (14, "PATH      NOTE", "kwtui/a1  before the upgrade of May"),
    ],
)
def test_a_table_drops_columns_on_a_narrow_terminal_and_none_in_a_pipe(
    width: int | None, first: str, second: str
) -> None:
    rows = [
        ("PATH", "KIND", "ROWS", "NOTE"),
        ("kwtui/a1", "backup", "7", "before the upgrade of May"),
    ]
    lines = fitted_table(rows, width, right=frozenset({2}), leave_first=("KIND", "ROWS"))
    assert lines == [first, second]
