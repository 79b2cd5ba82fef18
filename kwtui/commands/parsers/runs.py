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
        "list runs; show, follow or cancel one",
        "runs:runs",
        """\
        A run is a process of its own: it continues when the terminal is closed. ID is a run ID or
        an unambiguous part of it. `follow` ends with the exit code of the run. `cancel` stops a run
        and waits for its end; with --sweep or --keep you say what becomes of the files of an
        unfinished backup.
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
        ("show", "show the progress or the result of a run"),
        ("follow", "follow a run until it ends (default: the newest)"),
        ("cancel", "cancel a run, and its queries and jobs on the server"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        action.add_argument(
            "run", metavar="ID", nargs="?" if name == "follow" else None, help="run ID"
        )
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        add_connection(action, inherited=True)
        if name == "show":
            action.add_argument(
                "--plan", action="store_true", help="print the plan with every statement"
            )
        if name == "cancel":
            _add_sweep_or_keep(action)
            action.add_argument(
                "--no-wait", action="store_true", help="return without waiting for the end"
            )


def _add_sweep_or_keep(parser: argparse.ArgumentParser) -> None:
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument(
        "--sweep",
        dest="sweep",
        action="store_true",
        default=None,
        help="for a backup: remove what it wrote so far",
    )
    choice.add_argument(
        "--keep",
        dest="sweep",
        action="store_false",
        default=None,
        help="for a backup: keep what it wrote so far, marked as unfinished",
    )


def _logs(commands: Any) -> None:
    parser = command(
        commands,
        "logs",
        "show, filter and follow the logs of a node",
        "logs:logs",
        """\
        Reads the log files of the node, rotated ones included, and needs no server. If the files
        are out of reach, the server named by --dsn or --profile sends its newest entries over HTTP.
        Filters keep whole entries, with their continuation lines. Prefixes of journald, docker and
        other collectors are understood. Times are UTC: 12:30, "2026-11-22 08:30", -10m, -3d, today.
        """,
        """\
        kwtui logs -f --sandbox
        kwtui logs --all-families --since -1h --severity warning --logs /var/lib/kaiwudb/logs
        kwtui logs --family ts --node 2 --profile shop
        kwtui logs --grep 'import.*failed' --file registry.go --json --profile shop
        """,
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="wait for new entries and print them"
    )
    parser.add_argument(
        "-n",
        "--lines",
        type=count,
        metavar="N",
        help="print the last N matching lines (default: 20; with --since or --until: all)",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--family",
        metavar="NAME",
        help="log family: main, rocksdb, ts ... (default: main; see --files)",
    )
    which.add_argument(
        "--all-families", action="store_true", help="merge the logs of all families by time"
    )
    parser.add_argument(
        "--node",
        type=count,
        metavar="N",
        help="ID of a node of the cluster; over HTTP unless it is the connected one",
    )
    parser.add_argument("--since", metavar="TIME", help="only entries from this time on (UTC)")
    parser.add_argument("--until", metavar="TIME", help="only entries before this time (UTC)")
    parser.add_argument(
        "--severity",
        metavar="LEVEL",
        help="only entries of at least this severity: info, warning, error, fatal",
    )
    parser.add_argument(
        "--grep",
        "--search",
        dest="grep",
        metavar="REGEX",
        help="only entries that match; case-sensitive if REGEX has a capital letter",
    )
    parser.add_argument(
        "--file", metavar="PART", help="only entries of this source file: registry.go"
    )
    parser.add_argument("--goroutine", metavar="N", help="only entries of this goroutine or thread")
    parser.add_argument(
        "--tag", metavar="PART", help="only entries with this in their tags: client=10.0.0.7"
    )
    parser.add_argument(
        "--files", action="store_true", help="list the log files and their families"
    )
