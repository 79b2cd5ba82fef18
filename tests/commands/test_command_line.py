"""The command line without a server: help, formats, exit codes, and what it does not load."""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from kwtui.commands.parsers.root import make_parser
from kwtui.errors import ExitCode
from tests.backups.builder import make_set
from tests.command_line import CommandLine


@pytest.fixture
def kwtui(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path / "home")


@pytest.fixture
def extern(tmp_path: Path) -> Path:
    """A folder with one foreign export."""
    table = tmp_path / "extern/old/public/t"
    table.mkdir(parents=True)
    (tmp_path / "extern/old/meta.sql").write_text("CREATE DATABASE old;")
    (table / "meta.sql").write_text("CREATE TABLE t (\n\ta INT8 NULL,\n\tb STRING NULL\n);\n")
    (table / "n1.0.csv").write_text("1,x\n2,y\n")
    return tmp_path / "extern"


def test_a_command_alone_reads_its_words_as_among_all_the_others() -> None:
    whole = commands_of(make_parser())
    assert len(whole) > 20
    for name, parser in whole.items():
        assert commands_of(make_parser([name]))[name].format_help() == parser.format_help()


def commands_of(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    (choices,) = (a.choices for a in parser._actions if a.dest == "command")
    assert isinstance(choices, Mapping)
    return choices


def test_help_names_every_command_and_every_exit_code(kwtui: CommandLine) -> None:
    done = kwtui.run("--help")

    assert done.code == 0
    for command in (
        "backup",
        "restore",
        "list",
        "show",
        "verify",
        "survey",
        "runs",
        "logs",
        "profiles",
        "keys",
        "sandbox",
    ):
        assert command in done.out
    for code in ExitCode:
        assert f" {int(code)} " in done.out.replace("\n", " "), code


@pytest.mark.parametrize("text", ["31", "exit code 31", "Exit status 31"])
def test_an_exit_code_of_its_own_is_explained(kwtui: CommandLine, text: str) -> None:
    done = kwtui.run("explain", text)

    assert done.code == 0
    assert done.out.startswith("Exit code 31 of kwtui: backup damaged.")
    assert kwtui.run("explain", text, "--json").object["exit_code"]["name"] == "backup_damaged"


@pytest.mark.parametrize("command", ["backup", "restore", "list", "verify", "runs", "logs"])
def test_every_command_explains_itself_with_examples(kwtui: CommandLine, command: str) -> None:
    done = kwtui.run(command, "--help")

    assert done.code == 0
    assert f"kwtui {command}" in done.out.split("examples:")[1]


@pytest.mark.parametrize(
    ("words", "help_of"),
    [
        (["backup", "shop", "--changed"], "backup"),
        (["runs", "show", "one", "--nonsense"], "runs show"),
        (["restore"], "restore"),
        (["--nonsense"], ""),
    ],
)
def test_wrong_words_are_answered_with_the_help_of_their_command(
    kwtui: CommandLine, words: list[str], help_of: str
) -> None:
    done = kwtui.run(*words)

    assert done.code == ExitCode.USAGE
    assert done.err.endswith(f"  See the usage: {f'kwtui {help_of}'.strip()} --help\n")


@pytest.mark.parametrize("words", [["--version"], ["list"], ["runs"], ["profiles"]])
def test_light_commands_load_neither_textual_nor_a_driver(
    kwtui: CommandLine, extern: Path, words: list[str]
) -> None:
    more = ["--extern", str(extern)] if words == ["list"] else []
    script = (
        "import sys; from kwtui.cli import main\n"
        f"try: main({[*words, *more]!r})\n"
        "except SystemExit: pass\n"
        "heavy = {'textual', 'rich', 'psycopg', 'duckdb', 'watchfiles'} & set(sys.modules)\n"
        "print('heavy:', sorted(heavy))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env=kwtui.variables(),
        check=True,
    )

    assert "heavy: []" in done.stdout, done.stdout


def test_a_script_gets_errors_as_json_and_people_get_words(kwtui: CommandLine) -> None:
    done = kwtui.run("list", "--extern", "/nowhere/extern", "--json")

    assert done.code == ExitCode.EXTERN_NOT_FOUND
    assert done.object["kind"] == "error"
    assert done.object["exit_code"] == ExitCode.EXTERN_NOT_FOUND
    assert done.err.startswith("kwtui: ")


def test_what_lies_in_extern_is_listed_as_a_versioned_object(
    kwtui: CommandLine, extern: Path
) -> None:
    done = kwtui.run("list", "--extern", str(extern), "--json")

    assert (done.object["v"], done.object["kind"]) == (1, "list")
    (entry,) = done.object["entries"]
    assert (entry["path"], entry["kind"], entry["database"]) == ("old", "tree", "old")


def test_the_same_for_people_is_a_table(kwtui: CommandLine, extern: Path) -> None:
    done = kwtui.run("list", "--extern", str(extern))

    heading, line = done.out.splitlines()
    assert heading.split()[:3] == ["PATH", "KIND", "DATABASE"]
    assert line.split()[:3] == ["old", "export", "old"]


def test_names_from_the_disk_cannot_command_the_terminal(kwtui: CommandLine, extern: Path) -> None:
    (extern / "old").rename(extern / "o\x1b[31mld")

    done = kwtui.run("list", "--extern", str(extern))

    assert "\x1b" not in done.out
    assert "␛[31m" in done.out


def test_an_export_is_shown_and_checked_without_a_server(kwtui: CommandLine, extern: Path) -> None:
    shown = kwtui.run("show", "old", "--extern", str(extern), "--json")
    checked = kwtui.run("verify", "old/", "--extern", str(extern), "--json")

    assert [t["name"]["name"] for t in shown.object["tables"]] == ["t"]
    assert checked.code == 0
    assert checked.object["report"]["tables"][0]["rows_found"] == 2


def test_a_record_too_many_fields_long_is_damage(kwtui: CommandLine, extern: Path) -> None:
    (extern / "old/public/t/n1.0.csv").write_text("1,x\n2,y,z\n")

    done = kwtui.run("verify", "old", "--extern", str(extern))

    assert done.code == ExitCode.BACKUP_DAMAGED


def test_a_meta_sql_that_does_not_parse_has_its_own_code(kwtui: CommandLine, extern: Path) -> None:
    (extern / "old/public/t/meta.sql").write_text("CREATE TABLE t (\n\ta INT8 NU")

    done = kwtui.run("verify", "old", "--extern", str(extern))

    assert done.code == ExitCode.META_DAMAGED, done.err + done.out


@pytest.mark.parametrize(("level", "reached"), [("P1", 1), ("p2", 2), ("1", 1), ("2", 2)])
def test_a_check_takes_its_level_as_it_is_called(
    kwtui: CommandLine, extern: Path, level: str, reached: int
) -> None:
    done = kwtui.run("verify", "old", "--level", level, "--extern", str(extern), "--json")

    assert done.object["report"]["wanted"] == reached


def test_a_check_knows_no_level_of_a_drill(kwtui: CommandLine, extern: Path) -> None:
    done = kwtui.run("verify", "old", "--level", "P3", "--extern", str(extern))

    assert done.code == ExitCode.USAGE
    assert "'P3' is not P1 or P2" in done.err


def test_what_is_no_backup_is_not_found(kwtui: CommandLine, extern: Path) -> None:
    (extern / "notes.txt").write_text("hello")

    assert kwtui.run("verify", "nothing", "--extern", str(extern)).code == ExitCode.NOT_FOUND
    assert kwtui.run("verify", "notes.txt", "--extern", str(extern)).code == ExitCode.NOT_FOUND
    assert kwtui.run("show", "../..", "--extern", str(extern)).code == ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("rdb.tar.gz", "unpack it first"),
        ("public/t.csv.ZST", "unpack it first"),
        ("readme.txt", "kwtui list"),
        ("old/meta.sql", "for example old"),
    ],
)
def test_a_file_is_not_said_to_be_missing(
    kwtui: CommandLine, tmp_path: Path, name: str, says: str
) -> None:
    file = tmp_path / "extern" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"x")
    for command in ("show", "verify"):
        done = kwtui.run(command, name, "--extern", str(tmp_path / "extern"))
        assert done.code == ExitCode.NOT_FOUND
        assert f"{name} is a file, not a folder" in done.err
        assert says in done.err


def test_damage_stands_in_the_column_of_the_proof(kwtui: CommandLine, tmp_path: Path) -> None:
    location = make_set(tmp_path / "extern", tmp_path / "state")
    next(location.data.rglob("*.csv")).write_bytes(b"cut")

    (heading, row) = kwtui.run("list", "--extern", str(tmp_path / "extern")).out.splitlines()

    at = heading.index("PROOF")
    assert row[at:].startswith("DAMAGED ")


def test_a_set_without_a_manifest_is_incomplete(kwtui: CommandLine, extern: Path) -> None:
    data = extern / "kwtui/shop/20261122T080000Z/data/public/t"
    data.mkdir(parents=True)
    (data / "n1.0.csv").write_text("1,x\n")

    done = kwtui.run("verify", "kwtui/shop/20261122T080000Z", "--extern", str(extern))

    assert done.code == ExitCode.BACKUP_INCOMPLETE


def test_an_extern_that_is_not_there_is_no_empty_one(kwtui: CommandLine, tmp_path: Path) -> None:
    done = kwtui.run("list", "--extern", str(tmp_path / "gone"))

    assert done.code == ExitCode.EXTERN_NOT_FOUND
    assert f"{tmp_path / 'gone'} was not found." in done.err
    assert done.out == ""
    assert "give --extern DIR" in done.err


def test_a_node_that_never_exported_has_no_extern_yet(kwtui: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "store" / "logs").mkdir(parents=True)

    done = kwtui.run("list", "--store", str(tmp_path / "store"))
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("No backup here yet: KWDB makes extern at the first export.")
    listed = kwtui.run("list", "--store", str(tmp_path / "store"), "--json")
    assert listed.code == 0
    assert '"problem":""' in listed.out.replace(" ", "")

    (tmp_path / "empty").mkdir()
    for other in ("empty", "no store"):
        elsewhere = kwtui.run("list", "--store", str(tmp_path / other))
        assert elsewhere.code == ExitCode.EXTERN_NOT_FOUND


def test_no_backup_of_one_database_is_not_said_of_all(kwtui: CommandLine, extern: Path) -> None:
    done = kwtui.run("list", "nosuch", "--extern", str(extern))

    assert (done.code, done.out) == (0, f"There are no backups of nosuch in {extern}.\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_extern_that_may_not_be_read_says_so(kwtui: CommandLine, extern: Path) -> None:
    extern.chmod(0o000)

    done = kwtui.run("list", "--extern", str(extern))

    extern.chmod(0o700)
    assert done.code == ExitCode.EXTERN_NOT_READABLE


@pytest.mark.parametrize(
    "words",
    [
        ["backup"],
        ["backup", "shop", "--method", "magic"],
        ["backup", "shop", "--parallel", "0"],
        ["backup", "shop", "--tables", 'a"b', "--dsn", "postgresql://r@127.0.0.1:1/d"],
        ["restore", "x", "--tables", "a.b.c", "--dsn", "postgresql://r@127.0.0.1:1/d"],
        ["survey", "--dsn", "mysql://nowhere"],
        ["survey", "--profile", "nobody-made-this"],
        ["survey", "--dsn", "postgresql://r@h:1/d?sslmode=prefer"],
        ["list", "--sandbox", "--profile", "p"],
        ["logs", "--search", "(", "--logs", "."],
        ["frobnicate"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2_and_nothing_happens(
    kwtui: CommandLine, words: list[str]
) -> None:
    assert kwtui.run(*words).code == ExitCode.USAGE


def test_a_server_that_is_not_there_is_unreachable(kwtui: CommandLine, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    dsn = f"postgresql://root@127.0.0.1:{port}/defaultdb?sslmode=disable"

    done = kwtui.run("backup", "shop", "--dsn", dsn, "--extern", str(tmp_path))

    assert done.code == ExitCode.SERVER_UNREACHABLE
    assert str(port) in done.err


def test_the_interface_wants_a_terminal(kwtui: CommandLine) -> None:
    done = kwtui.run()

    assert done.code == ExitCode.USAGE
    assert "terminal" in done.err


def test_runs_that_never_were(kwtui: CommandLine) -> None:
    assert kwtui.run("runs", "--json").object["runs"] == []
    assert kwtui.run("runs", "show", "abc").code == ExitCode.NOT_FOUND
    assert kwtui.run("runs", "cancel", "abc").code == ExitCode.NOT_FOUND
    assert kwtui.run("runs", "follow").code == ExitCode.NOT_FOUND


def test_profiles_are_listed_without_their_secrets(kwtui: CommandLine) -> None:
    config = Path(kwtui.variables()["KWTUI_CONFIG_DIR"])
    config.mkdir(parents=True)
    (config / "profiles.toml").write_text(
        'format = 1\n[profile.prod]\nhost = "db.example.com"\nenvironment = "prod"\n'
    )

    done = kwtui.run("profiles", "--json")

    assert done.object["profiles"][0]["host"] == "db.example.com"
    assert "prod" in kwtui.run("profiles").out


def test_a_reader_that_has_enough_is_no_error(kwtui: CommandLine, extern: Path) -> None:
    command = kwtui.command("list", "--extern", str(extern))
    reading = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=kwtui.variables()
    )
    assert reading.stdout is not None
    reading.stdout.close()
    assert reading.stderr is not None
    words = reading.stderr.read()

    assert reading.wait(20) in (0, -13)
    assert b"Traceback" not in words


def test_json_is_one_object_a_line(kwtui: CommandLine, extern: Path) -> None:
    out = kwtui.run("show", "old", "--extern", str(extern), "--json").out

    assert len(out.splitlines()) == 1
    assert json.loads(out)["v"] == 1


def test_the_sandbox_has_its_own_failures(kwtui: CommandLine, tmp_path: Path) -> None:
    directory = str(tmp_path / "node")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        in_use = kwtui.run("sandbox", "start", "--empty", "--dir", directory, "--port", port)
    assert in_use.code == ExitCode.SANDBOX_PORT_IN_USE
    assert port in in_use.err

    old = tmp_path / "old"
    old.mkdir()
    (old / "sandbox.json").write_text('{"format": 0}')
    outdated = kwtui.run("sandbox", "start", "--dir", str(old))
    assert outdated.code == ExitCode.SANDBOX_DIRECTORY_OUTDATED
    assert "reset" in outdated.err
    assert (old / "sandbox.json").read_text() == '{"format": 0}'

    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.txt").write_text("precious")
    full = kwtui.run("sandbox", "start", "--dir", str(tmp_path / "full"), "--json")
    assert full.code == ExitCode.SANDBOX_FAILED
    assert full.object["exit_code"] == ExitCode.SANDBOX_FAILED
    assert kwtui.run("sandbox", "frobnicate").code == ExitCode.USAGE


@pytest.mark.parametrize(
    "words",
    [
        ("backup", "shop", "--tables", ""),
        ("restore", "kwtui/shop/20261122T080000Z", "--as", " "),
    ],
)
def test_an_unset_variable_is_not_taken_for_everything(
    kwtui: CommandLine, words: tuple[str, ...]
) -> None:
    done = kwtui.run(*words)
    assert done.code == ExitCode.USAGE
    assert "the value is empty" in done.err


def test_every_action_takes_the_options_that_its_command_says_it_takes() -> None:
    """``kwtui runs show ID --dsn URL`` was refused although the help names --dsn."""
    options = ["--dsn", "postgresql://x", "--store", "/s"]
    parser = make_parser()
    for command, one in commands_of(parser).items():
        for action in (a for a in one._actions if a.dest == "action"):
            for name in action.choices or ():
                parsed_by = action.choices[name] if isinstance(action.choices, dict) else one
                positional = [a for a in parsed_by._actions if not a.option_strings]
                words = ["7" for a in positional if a.nargs is None and a is not action]
                told = parser.parse_args([command, name, *words, *options])
                assert (told.dsn, told.store) == ("postgresql://x", "/s"), (command, name)


@pytest.mark.parametrize("words", [[], ["shop"]])
def test_a_list_tells_what_it_did_not_look_into(
    kwtui: CommandLine, tmp_path: Path, words: list[str]
) -> None:
    deep = tmp_path / "/".join(["d"] * 20)
    deep.mkdir(parents=True)
    (tmp_path / "plain.txt").write_text("x")
    done = kwtui.run("list", *words, "--extern", str(tmp_path))
    assert "Too deep to scan." in done.out
    assert "plain.txt" not in done.out
