"""Options of the commands about what goes on: runs and logs."""

from __future__ import annotations

import argparse
from typing import Any

from kwtui.commands.parsers.parts import (
    add_connection,
    command,
    count,
)


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
        add_connection(action, inherited=True)
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
        Needs the node's files and no server; where the files are out of reach, the server that
        --dsn or --profile names gives what it can over HTTP, the newest entries first. Rotated
        files belong to the log. Filters keep whole entries with the lines that continue them.
        Lines behind the prefix of journald, docker or another collector are read as well. Times
        are UTC: 12:30, "2026-11-22 08:30", -10m, -3d, today.
        """,
        """\
        kwtui logs -f --sandbox
        kwtui logs --all-families --since -1h --severity warning --logs /var/lib/kaiwudb/logs
        kwtui logs --family ts --node 2 --profile shop
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
    which.add_argument("--family", metavar="NAME", help="main, rocksdb, ts, ...: see --files")
    which.add_argument("--all-families", action="store_true", help="all logs, by time")
    parser.add_argument(
        "--node",
        type=count,
        metavar="N",
        help="of this node of the cluster: over HTTP, unless it is the one that is connected",
    )
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
