"""The parser of all commands, with the help that stands above them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from kwtui.commands.parsers.backup import _backup, _restore, add_drill_commands
from kwtui.commands.parsers.diagnosis import add_diagnosis_commands
from kwtui.commands.parsers.evidence import add_evidence_commands
from kwtui.commands.parsers.offsite import add_offsite_commands
from kwtui.commands.parsers.parts import (
    Parser,
    Wide,
    add_connection,
    command,
)
from kwtui.commands.parsers.runs import _logs, _runs
from kwtui.commands.parsers.server import _profiles, _survey, add_server_commands
from kwtui.commands.parsers.storage import _list, _show, _verify, add_storage_commands
from kwtui.commands.parsers.unattended import add_unattended_commands
from kwtui.errors import ExitCode

_EPILOG = """\
examples:
  kwtui --sandbox                          open the interface on the built-in stand-in for a node
  kwtui backup shop --sandbox              back up a database and prove it to P2
  kwtui list --extern /var/lib/kaiwudb/extern
  kwtui restore kwtui/shop/20261122T080000Z --as shop_copy --profile prod

exit codes:
{exit_codes}

Passwords come from a prompt, PGPASSWORD, a passfile or the profile's password_command, never from
options. `kwtui COMMAND --help` explains each command, `kwtui manual` everything else.
"""


def make_parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The whole command line, or that of the command which ``words`` begin with.

    To build every command's takes longer than many a command.
    """
    parser = Parser(
        prog="kwtui",
        description="Back up, restore, verify and watch a KWDB database. Without a command the "
        "interface opens.",
        epilog=_EPILOG.format(exit_codes=_exit_codes()),
        formatter_class=Wide,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    parser.add_argument(
        "--verbose",
        dest="version_verbose",
        action="store_true",
        help="with --version: print the packages of this installation and the system, for reports",
    )
    parser.add_argument(
        "--print-keys",
        action="store_true",
        help="list the keys of the interface; same as kwtui keys",
    )
    parser.add_argument(
        "--no-mouse",
        action="store_true",
        help="do not use the mouse: the terminal keeps it for selecting text",
    )
    add_connection(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    needed = [add for names, add in _COMMANDS if words and words[0] in names]
    for add in needed or [add for _, add in _COMMANDS]:
        add(commands)
    return parser


def _exit_codes() -> str:
    """Every code with its meaning, in two columns."""
    entries = [f"{int(code):4} {code.meaning}" for code in ExitCode]
    half = (len(entries) + 1) // 2
    left, right = entries[:half], [*entries[half:], ""]
    return "\n".join(f"{one:42}{two}".rstrip() for one, two in zip(left, right, strict=False))


def _manual(commands: Any) -> None:
    parser = command(
        commands,
        "manual",
        "print a page of the manual",
        "manual:manual",
        """\
        Without TOPIC the topics are listed. Prints plain text; needs no network and no server.
        """,
        """\
        kwtui manual
        kwtui manual exit-codes
        kwtui manual restore | less
        kwtui manual --man | man -l -
        """,
    )
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="topic of the page")
    parser.add_argument("--man", action="store_true", help="print the man page kwtui(1)")


def _completion(commands: Any) -> None:
    parser = command(
        commands,
        "completion",
        "print a completion script for a shell",
        "completion:completion",
        """\
        The script completes commands, actions, options, their values, and paths. Source it, or
        save it where the shell looks for completions.
        """,
        """\
        source <(kwtui completion bash)
        kwtui completion bash > ~/.local/share/bash-completion/completions/kwtui
        kwtui completion zsh > ~/.zfunc/_kwtui
        kwtui completion fish > ~/.config/fish/completions/kwtui.fish
        """,
    )
    parser.add_argument(
        "shell", choices=("bash", "zsh", "fish"), metavar="SHELL", help="bash, zsh or fish"
    )


def _keys(commands: Any) -> None:
    command(
        commands,
        "keys",
        "list the actions of the interface, with their IDs and keys",
        "keys:keys",
        """\
        To change keys, write keys.toml beside profiles.toml, with the IDs of the actions:

          [keys]
          "storage.verify" = "V"
          "app.quit" = "Q, ctrl+x"

        A keys.toml with an error is reported and changes no key.
        """,
        """\
        kwtui keys
        kwtui keys --json
        """,
    )


def _sandbox(commands: Any) -> None:
    """Only its line in the help: `kwtui.commands.sandbox` reads its words."""
    commands.add_parser(
        "sandbox",
        help="start, stop, inspect or reset the built-in stand-in for a KWDB node",
        add_help=False,
    )


_COMMANDS = (
    (("backup",), _backup),
    (("restore",), _restore),
    (("list",), _list),
    (("show",), _show),
    (("verify",), _verify),
    (("survey",), _survey),
    (("runs",), _runs),
    (("logs",), _logs),
    (("profiles",), _profiles),
    (("keys",), _keys),
    (("manual",), _manual),
    (("completion",), _completion),
    (("status", "advise", "policy", "schedule", "notify"), add_unattended_commands),
    (("rescue", "runbook", "report", "mcp", "approve"), add_evidence_commands),
    (("drill", "seal"), add_drill_commands),
    (
        ("compare", "pin", "unpin", "note", "label", "delete", "prune", "cleanup"),
        add_storage_commands,
    ),
    (("offsite",), add_offsite_commands),
    (("server", "jobs", "wal", "sql"), add_server_commands),
    (("doctor", "explain"), add_diagnosis_commands),
    (("sandbox",), _sandbox),
)
"""Commands with the function that adds them, in the order of the help."""
