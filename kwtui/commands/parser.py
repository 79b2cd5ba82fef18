"""Commands, options and their help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from kwtui.commands.parser_diagnosis import add_diagnosis_commands
from kwtui.commands.parser_drill import add_drill_commands
from kwtui.commands.parser_parts import (
    Parser,
    Wide,
    add_connection,
    add_dialect,
    add_run,
    add_tables,
    command,
    count,
    given,
    proof_level,
    set_path,
)
from kwtui.commands.parser_server import add_server_commands
from kwtui.commands.parser_storage import add_storage_commands

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


# -- commands ---------------------------------------------------------------------------------


def _backup(commands: Any) -> None:
    parser = command(
        commands,
        "backup",
        "back up a database, or some of its tables, and prove the result",
        "backup:backup",
        """\
        The files are written by KWDB itself below extern; kwtui adds what an export leaves out
        (sequences, views, foreign keys, defaults, retentions, grants, comments), hashes and
        counts everything and writes the manifest last. The run is a process of its own: on a
        terminal Ctrl+C asks whether to detach or to cancel; without one, SIGINT and SIGTERM
        cancel it.
        """,
        """\
        kwtui backup shop --profile prod --label "before the upgrade"
        kwtui backup shop --tables orders,archive.old_orders --dsn URL --extern DIR
        kwtui backup shop --sandbox --dry-run
        """,
    )
    parser.add_argument("database", metavar="DB")
    add_tables(parser)
    parser.add_argument(
        "--method",
        choices=("snapshot", "database", "tables"),
        default="snapshot",
        help="snapshot: every table at one instant (default); database: one EXPORT ... FROM "
        "DATABASE; tables: each table at its own moment",
    )
    parser.add_argument("--label", default="", metavar="TEXT", help="a note that listings show")
    parser.add_argument("--prefix", default="kwtui", metavar="DIR", help="folder below extern")
    parser.add_argument(
        "--parallel",
        type=count,
        default=2,
        metavar="N",
        help="tables that are exported at the same time (default: 2)",
    )
    parser.add_argument(
        "--chunk-rows", type=int, default=100_000, metavar="N", help="rows in one file"
    )
    parser.add_argument(
        "--no-checksums", action="store_true", help="skip the content checksum of each table"
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="also users, roles and who is in them (never passwords)",
    )
    parser.add_argument(
        "--with-settings", action="store_true", help="also the settings of the cluster"
    )
    parser.add_argument(
        "--unseen",
        action="store_true",
        help="the files of the destination's node cannot be seen from here: the set stays at P0, "
        "and `kwtui seal` on that node proves it",
    )
    parser.add_argument(
        "--sweep",
        action="store_true",
        help="remove what was written if the backup does not finish (default: keep and mark it)",
    )
    add_run(parser)


def _restore(commands: Any) -> None:
    parser = command(
        commands,
        "restore",
        "restore a backup set or an export into a new database, and compare",
        "restore:restore",
        """\
        Nothing that exists is harmed: the work is done under a scratch name, compared with the
        manifest, and only then renamed. A database is replaced only when its name is typed.

        exact         everything, as it was; for sets and for exports of others (default)
        native        KWDB's own IMPORT DATABASE; the plan says what it gets wrong
        schema-only   definitions without rows
        data-only     rows into tables that exist

        A restore that was cancelled, killed or cut off goes on with --continue: tables that hold
        their rows are kept, what was half done is undone, and all of it is compared at the end.
        """,
        """\
        kwtui restore kwtui/shop/20261122T080000Z --as shop_copy --profile prod
        kwtui restore kwtui/shop/20261122T080000Z --yes-replace shop --profile test
        kwtui restore kwtui/shop/20261122T080000Z --dry-run --sandbox
        kwtui restore --continue 20261122T081500Z-1a2b
        """,
    )
    parser.add_argument(
        "set",
        type=set_path,
        metavar="SET",
        nargs="?",
        help="its path below extern, as `kwtui list` shows",
    )
    parser.add_argument(
        "--continue",
        dest="continues",
        metavar="RUN",
        nargs="?",
        const="",
        help="go on with a restore that was stopped, instead of SET: by its run's id, or the "
        "newest one; on the server that it worked on unless another is named",
    )
    parser.add_argument(
        "--as", dest="target", type=given, metavar="NAME", help="name of the new database"
    )
    parser.add_argument(
        "--strategy", choices=("exact", "native", "schema-only", "data-only"), default="exact"
    )
    add_tables(parser)
    parser.add_argument(
        "--create-users",
        action="store_true",
        help="create users and roles that grants name and this server does not have",
    )
    parser.add_argument(
        "--with-users",
        action="store_true",
        help="create the users and roles that the set holds and this server does not have",
    )
    parser.add_argument(
        "--with-settings",
        action="store_true",
        help="set the cluster settings that the set holds, for the whole cluster",
    )
    parser.add_argument(
        "--yes-replace",
        metavar="NAME",
        help="the name of the database that may be dropped, after its successor is complete",
    )
    add_run(parser)


def _list(commands: Any) -> None:
    parser = command(
        commands,
        "list",
        "list backup sets and exports below extern",
        "storage:list_sets",
        "Needs the node's files and no server.",
        "kwtui list --extern /var/lib/kaiwudb/extern\n        kwtui list --sandbox --json",
    )
    parser.add_argument("database", nargs="?", metavar="DB", help="only those of this database")
    parser.add_argument("--all", action="store_true", help="foreign files too")


def _show(commands: Any) -> None:
    parser = command(
        commands,
        "show",
        "show what is inside a backup set or export",
        "storage:show_set",
        "Needs the node's files and no server.",
        "kwtui show kwtui/shop/20261122T080000Z --sandbox",
    )
    parser.add_argument("set", type=set_path, metavar="SET")


def _verify(commands: Any) -> None:
    parser = command(
        commands,
        "verify",
        "check that a backup set is whole, and write that down",
        "storage:verify_set",
        """\
        P1  every file is there, with the size and SHA-256 of the manifest
        P2  besides, every record parses and is counted, and every meta.sql is read (default)

        The outcome is added to the set's proofs.jsonl. Exit code 31 for a damaged set, 32 when only
        a meta.sql is damaged.
        """,
        "kwtui verify kwtui/shop/20261122T080000Z --level P1 --sandbox",
    )
    parser.add_argument("set", type=set_path, metavar="SET")
    parser.add_argument(
        "--level",
        type=proof_level(1, 2),
        default=2,
        metavar="P1|P2",
        help="how far to prove it (P2); 1 and 2 mean the same",
    )
    add_dialect(parser)


def _survey(commands: Any) -> None:
    parser = command(
        commands,
        "survey",
        "show a database as a backup would see it, and what to watch out for",
        "server:survey",
        "Without DB the databases are listed.",
        "kwtui survey shop --sandbox",
    )
    parser.add_argument("database", nargs="?", metavar="DB")


def _runs(commands: Any) -> None:
    parser = command(
        commands,
        "runs",
        "list runs, show, follow or cancel one",
        "runs:runs",
        """\
        A run is a process of its own: it goes on when the terminal is closed. ID is a run's id or
        an unambiguous part of it. `cancel` asks it to stop and waits until it has; what a backup
        wrote until then is kept and marked, or swept away, as you say (or as its plan says).
        """,
        """\
        kwtui runs
        kwtui runs follow
        kwtui runs show 20261122T080000Z-1a2b --plan
        kwtui runs cancel 1a2b --sweep
        """,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list")
    for name, text in (
        ("show", "how far it is, or how it ended"),
        ("follow", "watch it until it has ended (the newest if no ID is given)"),
        ("cancel", "stop it, and what the server does for it"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        action.add_argument("run", metavar="ID", nargs="?" if name == "follow" else None)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if name == "show":
            action.add_argument("--plan", action="store_true", help="with every statement")
        if name == "cancel":
            _add_sweep_or_keep(action)
            action.add_argument("--no-wait", action="store_true", help="do not wait for its end")


def _add_sweep_or_keep(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--sweep",
        dest="sweep",
        action="store_true",
        default=None,
        help="of a backup: remove what it wrote so far",
    )
    choice.add_argument(
        "--keep",
        dest="sweep",
        action="store_false",
        default=None,
        help="of a backup: keep what it wrote so far, marked as cancelled",
    )


def _logs(commands: Any) -> None:
    parser = command(
        commands,
        "logs",
        "show the end of the node's log, and follow it",
        "logs:logs",
        """\
        Needs the node's files and no server; where the files are out of reach, the server gives
        what it can over HTTP. Rotated files belong to the log. Filters keep whole entries with
        the lines that continue them. Times are UTC: 12:30, "2026-11-22 08:30", -10m, -3d, today.
        """,
        """\
        kwtui logs -f --sandbox
        kwtui logs --all-families --since -1h --severity warning --logs /var/lib/kaiwudb/logs
        kwtui logs --grep 'import.*failed' --file registry.go --json --profile shop
        """,
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on with new lines")
    parser.add_argument(
        "-n",
        "--lines",
        type=count,
        metavar="N",
        help="the last N lines that fit (default: 20; with --since or --until all)",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--family", metavar="NAME", help="main, rocksdb, ts engine, ...")
    which.add_argument("--all-families", action="store_true", help="all logs, by time")
    parser.add_argument("--since", metavar="TIME", help="only entries from this time on")
    parser.add_argument("--until", metavar="TIME", help="only entries before this time")
    parser.add_argument(
        "--severity", metavar="LEVEL", help="only entries at least this severe: warning, error"
    )
    parser.add_argument(
        "--grep",
        "--search",
        dest="grep",
        metavar="REGEX",
        help="only entries with a match; case counts where it has a capital letter",
    )
    parser.add_argument("--file", metavar="PART", help="only from this source file: registry.go")
    parser.add_argument("--goroutine", metavar="N", help="only of this goroutine or thread")
    parser.add_argument("--tag", metavar="PART", help="only with this in the tags: client=10.0.0.7")
    parser.add_argument("--files", action="store_true", help="list the log files")


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


def _profiles(commands: Any) -> None:
    command(commands, "profiles", "list the saved profiles", "server:profiles", "", "")


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
