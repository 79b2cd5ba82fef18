"""Options of the commands that watch over backups when nobody does: status."""

from __future__ import annotations

import argparse
import re
from datetime import timedelta
from typing import Any

from kwtui.commands.parsers.parts import command, given, proof_level

_SPAN = re.compile(r"(\d+)\s*(min|m|h|d|w)")
_UNITS = {"min": "minutes", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def span(text: str) -> timedelta:
    """``26h``, ``90min``, ``7d``, ``2w``."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no time span: write 26h, 90min, 7d or 2w")
    try:
        return timedelta(**{_UNITS[match[2]]: int(match[1])})
    except OverflowError:
        raise argparse.ArgumentTypeError(f"{text!r} is too long a time") from None


def add_unattended_commands(commands: Any) -> None:
    parser = command(
        commands,
        "status",
        "tell whether every database can come back",
        "status:status",
        """\
        Judges each database by its backups, their proofs and the runs. The state is the first of
        these that holds:

        UNKNOWN   the newest backup is from the future: a clock is wrong
        NEVER     there is no backup of the whole database
        DAMAGED   the newest backup failed its last check
        UNPROVEN  no backup reached the proof that is asked for, or no drill did in time
        FAILING   a backup failed after the newest proven one
        LATE      the newest proven backup is older than --max-age
        SHRUNK    the newest proven backup holds less than half of the usual
        SAFE      none of these

        Without a server the files alone are judged; a database that was never backed up is then
        not seen, and that is said. The exit code is 0 if all are SAFE, 40 for LATE, UNPROVEN and
        SHRUNK, 41 for what is critical (NEVER, DAMAGED, FAILING, or late by more than twice
        --max-age), 42 for what is not known. With --nagios it is 0, 1, 2 or 3.
        """,
        """\
        kwtui status
        kwtui status --profile prod --database shop --max-age 26h
        kwtui status --nagios --profile prod
        kwtui status --prometheus > /var/lib/node_exporter/kwtui.prom
        """,
    )
    parser.add_argument("--database", type=given, metavar="DB", help="this one only")
    parser.add_argument(
        "--max-age",
        type=span,
        default=timedelta(hours=26),
        metavar="TIME",
        help="the oldest that a proven backup may be (26h)",
    )
    parser.add_argument(
        "--min-proof",
        type=proof_level(1, 4),
        default=2,
        metavar="P1..P4",
        help="what a backup must have reached to count (P2)",
    )
    parser.add_argument(
        "--max-drill-age", type=span, metavar="TIME", help="a drill must have succeeded since then"
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument("--nagios", action="store_true", help="one line, as a Nagios plugin")
    forms.add_argument(
        "--prometheus", action="store_true", help="metrics for node_exporter's textfile collector"
    )
