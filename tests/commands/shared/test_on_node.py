"""Files that only a node sees: the command runs there, and its words and exit code come here."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.config.profiles import Profile, check_profile
from kwtui.errors import ExitCode, KwtuiError
from kwtui.node.there import remote_line
from tests.backups.builder import make_set
from tests.command_line import CommandLine
from tests.offsite.ssh_server import SshServer, ssh_server

PROFILE = Profile("prod", ssh="node2", store="/var/lib/kwdb", extern="/data/my extern")


def test_the_profile_stays_here_and_its_folders_go_along() -> None:
    words = ["verify", "kwtui/shop/x", "--profile", "prod", "--json", "--level=P1"]
    line = remote_line(PROFILE, words)
    assert shlex.split(line) == [
        *("kwtui", "verify", "kwtui/shop/x", "--json", "--level=P1"),
        *("--store", "/var/lib/kwdb", "--extern", "/data/my extern"),
    ]
    assert remote_line(PROFILE, ["list", "--profile=prod"]).startswith("kwtui list --store")


@pytest.mark.parametrize("odd", ["a b", "$(touch x)", "'; rm -rf /", "-x", "a\nb"])
def test_no_word_becomes_a_command_there(odd: str) -> None:
    there = replace(PROFILE, store=None, extern=None, kwtui_there="/opt/kw tui")
    assert shlex.split(remote_line(there, ["show", odd])) == ["/opt/kw tui", "show", odd]


@pytest.mark.parametrize("wrong", ["-oProxyCommand=x", "a b", "a;b", "$(x)", ""])
def test_what_is_no_host_is_refused(wrong: str) -> None:
    with pytest.raises(KwtuiError) as raised:
        check_profile(Profile("prod", ssh=wrong))
    assert raised.value.exit_code is ExitCode.USAGE


def home_beside(tmp_path: Path, server: SshServer, program: Path, extern: Path) -> CommandLine:
    """This machine: an ssh that knows the node, and a profile that names it."""
    programs = server.as_program(tmp_path / "programs")
    home = CommandLine(tmp_path / "here", environment={"PATH": f"{programs}:/usr/bin:/bin"})
    folder = home.state / "config"
    folder.mkdir(parents=True, mode=0o700)
    file = folder / "profiles.toml"
    file.write_text(
        f'format = 1\n[profile.prod]\nssh = "127.0.0.1"\nextern = "{extern}"\n'
        f'kwtui_there = "{program}"\n'
        '[profile.lost]\nssh = "nowhere.invalid"\n'
    )
    file.chmod(0o600)
    return home


def test_a_set_of_another_node_is_listed_and_checked_there(tmp_path: Path) -> None:
    node = CommandLine(tmp_path / "node")
    extern = tmp_path / "node-extern"
    extern.mkdir()
    path = make_set(extern, node.state / "state", started=datetime(2026, 9, 1, tzinfo=UTC)).path
    variables = " ".join(
        f"{name}={shlex.quote(value)}"
        for name, value in node.variables().items()
        if name.startswith("KWTUI_")
    )
    program = tmp_path / "kwtui-there"
    program.write_text(f'#!/bin/sh\n{variables} exec {sys.executable} -m kwtui.cli "$@"\n')
    program.chmod(0o755)
    (tmp_path / "sshd").mkdir()
    with ssh_server(tmp_path / "sshd") as server:
        home = home_beside(tmp_path, server, program, extern)
        listed = home.run("list", "--profile", "prod", "--json")
        assert listed.code == 0, listed.err
        assert [entry["path"] for entry in listed.object["entries"]] == [path]
        assert home.run("verify", path, "--profile", "prod").code == 0
        next((extern / path).rglob("*.csv")).write_text("changed\n")
        damaged = home.run("verify", path, "--profile", "prod")
        assert damaged.code == ExitCode.BACKUP_DAMAGED, damaged.err
        assert home.run("show", "kwtui/none/x", "--profile", "prod").code == ExitCode.NOT_FOUND
        program.chmod(0o644)
        missing = home.run("list", "--profile", "prod")
        lost = home.run("list", "--profile", "lost")
    assert missing.code == ExitCode.FAILED
    assert "kwtui does not start on 127.0.0.1" in missing.err
    assert lost.code == ExitCode.SERVER_UNREACHABLE
    assert "ssh cannot reach nowhere.invalid" in lost.err
    assert "ssh nowhere.invalid kwtui --version" in lost.err


def test_a_copy_is_fetched_a_log_read_and_a_set_sealed_there(tmp_path: Path) -> None:
    """What kwtui is told there stands in a file; it ends as it likes."""
    there = tmp_path / "there"
    there.mkdir()
    program = there / "kwtui"
    program.write_text(
        f'#!/bin/sh\necho "$@" > {there}/told\n'
        f'for last; do :; done; [ "$1" = seal ] && cp -p "$last" {there}/draft\n'
        "echo done there; exit 31\n"
    )
    program.chmod(0o755)
    draft = tmp_path / "draft.json"
    draft.write_text('{"made": "here"}')
    told: dict[str, str] = {}
    (tmp_path / "sshd").mkdir()
    with ssh_server(tmp_path / "sshd") as server:
        home = home_beside(tmp_path, server, program, there)
        for words in (
            ("offsite", "fetch", "file:///vault", "kwtui/shop/x", "--yes"),
            ("logs", "--family", "main", "--lines", "3"),
            ("seal", "kwtui/shop/x", "--draft", str(draft)),
        ):
            done = home.run(*words, "--profile", "prod")
            assert (done.code, done.out) == (31, "done there\n"), done.err
            told[words[0]] = (there / "told").read_text().strip()
        pushed = home.run("offsite", "list", "file:///nowhere", "--profile", "prod")
    folders = f"--extern {there}"
    assert told["offsite"] == f"offsite fetch file:///vault kwtui/shop/x --yes {folders}"
    assert told["logs"] == f"logs --family main --lines 3 {folders}"
    assert told["seal"].startswith(f"seal kwtui/shop/x {folders} --draft /")
    assert (there / "draft").read_text() == '{"made": "here"}'
    assert (there / "draft").stat().st_mode & 0o077 == 0
    assert not Path(told["seal"].split()[-1]).exists(), "nothing is left there"
    assert "done there" not in pushed.out, "other actions need no file of the node"
