"""Options of the commands about the server: server, jobs, wal, sql, survey, profiles."""

from __future__ import annotations

import argparse
from typing import Any

from kwtui.commands.parsers.parts import (
    add_connection,
    command,
    count,
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
    command(commands, "profiles", "list the saved profiles", "profiles:profiles", "", "")
