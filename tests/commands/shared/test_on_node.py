"""Files that only a node sees: the command runs there, and its words and exit code come here."""

from __future__ import annotations

import getpass
import shlex
import shutil
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from kwtui.commands.shared.on_node import remote_line
from kwtui.config.profiles import Profile, check_profile
from kwtui.errors import ExitCode, KwtuiError
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
    server.configure()
    with server.config.open("a") as config:
        config.write(f"Host 127.0.0.1\nPort {server.port}\nUser {getpass.getuser()}\n")
    programs = tmp_path / "programs"
    programs.mkdir()
    ssh = programs / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {server.config} "$@"\n')
    ssh.chmod(0o755)
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
    assert "ssh does not get to nowhere.invalid" in lost.err
    assert "ssh nowhere.invalid kwtui --version" in lost.err
