"""A password that stood among the words of a command comes back in nothing that is printed."""

from __future__ import annotations

import json
import subprocess

import pytest

from kwtui.cli import main
from kwtui.errors import ExitCode

SECRET = "hunter2 x'y"
PLAIN = "hunter2"
WORDS = [
    ["list", "--nonsense", f"postgresql://root:{PLAIN}@h:26257/d"],
    ["list", f"--nonsense=postgresql://root:{SECRET}@h/d"],
    [f"postgresql://root:{SECRET}@h/d", "list"],
    ["list", "--profile", "a", f"--password={SECRET}"],
    ["list", "--password", SECRET],
    ["list", "-W", PLAIN],
    ["list", f"-W{PLAIN}"],
    ["list", f"-p{SECRET}"],
    [f"PGPASSWORD={SECRET}", "list"],
    ["list", f"PGPASSWORD={PLAIN}"],
    ["explain", f"PGPASSWORD={PLAIN} psql: no such host"],
    ["list", f"host=h password='{PLAIN}'"],
    ["list", f"host=h password={PLAIN}"],
    ["show", f"postgresql://root:{PLAIN}@h/d", "--extern", "/nonexistent"],
    ["list", "--profile", f"postgres:/root:{PLAIN}@h"],
    ["server", "--dsn", f"postgresql://root:{PLAIN}@h:1:2/d"],
    ["server", "--dsn", f"postgresql://root:{PLAIN}@127.0.0.1:1/d"],
    ["server", "--dsn", f"host=127.0.0.1 port=1 password={PLAIN}"],
    ["explain", f"cannot connect to postgresql://root:{PLAIN}@h:26257/d"],
    ["explain", f"at or near \"x\": source SQL: CREATE USER a WITH PASSWORD '{PLAIN}'"],
]


@pytest.mark.parametrize("words", WORDS, ids=lambda words: " ".join(words)[:40])
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_no_password_is_printed(
    words: list[str], more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main([*words, *more])
    except SystemExit as end:
        code = int(end.code or 0)
    printed = capsys.readouterr()
    assert code != 0
    assert PLAIN not in printed.out + printed.err


def test_a_password_in_dsn_is_refused_with_the_ways_that_are_safe(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["server", "--dsn", f"postgresql://root:{PLAIN}@127.0.0.1:1/d", "--json"])
    printed = capsys.readouterr()
    assert code == ExitCode.USAGE
    said = json.loads(printed.out)
    for way in ("asks for it", "PGPASSWORD", "PGPASSFILE", "password_command"):
        assert way in said["hint"]


def test_a_name_with_a_newline_begins_no_line_of_its_own(
    tmp_path: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["list", "--extern", "/nonexistent\nkwtui: all is well"]) != 0
    assert all(
        not line.startswith("kwtui: all is well") for line in capsys.readouterr().err.splitlines()
    )


def test_what_is_copied_into_a_shell_is_one_printable_line() -> None:
    from kwtui.text import shell_joined

    words = ["kwtui", "show", "a b", "it's", "new\nline", "esc\x1b[2J", "tab\t'q'\\", "zwsp\u200b"]
    line = shell_joined(words)
    assert line.isprintable()
    shown = subprocess.run(
        ["bash", "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True
    ).stdout
    assert shown.decode().split("\0")[:-1] == words
