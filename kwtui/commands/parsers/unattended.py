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
        raise argparse.ArgumentTypeError(f"{text!r} is not a duration: write 90min, 26h, 7d or 2w")
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
        "manage and run policies: what is backed up, when, how long it is kept",
        "unattended.policy:policy",
        """\
        A policy is a TOML file in the folder policies beside profiles.toml. It says which databases
        are backed up, how and when, how backups are proven, how long they are kept, and who is
        notified. `run` does what is due: it backs up each database, drills and verifies as often as
        the policy says, and prunes by the policy's retention rules. If one database fails, the
        others are still backed up. `watch` only checks, and sends a notice if a backup is overdue.
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
        ("list", "list the policies with their next run and last result (default)"),
        ("show", "print the file and the history of a policy"),
        ("check", "check the file for errors and unwise settings"),
        ("run", "do what is due, now"),
        ("watch", "check whether backups are overdue, and send a notice if so"),
        ("next", "print the next times at which the policy runs"),
        ("add", "create a policy file with comments"),
        ("edit", "edit the file in VISUAL or EDITOR; it is checked before it is saved"),
        ("remove", "remove a policy and its timers; its backups stay"),
    ):
        action = actions.add_parser(name, help=text, description=text.capitalize() + ".")
        if name != "list":
            action.add_argument("name", type=given, metavar="NAME", help="name of the policy")
        action.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        add_connection(action, inherited=True)
        if name == "show":
            action.add_argument(
                "--lines",
                type=count,
                default=10,
                metavar="N",
                help="lines of history (default: 10)",
            )
        if name == "run":
            action.add_argument(
                "--dry-run",
                action="store_true",
                help="print what would be done, and change nothing",
            )
            action.add_argument(
                "--missed",
                action="store_true",
                help="run only if the last scheduled run was missed",
            )
        if name == "next":
            action.add_argument(
                "--count", type=count, default=5, metavar="N", help="number of times (default: 5)"
            )
        if name == "remove":
            action.add_argument("--yes", action="store_true", help="remove it")
        if name == "add":
            _add_options(action)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--databases", type=given, default="*", metavar="A,B", help="names or patterns (default: *)"
    )
    when = parser.add_mutually_exclusive_group()
    when.add_argument(
        "--on-calendar",
        type=given,
        metavar="TIME",
        help="OnCalendar of systemd, UTC (default: *-*-* 01:15:00)",
    )
    when.add_argument(
        "--cron", type=given, metavar="FIELDS", help="five fields of cron: '15 1 * * *'"
    )
    parser.add_argument(
        "--drill-every", type=given, metavar="TIME", help="time between drills (default: 7d)"
    )


def _schedule(commands: Any) -> None:
    parser = command(
        commands,
        "schedule",
        "schedule a policy with systemd or cron",
        "unattended.schedule:schedule",
        """\
        A policy has two timers. One runs it. The other checks every hour whether a backup is
        overdue and sends a notice, even if the first timer never fires. As root, `install` writes
        system units that run as root or as --account; as another user it writes user units, which
        need lingering. A policy with `cron` gets marked lines in the crontab instead. `install`
        removes timers of the other kind.
        """,
        """\
        kwtui schedule install nightly
        kwtui schedule list
        kwtui schedule status nightly
        kwtui schedule remove nightly
        """,
    )
    parser.add_argument(
        "action",
        choices=("list", "install", "status", "remove"),
        metavar="ACTION",
        help="list, install, status or remove",
    )
    parser.add_argument(
        "name", nargs="?", type=given, metavar="NAME", help="name of the policy; not for list"
    )
    parser.add_argument(
        "--timer",
        choices=("systemd", "cron"),
        help="use this one (default: as the schedule of the policy is written)",
    )
    parser.add_argument(
        "--account",
        type=given,
        metavar="USER",
        help="as root: account that runs the policy (default: root)",
    )


def _notify(commands: Any) -> None:
    parser = command(
        commands,
        "notify",
        "send a test notice of a policy",
        "unattended.policy:notify",
        """\
        Sends a test notice over every channel of the policy (command, webhook, mail) and reports
        which accepted it. Each channel has 30 seconds, and is tried twice.
        """,
        """\
        kwtui notify test nightly
        """,
    )
    parser.add_argument("action", choices=("test",), metavar="ACTION", help="test")
    parser.add_argument("name", type=given, metavar="NAME", help="name of the policy")


def _status(commands: Any) -> None:
    parser = command(
        commands,
        "status",
        "report whether every database can be restored",
        "status:status",
        """\
        The state of a database is the first of these that applies:

        UNKNOWN   the newest backup is dated in the future, or this account may not read the backups
        NEVER     there is no backup of the whole database
        DAMAGED   the newest backup failed its last check
        UNPROVEN  no backup reached --min-proof, or no drill succeeded in time
        FAILING   a backup failed after the newest proven one
        LATE      the newest proven backup is older than --max-age
        SHRUNK    the newest proven backup has much less than usual
        SAFE      none of these

        A SAFE database with an older damaged backup counts as LATE. For a database that a policy
        covers, the limits of the policy apply; the options apply to all others.

        Below the databases follow the space that backups take and the day on which the disk is
        full, the write-ahead log and its alarms, runs at work, and the last failures that no later
        run made up for.

        Without a server the files alone are judged. A database that was never backed up cannot be
        seen then.

        Exit code 0 if all are SAFE; 40 for LATE, UNPROVEN and SHRUNK; 41 for NEVER, DAMAGED,
        FAILING and backups older than twice --max-age; 42 for UNKNOWN. With --nagios: 0 to 3.
        """,
        """\
        kwtui status
        kwtui status --profile prod --database shop --max-age 26h
        kwtui status --nagios --profile prod
        kwtui status --prometheus > /var/lib/node_exporter/kwtui.prom
        """,
    )
    parser.add_argument(
        "--database", type=given, metavar="DB", help="only this database (default: all)"
    )
    parser.add_argument(
        "--max-age",
        type=span,
        default=timedelta(hours=26),
        metavar="TIME",
        help="maximum age of the newest proven backup (default: 26h)",
    )
    parser.add_argument(
        "--min-proof",
        type=proof_level(1, 4),
        default=2,
        metavar="P1..P4",
        help="proof level that a backup needs to count (default: P2)",
    )
    parser.add_argument(
        "--max-drill-age",
        type=span,
        metavar="TIME",
        help="maximum age of the last successful drill (default: no limit)",
    )
    parser.add_argument(
        "--count",
        action="store_true",
        help="count the rows on the server now, for databases of up to 2,000,000 rows",
    )
    forms = parser.add_mutually_exclusive_group()
    forms.add_argument(
        "--banner",
        action="store_true",
        help="print one line for a login message, and nothing if all are SAFE",
    )
    forms.add_argument(
        "--nagios", action="store_true", help="print one line, as a Nagios plugin does"
    )
    forms.add_argument(
        "--prometheus",
        action="store_true",
        help="print metrics for the textfile collector of node_exporter",
    )


def _advise(commands: Any) -> None:
    parser = command(
        commands,
        "advise",
        "recommend a backup strategy, with its arithmetic",
        "advise:advise",
        """\
        On a terminal, asks for the demands that are not given as options. Measures sizes, growth,
        the duration of past backups and restores, free disk space and the write-ahead log.
        Recommends a schedule, retention rules that fit the disk, intervals of verification and
        drills, off-site copies and a WAL level. Prints the figures behind each, and which demands
        contradict each other, cannot be met, or rest on figures not measured yet. Changes nothing;
        the rows of databases without a backup are counted.

        Without DB it advises on all databases. Use --for to give groups of databases demands of
        their own: each group gets a strategy, and all share the disk.

        Exit code 0 if every demand can be met, 1 if not.
        """,
        """\
        kwtui advise --profile prod
        kwtui advise shop --rpo 26h --rto 2h --keep 90d --profile prod
        kwtui advise --keep 30d --for 'shop,crm: rpo=4h keep=90d' --profile prod
        kwtui advise shop --rpo 4h --copies vault --policy shop --plan recovery.md --profile prod
        """,
    )
    parser.add_argument(
        "databases", type=given, nargs="*", metavar="DB", help="databases (default: all)"
    )
    parser.add_argument(
        "--importance",
        choices=("low", "normal", "critical"),
        help="importance of the data: sets how often drills run",
    )
    parser.add_argument("--rpo", type=span, metavar="TIME", help="maximum data loss (default: 26h)")
    parser.add_argument("--rto", type=span, metavar="TIME", help="maximum duration of a restore")
    parser.add_argument(
        "--keep",
        type=span,
        metavar="TIME",
        help="time for which backups must be kept (default: 30d)",
    )
    parser.add_argument(
        "--window", type=given, metavar="HH:MM-HH:MM", help="hours in which backups may start (UTC)"
    )
    parser.add_argument("--copies", type=given, metavar="TARGET", help="off-site target for copies")
    parser.add_argument(
        "--demand",
        action="append",
        choices=("every-day", "off-site", "no-longer"),
        help="demand of law or customer: a backup of every day, an off-site copy, no backup kept "
        "longer than --keep; may be repeated",
    )
    parser.add_argument(
        "--for",
        dest="others",
        type=given,
        action="append",
        metavar="DB: KEY=VALUE",
        help="other demands for these databases: 'shop,crm: rpo=4h keep=90d'. Keys: importance, "
        "rpo, rto, keep, window, copies, demand; may be repeated",
    )
    parser.add_argument(
        "--probe",
        action="store_true",
        help="if no past run tells the speed of EXPORT and IMPORT, measure it: 40,000 rows in a "
        "scratch database, which is removed",
    )
    parser.add_argument(
        "--no-questions", action="store_true", help="use defaults instead of asking"
    )
    parser.add_argument(
        "--policy",
        type=given,
        metavar="NAME",
        help="save the strategy as a new policy; further groups as NAME-2, NAME-3",
    )
    parser.add_argument(
        "--plan", type=given, metavar="FILE", help="write a recovery plan to this new file"
    )
    parser.add_argument(
        "--language",
        choices=("en", "zh"),
        default="en",
        help="language of the recovery plan (default: en)",
    )
