"""Options of the commands that watch over backups when nobody does."""

from __future__ import annotations

import argparse
from datetime import timedelta
from typing import Any

from kwtui.commands.parsers.parts import add_connection, command, count, given, proof_level


def span(text: str) -> timedelta:
    """``26h``, ``90min``, ``7d``, ``2w``."""
    from kwtui.text import SPAN_UNITS, time_span

    found = time_span(text, {**SPAN_UNITS, "m": "minutes"})
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time span: write 26h, 90min, 7d or 2w")
    return found


def add_unattended_commands(commands: Any) -> None:
    _status(commands)
    _advise(commands)
    _policy(commands)
    _schedule(commands)
    _notify(commands)


def _policy(commands: Any) -> None:
    parser = command(
        commands,
        "policy",
        "back up, prove and thin out by a policy, a file that says what and when",
        "unattended.policy:policy",
        """\
        A policy is a TOML file in the folder policies beside the profiles: which databases, how,
        when, how they are proven, how long they are kept, who is told. `run` does what is due:
        backs up each database, drills and verifies as often as the policy says, and removes what
        its retention lets go. What fails for one database does not stop the others. `watch` only
        judges, and tells whom the policy names if a database is overdue.
        """,
        """\
        kwtui policy add nightly --databases 'shop,plant_*' --profile prod
        kwtui policy check nightly
        kwtui policy run nightly --dry-run
        kwtui schedule install nightly
        """,
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    parser.set_defaults(action="list")
    for name, text in (
        ("list", "all policies, their next run and how the last one ended (default)"),
        ("show", "the file and what the policy did"),
        ("check", "whether the file can be used, and what is unwise in it"),
        ("run", "do what is due, now"),
        ("watch", "judge its databases, and tell who wants to know if one is overdue"),
        ("next", "when it is due next"),
        ("add", "write the file of a new policy, with comments that explain it"),
        ("edit", "change the file in the editor; it is checked before it counts"),
        ("remove", "remove the policy and its timers; backups stay"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        if name != "list":
            action.add_argument("name", type=given, metavar="NAME")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        add_connection(action, inherited=True)
        if name == "show":
            action.add_argument(
                "--lines", type=count, default=10, metavar="N", help="so much history (10)"
            )
        if name == "run":
            action.add_argument("--dry-run", action="store_true", help="say for which databases")
            action.add_argument(
                "--missed", action="store_true", help="only if its last time was missed"
            )
        if name == "next":
            action.add_argument("--count", type=count, default=5, metavar="N", help="how many (5)")
        if name == "remove":
            action.add_argument("--yes", action="store_true", help="do it")
        if name == "add":
            _add_options(action)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--databases", type=given, default="*", metavar="A,B", help="names or patterns (*)"
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--on-calendar", type=given, metavar="TIME", help="for systemd (*-*-* 01:15:00, UTC)"
    )
    when.add_argument("--cron", type=given, metavar="FIELDS", help="for cron: '15 1 * * *'")
    parser.add_argument("--drill-every", type=given, metavar="TIME", help="as 7d (7d)")


def _schedule(commands: Any) -> None:
    parser = command(
        commands,
        "schedule",
        "let the host run a policy by itself, with systemd or cron",
        "unattended.schedule:schedule",
        """\
        Two timers belong to a policy: one runs it, the other looks every hour whether it keeps its
        promise, and tells if not, even where the first never fires. As root they are system units
        that run as root or as --account; as another user they are units of that user, which need
        lingering. A policy with cron = gets lines in the crontab, between marks. Timers of the
        other kind are removed.
        """,
        """\
        kwtui schedule install nightly
        kwtui schedule list
        kwtui schedule status nightly
        kwtui schedule remove nightly
        """,
    )
    parser.add_argument("action", choices=("list", "install", "status", "remove"))
    parser.add_argument(
        "name", nargs="?", type=given, metavar="NAME", help="the policy; list takes none"
    )
    parser.add_argument(
        "--timer", choices=("systemd", "cron"), help="insist on this one; else the schedule decides"
    )
    parser.add_argument(
        "--account", type=given, metavar="USER", help="as root: the account that it runs as (root)"
    )


def _notify(commands: Any) -> None:
    parser = command(
        commands,
        "notify",
        "try the notices of a policy",
        "unattended.policy:notify",
        """\
        Sends a test by every way that the policy has (command, webhook, mail) and says what was
        taken. Each way has 30 seconds and is tried twice.
        """,
        """\
        kwtui notify test nightly
        """,
    )
    parser.add_argument("action", choices=("test",))
    parser.add_argument("name", type=given, metavar="NAME", help="the policy")


def _status(commands: Any) -> None:
    parser = command(
        commands,
        "status",
        "tell whether every database can come back",
        "status:status",
        """\
        Judges each database by its backups, their proofs and the runs. The state is the first of
        these that holds:

        UNKNOWN   the newest backup is from the future (a clock is wrong), or this account may
                  not read the backups that would decide
        NEVER     there is no backup of the whole database
        DAMAGED   the newest backup failed its last check
        UNPROVEN  no backup reached the proof that is asked for, or no drill did in time
        FAILING   a backup failed after the newest proven one
        LATE      the newest proven backup is older than --max-age
        SHRUNK    the newest proven backup holds less than half of the usual
        SAFE      none of these

        A SAFE database with an older backup that is damaged counts as late: it can come back, and
        somebody should look. What is promised of a database that a policy covers is the policy's;
        the options are for all others.

        Then follow the space that backups take and when the disk is full, the write-ahead log and
        its alarms, what runs, and what went wrong last and was not made good since.

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
    parser.add_argument(
        "--count",
        action="store_true",
        help="also count what the server has now, of databases up to 2,000,000 rows",
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--banner", action="store_true", help="one line for a login, nothing where all is well"
    )
    forms.add_argument("--nagios", action="store_true", help="one line, as a Nagios plugin")
    forms.add_argument(
        "--prometheus", action="store_true", help="metrics for node_exporter's textfile collector"
    )


def _advise(commands: Any) -> None:
    parser = command(
        commands,
        "advise",
        "recommend a backup strategy, with its arithmetic",
        "advise:advise",
        """\
        Asks on a terminal what was not given, and measures the rest: sizes, growth, the time of
        past backups and restores, the free disk, the write-ahead log. Recommends a schedule, a
        retention that fits the disk, how often backups are proven and drilled, copies and the WAL
        level; says from which figures, what contradicts, what cannot be promised and what is not
        measured yet. Nothing is changed; databases without a backup are counted. --probe exports
        and imports 40,000 rows in a scratch database where no past run tells the speed, and removes
        it.

        Without DB it advises on all databases. Databases that need other answers are named with
        --for: each group gets a strategy, and all of them share the disk. The exit code is 1 if
        something that is demanded cannot be kept.
        """,
        """\
        kwtui advise --profile prod
        kwtui advise shop --rpo 26h --rto 2h --keep 90d --profile prod
        kwtui advise --keep 30d --for 'shop,crm: rpo=4h keep=90d' --profile prod
        kwtui advise shop --rpo 4h --copies vault --policy shop --plan recovery.md --profile prod
        """,
    )
    parser.add_argument("databases", type=given, nargs="*", metavar="DB", help="only on these")
    parser.add_argument(
        "--importance", choices=("low", "normal", "critical"), help="decides how often is drilled"
    )
    parser.add_argument("--rpo", type=span, metavar="TIME", help="how much may be lost (26h)")
    parser.add_argument("--rto", type=span, metavar="TIME", help="how long a restore may take")
    parser.add_argument(
        "--keep", type=span, metavar="TIME", help="how long backups must be kept (30d)"
    )
    parser.add_argument(
        "--window", type=given, metavar="HH:MM-HH:MM", help="backups begin only then (UTC)"
    )
    parser.add_argument(
        "--copies", type=given, metavar="TARGET", help="the off-site target that copies go to"
    )
    parser.add_argument(
        "--demand",
        action="append",
        choices=("every-day", "off-site", "no-longer"),
        help="what law or customer ask for: a backup of each day, a copy elsewhere, nothing kept "
        "longer than --keep; may be given again",
    )
    parser.add_argument(
        "--for",
        dest="others",
        type=given,
        action="append",
        metavar="DB: KEY=VALUE",
        help="other answers for these databases: 'shop,crm: rpo=4h keep=90d'; the keys are "
        "importance, rpo, rto, keep, window, copies, demand; may be given again",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="measure EXPORT and IMPORT with a scratch database if no past run tells their speed",
    )
    parser.add_argument(
        "--no-questions", action="store_true", help="take the default of what was not given"
    )
    parser.add_argument(
        "--policy",
        type=given,
        metavar="NAME",
        help="write it as a new policy; further groups as NAME-2, NAME-3",
    )
    parser.add_argument("--plan", type=given, metavar="FILE", help="write the recovery plan too")
    parser.add_argument(
        "--language", choices=("en", "zh"), default="en", help="of the recovery plan (en)"
    )
