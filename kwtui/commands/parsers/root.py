"""Commands, options and their help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from kwtui.commands.parsers.backup import _backup, _restore, add_drill_commands
from kwtui.commands.parsers.diagnosis import add_diagnosis_commands
from kwtui.commands.parsers.parts import (
    Parser,
    Wide,
    add_connection,
    command,
)
from kwtui.commands.parsers.runs import _logs, _runs
from kwtui.commands.parsers.server import _profiles, _survey, add_server_commands
from kwtui.commands.parsers.storage import _list, _show, _verify, add_storage_commands

_EPILOG = """\
examples:
  kwtui --sandbox                          open the interface on the built-in stand-in for a node
  kwtui backup shop --sandbox              back up a database and prove it to P2
  kwtui list --extern /var/lib/kaiwudb/extern
  kwtui restore kwtui/shop/20261122T080000Z --as shop_copy --profile prod

exit codes:
   0 done            1 failed             2 wrong usage
  10 unreachable    11 not let in        12 TLS           13 no admin role   14 connection lost
  15 server refused 16 another cluster
  20 no extern      21 extern unreadable 22 disk full     23 destination not empty
  30 name taken     31 backup damaged    32 meta.sql damaged   33 not found
  34 restore differs  35 backup incomplete  36 plan refused   37 another run at work
  50 sandbox failed 51 its port in use   52 its directory of another version
  53 its Python packages missing         54 its data broken
 129 terminal closed, the run goes on           130 cancelled

Passwords come from a prompt, PGPASSWORD, a passfile or the profile's password_command, never from
options. `kwtui COMMAND --help` explains each command.
"""


def make_parser(version: str, words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """The whole command line, or that of the command which ``words`` begin with.

    To build every command's takes longer than many a command.
    """
    parser = Parser(
        prog="kwtui",
        description="Back up, restore, verify and watch a KWDB database. Without a command the "
        "interface opens.",
        epilog=_EPILOG,
        formatter_class=Wide,
    )
    parser.add_argument("--version", action="version", version=f"kwtui {version}")
    parser.add_argument(
        "--print-keys", action="store_true", help="list the keys of the interface, as `kwtui keys`"
    )
    parser.add_argument("--no-mouse", action="store_true", help="leave the mouse to the terminal")
    add_connection(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    needed = [add for names, add in _COMMANDS if words and words[0] in names]
    for add in needed or [add for _, add in _COMMANDS]:
        add(commands)
    return parser


def _keys(commands: Any) -> None:
    command(
        commands,
        "keys",
        "list every action of the interface with its id and its keys",
        "keys:keys",
        """\
        Keys of your own stand in keys.toml beside the profiles, by id:

          [keys]
          "storage.verify" = "V"
          "app.quit" = "Q, ctrl+x"

        A file with a mistake is reported and changes no key.
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
        help="start, stop, look at or reset the built-in stand-in for a node",
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
    (("drill", "seal"), add_drill_commands),
    (
        ("compare", "pin", "unpin", "note", "label", "delete", "prune", "cleanup"),
        add_storage_commands,
    ),
    (("server", "jobs", "wal", "sql"), add_server_commands),
    (("doctor", "explain"), add_diagnosis_commands),
    (("sandbox",), _sandbox),
)
"""Commands with the function that adds them, in the order of the help."""
