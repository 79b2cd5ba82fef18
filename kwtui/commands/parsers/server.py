"""Options of the commands about the server: server, jobs, wal, sql, survey, profiles."""

from __future__ import annotations

import argparse
from typing import Any

from kwtui.commands.parsers.parts import (
    add_connection,
    command,
    count,
    given,
)


def add_server_commands(commands: Any) -> None:
    for add in (_server, _jobs, _wal, _sql):
        add(commands)


def _server(commands: Any) -> None:
    parser = command(
        commands,
        "server",
        "show nodes, settings that touch backups, rights and sessions of the server",
        "server:server",
        """\
        A user without the admin role sees what KWDB tells it, and why the rest is missing.
        """,
        """\
        kwtui server --profile prod
        kwtui server --settings wal --sandbox
        kwtui server --sessions --sandbox
        """,
    )
    parser.add_argument(
        "--settings", metavar="WORDS", help="only cluster settings with these words, of all"
    )
    parser.add_argument("--sessions", action="store_true", help="only sessions and queries")


def _jobs(commands: Any) -> None:
    parser = command(
        commands,
        "jobs",
        "list the server's jobs, show, cancel, pause or resume one",
        "jobs:jobs",
        """\
        What the server says of a job is told with what it is worth: `succeeded` proves nothing, and
        an EXPORT whose server died says `running` for ever. KWDB lets only imports be cancelled,
        paused and resumed; of an EXPORT its query is cancelled.
        """,
        """\
        kwtui jobs --sandbox
        kwtui jobs --type EXPORT --unfinished --profile prod
        kwtui jobs show 1229668988559917057 --sandbox
        kwtui jobs cancel 1229668988559917057 --yes --sandbox
        """,
    )
    parser.add_argument("--type", metavar="TYPE", help="only these: EXPORT, IMPORT, ...")
    parser.add_argument("--search", metavar="WORDS", help="only those that hold these words")
    parser.add_argument("--unfinished", action="store_true", help="only those that are not over")
    parser.add_argument("--all", action="store_true", help="KWDB's own housekeeping too")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list")
    for name, text in (
        ("show", "all that is known of one job, and what it means"),
        ("cancel", "stop an import and take back its rows, or the query of an export"),
        ("pause", "let an import rest"),
        ("resume", "let a paused import go on"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        add_connection(action, inherited=True)
        action.add_argument("job", metavar="ID", type=int)
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if name != "show":
            action.add_argument("--yes", action="store_true", help="do it; without, it is told")


_LEVELS = "0 off, 1 sync, 2 flush, 3 by raft"


def _wal_level(text: str) -> int:
    """KWDB would store any number (live-findings, row 42)."""
    if text not in ("0", "1", "2", "3"):
        raise argparse.ArgumentTypeError(f"there is no WAL level {text}: {_LEVELS}")
    return int(text)


def _wal(commands: Any) -> None:
    parser = command(
        commands,
        "wal",
        "show what protects data between backups, or change it",
        "wal:wal",
        """\
        Level, checkpoint interval, files by vgroup, the last checkpoint, and what a start after a
        crash would do now. Files and log are read where they can be reached.

        `set` makes a plan that names what follows from the change; it runs with --yes and the name
        that the plan asks for: the profile's name, or the first 8 characters of the cluster's id.
        """,
        """\
        kwtui wal --sandbox
        kwtui wal set --level 1 --sandbox
        kwtui wal set --level 1 --interval 30s --yes prod --profile prod
        """,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="show")
    change = actions.add_parser(
        "set", help="change level or interval", description="Change level or interval."
    )
    add_connection(change, inherited=True)
    change.add_argument("--level", type=_wal_level, metavar="N", help=_LEVELS)
    change.add_argument("--interval", metavar="TIME", help="between checkpoints: 30s, 1m, 5m")
    change.add_argument("--yes", metavar="NAME", help="run the plan; the name that it asks for")
    change.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    change.set_defaults(dry_run=False, detach=False)


def _sql(commands: Any) -> None:
    parser = command(
        commands,
        "sql",
        "run one statement that reads",
        "sql:sql",
        """\
        Only what reads is run: SELECT, SHOW, EXPLAIN and the like, by the server's own parse of the
        statement and in a read-only session. Without STATEMENT it is read from standard input.
        """,
        """\
        kwtui sql "SELECT count(*) FROM shop.public.orders" --sandbox
        kwtui sql "SELECT * FROM shop.public.orders" --csv orders.csv --sandbox
        """,
    )
    parser.add_argument("statement", nargs="?", metavar="STATEMENT")
    parser.add_argument("--database", metavar="DB", help="the current database")
    parser.add_argument("--rows", type=count, default=1000, metavar="N", help="read at most N rows")
    parser.add_argument("--csv", metavar="FILE", help="write every row to a new file")
    parser.add_argument(
        "--timeout", type=int, default=60, metavar="SECONDS", help="0 for none (default: 60)"
    )


def _survey(commands: Any) -> None:
    parser = command(
        commands,
        "survey",
        "show a database as a backup would see it, and what to watch out for",
        "survey:survey",
        "Without DB the databases are listed.",
        "kwtui survey shop --sandbox",
    )
    parser.add_argument("database", nargs="?", metavar="DB")


def _profiles(commands: Any) -> None:
    parser = command(
        commands,
        "profiles",
        "list, add, change and remove the saved profiles",
        "profiles:profiles",
        """\
        A profile is a server with its folders, in profiles.toml; --profile NAME connects to it.
        No password is kept: name the command that prints it, or a passfile. `edit` opens the file
        in VISUAL or EDITOR and checks it before it counts. Policies that connect with a profile
        are named before it is removed.
        """,
        """\
        kwtui profiles add shop --host db1.example.com --user backup --environment prod
        kwtui profiles add lab --tls disable --store /var/lib/kaiwudb
        kwtui profiles show shop
        kwtui profiles edit
        kwtui profiles remove lab --yes lab
        """,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list")
    for name, text in (
        ("list", "all profiles (default)"),
        ("show", "one profile, and the policies that connect with it"),
        ("add", "save a new profile; comments and order of the file stay"),
        ("edit", "change the file in the editor; it is checked before it counts"),
        ("remove", "forget a profile; policies that connect with it are named first"),
    ):
        # Abbreviations would take --password for --password-command.
        action = actions.add_parser(
            name, help=text, description=text.capitalize() + ".", allow_abbrev=False
        )
        if name not in ("list", "edit"):
            action.add_argument("name", type=given, metavar="NAME")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        add_connection(action, inherited=True)
        if name == "add":
            _profile_options(action)
        if name == "remove":
            action.add_argument(
                "--yes", type=given, metavar="NAME", help="do it: the profile's name again"
            )


def _profile_options(parser: argparse.ArgumentParser) -> None:
    from kwtui.config.profiles import Environment, TlsMode

    group = parser.add_argument_group("the profile", "With --store, --extern and --logs.")
    group.add_argument("--host", type=given, help="name or address (127.0.0.1)")
    group.add_argument("--port", type=count, metavar="N", help="its port (26257)")
    group.add_argument("--user", type=given, help="the account of the server (root)")
    group.add_argument("--database", type=given, metavar="DB", help="to connect to (defaultdb)")
    group.add_argument(
        "--tls", choices=[mode.value for mode in TlsMode], help="how it is encrypted (verify-full)"
    )
    group.add_argument("--sslrootcert", type=given, metavar="FILE", help="the CA's; or: system")
    group.add_argument("--sslcert", type=given, metavar="FILE", help="the client's certificate")
    group.add_argument("--sslkey", type=given, metavar="FILE", help="the client's key")
    group.add_argument(
        "--environment",
        choices=[each.value for each in Environment],
        help="shown on every screen",
    )
    group.add_argument(
        "--password-command", type=given, metavar="CMD", help="prints the password; no shell"
    )
    group.add_argument("--passfile", type=given, metavar="FILE", help="as ~/.pgpass")
    group.add_argument(
        "--ssh",
        type=given,
        metavar="USER@HOST",
        help="the node's files are seen there: what needs only files runs there (list, logs ...)",
    )
    group.add_argument(
        "--kwtui-there", type=given, metavar="PROGRAM", help="kwtui on that node (default: kwtui)"
    )
    group.add_argument(
        "--allow-cleartext-password",
        action="store_true",
        help="send the password also without TLS",
    )
    group.add_argument("--read-only", action="store_true", help="kwtui changes nothing there")
