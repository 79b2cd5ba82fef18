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
        "show nodes, settings, rights and sessions of the server",
        "server:server",
        """\
        By default the settings that affect backups are shown. A user without the admin role sees
        what KWDB shows to that user, and why the rest is missing.
        """,
        """\
        kwtui server --profile prod
        kwtui server --settings wal --sandbox
        kwtui server --sessions --sandbox
        """,
    )
    parser.add_argument(
        "--settings",
        metavar="WORDS",
        help="show only cluster settings, of all those that contain WORDS",
    )
    parser.add_argument("--sessions", action="store_true", help="show only sessions and queries")


def _jobs(commands: Any) -> None:
    parser = command(
        commands,
        "jobs",
        "list jobs of the server; show, cancel, pause or resume one",
        "jobs:jobs",
        """\
        The state that the server reports is shown with what it proves: `succeeded` does not mean
        that all data is there, and an EXPORT whose node died stays `running` forever. KWDB can
        cancel, pause and resume only imports. To cancel an EXPORT, kwtui cancels its query.
        """,
        """\
        kwtui jobs --sandbox
        kwtui jobs --type EXPORT --unfinished --profile prod
        kwtui jobs show 1229668988559917057 --sandbox
        kwtui jobs cancel 1229668988559917057 --yes --sandbox
        """,
    )
    parser.add_argument("--type", metavar="TYPE", help="only jobs of this type: EXPORT, IMPORT ...")
    parser.add_argument("--search", metavar="WORDS", help="only jobs that contain WORDS")
    parser.add_argument("--unfinished", action="store_true", help="only jobs that have not ended")
    parser.add_argument("--all", action="store_true", help="include the internal jobs of KWDB")
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list")
    for name, text in (
        ("show", "show a job, and what its state means"),
        ("cancel", "cancel an import, which removes its rows, or the query of an export"),
        ("pause", "pause an import"),
        ("resume", "resume a paused import"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        add_connection(action, inherited=True)
        action.add_argument("job", metavar="ID", type=int, help="ID of the job")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        if name != "show":
            action.add_argument(
                "--yes", action="store_true", help="do it (default: print what would be done)"
            )


_LEVELS = "0 off, 1 sync, 2 flush, 3 by raft"


def _wal_level(text: str) -> int:
    """KWDB would store any number (live-findings, row 42)."""
    if text not in ("0", "1", "2", "3"):
        raise argparse.ArgumentTypeError(f"{text!r} is not a WAL level: {_LEVELS}")
    return int(text)


def _wal(commands: Any) -> None:
    parser = command(
        commands,
        "wal",
        "show or change the write-ahead log, which protects data between backups",
        "wal:wal",
        """\
        Shows the level, the checkpoint interval, the files of each vgroup, the last checkpoint, and
        what a start after a crash would do now. Files and log are read if they can be reached.

        `set` prints a plan with the consequences of the change. To apply it, add --yes and the
        name that the plan asks for: the name of the profile, or the first 8 characters of the
        cluster ID.
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
        "set",
        help="change the level or the checkpoint interval",
        description="Change the level or the checkpoint interval.",
    )
    add_connection(change, inherited=True)
    change.add_argument("--level", type=_wal_level, metavar="N", help=f"WAL level: {_LEVELS}")
    change.add_argument("--interval", metavar="TIME", help="time between checkpoints: 30s, 1m, 5m")
    change.add_argument(
        "--yes", metavar="NAME", help="apply the plan; NAME is the name that it asks for"
    )
    change.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    change.set_defaults(dry_run=False, detach=False)


def _sql(commands: Any) -> None:
    parser = command(
        commands,
        "sql",
        "run one read-only statement",
        "sql:sql",
        """\
        Runs SELECT, SHOW, EXPLAIN and other statements that read, in a read-only session. The
        server parses the statement to decide. Without STATEMENT it is read from standard input.
        """,
        """\
        kwtui sql "SELECT count(*) FROM shop.public.orders" --sandbox
        kwtui sql "SELECT * FROM shop.public.orders" --csv orders.csv --sandbox
        """,
    )
    parser.add_argument("statement", nargs="?", metavar="STATEMENT", help="SQL statement")
    parser.add_argument("--database", metavar="DB", help="current database of the statement")
    parser.add_argument(
        "--rows", type=count, default=1000, metavar="N", help="print at most N rows (default: 1000)"
    )
    parser.add_argument("--csv", metavar="FILE", help="write all rows to this new file")
    parser.add_argument(
        "--timeout",
        type=int,
        default=60,
        metavar="SECONDS",
        help="time limit in seconds, 0 for none (default: 60)",
    )


def _survey(commands: Any) -> None:
    parser = command(
        commands,
        "survey",
        "show what a backup of a database would hold, and what it would miss",
        "survey:survey",
        "Without DB the databases are listed.",
        "kwtui survey shop --sandbox",
    )
    parser.add_argument("database", nargs="?", metavar="DB", help="database to examine")


def _profiles(commands: Any) -> None:
    parser = command(
        commands,
        "profiles",
        "list, add, edit and remove saved profiles",
        "profiles:profiles",
        """\
        A profile is a server with its folders, saved in profiles.toml. --profile NAME connects to
        it. Passwords are not saved: name a command that prints the password, or a passfile.
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
        ("list", "list the profiles (default)"),
        ("show", "show a profile and the policies that use it"),
        ("add", "save a new profile"),
        ("edit", "edit profiles.toml in VISUAL or EDITOR; it is checked before it is saved"),
        ("remove", "remove a profile; policies that use it are named first"),
    ):
        # Abbreviations would take --password for --password-command.
        action = actions.add_parser(
            name, help=text, description=text.capitalize() + ".", allow_abbrev=False
        )
        if name not in ("list", "edit"):
            action.add_argument("name", type=given, metavar="NAME", help="name of the profile")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        add_connection(action, inherited=True)
        if name == "add":
            _profile_options(action)
        if name == "remove":
            action.add_argument(
                "--yes",
                type=given,
                metavar="NAME",
                help="remove it; NAME is the name of the profile again",
            )


def _profile_options(parser: argparse.ArgumentParser) -> None:
    from kwtui.config.profiles import Environment, TlsMode

    group = parser.add_argument_group(
        "profile", "The folders are given with --store, --extern and --logs."
    )
    group.add_argument("--host", type=given, help="host name or address (default: 127.0.0.1)")
    group.add_argument("--port", type=count, metavar="N", help="port (default: 26257)")
    group.add_argument("--user", type=given, help="database user (default: root)")
    group.add_argument(
        "--database", type=given, metavar="DB", help="database to connect to (default: defaultdb)"
    )
    group.add_argument(
        "--tls", choices=[mode.value for mode in TlsMode], help="TLS mode (default: verify-full)"
    )
    group.add_argument(
        "--sslrootcert", type=given, metavar="FILE", help="CA certificate, or: system"
    )
    group.add_argument("--sslcert", type=given, metavar="FILE", help="client certificate")
    group.add_argument("--sslkey", type=given, metavar="FILE", help="client key")
    group.add_argument(
        "--environment",
        choices=[each.value for each in Environment],
        help="kind of environment, shown on every screen",
    )
    group.add_argument(
        "--password-command",
        type=given,
        metavar="CMD",
        help="command that prints the password; run without a shell",
    )
    group.add_argument(
        "--passfile", type=given, metavar="FILE", help="password file in the format of ~/.pgpass"
    )
    group.add_argument(
        "--ssh",
        type=given,
        metavar="USER@HOST",
        help="host that sees the files of the node: list, logs, verify and other commands that "
        "need only files run there over ssh",
    )
    group.add_argument(
        "--kwtui-there", type=given, metavar="PROGRAM", help="kwtui on that host (default: kwtui)"
    )
    group.add_argument(
        "--allow-cleartext-password",
        action="store_true",
        help="send the password even without TLS",
    )
    group.add_argument(
        "--read-only", action="store_true", help="refuse every change on this server"
    )
